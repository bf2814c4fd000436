// SPDX-License-Identifier: GPL-2.0
/*
 *   Initialising  waits for its adapter, or for limits that can be read
 *       |
 *       v         the adapter is there
 *   InitWait  <------------------------------------+
 *       |         the frontend is Initialised      |
 *       v                                          | the frontend is Closed or Initialising,
 *   Connected     it is served                     | the adapter is there, the device online
 *       |                                          |
 *       v         the adapter went, a rule was     |
 *   Closing       broken, the frontend is Closing  |
 *       |                                          |
 *       v         the frontend is Closed           |
 *   Closed ----------------------------------------+
 *
 * Closing and Closed are where it goes from anywhere. A frontend that is not there any more, or
 * Closed or Initialising and the device not online: the device goes.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/xen.h>

#include "back.h"
#include "back_link.h"
#include "back_serve.h"
#include "compat/xen.h"

/* A frontend that breaks rules is waited for, the longer the more often it does. */
#define PENANCE_MAX_S	64

static bool loopback;
module_param(loopback, bool, 0644);
MODULE_PARM_DESC(loopback, "lend to frontends in this domain, too: for tests (0)");

struct workqueue_struct *mydev_back_wq;

/* A node of the backend's, but never one that makes a removed device's directory again. */
static int write_node(struct xenbus_device *xdev, const char *node, const char *value)
{
	struct xenbus_transaction t;
	int err, ended;

	do {
		err = xenbus_transaction_start(&t);
		if (err)
			return err;
		err = -ENOENT;
		if (xenbus_exists(t, xdev->nodename, "state"))
			err = xenbus_write(t, xdev->nodename, node, value);
		ended = xenbus_transaction_end(t, err);
	} while (ended == -EAGAIN);
	return err ?: ended;
}

/* For people; `text` is static. */
static void tell_status(struct mydev_back *b, const char *text)
{
	if (b->told != text)
		write_node(b->xdev, MYDEVIF_NODE_STATUS, text);
	b->told = text;
}

static bool penance_over(struct mydev_back *b)
{
	return !b->faults || !time_before(jiffies, b->not_before);
}

static void punish(struct mydev_back *b, const char *rule)
{
	unsigned int s;

	if (b->faults && time_after(jiffies, b->not_before + 2 * PENANCE_MAX_S * HZ))
		b->faults = 0;
	s = min(1U << min(b->faults, 6U), (unsigned int)PENANCE_MAX_S);
	b->faults++;
	b->barred = true;
	b->not_before = jiffies + s * HZ;
	tell_status(b, rule);
	xenbus_dev_error(b->xdev, -EPROTO, "the frontend is not served for %u s: %s", s, rule);
}

static void shut(struct mydev_back *b, enum xenbus_state state)
{
	mydev_back_disconnect(b);
	xenbus_switch_state(b->xdev, state);
}

static bool is_open(const struct mydev_back *b)
{
	return b->xdev->state == XenbusStateInitWait || b->xdev->state == XenbusStateConnected;
}

/* Nobody holds anything of ours any more. */
static bool may_open(const struct mydev_back *b)
{
	return b->frontend == XenbusStateInitialising || b->frontend == XenbusStateClosed;
}

/* Nobody will need the device any more. */
static bool is_over(struct mydev_back *b)
{
	return b->frontend == XenbusStateUnknown ||
	       (may_open(b) && !xenbus_dev_is_online(b->xdev));
}

/* What the device waits for, or NULL: now it does not. */
static const char *obstacle(struct mydev_back *b, struct mydev_loan_info *info)
{
	const char *fault = mydev_back_limits_read(b->xdev, &b->limits);

	if (fault)
		return fault;
	b->loan.classes = b->limits.classes;
	if (mydev_loan_find(&b->loan, b->limits.serial, info))
		return "waits for the adapter, which is not there";
	return NULL;
}

static void open(struct mydev_back *b)
{
	struct xenbus_device *xdev = b->xdev;
	struct mydev_loan_info info;
	const char *waits = obstacle(b, &info);

	if (waits) {
		tell_status(b, waits);
		return;
	}
	if (write_node(xdev, MYDEVIF_NODE_VERSION, __stringify(MYDEVIF_VERSION)) ||
	    write_node(xdev, MYDEVIF_NODE_PHYSICAL, info.physical ? "1" : "0")) {
		tell_status(b, "its nodes cannot be written");
		return;
	}
	tell_status(b, "waits for the frontend");
	xenbus_switch_state(xdev, XenbusStateInitWait);
}

