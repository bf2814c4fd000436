// SPDX-License-Identifier: GPL-2.0
/*
 *   backend        we
 *                  Initialising, or Closed
 *   InitWait  ->   link made: Initialised
 *   Connected ->   adapter registered: Connected
 *   Closing,
 *   Closed    ->   adapter gone, link freed: Closed
 *
 *   resumed: link freed, Initialising.   A rule broken: the same as Closing, and barred until the
 *   backend is Initialising.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "front.h"
#include "front_link.h"
#include "front_queue.h"
#include "front_revive.h"

static void poll(struct mydev_adapter *a)
{
	mydev_front_queue_poll(mydev_adapter_priv(a));
}

static const struct mydev_transport_ops ops = {
	.id = MYDEV_TRANSPORT_XEN,
	.borrowed = true,
	.write_max = MYDEV_HW_DATA_MAX,
	.latency_ms = MYDEVIF_RESPONSE_MS,
	.submit = mydev_front_submit,
	.abort = mydev_front_abort,
	.reset = mydev_front_reset,
	.poll = poll,
};

static void link(struct mydev_front *front)
{
	struct xenbus_device *xdev = front->xdev;
	int err;

	if (!xenbus_read_unsigned(xdev->otherend, MYDEVIF_NODE_VERSION, 0)) {
		xenbus_dev_error(xdev, -EPROTONOSUPPORT, "the backend tells no version");
		return;
	}
	err = mydev_front_link_make(front);
	if (err) {
		xenbus_dev_error(xdev, err, "making the rings");
		return;
	}
	front->linked = true;
	xenbus_switch_state(xdev, XenbusStateInitialised);
}

static void attach(struct mydev_front *front)
{
	struct xenbus_device *xdev = front->xdev;
	bool physical = xenbus_read_unsigned(xdev->otherend, MYDEVIF_NODE_PHYSICAL, 0) == 1;
	struct mydev_adapter *a;

	a = mydev_adapter_register(&xdev->dev, &ops, physical, front);
	if (IS_ERR(a)) {
		xenbus_dev_fatal(xdev, PTR_ERR(a), "registering the adapter");
		return;
	}
	mydev_front_queue_listen(front, a);
	xenbus_switch_state(xdev, XenbusStateConnected);
	/* What it was told already. */
	mydev_front_queue_poll(front);
}

static void unlink(struct mydev_front *front)
{
	struct mydev_adapter *a = front->adapter;

	if (!front->linked)
		return;
	mydev_front_queue_down(front);
	mydev_front_queue_listen(front, NULL);
	if (a)
		mydev_adapter_unregister(a);
	mydev_front_link_free(front);
	front->linked = false;
}

static void close(struct mydev_front *front)
{
	unlink(front);
	xenbus_frontend_closed(front->xdev);
}

void mydev_front_lose(struct xenbus_device *xdev)
{
	struct mydev_front *front = dev_get_drvdata(&xdev->dev);

	mutex_lock(&front->state_lock);
	unlink(front);
	front->barred = false;
	mutex_unlock(&front->state_lock);
}

static void backend_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct mydev_front *front = dev_get_drvdata(&xdev->dev);

	mutex_lock(&front->state_lock);
	switch (state) {
	case XenbusStateInitialising:
		front->barred = false;
		if (front->linked)
			close(front);
		break;
	case XenbusStateInitWait:
		/* It began anew behind our back. */
		if (xdev->state == XenbusStateConnected)
			close(front);
		if (!front->linked && !front->barred)
			link(front);
		break;
	case XenbusStateConnected:
		if (front->linked && xdev->state == XenbusStateInitialised)
			attach(front);
		break;
	case XenbusStateClosing:
	case XenbusStateClosed:
	case XenbusStateUnknown:
		close(front);
		break;
	default:
		break;
	}
	mutex_unlock(&front->state_lock);
}

static void rule_broken(struct work_struct *work)
{
	struct mydev_front *front = container_of(work, struct mydev_front, state_work);

	mutex_lock(&front->state_lock);
	if (front->linked && front->fault) {
		xenbus_dev_error(front->xdev, -EPROTO, "the backend breaks a rule: %s",
				 front->fault);
		front->barred = true;
		xenbus_switch_state(front->xdev, XenbusStateClosing);
		close(front);
	}
	mutex_unlock(&front->state_lock);
}

static int probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct mydev_front *front = kzalloc(sizeof(*front), GFP_KERNEL);

	if (!front)
		return -ENOMEM;
	front->xdev = xdev;
	mutex_init(&front->state_lock);
	INIT_WORK(&front->state_work, rule_broken);
	mydev_front_queue_init(front);
	dev_set_drvdata(&xdev->dev, front);
	/* Not the first driver of it, perhaps. */
	xenbus_switch_state(xdev, XenbusStateInitialising);
	return 0;
}

static compat_xenbus_remove_t remove(struct xenbus_device *xdev)
{
	struct mydev_front *front = dev_get_drvdata(&xdev->dev);

	mutex_lock(&front->state_lock);
	/* First, so that the backend lets go of the pages. */
	if (front->linked)
		xenbus_switch_state(xdev, XenbusStateClosing);
	unlink(front);
	mutex_unlock(&front->state_lock);
	cancel_work_sync(&front->state_work);
	dev_set_drvdata(&xdev->dev, NULL);
	mutex_destroy(&front->state_lock);
	mutex_destroy(&front->lock);
	kfree(front);
	return COMPAT_XENBUS_REMOVED;
}

/* We are where the backend knows nothing of us, be it in a copy of us. */
static int resume(struct xenbus_device *xdev)
{
	mydev_front_lose(xdev);
	/* That it is Initialising is what we were told; others may have been told otherwise. */
	return xenbus_printf(XBT_NIL, xdev->nodename, "state", "%d", XenbusStateInitialising);
}

static const struct xenbus_device_id ids[] = {
	{ MYDEVIF_TYPE },
	{ "" }
};

static struct xenbus_driver mydevicefront_driver = {
	.name = KBUILD_MODNAME,
	.ids = ids,
	COMPAT_XENBUS_NOT_ESSENTIAL
	.probe = probe,
	.remove = remove,
	.resume = resume,
	.otherend_changed = backend_changed,
};

static int __init mydevicefront_init(void)
{
	int err;

	if (!xen_domain() || !xen_has_pv_devices())
		return -ENODEV;
	err = xenbus_register_frontend(&mydevicefront_driver);
	if (err)
		return err;
	err = mydev_front_revive_init(&mydevicefront_driver);
	if (err)
		xenbus_unregister_driver(&mydevicefront_driver);
	return err;
}

static void __exit mydevicefront_exit(void)
{
	mydev_front_revive_exit();
	xenbus_unregister_driver(&mydevicefront_driver);
}

module_init(mydevicefront_init);
module_exit(mydevicefront_exit);

MODULE_DESCRIPTION("MyDev MD series entropy adapters lent by another Xen domain");
MODULE_AUTHOR("The mydev maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(MYDEV_VERSION);
MODULE_ALIAS("xen:" MYDEVIF_TYPE);
