/* SPDX-License-Identifier: GPL-2.0 */
/* Temperature and voltage for hwmon, from the cached status: nobody waits for an adapter. */
#ifndef MYDEV_CORE_HWMON_H
#define MYDEV_CORE_HWMON_H

#include <linux/kconfig.h>

struct mydev_adapter;

#if IS_REACHABLE(CONFIG_HWMON)

/* Adds the adapter's hwmon device, unless it has one. Its class device is there. */
void mydev_hwmon_add(struct mydev_adapter *a);
void mydev_hwmon_del(struct mydev_adapter *a);

#else

static inline void mydev_hwmon_add(struct mydev_adapter *a)
{
}

static inline void mydev_hwmon_del(struct mydev_adapter *a)
{
}

#endif

#endif
