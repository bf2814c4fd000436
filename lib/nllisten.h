/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel tells by itself: events and progress of the family "mydev", and whether
 * that family is there. A plain socket, since libnl hides ENOBUFS, which matters here.
 */
#ifndef LIB_NLLISTEN_H
#define LIB_NLLISTEN_H

#include "lib/netlink.h"

struct mdnl_listener_ops {
	void (*event)(const struct mdnl_event *ev, void *arg);
	void (*progress)(uint32_t index, const struct mdnl_flash *f, void *arg);
	void (*family)(bool loaded, void *arg);	/* mydev.ko came or went */
};

struct mdnl_listener;

/*
 * A new listener hears of the family alone. `rcvbuf` bytes of kernel memory; without
 * CAP_NET_ADMIN as many as the system allows. 0 or a negative errno.
 */
int mdnl_listener_new(struct mdnl_listener **l, int rcvbuf, const struct mdnl_listener_ops *ops,
		      void *arg);
void mdnl_listener_free(struct mdnl_listener *l);	/* NULL is fine */
int mdnl_listener_fd(const struct mdnl_listener *l);

/* To be called whenever the family appeared: its numbers are new ones then. */
int mdnl_listener_join(struct mdnl_listener *l, const struct mdnl_groups *groups);

/*
 * Handles up to `max` datagrams that are there, never waits. -ENOBUFS: some were lost,
 * resynchronise by a dump; the socket goes on. Another negative errno: it does not.
 */
int mdnl_listener_read(struct mdnl_listener *l, int max);

#endif
