/* SPDX-License-Identifier: GPL-2.0 */
/* What the factory writes into slot 0 of a card: loaded once for each model. */
#ifndef MYDEV_SIM_FACTORY_H
#define MYDEV_SIM_FACTORY_H

#include <linux/types.h>

struct device;

struct sim_factory {
	u8 *data;		/* whole sectors, erased behind the image */
	u32 sectors;
};

/*
 * The factory image of that model, in sectors of `sector` bytes and no larger than `slot`;
 * or ERR_PTR, and then the reason is in the log. Kept until sim_factory_exit(). One caller
 * at a time.
 */
const struct sim_factory *sim_factory_get(struct device *dev, u16 model, u32 sector, u32 slot);
void sim_factory_exit(void);

#endif
