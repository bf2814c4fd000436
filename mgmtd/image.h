/* SPDX-License-Identifier: GPL-2.0 */
/* Firmware files as they are judged before anything is written. */
#ifndef MGMTD_IMAGE_H
#define MGMTD_IMAGE_H

#include "lib/fwimage.h"
#include "lib/json.h"

struct image {
	char *name;		/* as given */
	bool valid;		/* it may be flashed */
	char *problem;		/* why not */
	bool parsed;		/* `info` is filled */
	struct fwimg_info info;
	uint32_t size;
	char *key;		/* file name of the key that signed it */
	char *keys_problem;	/* what is wrong in the directory of keys; NULL: nothing */
};

void image_clear(struct image *img);

/*
 * Judges the file behind `fd`. With `copy_path`, it is copied there first (a new file, for
 * root alone), and the copy is what is judged. Takes its time: to be used on a thread.
 */
void image_check(struct image *img, int fd, const char *copy_path, const char *keys_dir);

json *image_json(const struct image *img);

#endif
