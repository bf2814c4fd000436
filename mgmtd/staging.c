// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/alloc.h"
#include "mgmtd/adapters.h"
#include "mgmtd/log.h"

#define PREFIX		STAGING_DIR "/"
#define RANDOM_LEN	16	/* hex digits */
#define NAME_LEN	64	/* bytes of the given name that are kept: the kernel takes 127 */

struct staged {
	char *name;		/* "staged/..." */
	bool released;
	LIST_ENTRY(staged) entry;
};

struct staging {
	char *dir;		/* the firmware directory */
	LIST_HEAD(staged_list, staged) files;
};

struct staging *staging_new(const char *firmware_dir)
{
	struct staging *s = xzalloc(sizeof(*s));

	s->dir = xstrdup(firmware_dir);
	LIST_INIT(&s->files);
	return s;
}

static void forget(struct staged *file)
{
	LIST_REMOVE(file, entry);
	free(file->name);
	free(file);
}

/* Files that are in use stay: the next start looks after them. */
void staging_free(struct staging *s)
{
	while (!LIST_EMPTY(&s->files))
		forget(LIST_FIRST(&s->files));
	free(s->dir);
	free(s);
}

/* Of a path, what may stand in a file name of ours. */
static char *harmless(const char *name)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	char *copy = xstrndup(base, NAME_LEN);
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._+-";

	for (char *p = copy; *p; p++)
		if (!strchr(good, *p))
			*p = '_';
	return copy;
}

/* A name that repeats is no harm: files are made anew or not at all. */
static uint64_t random_number(void)
{
	_close_cleanup_ int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	uint64_t n = 0;

	if (fd < 0 || read(fd, &n, sizeof(n)) != sizeof(n))
		log_warning("/dev/urandom cannot be read");
	return n;
}

char *staging_name(struct staging *s, const char *name)
{
	_free_cleanup_ char *base = harmless(name);
	struct staged *file = xzalloc(sizeof(*file));

	file->name = xasprintf(PREFIX "%0*" PRIx64 "-%s", RANDOM_LEN, random_number(), base);
	LIST_INSERT_HEAD(&s->files, file, entry);
	return xstrdup(file->name);
}

void staging_release(struct staging *s, const char *staged)
{
	struct staged *file;

	LIST_FOREACH(file, &s->files, entry)
		if (!strcmp(file->name, staged))
			file->released = true;
}

char *staging_path(const struct staging *s, const char *staged)
{
	return xasprintf("%s/%s", s->dir, staged);
}

char *staging_given_name(const char *image)
{
	const char *base = strrchr(image, '/') ? strrchr(image, '/') + 1 : image;

	if (!strncmp(image, PREFIX, strlen(PREFIX)) && strlen(base) > RANDOM_LEN + 1)
		base += RANDOM_LEN + 1;
	return xstrdup(base);
}

static bool flashed_now(const struct adapters *all, const char *staged)
{
	for (size_t i = 0; i < all->n; i++)
		if (adapter_flashing(all->list[i]) &&
		    !strcmp(all->list[i]->info.flash.image, staged))
			return true;
	return false;
}

static void remove_file(const struct staging *s, const char *staged)
{
	_free_cleanup_ char *path = staging_path(s, staged);

	if (unlink(path) < 0 && errno != ENOENT)
		log_warning("%s cannot be removed: %s", path, strerror(errno));
}

static void sweep_released(struct staging *s, const struct adapters *all)
{
	struct staged *file, *next;

	for (file = LIST_FIRST(&s->files); file; file = next) {
		next = LIST_NEXT(file, entry);
		if (file->released && !flashed_now(all, file->name)) {
			remove_file(s, file->name);
			forget(file);
		}
	}
}

static const struct staged *known(const struct staging *s, const char *staged)
{
	const struct staged *file;

	LIST_FOREACH(file, &s->files, entry)
		if (!strcmp(file->name, staged))
			return file;
	return NULL;
}

/* What a daemon before this one left. A running flash's file is taken over. */
static void sweep_leftovers(struct staging *s, const struct adapters *all)
{
	_free_cleanup_ char *path = staging_path(s, STAGING_DIR);
	DIR *dir = opendir(path);
	struct staged *file;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		_free_cleanup_ char *name = xasprintf(PREFIX "%s", d->d_name);

		if (d->d_name[0] == '.' || known(s, name))
			continue;
		if (!flashed_now(all, name)) {
			remove_file(s, name);
			continue;
		}
		file = xzalloc(sizeof(*file));
		file->name = xstrdup(name);
		file->released = true;
		LIST_INSERT_HEAD(&s->files, file, entry);
	}
	if (dir)
		closedir(dir);
}

void staging_sweep(struct staging *s, const struct adapters *all, bool leftovers)
{
	sweep_released(s, all);
	if (leftovers)
		sweep_leftovers(s, all);
}
