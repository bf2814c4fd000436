// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>

#include "adapter.h"
#include "class.h"
#include "event.h"
#include "main.h"
#include "state.h"

const char *mydev_model_name(u16 model)
{
	switch (model) {
	case MYDEV_MODEL_MD2000:
		return "MD-2000";
	case MYDEV_MODEL_MD4000:
		return "MD-4000";
	}
	return "unknown";
}

/* Once identified, the identity does not change any more but for the firmware's part. */
static bool identified(struct mydev_adapter *a)
{
	bool yes;

	spin_lock_irq(&a->lock);
	yes = a->identified;
	spin_unlock_irq(&a->lock);
	return yes;
}

static ssize_t model_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mydev_adapter *a = to_mydev_adapter(dev);

	if (!identified(a))
		return -ENODATA;
	return sysfs_emit(buf, "%s\n", mydev_model_name(le16_to_cpu(a->ident.model)));
}
static DEVICE_ATTR_RO(model);

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mydev_adapter *a = to_mydev_adapter(dev);

	if (!identified(a))
		return -ENODATA;
	return sysfs_emit(buf, "%s\n", a->serial);
}
static DEVICE_ATTR_RO(serial);

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", mydev_state_name(READ_ONCE(to_mydev_adapter(dev)->state)));
}
static DEVICE_ATTR_RO(state);

static struct attribute *mydev_attrs[] = {
	&dev_attr_model.attr,
	&dev_attr_serial.attr,
	&dev_attr_state.attr,
	NULL
};
ATTRIBUTE_GROUPS(mydev);

static int mydev_uevent(compat_class_uevent_device *dev, struct kobj_uevent_env *env)
{
	struct mydev_adapter *a = container_of((struct device *)dev, struct mydev_adapter, dev);
	int err;

	err = add_uevent_var(env, "MYDEV_STATE=%s", mydev_state_name(READ_ONCE(a->state)));
	if (err || !identified(a))
		return err;
	err = add_uevent_var(env, "ID_MODEL=%s", mydev_model_name(le16_to_cpu(a->ident.model)));
	return err ?: add_uevent_var(env, "ID_SERIAL=%s", a->serial);
}

static void mydev_release(struct device *dev)
{
	mydev_adapter_free(to_mydev_adapter(dev));
}

static struct class mydev_class = {
	.name = MYDEV_CLASS_NAME,
	.dev_groups = mydev_groups,
	.dev_uevent = mydev_uevent,
	.dev_release = mydev_release,
};

static void send_change(struct work_struct *work)
{
	struct mydev_adapter *a = container_of(work, struct mydev_adapter, uevent);

	kobject_uevent(&a->dev.kobj, KOBJ_CHANGE);
}

void mydev_class_change(struct mydev_adapter *a)
{
	lockdep_assert_held(&a->lock);
	if (a->published && a->state != MYDEV_STATE_GONE)
		queue_work(mydev_wq, &a->uevent);
}

void mydev_class_init(struct mydev_adapter *a, struct device *parent)
{
	device_initialize(&a->dev);
	a->dev.class = &mydev_class;
	a->dev.parent = parent;
	INIT_WORK(&a->uevent, send_change);
}

int mydev_class_add(struct mydev_adapter *a)
{
	enum mydev_adapter_state told = READ_ONCE(a->state);
	int err = device_add(&a->dev);

	if (err)
		return err;
	spin_lock_irq(&a->lock);
	a->published = true;
	mydev_event_post(a, &(struct mydev_event){ .type = MYDEV_EVENT_ADDED });
	if (a->state != told)
		mydev_state_tell(a);
	spin_unlock_irq(&a->lock);
	return 0;
}

void mydev_class_del(struct mydev_adapter *a)
{
	cancel_work_sync(&a->uevent);
	device_del(&a->dev);
	spin_lock_irq(&a->lock);
	mydev_event_post(a, &(struct mydev_event){ .type = MYDEV_EVENT_REMOVED });
	spin_unlock_irq(&a->lock);
}

int mydev_class_register(void)
{
	return class_register(&mydev_class);
}

void mydev_class_unregister(void)
{
	class_unregister(&mydev_class);
}
