/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events' file: numbered lines of JSON, the oldest dropped. A line is an event as the
 * RPC document has it; its member `seq` is its number, without gaps.
 *
 * Two files, events.jsonl and the full one before it, events.1.jsonl, each of half as many
 * lines as are kept; so between half and all of them are. What a crash leaves at the end of
 * a file and is no whole line is dropped.
 */
#ifndef MGMTD_STORE_H
#define MGMTD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/json.h"

struct store;

#define STORE_LINE_MAX 16384	/* bytes */

/* Keeps up to `keep` lines in `dir`. NULL and *why (to be freed) when that cannot be. */
struct store *store_open(const char *dir, unsigned int keep, char **why);
/* .. in a file that vanishes with the daemon. */
struct store *store_open_volatile(unsigned int keep);
void store_close(struct store *s);

/* Numbers of the oldest and the newest line; last is first - 1 when there is none. */
uint64_t store_first(const struct store *s);
uint64_t store_last(const struct store *s);
/* The newest line, NULL: none. */
json *store_last_line(const struct store *s);

/* Adds the line numbered store_last() + 1. 0 or -errno: nothing was added. */
int store_append(struct store *s, const char *text, size_t len);

/*
 * Calls fn with each line after number `since`, until it returns false. Lines end with
 * their newline.
 */
void store_each(const struct store *s, uint64_t since,
		bool (*fn)(uint64_t seq, const char *line, size_t len, void *arg), void *arg);

/* A descriptor for fdatasync() elsewhere, to be closed; -1: nothing to sync. */
int store_sync_fd(const struct store *s);

#endif
