/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The profile of one adapter alone, 90-SERIAL.conf, which the daemon writes. To be used on
 * threads: nothing but the file is touched.
 */
#ifndef MGMTD_OWNPROFILE_H
#define MGMTD_OWNPROFILE_H

#include <stdbool.h>
#include <stddef.h>

struct own_change {
	char *key;
	char *value;		/* NULL: the key is taken out */
};

/* The file's path; NULL when the serial number cannot be a file's name. To be freed. */
char *own_profile_path(const char *dir, const char *serial);

/*
 * Changes keys in the file, after taking out all of them if `all_out`. The old file or the
 * new one is there, whole, at any moment; an empty one is removed. NULL, or why it was not
 * written: to be freed.
 */
char *own_profile_change(const char *path, const char *serial, const struct own_change *changes,
			 size_t n, bool all_out);

#endif
