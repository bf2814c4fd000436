/* SPDX-License-Identifier: GPL-2.0 */
/* What configuration files share: lists of words, which may be patterns, and their problems. */
#ifndef MGMTD_PATTERNS_H
#define MGMTD_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

/* The words of `value` between any of `separators`, NULL-terminated; NULL: there are none. */
char **patterns_split(const char *value, const char *separators);
void patterns_free(char **list);

/* Whether one of them matches, as fnmatch(3) does. */
bool patterns_match(char *const *patterns, const char *value);

struct problems {
	char **list;		/* "PATH:LINE: what" */
	size_t n;
};

/* Line 0: of the file as a whole. All but the first few are dropped. */
void problems_add(struct problems *p, const char *path, unsigned int line, const char *what);
void problems_clear(struct problems *p);

#endif
