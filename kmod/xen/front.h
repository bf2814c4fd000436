/* SPDX-License-Identifier: GPL-2.0 */
/* An adapter that another domain lends us. */
#ifndef MYDEV_XEN_FRONT_H
#define MYDEV_XEN_FRONT_H

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "compat/xen.h"
#include "mydev.h"
#include "ring.h"

/* Commands under way; more wait here. And the one slot of a reset, which has no data. */
#define FRONT_SLOTS	8
#define FRONT_RESET	FRONT_SLOTS

/* A page of ours that the backend may use. */
struct front_page {
	void *data;			/* NULL: none */
	grant_ref_t ref;
};

struct front_slot {
	bool busy;			/* the backend has it */
	__le16 id;			/* of its last request: the number of the slot, and a count */
	u8 op;
	u32 boots;			/* that had been told when it was sent */
	struct mydev_request *rq;	/* NULL: nobody waits for it any more */
	struct front_page in, out;
};

struct mydev_front {
	struct xenbus_device *xdev;

	struct mutex state_lock;	/* who moves between states; outside of `lock` */
	struct work_struct state_work;	/* a rule was broken */
	bool linked;			/* there is a link: what follows is made */
	bool barred;			/* the backend broke a rule */

	struct work_struct work;	/* the channel rang */
	unsigned int irq;		/* 0: none */
	compat_evtchn_port_t port;
	struct front_page ring_page, events_page;

	/* Of all below. A mutex, for data is copied under it. The core's locks are within. */
	struct mutex lock;
	bool up;			/* the link may be used */
	const char *fault;		/* the rule that the backend broke, or NULL */
	struct mydev_adapter *adapter;	/* who is told; NULL: nobody yet, or any more */
	struct mydevif_front_ring ring;
	struct front_slot slot[FRONT_SLOTS + 1];
	struct list_head waiting;	/* requests without a slot */
	struct completion reset_done;
	u32 event_cons;
	u32 events_lost;
	u32 boots;			/* MYDEV_EV_BOOT told */
};

/* Its other end is not known any more: there is no adapter. */
void mydev_front_lose(struct xenbus_device *xdev);

#endif
