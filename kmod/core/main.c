// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/workqueue.h>

#include "adapter.h"
#include "class.h"
#include "event.h"
#include "flash.h"
#include "hwrng.h"
#include "main.h"
#include "netlink.h"

struct workqueue_struct *mydev_wq;

static int __init mydev_init(void)
{
	int err;

	mydev_wq = alloc_workqueue("mydev", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!mydev_wq)
		return -ENOMEM;
	err = mydev_event_init();
	if (err)
		goto err_wq;
	err = mydev_flash_register();
	if (err)
		goto err_event;
	err = mydev_class_register();
	if (err)
		goto err_flash;
	err = mydev_netlink_register();
	if (err)
		goto err_class;
	mydev_hwrng_init();
	return 0;

err_class:
	mydev_class_unregister();
err_flash:
	mydev_flash_unregister();
err_event:
	mydev_event_exit();
err_wq:
	destroy_workqueue(mydev_wq);
	return err;
}

/* No adapter is there any more: the transports, which had them, were unloaded before. */
static void __exit mydev_exit(void)
{
	mydev_hwrng_exit();
	mydev_event_flush();
	mydev_netlink_unregister();
	mydev_class_unregister();
	mydev_flash_unregister();
	mydev_event_exit();
	destroy_workqueue(mydev_wq);
	mydev_adapter_exit();
}

module_init(mydev_init);
module_exit(mydev_exit);

MODULE_DESCRIPTION("MyDev MD series entropy adapters: core and netlink family");
MODULE_AUTHOR("The mydev maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(MYDEV_VERSION);
MODULE_ALIAS_GENL_FAMILY(MYDEV_GENL_NAME);
