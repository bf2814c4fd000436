// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/err.h>
#include <linux/firmware.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <mydev/hw.h>

#include "factory.h"

#define MD2000_FILE	"mydev/md2000-1.0.0.bin"
#define MD4000_FILE	"mydev/md4000-1.0.0.bin"

static struct {
	u16 model;
	const char *file;
	struct sim_factory image;
} factories[] = {
	{ MYDEV_MODEL_MD2000, MD2000_FILE },
	{ MYDEV_MODEL_MD4000, MD4000_FILE },
};

static int load(struct sim_factory *image, struct device *dev, const char *file, u32 sector,
		u32 slot)
{
	const struct firmware *fw;
	int err;

	err = firmware_request_nowarn(&fw, file, dev);
	if (err) {
		dev_err(dev, "cannot load %s (%d), the firmware that it leaves the factory with: "
			"install the firmware files into /lib/firmware\n", file, err);
		return err;
	}
	if (fw->size > slot) {
		dev_err(dev, "%s is larger than a slot (%u bytes)\n", file, slot);
		err = -EFBIG;
		goto out_release;
	}
	image->sectors = DIV_ROUND_UP(fw->size, sector);
	image->data = kvmalloc_array(image->sectors, sector, GFP_KERNEL);
	if (!image->data) {
		err = -ENOMEM;
		goto out_release;
	}
	memset(image->data, 0xff, image->sectors * sector);
	memcpy(image->data, fw->data, fw->size);
out_release:
	release_firmware(fw);
	return err;
}

const struct sim_factory *sim_factory_get(struct device *dev, u16 model, u32 sector, u32 slot)
{
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(factories); i++) {
		if (factories[i].model != model)
			continue;
		if (!factories[i].image.data) {
			err = load(&factories[i].image, dev, factories[i].file, sector, slot);
			if (err)
				return ERR_PTR(err);
		}
		return &factories[i].image;
	}
	return ERR_PTR(-EINVAL);
}

void sim_factory_exit(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(factories); i++)
		kvfree(factories[i].image.data);
}

MODULE_FIRMWARE(MD2000_FILE);
MODULE_FIRMWARE(MD4000_FILE);
