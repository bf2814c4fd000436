// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "front.h"
#include "front_revive.h"

static struct xenbus_driver *driver;

/* One that could not be resumed: a reference. */
static int find(struct device *dev, void *data)
{
	struct device **found = data;

	if (to_xenbus_device(dev)->otherend)
		return 0;
	*found = get_device(dev);
	return 1;
}

/* Whether it is there now; until then there is no adapter. */
static bool is_back(struct xenbus_device *xdev)
{
	bool back = false;

	/* It may just be leaving the driver, which is another reason to have no other end. */
	device_lock(&xdev->dev);
	if (xdev->dev.driver == &driver->driver && !xdev->otherend) {
		mydev_front_lose(xdev);
		back = xenbus_exists(XBT_NIL, xdev->nodename, "backend");
	}
	device_unlock(&xdev->dev);
	return back;
}

static void revive(struct work_struct *work)
{
	struct device *last = NULL, *dev;

	while (driver_for_each_device(&driver->driver, last, &dev, find)) {
		put_device(last);
		last = dev;
		if (!is_back(to_xenbus_device(dev)))
			continue;
		if (device_reprobe(dev))
			dev_err(dev, "it is back, but has no driver any more\n");
		/* It is at the list's end now, and those after it have not been seen. */
		put_device(last);
		last = NULL;
	}
	put_device(last);
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
