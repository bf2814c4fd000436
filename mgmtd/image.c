// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/image.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/alloc.h"
#include "mgmtd/keys.h"
#include "mgmtd/words.h"

void image_clear(struct image *img)
{
	free(img->name);
	free(img->problem);
	free(img->key);
}

static void problem(struct image *img, const char *text)
{
	free(img->problem);
	img->problem = xasprintf("%s %s", img->name, text);
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	ssize_t n;

	for (; size; data += n, size -= n) {
		n = write(fd, data, size);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return -errno;
	}
	return 0;
}

/* A new file: one that is there, or a link that somebody laid, is not written to. */
static bool copy_to(struct image *img, const struct fwimage *from, const char *path)
{
	_free_cleanup_ char *why = NULL;
	int rc, fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	rc = fd < 0 ? -errno : write_all(fd, from->data, from->size);
	if (fd >= 0 && close(fd) < 0 && !rc)
		rc = -errno;
	if (!rc)
		return true;
	why = xasprintf("cannot be copied to %s: %s", path, strerror(-rc));
	problem(img, why);
	return false;
}

/* Reads the file, or its copy; false: *img says why not. */
static bool read_file(struct image *img, struct fwimage *fw, int fd)
{
	enum fwimage_problem p = fwimage_read(fw, fd);

	if (p)
		problem(img, fwimage_problem_text(p));
	return !p;
}

static bool read_copy(struct image *img, struct fwimage *fw, int fd, const char *path)
{
	_fwimage_cleanup_ struct fwimage original = { 0 };
	_close_cleanup_ int copy = -1;

	if (!read_file(img, &original, fd) || !copy_to(img, &original, path))
		return false;
	copy = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (copy < 0) {
		problem(img, strerror(errno));
		return false;
	}
	return read_file(img, fw, copy);
}

#define KEYS_TEXT_MAX	1024

static void add_key_problem(const char *text, void *arg)
{
	char **all = arg, *more;

	if (*all && strlen(*all) > KEYS_TEXT_MAX)
		return;
	more = xasprintf("%s%s%s", *all ? *all : "", *all ? "; " : "", text);
	free(*all);
	*all = more;
}

/* A key may be unknown because its file is of no use. */
static void key_unknown(struct image *img, const char *keys_problems)
{
	_free_cleanup_ char *text = xasprintf("%s: %s", fwimage_problem_text(FWIMAGE_KEY_UNKNOWN),
					      keys_problems);

	problem(img, text);
}

static void judge(struct image *img, struct fwimage *fw, const char *keys_dir)
{
	_free_cleanup_ char *keys_problems = NULL;
	_keyring_cleanup_ struct keyring *keys = keys_load(keys_dir, add_key_problem,
							   &keys_problems);
	enum fwimage_problem p = fwimage_parse(fw);

	img->size = fw->size;
	img->parsed = !p;
	img->info = fw->info;
	if (!p)
		p = fwimage_check(fw, keys);
	if (fw->key)
		img->key = xstrdup(fw->key);
	img->valid = !p;
	if (p == FWIMAGE_KEY_UNKNOWN && keys_problems)
		key_unknown(img, keys_problems);
	else if (p)
		problem(img, fwimage_problem_text(p));
}

void image_check(struct image *img, int fd, const char *copy_path, const char *keys_dir)
{
	_fwimage_cleanup_ struct fwimage fw = { 0 };
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY)
		problem(img, "is not open for reading");
	else if (copy_path ? read_copy(img, &fw, fd, copy_path) : read_file(img, &fw, fd))
		judge(img, &fw, keys_dir);
}

json *image_json(const struct image *img)
{
	bool known = img->parsed;
	json *v = json_object();

	json_set_str(v, "file", img->name);
	json_set_bool(v, "valid", img->valid);
	json_set_str(v, "problem", img->problem);
	json_set_str(v, "model", known ? word_model(img->info.model) : NULL);
	json_set(v, "version", known ? version_json(&img->info.version) : NULL);
	json_set(v, "counter", known ? json_int(img->info.counter) : NULL);
	json_set(v, "size", img->size ? json_int(img->size) : NULL);
	if (known)
		json_set_hex(v, "digest", img->info.digest, MYDEV_FWIMG_DIGEST_SIZE);
	else
		json_set(v, "digest", NULL);
	json_set_str(v, "key", img->key);
	json_set(v, "features", known && img->info.has_manifest ?
		 words_features(le32toh(img->info.manifest.features)) : json_array());
	return v;
}
