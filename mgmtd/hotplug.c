// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/hotplug.h"

#include <errno.h>
#include <event2/event.h>
#include <libudev.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/netlink.h"
#include "mgmtd/daemon.h"
#include "mgmtd/kernel.h"
#include "mgmtd/log.h"

#define BUFFER_SIZE	(16 << 20)	/* bytes: a thousand adapters that come at once */
#define READ_MAX	256

struct hotplug {
	struct daemon *d;
	struct udev *udev;
	struct udev_monitor *monitor;
	struct event *event;
};

static void announced(struct hotplug *h, const char *name)
{
	struct adapter *a = adapters_find_name(&h->d->adapters, name);
	unsigned long index;
	char *end;

	if (a) {
		wanted_announced(h->d, a);
		kernel_look_at(h->d->kernel, a->info.index);
		return;
	}
	/* udev was faster than the kernel's own event: it will be found announced. */
	if (strncmp(name, MYDEV_CLASS_NAME, strlen(MYDEV_CLASS_NAME)))
		return;
	index = strtoul(name + strlen(MYDEV_CLASS_NAME), &end, 10);
	if (!*end && index < UINT32_MAX)
		kernel_look_at(h->d->kernel, index);
}

bool hotplug_knows(struct hotplug *h, const char *name)
{
	struct udev_device *dev;
	bool known;

	dev = udev_device_new_from_subsystem_sysname(h->udev, MYDEV_CLASS_NAME, name);
	known = dev && udev_device_get_is_initialized(dev);
	if (dev)
		udev_device_unref(dev);
	return known;
}

/* Some announcements were lost: find out which. */
static void look_at_all(struct hotplug *h)
{
	struct adapters *all = &h->d->adapters;

	for (size_t i = 0; i < all->n; i++)
		if (!all->list[i]->wanted.announced && hotplug_knows(h, all->list[i]->info.name))
			wanted_announced(h->d, all->list[i]);
}

static void on_device(struct hotplug *h, struct udev_device *dev)
{
	const char *action = udev_device_get_action(dev);

	/* Of what went, the kernel tells. */
	if (action && strcmp(action, "remove"))
		announced(h, udev_device_get_sysname(dev));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct hotplug *h = arg;
	struct udev_device *dev;

	for (int i = 0; i < READ_MAX; i++) {
		errno = 0;
		dev = udev_monitor_receive_device(h->monitor);
		if (!dev)
			break;
		on_device(h, dev);
		udev_device_unref(dev);
	}
	if (errno == ENOBUFS) {
		log_warning("udev's messages were lost: looking at all adapters");
		look_at_all(h);
	}
}

static int open_monitor(struct hotplug *h)
{
	h->udev = udev_new();
	if (!h->udev)
		return -ENOMEM;
	h->monitor = udev_monitor_new_from_netlink(h->udev, "udev");
	if (!h->monitor)
		return -EIO;
	/* Without CAP_NET_ADMIN the buffer stays as it is. */
	if (udev_monitor_set_receive_buffer_size(h->monitor, BUFFER_SIZE) < 0)
		log_debug("udev's buffer stays small");
	if (udev_monitor_filter_add_match_subsystem_devtype(h->monitor, MYDEV_CLASS_NAME, NULL) < 0 ||
	    udev_monitor_enable_receiving(h->monitor) < 0)
		return -EIO;
	return 0;
}

int hotplug_new(struct hotplug **out, struct daemon *d)
{
	struct hotplug *h = xzalloc(sizeof(*h));
	int rc;

	h->d = d;
	rc = open_monitor(h);
	if (rc < 0) {
		hotplug_free(h);
		return rc;
	}
	h->event = event_new(d->base, udev_monitor_get_fd(h->monitor), EV_READ | EV_PERSIST,
			     on_readable, h);
	if (!h->event || event_add(h->event, NULL) < 0)
		xalloc_failed();
	*out = h;
	return 0;
}

void hotplug_free(struct hotplug *h)
{
	if (h->event)
		event_free(h->event);
	if (h->monitor)
		udev_monitor_unref(h->monitor);
	if (h->udev)
		udev_unref(h->udev);
	free(h);
}
