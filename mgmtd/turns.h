/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work of many small steps in the loop: as many at a time as nobody notices, then others in
 * the loop get their turn.
 */
#ifndef MGMTD_TURNS_H
#define MGMTD_TURNS_H

#include <stdbool.h>
#include <sys/queue.h>

struct event;
struct event_base;

/* Works that are under way. */
LIST_HEAD(turns_list, turns);

/* To be embedded in what the work is about. */
struct turns {
	/* A step; false: it was the last one, and the work may be gone now. */
	bool (*step)(struct turns *t);
	/* The rest is turns.c's. */
	struct turns_list *all;
	struct event *again;
	LIST_ENTRY(turns) entry;
};

/* Takes the first turn now, which may be all of them. */
void turns_start(struct turns *t, struct turns_list *all, struct event_base *base);
/* Before the loop's end: takes all that are left. */
void turns_finish(struct turns_list *all);

#endif
