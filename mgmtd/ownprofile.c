// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/ownprofile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/ini.h"

static const char header[] =
	"# What `mydevcli config set` was told about this adapter. mydevd writes this file anew\n"
	"# each time: comments are lost, so keep them in files of other names.\n";

struct keys {
	struct own_change *list;
	size_t n;
	char *problem;
};

static void keys_clear(struct keys *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->list[i].key);
		free(k->list[i].value);
	}
	free(k->list);
	free(k->problem);
}
#define _keys_cleanup_ __attribute__((cleanup(keys_clear)))

char *own_profile_path(const char *dir, const char *serial)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	if (!serial[0] || strspn(serial, good) != strlen(serial))
		return NULL;
	return xasprintf("%s/90-%s.conf", dir, serial);
}

static void set_key(struct keys *k, const char *key, const char *value)
{
	size_t i;

	for (i = 0; i < k->n && strcmp(k->list[i].key, key); i++)
		;
	if (i < k->n) {
		free(k->list[i].value);
		k->list[i].value = value ? xstrdup(value) : NULL;
		return;
	}
	k->list = xrealloc(k->list, k->n + 1, sizeof(*k->list));
	k->list[k->n++] = (struct own_change){ xstrdup(key), value ? xstrdup(value) : NULL };
}

static void on_setting(const char *section, const char *key, const char *value, unsigned int line,
		       void *arg)
{
	if (!strcmp(section, "Config"))
		set_key(arg, key, value);
}

static void on_problem(unsigned int line, const char *what, void *arg)
{
	struct keys *k = arg;

	if (!k->problem)
		k->problem = xasprintf("line %u: %s", line, what);
}

/* False: the file is broken, and is not to be written over. */
static bool read_keys(struct keys *k, const char *path)
{
	static const struct ini_ops ops = { on_setting, on_problem };
	FILE *f = fopen(path, "re");

	if (!f) {
		if (errno != ENOENT)
			k->problem = xstrdup(strerror(errno));
		return errno == ENOENT;
	}
	ini_read(f, &ops, k);
	fclose(f);
	return !k->problem;
}

/* In quotes, so that blanks at its ends stay. */
static void write_keys(FILE *f, const struct keys *k, const char *serial)
{
	fprintf(f, "%s\n[Match]\nSerial=%s\n\n[Config]\n", header, serial);
	for (size_t i = 0; i < k->n; i++)
		if (k->list[i].value)
			fprintf(f, "%s=\"%s\"\n", k->list[i].key, k->list[i].value);
}

static int write_file(const char *temp, const struct keys *k, const char *serial)
{
	FILE *f = fopen(temp, "we");
	int rc = 0;

	if (!f)
		return -errno;
	write_keys(f, k, serial);
	if (fflush(f) || fchmod(fileno(f), 0644) < 0 || fsync(fileno(f)) < 0)
		rc = -errno;
	if (fclose(f) && !rc)
		rc = -errno;
	return rc;
}

/* The new name must survive a power cut too. */
static int sync_directory(const char *path)
{
	_free_cleanup_ char *copy = xstrdup(path);
	_close_cleanup_ int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int replace(const char *path, const struct keys *k, const char *serial)
{
	_free_cleanup_ char *temp = xasprintf("%s.new", path);
	int rc = write_file(temp, k, serial);

	if (!rc && rename(temp, path) < 0)
		rc = -errno;
	if (rc)
		unlink(temp);
	return rc ? rc : sync_directory(path);
}

static bool any_value(const struct keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->list[i].value)
			return true;
	return false;
}

char *own_profile_change(const char *path, const char *serial, const struct own_change *changes,
			 size_t n, bool all_out)
{
	_keys_cleanup_ struct keys k = { 0 };
	int rc;

	if (!all_out && !read_keys(&k, path))
		return xasprintf("%s: %s", path, k.problem);
	for (size_t i = 0; i < n; i++)
		set_key(&k, changes[i].key, changes[i].value);
	if (any_value(&k))
		rc = replace(path, &k, serial);
	else
		rc = unlink(path) < 0 && errno != ENOENT ? -errno : sync_directory(path);
	return rc ? xasprintf("%s: %s", path, strerror(-rc)) : NULL;
}
