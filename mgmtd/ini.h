/* SPDX-License-Identifier: GPL-2.0 */
/*
 * INI files, as systemd writes them: [Section], Key=value, comments on lines of their own
 * begin with # or ;. Blanks around a value are dropped, unless it stands in double quotes.
 */
#ifndef MGMTD_INI_H
#define MGMTD_INI_H

#include <stdio.h>

#define INI_LINE_LEN	199	/* bytes of a line, at most */
#define INI_FILE_LEN	65536

struct ini_ops {
	/* A key of a section; `key` and `value` are valid during the call. */
	void (*setting)(const char *section, const char *key, const char *value,
			unsigned int line, void *arg);
	/* Something is wrong at a line; line 0: with the file. */
	void (*problem)(unsigned int line, const char *what, void *arg);
};

/* What to say of a key that is not where it belongs; `known`: the sections, in words. To be freed. */
char *ini_misplaced(const char *section, const char *key, const char *known);

void ini_read(FILE *f, const struct ini_ops *ops, void *arg);

#endif
