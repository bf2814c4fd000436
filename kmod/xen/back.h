/* SPDX-License-Identifier: GPL-2.0 */
/* A guest's device: its share of an adapter. */
#ifndef MYDEV_XEN_BACK_H
#define MYDEV_XEN_BACK_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "back_limits.h"
#include "mydev.h"
#include "ring.h"

struct back_request {
	struct mydevif_request rq;	/* our copy */
	unsigned long until;		/* when it has to be answered, jiffies */
	bool reset;			/* a reset came behind it */
};

struct mydev_back {
	struct xenbus_device *xdev;

	/* Who moves between states: the guest's changes, and ours by `settle`. See back.c. */
	struct mutex state_lock;
	struct delayed_work settle;
	struct xenbus_watch online;	/* the toolstack detaches */
	enum xenbus_state frontend;	/* as told last */
	struct mydev_loan loan;
	struct mydev_back_limits limits;
	bool removed;
	bool barred;			/* it broke a rule */
	unsigned int faults;		/* lately: it is waited the longer */
	unsigned long not_before;	/* when it may try again, jiffies */
	const char *told;		/* in the status node */

	/* The link: made before `connected`, until after it. */
	bool connected;
	const char *fault;		/* the rule that the guest broke, or NULL */
	int irq;
	spinlock_t events_lock;		/* of the next four: events come in any context */
	struct mydevif_events *events;	/* mapped; NULL: nobody is told */
	u32 event_prod;
	u32 events_lost;

	/* Of `serve` alone, while connected. */
	struct delayed_work serve;
	atomic_t rang;			/* and waits for our word to do so again */
	bool served;			/* something since then */
	struct mydevif_back_ring ring;
	struct mydevif_sring *sring;	/* mapped */
	struct back_request queue[MYDEVIF_REQUESTS_MAX];	/* a ring, too */
	unsigned int first, queued;
	void *in, *out;			/* a page each */
	struct mydev_back_bucket bucket;

	/* Statistics, from when the device appeared. */
	atomic64_t requests, denied, entropy_bytes, lost;
};

extern struct workqueue_struct *mydev_back_wq;

#endif
