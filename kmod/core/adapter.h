/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An adapter, and the registry of all of them.
 *
 * Two ways to hold one: a reference keeps the memory (mydev_adapter_find, _next), a use
 * keeps the transport's callbacks callable (mydev_adapter_use). Unregistering waits for the
 * uses, never for references: with one of these alone, ops and dev.parent may be gone.
 *
 * Locks, outer first: refresh_lock (held while the adapter is asked; by nobody who only
 * reads), the registry's mutex, lock, the loans', the event ring's. The last three are taken in
 * any context.
 */
#ifndef MYDEV_CORE_ADAPTER_H
#define MYDEV_CORE_ADAPTER_H

#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "mydev.h"
#include "flash.h"

struct mydev_config;

struct mydev_adapter {
	struct device dev;		/* /sys/class/mydev/mydevN; counts the references */
	u32 id;				/* N */
	bool listed;			/* it can be found; the registry's */
	enum mydev_transport transport;
	bool physical;			/* its noise is: entropy earns credit */
	bool borrowed;			/* not lent any further */
	u32 latency_ms;			/* of the way to it */
	char *address;			/* the parent's name */
	const struct mydev_transport_ops *ops;	/* with a use */
	void *priv;			/* the transport's */

	refcount_t users;
	struct completion unused;	/* the last use ended */
	atomic_t room;			/* requests of our own that may still be put under way */

	spinlock_t lock;		/* of all down to `published` */
	enum mydev_adapter_state state;	/* see state.c */
	u32 boots;			/* MYDEV_EV_BOOT seen: tells one life of it from the next */
	bool wants_reset;		/* the next recovery begins with ops->reset() */
	u32 resets;			/* ops->reset() calls */
	unsigned int backoff;		/* s before the next reset */
	unsigned long ready_since;	/* jiffies */
	struct list_head inflight;	/* struct mydev_request */
	unsigned int lent;		/* turns taken by loans */
	struct mydev_second lent_changes;	/* commands of theirs that change something */
	struct list_head turns;		/* struct mydev_loan: those that wait for theirs */
	unsigned int event_budget;	/* events that it may still tell in this second */
	unsigned long event_second;	/* when that began, jiffies */
	unsigned int refresh_wanted;	/* MYDEV_REFRESH_*: due in the background */
	bool identified;
	struct mydev_hw_identity ident;	/* valid, once identified */
	char serial[MYDEV_HW_SERIAL_LEN + 1];	/* empty until identified */
	u64 status_ms;			/* when status was told, boot time; 0: never */
	struct mydev_hw_status status;
	bool has_fw;
	struct mydev_hw_fw_info fw;
	struct mydev_config *config;	/* a reference, or NULL */
	struct mydev_flash flash;
	bool published;			/* the class device is there: events are told */

	wait_queue_head_t wait;		/* state, fw or room changed */
	struct mutex refresh_lock;	/* one refresh at a time, so that none is older than the last */
	struct delayed_work recover;
	struct work_struct refresh;
	struct work_struct uevent;
	struct device *hwmon;		/* of the recovery; NULL until first ready */
};

#define to_mydev_adapter(_dev)	container_of(_dev, struct mydev_adapter, dev)

/* Drops a reference. */
void mydev_adapter_put(struct mydev_adapter *a);

/* The adapter mydev`id` with a reference, or NULL. */
struct mydev_adapter *mydev_adapter_find(u32 id);

/* The first adapter from `id` on, with a reference, or NULL at the end. */
struct mydev_adapter *mydev_adapter_next(u32 id);

/* Changes whenever an adapter comes or goes; never 0. */
unsigned int mydev_adapter_generation(void);

/* Begins a use; false: it is being removed. */
bool mydev_adapter_use(struct mydev_adapter *a);
void mydev_adapter_unuse(struct mydev_adapter *a);

/* The adapter's last reference was dropped: frees it. For its class. */
void mydev_adapter_free(struct mydev_adapter *a);

/* All adapters have been unregistered: frees the registry. */
void mydev_adapter_exit(void);

#endif
