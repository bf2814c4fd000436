// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "front.h"
#include "front_revive.h"

static struct xenbus_driver *driver;

/* One that could not be resumed, but is there now: a reference. */
static int find(struct device *dev, void *data)
{
	struct xenbus_device *xdev = to_xenbus_device(dev), **found = data;

	if (xdev->otherend)
		return 0;
	mydev_front_lose(xdev);
	if (!xenbus_exists(XBT_NIL, xdev->nodename, "backend"))
		return 0;
	get_device(dev);
	*found = xdev;
	return 1;
}

static void revive(struct work_struct *work)
{
	struct xenbus_device *xdev;
	int err = 0;

	while (!err && driver_for_each_device(&driver->driver, NULL, &xdev, find)) {
		err = device_reprobe(&xdev->dev);
		put_device(&xdev->dev);
	}
}
static DECLARE_WORK(revive_work, revive);

/* Also when the machine was restored: watches are set anew then. */
static void changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	schedule_work(&revive_work);
}

static struct xenbus_watch watch = {
	.node = "device/" MYDEVIF_TYPE,
	.callback = changed,
};

int mydev_front_revive_init(struct xenbus_driver *d)
{
	driver = d;
	return register_xenbus_watch(&watch);
}

void mydev_front_revive_exit(void)
{
	unregister_xenbus_watch(&watch);
	cancel_work_sync(&revive_work);
}
