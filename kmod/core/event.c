// SPDX-License-Identifier: GPL-2.0
#include <linux/crash_dump.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "adapter.h"
#include "event.h"
#include "flash.h"
#include "main.h"
#include "nl_event.h"

/* In a crash-dump kernel memory is short. */
#define RING_KDUMP	64

static struct {
	spinlock_t lock;
	u64 last;		/* the greatest number; event n lies in slot n % size */
	unsigned int size;
	struct mydev_event *slot;
	u64 epoch;

	struct work_struct send;
	u64 sent;		/* the greatest number multicast; send's */
} ring = {
	.lock = __SPIN_LOCK_UNLOCKED(ring.lock),
};

u64 mydev_event_epoch(void)
{
	return ring.epoch;
}

u64 mydev_event_last(void)
{
	unsigned long flags;
	u64 last;

	spin_lock_irqsave(&ring.lock, flags);
	last = ring.last;
	spin_unlock_irqrestore(&ring.lock, flags);
	return last;
}

void mydev_event_put(struct mydev_event *ev)
{
	mydev_flash_report_put(ev->flash);
}

void mydev_event_post(struct mydev_adapter *a, const struct mydev_event *ev)
{
	struct mydev_flash_report *old;
	struct mydev_event *slot;

	lockdep_assert_held(&a->lock);
	if (!a->published) {
		mydev_flash_report_put(ev->flash);
		return;
	}
	spin_lock(&ring.lock);
	slot = &ring.slot[++ring.last % ring.size];
	old = slot->flash;
	*slot = *ev;
	slot->number = ring.last;
	slot->time_ms = ktime_to_ms(ktime_get_boottime());
	slot->index = a->id;
	memcpy(slot->serial, a->serial, sizeof(slot->serial));
	spin_unlock(&ring.lock);
	mydev_flash_report_put(old);
	queue_work(mydev_wq, &ring.send);
}

bool mydev_event_get(u64 after, struct mydev_event *ev)
{
	unsigned long flags;
	bool found;
	u64 oldest;

	spin_lock_irqsave(&ring.lock, flags);
	oldest = ring.last >= ring.size ? ring.last - ring.size + 1 : 1;
	found = after < ring.last;
	if (found) {
		*ev = ring.slot[max(after + 1, oldest) % ring.size];
		mydev_flash_report_get(ev->flash);
	}
	spin_unlock_irqrestore(&ring.lock, flags);
	return found;
}

/* From one work, so that they leave in order. */
static void send_events(struct work_struct *work)
{
	struct mydev_event ev;

	while (mydev_event_get(ring.sent, &ev)) {
		mydev_nl_event_multicast(&ev);
		ring.sent = ev.number;
		mydev_event_put(&ev);
		cond_resched();
	}
}

int mydev_event_init(void)
{
	ring.size = is_kdump_kernel() ? RING_KDUMP : MYDEV_EVENT_RING;
	ring.slot = kvcalloc(ring.size, sizeof(*ring.slot), GFP_KERNEL);
	if (!ring.slot)
		return -ENOMEM;
	do {
		get_random_bytes(&ring.epoch, sizeof(ring.epoch));
	} while (!ring.epoch);
	INIT_WORK(&ring.send, send_events);
	return 0;
}

void mydev_event_flush(void)
{
	flush_work(&ring.send);
}

void mydev_event_exit(void)
{
	unsigned int i;

	for (i = 0; i < ring.size; i++)
		mydev_event_put(&ring.slot[i]);
	kvfree(ring.slot);
}
