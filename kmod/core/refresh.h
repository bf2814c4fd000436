/* SPDX-License-Identifier: GPL-2.0 */
/* The caches of an adapter, from which everybody reads, and how they are kept true. */
#ifndef MYDEV_CORE_REFRESH_H
#define MYDEV_CORE_REFRESH_H

#include <linux/types.h>

struct mydev_adapter;

#define MYDEV_REFRESH_STATUS	(1U << 0)
#define MYDEV_REFRESH_FW	(1U << 1)
#define MYDEV_REFRESH_CONFIG	(1U << 2)
#define MYDEV_REFRESH_ALL	7U

void mydev_refresh_init(struct mydev_adapter *a);
/* The adapter is GONE: ends refreshing and waits for its end. */
void mydev_refresh_stop(struct mydev_adapter *a);

/*
 * Reads those parts from the adapter now. 0, or mydev_command()'s error; a part that the
 * adapter refuses to tell is left as it was, which is no error. `recovering`: see there.
 */
int mydev_refresh(struct mydev_adapter *a, unsigned int parts, bool recovering);

/* Reads them in the background, once the adapter is ready. a->lock is held. */
void mydev_refresh_later(struct mydev_adapter *a, unsigned int parts);

/* The adapter is ready: does what was put off until then. a->lock is held. */
void mydev_refresh_resume(struct mydev_adapter *a);

#endif
