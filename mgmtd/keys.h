/* SPDX-License-Identifier: GPL-2.0 */
/* The keys of a directory whose images are trusted, and what is wrong with them, in words. */
#ifndef MGMTD_KEYS_H
#define MGMTD_KEYS_H

#include "lib/keyring.h"

/* "FILE:LINE what"; also that there is no key at all. */
typedef void keys_problem(const char *text, void *arg);

/* Loads them, to be freed. Takes its time, like everything with files. */
struct keyring *keys_load(const char *dir, keys_problem *problem, void *arg);

/* Loads them to log what is wrong: before anybody is refused because of it. */
void keys_check(const char *dir);

#endif
