// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "bus.h"
#include "card.h"
#include "factory.h"
#include "knobs.h"

static unsigned int adapters;
module_param(adapters, uint, 0444);
MODULE_PARM_DESC(adapters, "how many to plug in at once (0)");

static char *model;
module_param(model, charp, 0444);
MODULE_PARM_DESC(model, "of these: md2000 or md4000 (both in turn)");

static int __init mydev_sim_init(void)
{
	int err;

	err = sim_cards_register();
	if (err)
		return err;
	err = sim_knobs_register();
	if (err)
		goto err_cards;
	err = sim_bus_register();
	if (err)
		goto err_knobs;
	err = sim_bus_populate(adapters, model);
	if (err)
		goto err_bus;
	pr_info("simulated adapters do not check signatures: mydevd does\n");
	return 0;

err_bus:
	sim_bus_unregister();
	sim_factory_exit();
err_knobs:
	sim_knobs_unregister();
err_cards:
	sim_cards_unregister();
	return err;
}

static void __exit mydev_sim_exit(void)
{
	sim_bus_unregister();
	sim_factory_exit();
	sim_knobs_unregister();
	sim_cards_unregister();
}

module_init(mydev_sim_init);
module_exit(mydev_sim_exit);

MODULE_DESCRIPTION("Simulated MyDev MD series entropy adapters");
MODULE_AUTHOR("The mydev maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(MYDEV_VERSION);
