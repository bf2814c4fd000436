/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Images on their way into the kernel: files of root alone in staged/ of the firmware
 * directory, under names that nobody can guess. What was verified is what is flashed.
 */
#ifndef MGMTD_STAGING_H
#define MGMTD_STAGING_H

#include <stdbool.h>

#define STAGING_DIR "staged"

struct adapters;
struct staging;

struct staging *staging_new(const char *firmware_dir);
void staging_free(struct staging *s);

/*
 * Names a file for the image that was given as `name`: "staged/RANDOM-NAME", as the kernel
 * is told it. To be freed. The file counts as needed until staging_release().
 */
char *staging_name(struct staging *s, const char *name);
void staging_release(struct staging *s, const char *staged);

/*
 * Removes the files that nothing needs: no staging_name(), no flash of an adapter that runs.
 * The directory is read when `leftovers`, else only what was released is looked at.
 */
void staging_sweep(struct staging *s, const struct adapters *all, bool leftovers);

/* The full path of a staged name. To be freed. */
char *staging_path(const struct staging *s, const char *staged);
/* The name as given, of a staged one or any other image's. To be freed. */
char *staging_given_name(const char *image);

#endif
