/* SPDX-License-Identifier: GPL-2.0 */
/* How people name adapters: by name, serial, address, or a glob of these. */
#ifndef MGMTD_SELECT_H
#define MGMTD_SELECT_H

#include <stdbool.h>

#include "lib/json.h"

/* NULL: not known. A PCI address matches without its domain 0000 too. */
bool names_match(const char *pattern, const char *name, const char *serial, const char *address);

/*
 * Globs cost time that grows with the adapters and fast with the stars: NULL, or why these
 * patterns are too many of them. Names without * ? [ may be as many as there are.
 */
const char *names_too_costly(json *patterns);

/* Whether one of the patterns matches; no patterns (NULL) match everything. */
bool any_names_match(json *patterns, const char *name, const char *serial, const char *address);

#endif
