// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/alloc.h"
#include "mgmtcli/capture.h"

#define PROGRAM_MS	10000
#define PROGRAM_MAX	(4u << 20)	/* bytes of output */
#define FILE_MAX_BYTES	(64u << 10)
#define LOG_MAX		4000		/* lines */

static json *unavailable(const char *what, const char *why)
{
	json *v = json_object();

	json_set_strf(v, "error", "%s %s", what, why);
	return v;
}

static json *lines(char *text)
{
	json *list = json_array();
	char *save = NULL;

	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		json_append(list, json_string(l));
	return list;
}

/* The lines that a program prints. */
static json *output_of(const char *const *argv)
{
	const char *why;
	_free_cleanup_ char *text = capture(argv, PROGRAM_MAX, PROGRAM_MS, &why);

	return text ? lines(text) : unavailable(argv[0], why);
}

/* A small file's text without the last newline; NULL when it cannot be read. */
static char *file_text(int dir, const char *path)
{
	_close_cleanup_ int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *buf = xmalloc(FILE_MAX_BYTES + 1);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, FILE_MAX_BYTES);

	if (n < 0) {
		free(buf);
		return NULL;
	}
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return buf;
}

static json *file_lines(const char *path)
{
	_free_cleanup_ char *text = file_text(AT_FDCWD, path);

	return text ? lines(text) : unavailable(path, strerror(errno));
}

static json *kernel(void)
{
	json *v = json_object();
	struct utsname u;

	if (uname(&u))
		return v;
	json_set_str(v, "release", u.release);
	json_set_str(v, "version", u.version);
	json_set_str(v, "machine", u.machine);
	json_set_str(v, "host", u.nodename);
	return v;
}

/* The values of the files of a directory below /sys. */
static json *parameters(const char *module)
{
	_free_cleanup_ char *path = xasprintf("/sys/module/%s/parameters", module);
	json *v = json_object();
	DIR *dir = opendir(path);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		_free_cleanup_ char *text = NULL;

		if (d->d_name[0] == '.')
			continue;
		text = file_text(dirfd(dir), d->d_name);
		json_set_str(v, d->d_name, text);
	}
	if (dir)
		closedir(dir);
	return v;
}

static json *module(const char *name)
{
	const char *const modinfo[] = { "modinfo", name, NULL };
	json *v = json_object();

	json_set_str(v, "name", name);
	json_set(v, "parameters", parameters(name));
	json_set(v, "modinfo", output_of(modinfo));
	return v;
}

/* Modules of ours that are loaded. */
static json *modules(void)
{
	json *list = json_array();
	DIR *dir = opendir("/sys/module");
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (!strncmp(d->d_name, "mydev", 5))
			json_append(list, module(d->d_name));
	if (dir)
		closedir(dir);
	return list;
}

/* Records of the kernel's log that name mydev; dmesg of old systems has no JSON, nor all. */
static json *kernel_log(void)
{
	_close_cleanup_ int fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	json *list;
	char buf[8192];
	ssize_t n;

	if (fd < 0)
		return unavailable("/dev/kmsg", strerror(errno));
	list = json_array();
	while (json_len(list) < LOG_MAX) {
		n = read(fd, buf, sizeof(buf) - 1);
		if (n < 0 && errno == EPIPE)	/* a record was overwritten: the next one */
			continue;
		if (n <= 0)
			break;
		buf[n] = '\0';
		if (strstr(buf, "mydev"))
			json_append(list, json_string_len(buf, strcspn(buf, "\n")));
	}
	return list;
}

static json *packages(void)
{
	static const char *const rpm[] = { "rpm", "-qa", "mydev*", "xcp-ng-release*", NULL };
	static const char *const dpkg[] = { "dpkg-query", "-W", "mydev*", NULL };
	json *v = output_of(rpm);

	if (json_kind(v) == JSON_ARRAY && json_len(v))
		return v;
	json_unref(v);
	return output_of(dpkg);
}

json *host_facts(void)
{
	static const char *const journal[] = {
		"journalctl", "--unit=mydevd", "--lines=2000", "--no-pager", "--output=short-iso", NULL,
	};
	json *v = json_object();

	json_set(v, "os_release", file_lines("/etc/os-release"));
	json_set(v, "kernel", kernel());
	json_set(v, "command_line", file_lines("/proc/cmdline"));
	json_set(v, "modules", modules());
	json_set(v, "kernel_log", kernel_log());
	json_set(v, "journal", output_of(journal));
	json_set(v, "packages", packages());
	return v;
}
