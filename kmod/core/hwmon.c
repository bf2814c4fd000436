// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/hwmon.h>

#include "adapter.h"
#include "hwmon.h"

static const u32 temp_config[] = { HWMON_T_INPUT | HWMON_T_LABEL, 0 };
static const u32 in_config[] = { HWMON_I_INPUT | HWMON_I_LABEL, 0 };

static const struct hwmon_channel_info temp_info = { .type = hwmon_temp, .config = temp_config };
static const struct hwmon_channel_info in_info = { .type = hwmon_in, .config = in_config };
static const struct hwmon_channel_info *infos[] = { &temp_info, &in_info, NULL };

static umode_t is_visible(const void *data, enum hwmon_sensor_types type, u32 attr, int channel)
{
	return 0444;
}

static int read(struct device *dev, enum hwmon_sensor_types type, u32 attr, int channel, long *val)
{
	struct mydev_adapter *a = dev_get_drvdata(dev);
	int err = 0;

	spin_lock_irq(&a->lock);
	if (!a->status_ms)
		err = -ENODATA;
	else if (type == hwmon_temp)
		*val = (s32)le32_to_cpu(a->status.temperature);
	else
		*val = le32_to_cpu(a->status.voltage);
	spin_unlock_irq(&a->lock);
	return err;
}

static int read_string(struct device *dev, enum hwmon_sensor_types type, u32 attr, int channel,
		       const char **str)
{
	*str = type == hwmon_temp ? "controller" : "supply";
	return 0;
}

static const struct hwmon_ops ops = {
	.is_visible = is_visible,
	.read = read,
	.read_string = read_string,
};

static const struct hwmon_chip_info chip = { .ops = &ops, .info = infos };

void mydev_hwmon_add(struct mydev_adapter *a)
{
	struct device *hwmon;

	if (a->hwmon)
		return;
	hwmon = hwmon_device_register_with_info(&a->dev, "mydev", a, &chip, NULL);
	if (IS_ERR(hwmon))
		dev_warn(&a->dev, "no hwmon device (%ld): its sensors are in netlink alone\n",
			 PTR_ERR(hwmon));
	else
		a->hwmon = hwmon;
}

void mydev_hwmon_del(struct mydev_adapter *a)
{
	if (a->hwmon)
		hwmon_device_unregister(a->hwmon);
}
