/* SPDX-License-Identifier: GPL-2.0 */
/* /sys/class/mydev: what user space sees of an adapter without netlink. */
#ifndef MYDEV_CORE_CLASS_H
#define MYDEV_CORE_CLASS_H

#include <linux/types.h>

struct device;
struct mydev_adapter;

int mydev_class_register(void);
void mydev_class_unregister(void);

/* Makes a->dev a counted object below `parent`, not shown yet. */
void mydev_class_init(struct mydev_adapter *a, struct device *parent);

/* Shows it and tells MYDEV_EVENT_ADDED; only then the adapter's events are told. */
int mydev_class_add(struct mydev_adapter *a);
void mydev_class_del(struct mydev_adapter *a);

/* Sends a `change` uevent soon. a->lock is held. */
void mydev_class_change(struct mydev_adapter *a);

/* "MD-2000" */
const char *mydev_model_name(u16 model);

#endif
