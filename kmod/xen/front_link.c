// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <xen/events.h>
#include <xen/page.h>

#include "front.h"
#include "front_link.h"
#include "front_queue.h"

static int share(struct mydev_front *front, struct front_page *page, bool readonly)
{
	int ref;

	page->data = (void *)get_zeroed_page(GFP_KERNEL);
	if (!page->data)
		return -ENOMEM;
	ref = gnttab_grant_foreign_access(front->xdev->otherend_id, virt_to_gfn(page->data),
					  readonly);
	if (ref < 0) {
		free_page((unsigned long)page->data);
		page->data = NULL;
		return ref;
	}
	page->ref = ref;
	return 0;
}

/* The page is freed when the backend lets go of it, be that never. */
static void unshare(struct front_page *page)
{
	if (!page->data)
		return;
	compat_end_foreign_access(page->ref, page->data);
	page->data = NULL;
}

/* There may have been entropy in it. */
static void unshare_data(struct front_page *page)
{
	if (page->data)
		memzero_explicit(page->data, PAGE_SIZE);
	unshare(page);
}

/* The rings stay as they are: a backend that has not yet heard of it may look at them. */
static void unshare_all(struct mydev_front *front)
{
	unsigned int i;

	for (i = 0; i < FRONT_SLOTS; i++) {
		unshare_data(&front->slot[i].in);
		unshare_data(&front->slot[i].out);
	}
	unshare(&front->events_page);
	unshare(&front->ring_page);
}

static int share_all(struct mydev_front *front)
{
	unsigned int i;
	int err;

	err = share(front, &front->ring_page, false);
	if (!err)
		err = share(front, &front->events_page, false);
	for (i = 0; !err && i < FRONT_SLOTS; i++) {
		err = share(front, &front->slot[i].in, true);
		if (!err)
			err = share(front, &front->slot[i].out, false);
	}
	if (err)
		unshare_all(front);
	return err;
}

static irqreturn_t rang(int irq, void *data)
{
	struct mydev_front *front = data;

	/* It may ring while it is being bound. */
	WRITE_ONCE(front->irq, irq);
	queue_work(system_unbound_wq, &front->work);
	return IRQ_HANDLED;
}

/* It may not ring again before we have looked; if for nothing, not so soon. */
static void look(struct work_struct *work)
{
	struct mydev_front *front = container_of(work, struct mydev_front, work);
	bool any = mydev_front_queue_poll(front);

	xen_irq_lateeoi(front->irq, any ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

static int open_channel(struct mydev_front *front)
{
	struct xenbus_device *xdev = front->xdev;
	int err;

	INIT_WORK(&front->work, look);
	err = xenbus_alloc_evtchn(xdev, &front->port);
	if (err)
		return err;
	err = bind_evtchn_to_irqhandler_lateeoi(front->port, rang, 0, dev_name(&xdev->dev), front);
	if (err < 0) {
		xenbus_free_evtchn(xdev, front->port);
		return err;
	}
	front->irq = err;
	return 0;
}

static void close_channel(struct mydev_front *front)
{
	disable_irq(front->irq);
	cancel_work_sync(&front->work);
	unbind_from_irqhandler(front->irq, front);
	front->irq = 0;
}

static int write_nodes(struct mydev_front *front, struct xenbus_transaction t)
{
	const char *dir = front->xdev->nodename;
	int err;

	err = xenbus_printf(t, dir, MYDEVIF_NODE_VERSION, "%u", MYDEVIF_VERSION);
	if (!err)
		err = xenbus_printf(t, dir, MYDEVIF_NODE_RING, "%u", front->ring_page.ref);
	if (!err)
		err = xenbus_printf(t, dir, MYDEVIF_NODE_EVENTS, "%u", front->events_page.ref);
	if (!err)
		err = xenbus_printf(t, dir, MYDEVIF_NODE_CHANNEL, "%u", front->port);
	return err;
}

static int publish(struct mydev_front *front)
{
	struct xenbus_transaction t;
	int err;

	do {
		err = xenbus_transaction_start(&t);
		if (err)
			return err;
		err = write_nodes(front, t);
		if (err) {
			xenbus_transaction_end(t, 1);
			return err;
		}
		err = xenbus_transaction_end(t, 0);
	} while (err == -EAGAIN);
	return err;
}

int mydev_front_link_make(struct mydev_front *front)
{
	int err;

	err = share_all(front);
	if (err)
		return err;
	mydev_front_queue_up(front);
	err = open_channel(front);
	if (err)
		goto err_shared;
	err = publish(front);
	if (err)
		goto err_channel;
	return 0;

err_channel:
	close_channel(front);
err_shared:
	mydev_front_queue_down(front);
	unshare_all(front);
	return err;
}

void mydev_front_link_free(struct mydev_front *front)
{
	mydev_front_queue_down(front);
	close_channel(front);
	unshare_all(front);
}
