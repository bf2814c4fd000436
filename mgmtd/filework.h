/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work on files for a call: a file may lie on a disk, or a file system of somebody's own,
 * that never answers. Each piece of work has a thread and a deadline, and waits for no
 * other; those of peers that may only look wait for each other.
 */
#ifndef MGMTD_FILEWORK_H
#define MGMTD_FILEWORK_H

#include "mgmtd/dispatch.h"
#include "mgmtd/image.h"
#include "mgmtd/worker.h"

struct filework {
	struct job job;
	struct daemon *daemon;
	struct call *call;		/* NULL: given up, already answered */
	struct event *deadline;
	/* In the loop, when it is done; the call is to be answered. */
	void (*finish)(struct filework *w);
	/* What to do: a file, */
	int fd;
	char *staged;			/* NULL: it is only looked at */
	char *copy_path;
	/* .. or a directory: all *.bin of it */
	char *dir;
	char *keys_dir;
	struct image *images;
	size_t n;
};

/* Takes the call's descriptor. */
void filework_check(struct call *call, bool stage, void (*finish)(struct filework *w));
void filework_list(struct call *call, void (*finish)(struct filework *w));

#endif