static void connect(struct mydev_back *b)
{
	bool ours = false;
	const char *fault = mydev_back_connect(b, &ours);

	if (fault) {
		punish(b, fault);
		/* It is served as soon as it can be. */
		if (ours)
			b->barred = false;
		shut(b, XenbusStateClosing);
		return;
	}
	tell_status(b, "connected");
	xenbus_switch_state(b->xdev, XenbusStateConnected);
}

/* Follows the frontend, as far as that goes. */
static void follow(struct mydev_back *b)
{
	struct xenbus_device *xdev = b->xdev;

	switch (b->frontend) {
	case XenbusStateInitialising:
		/* It began anew. */
		if (b->connected)
			shut(b, XenbusStateClosed);
		break;
	case XenbusStateInitialised:
		if (xdev->state == XenbusStateInitWait && xenbus_dev_is_online(xdev))
			connect(b);
		break;
	case XenbusStateClosing:
		if (b->connected)
			tell_status(b, "the frontend closes");
		shut(b, XenbusStateClosing);
		break;
	case XenbusStateClosed:
		/* From InitWait it has still to come. */
		if (xdev->state != XenbusStateInitWait)
			shut(b, XenbusStateClosed);
		break;
	default:
		break;
	}
}

/* Goes where frontend, adapter and toolstack let it go. */
static void settle(struct mydev_back *b)
{
	const char *fault = READ_ONCE(b->fault);

	lockdep_assert_held(&b->state_lock);
	if (b->connected && fault) {
		shut(b, XenbusStateClosing);
		punish(b, fault);
	}
	if (is_open(b) && !mydev_loan_stands(&b->loan)) {
		tell_status(b, "the adapter went away");
		shut(b, XenbusStateClosing);
	}
	follow(b);
	if (b->barred || is_open(b) || !may_open(b) || !xenbus_dev_is_online(b->xdev))
		return;
	if (penance_over(b))
		open(b);
	else
		mod_delayed_work(mydev_back_wq, &b->settle, b->not_before - jiffies);
}

static void settle_work(struct work_struct *work)
{
	struct mydev_back *b = container_of(work, struct mydev_back, settle.work);

	mutex_lock(&b->state_lock);
	if (!b->removed)
		settle(b);
	mutex_unlock(&b->state_lock);
}

static void frontend_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct mydev_back *b = dev_get_drvdata(&xdev->dev);
	bool over;

	/* What is no state is as if it had not been seen. */
	if ((state == XenbusStateUnknown && xenbus_exists(XBT_NIL, xdev->otherend, "state")) ||
	    state > XenbusStateReconfigured)
		return;
	mutex_lock(&b->state_lock);
	b->frontend = state;
	if (state == XenbusStateInitialising)
		b->barred = false;
	settle(b);
	over = is_over(b);
	mutex_unlock(&b->state_lock);
	if (over)
		device_unregister(&xdev->dev);
}

/* The toolstack takes the device back. A frontend that is closed already has nothing to say to that. */
static void online_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct mydev_back *b = container_of(watch, struct mydev_back, online);
	struct xenbus_device *xdev = b->xdev;
	enum xenbus_state written;
	bool over;

	mutex_lock(&b->state_lock);
	over = is_over(b);
	written = xenbus_read_driver_state(xdev->nodename);
	if (over) {
		/* The toolstack has written it, too, and waits for our answer. */
		xdev->state = written;
		shut(b, XenbusStateClosed);
	} else if (written == XenbusStateConnected && !xenbus_dev_is_online(xdev)) {
		/* connect() has written over the toolstack's Closing. */
		shut(b, XenbusStateClosing);
	}
	mutex_unlock(&b->state_lock);
	if (over)
		device_unregister(&xdev->dev);
}

static void adapter_changed(struct mydev_loan *l)
{
	struct mydev_back *b = container_of(l, struct mydev_back, loan);

	mod_delayed_work(mydev_back_wq, &b->settle, 0);
}

static void adapter_told(struct mydev_loan *l, const struct mydev_hw_event *ev)
{
	mydev_back_tell(container_of(l, struct mydev_back, loan), ev);
}

static void adapter_told_too_much(struct mydev_loan *l)
{
	mydev_back_tell_lost(container_of(l, struct mydev_back, loan));
}

static const struct mydev_loan_ops loan_ops = {
	.changed = adapter_changed,
	.event = adapter_told,
	.events_lost = adapter_told_too_much,
};

