/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A thread that waits for what happens in XenStore: domains that come, go and get another
 * name, and changes below a path. It connects, and connects again, by itself.
 */
#ifndef MGMTD_XENWATCH_H
#define MGMTD_XENWATCH_H

struct xenwatch;

enum xenwatch_state { XENWATCH_UNKNOWN, XENWATCH_UP, XENWATCH_DOWN };

struct xenwatch *xenwatch_new(const char *path);
/* Readable: something has happened, which xenwatch_state() takes note of. */
int xenwatch_fd(const struct xenwatch *w);
enum xenwatch_state xenwatch_state(struct xenwatch *w);
/* Ends its thread; waits for xenstored. */
void xenwatch_stop(struct xenwatch *w);
/* After xenwatch_stop(). */
void xenwatch_free(struct xenwatch *w);

#endif
