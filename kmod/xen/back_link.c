// SPDX-License-Identifier: GPL-2.0
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/string.h>
#include <xen/events.h>
#include <xen/grant_table.h>

#include "back.h"
#include "back_link.h"
#include "compat/xen.h"

/* What the frontend told of itself. */
struct shared {
	unsigned int version, ring, events, channel;
};

/* Whether it is dom0 that is short of something. (GNTST_eagain has the number of ENOMEM, and is no fault, either.) */
static bool is_ours(int err)
{
	return err == -ENOMEM || err == -ENOSPC;
}

static const char *read_nodes(struct xenbus_device *xdev, struct shared *s, bool *ours)
{
	int err = xenbus_gather(XBT_NIL, xdev->otherend,
				MYDEVIF_NODE_VERSION, "%u", &s->version,
				MYDEVIF_NODE_RING, "%u", &s->ring,
				MYDEVIF_NODE_EVENTS, "%u", &s->events,
				MYDEVIF_NODE_CHANNEL, "%u", &s->channel, NULL);

	*ours = is_ours(err);
	if (err)
		return "it does not tell its version, grants and event channel";
	if (s->version < 1 || s->version > MYDEVIF_VERSION)
		return "it speaks another version";
	return NULL;
}

static void *map(struct xenbus_device *xdev, grant_ref_t ref, bool *ours)
{
	void *page;
	int err = xenbus_map_ring_valloc(xdev, &ref, 1, &page);

	*ours = is_ours(err);
	return err ? NULL : page;
}

static irqreturn_t rang(int irq, void *data)
{
	struct mydev_back *b = data;

	atomic_set(&b->rang, 1);
	queue_delayed_work(mydev_back_wq, &b->serve, 0);
	return IRQ_HANDLED;
}

static void begin(struct mydev_back *b, struct mydevif_events *events)
{
	b->first = 0;
	b->queued = 0;
	b->served = false;
	b->fault = NULL;
	BACK_RING_INIT(&b->ring, b->sring, XEN_PAGE_SIZE);
	/* Full once: who begins anew has what was left. */
	if (!b->bucket.us)
		mydev_back_bucket_fill(&b->bucket, &b->limits);
	smp_store_release(&b->connected, true);

	spin_lock_irq(&b->events_lock);
	b->event_prod = 0;
	b->events_lost = 0;
	b->events = events;
	spin_unlock_irq(&b->events_lock);
	/* It has rung when it was bound. */
	queue_delayed_work(mydev_back_wq, &b->serve, 0);
}

const char *mydev_back_connect(struct mydev_back *b, bool *ours)
{
	struct xenbus_device *xdev = b->xdev;
	struct mydevif_events *events;
	struct shared shared;
	const char *fault = read_nodes(xdev, &shared, ours);

	if (fault)
		return fault;
	b->sring = map(xdev, shared.ring, ours);
	if (!b->sring)
		return "its ring cannot be mapped";
	fault = "its events cannot be mapped";
	events = map(xdev, shared.events, ours);
	if (!events)
		goto err_ring;
	fault = "its event channel cannot be bound";
	atomic_set(&b->rang, 0);
	b->irq = compat_bind_interdomain_lateeoi(xdev, shared.channel, rang,
						 dev_name(&xdev->dev), b);
	*ours = is_ours(b->irq);
	if (b->irq < 0)
		goto err_events;
	begin(b, events);
	return NULL;

err_events:
	xenbus_unmap_ring_vfree(xdev, events);
err_ring:
	xenbus_unmap_ring_vfree(xdev, b->sring);
	return fault;
}

/* From here on nobody is told: what was mapped. */
static struct mydevif_events *mute(struct mydev_back *b)
{
	struct mydevif_events *events;

	spin_lock_irq(&b->events_lock);
	events = b->events;
	b->events = NULL;
	spin_unlock_irq(&b->events_lock);
	return events;
}

void mydev_back_disconnect(struct mydev_back *b)
{
	struct mydevif_events *events;

	if (!b->connected)
		return;
	events = mute(b);
	WRITE_ONCE(b->connected, false);
	mydev_loan_cut(&b->loan);
	disable_irq(b->irq);
	cancel_delayed_work_sync(&b->serve);
	unbind_from_irqhandler(b->irq, b);
	xenbus_unmap_ring_vfree(b->xdev, events);
	xenbus_unmap_ring_vfree(b->xdev, b->sring);
	b->sring = NULL;
}

void mydev_back_break(struct mydev_back *b, const char *rule)
{
	if (!cmpxchg(&b->fault, NULL, rule))
		mod_delayed_work(mydev_back_wq, &b->settle, 0);
}

static void lose(struct mydev_back *b)
{
	lockdep_assert_held(&b->events_lock);
	atomic64_inc(&b->lost);
	b->events_lost++;
	WRITE_ONCE(b->events->lost, cpu_to_le32(b->events_lost));
}

static void put(struct mydev_back *b, const struct mydev_hw_event *ev)
{
	struct mydevif_events *events = b->events;

	/* Whatever it says that it has read: there is room, or not. */
	if (b->event_prod - le32_to_cpu(READ_ONCE(events->cons)) >= MYDEVIF_EVENTS) {
		lose(b);
		return;
	}
	virt_mb();	/* it has read what is overwritten now */
	events->ring[b->event_prod % MYDEVIF_EVENTS] = *ev;
	virt_wmb();	/* it sees the event before the index */
	b->event_prod++;
	WRITE_ONCE(events->prod, cpu_to_le32(b->event_prod));
}

/* An event, or NULL: that some were lost. */
static void tell(struct mydev_back *b, const struct mydev_hw_event *ev)
{
	unsigned long flags;

	spin_lock_irqsave(&b->events_lock, flags);
	if (b->events) {
		if (ev)
			put(b, ev);
		else
			lose(b);
		notify_remote_via_irq(b->irq);
	}
	spin_unlock_irqrestore(&b->events_lock, flags);
}

void mydev_back_tell(struct mydev_back *b, const struct mydev_hw_event *ev)
{
	if (ev->type != MYDEV_EV_FIRMWARE && ev->type != MYDEV_EV_MEDIA)
		tell(b, ev);
}

void mydev_back_tell_lost(struct mydev_back *b)
{
	tell(b, NULL);
}