#define STATISTIC(_name, _field)                                                                   \
	static ssize_t _name##_show(struct device *dev, struct device_attribute *attr, char *buf)  \
	{                                                                                          \
		struct mydev_back *b = dev_get_drvdata(dev);                                       \
		return sysfs_emit(buf, "%lld\n", (long long)atomic64_read(&b->_field));            \
	}                                                                                          \
	static DEVICE_ATTR_RO(_name)

STATISTIC(requests, requests);
STATISTIC(denied, denied);
STATISTIC(entropy_bytes, entropy_bytes);
STATISTIC(events_lost, lost);

static struct attribute *statistics_attrs[] = {
	&dev_attr_requests.attr,
	&dev_attr_denied.attr,
	&dev_attr_entropy_bytes.attr,
	&dev_attr_events_lost.attr,
	NULL
};

static const struct attribute_group statistics = {
	.name = "statistics",
	.attrs = statistics_attrs,
};

static struct mydev_back *back_alloc(struct xenbus_device *xdev)
{
	struct mydev_back *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return NULL;
	b->xdev = xdev;
	b->frontend = xenbus_read_driver_state(xdev->otherend);
	b->loan.ops = &loan_ops;
	mutex_init(&b->state_lock);
	spin_lock_init(&b->events_lock);
	INIT_DELAYED_WORK(&b->settle, settle_work);
	if (mydev_back_serve_init(b)) {
		kfree(b);
		return NULL;
	}
	return b;
}

static void back_free(struct mydev_back *b)
{
	mydev_back_serve_free(b);
	mutex_destroy(&b->state_lock);
	kfree(b);
}

static bool is_loopback(const struct xenbus_device *xdev)
{
	return xdev->otherend_id == xenbus_read_unsigned("domid", "", 0);
}

static int probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct mydev_back *b;
	int err;

	if (is_loopback(xdev) && !loopback) {
		write_node(xdev, MYDEVIF_NODE_STATUS,
			   "refused: a frontend in the backend's own domain");
		return -EPERM;
	}
	b = back_alloc(xdev);
	if (!b)
		return -ENOMEM;
	dev_set_drvdata(&xdev->dev, b);
	err = sysfs_create_group(&xdev->dev.kobj, &statistics);
	if (err)
		goto err_back;
	/* Not the first driver of it, perhaps. */
	xenbus_switch_state(xdev, XenbusStateInitialising);
	mydev_loan_begin(&b->loan);
	err = xenbus_watch_pathfmt(xdev, &b->online, NULL, online_changed, "%s/online",
				   xdev->nodename);
	if (err)
		goto err_loan;
	return 0;

err_loan:
	mydev_loan_end(&b->loan);
	sysfs_remove_group(&xdev->dev.kobj, &statistics);
err_back:
	dev_set_drvdata(&xdev->dev, NULL);
	back_free(b);
	return err;
}

static compat_xenbus_remove_t remove(struct xenbus_device *xdev)
{
	struct mydev_back *b = dev_get_drvdata(&xdev->dev);

	unregister_xenbus_watch(&b->online);
	kfree(b->online.node);
	mutex_lock(&b->state_lock);
	b->removed = true;
	mydev_back_disconnect(b);
	mydev_loan_end(&b->loan);
	mutex_unlock(&b->state_lock);
	cancel_delayed_work_sync(&b->settle);
	tell_status(b, "has no driver");
	sysfs_remove_group(&xdev->dev.kobj, &statistics);
	dev_set_drvdata(&xdev->dev, NULL);
	back_free(b);
	return COMPAT_XENBUS_REMOVED;
}

static const struct xenbus_device_id ids[] = {
	{ MYDEVIF_TYPE },
	{ "" }
};

static struct xenbus_driver mydeviceback_driver = {
	.name = KBUILD_MODNAME,
	.ids = ids,
	.probe = probe,
	.remove = remove,
	.otherend_changed = frontend_changed,
};

static int __init mydeviceback_init(void)
{
	int err;

	if (!xen_domain())
		return -ENODEV;
	mydev_back_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!mydev_back_wq)
		return -ENOMEM;
	err = xenbus_register_backend(&mydeviceback_driver);
	if (err)
		destroy_workqueue(mydev_back_wq);
	return err;
}

static void __exit mydeviceback_exit(void)
{
	xenbus_unregister_driver(&mydeviceback_driver);
	destroy_workqueue(mydev_back_wq);
}

module_init(mydeviceback_init);
module_exit(mydeviceback_exit);

MODULE_DESCRIPTION("MyDev MD series entropy adapters lent to other Xen domains");
MODULE_AUTHOR("The mydev maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(MYDEV_VERSION);
MODULE_ALIAS("xen-backend:" MYDEVIF_TYPE);
