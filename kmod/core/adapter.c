// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/export.h>
#include <linux/idr.h>
#include <linux/slab.h>

#include "adapter.h"
#include "class.h"
#include "command.h"
#include "config.h"
#include "event.h"
#include "flash.h"
#include "hwmon.h"
#include "main.h"
#include "recover.h"
#include "refresh.h"
#include "state.h"

/* Ids to adapters: also those that have no name yet, or still have one on their way out. */
static DEFINE_IDR(adapters);
static DEFINE_MUTEX(registry_lock);
static unsigned int generation = 1;

unsigned int mydev_adapter_generation(void)
{
	return READ_ONCE(generation);
}

static void generation_step(void)
{
	lockdep_assert_held(&registry_lock);
	WRITE_ONCE(generation, generation + 1 ?: 1);
}

struct mydev_adapter *mydev_adapter_find(u32 id)
{
	struct mydev_adapter *a = NULL;

	mutex_lock(&registry_lock);
	if (id <= INT_MAX)
		a = idr_find(&adapters, id);
	if (a && !a->listed)
		a = NULL;
	if (a)
		get_device(&a->dev);
	mutex_unlock(&registry_lock);
	return a;
}

struct mydev_adapter *mydev_adapter_next(u32 id)
{
	struct mydev_adapter *a = NULL;
	int next = id;

	mutex_lock(&registry_lock);
	if (id <= INT_MAX)
		a = idr_get_next(&adapters, &next);
	while (a && !a->listed) {
		next++;
		a = idr_get_next(&adapters, &next);
	}
	if (a)
		get_device(&a->dev);
	mutex_unlock(&registry_lock);
	return a;
}

void mydev_adapter_put(struct mydev_adapter *a)
{
	put_device(&a->dev);
}

bool mydev_adapter_use(struct mydev_adapter *a)
{
	return refcount_inc_not_zero(&a->users);
}

void mydev_adapter_unuse(struct mydev_adapter *a)
{
	if (refcount_dec_and_test(&a->users))
		complete(&a->unused);
}

void *mydev_adapter_priv(const struct mydev_adapter *a)
{
	return a->priv;
}
EXPORT_SYMBOL_GPL(mydev_adapter_priv);

static int registry_add(struct mydev_adapter *a)
{
	int id;

	mutex_lock(&registry_lock);
	id = idr_alloc(&adapters, a, 0, 0, GFP_KERNEL);
	if (id >= 0)
		a->id = id;
	mutex_unlock(&registry_lock);
	return id < 0 ? id : 0;
}

/* From when it has its name until it is on its way out, it can be found. */
static void registry_list(struct mydev_adapter *a, bool listed)
{
	mutex_lock(&registry_lock);
	a->listed = listed;
	generation_step();
	mutex_unlock(&registry_lock);
}

static void registry_del(struct mydev_adapter *a)
{
	mutex_lock(&registry_lock);
	idr_remove(&adapters, a->id);
	mutex_unlock(&registry_lock);
}

static struct mydev_adapter *adapter_alloc(struct device *parent,
					   const struct mydev_transport_ops *ops, bool physical,
					   void *priv)
{
	struct mydev_adapter *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return NULL;
	a->address = kstrdup(dev_name(parent), GFP_KERNEL);
	if (!a->address) {
		kfree(a);
		return NULL;
	}
	a->transport = ops->id;
	a->physical = physical;
	a->borrowed = ops->borrowed;
	a->latency_ms = ops->latency_ms;
	a->ops = ops;
	a->priv = priv;
	refcount_set(&a->users, 1);
	init_completion(&a->unused);
	atomic_set(&a->room, MYDEV_REQUESTS_OWN);
	spin_lock_init(&a->lock);
	a->state = MYDEV_STATE_STARTING;
	/* What ran before a crash may have left it in any state. */
	a->wants_reset = reset_devices;
	INIT_LIST_HEAD(&a->inflight);
	INIT_LIST_HEAD(&a->turns);
	init_waitqueue_head(&a->wait);
	mutex_init(&a->refresh_lock);
	mydev_recover_init(a);
	mydev_refresh_init(a);
	mydev_flash_init(&a->flash);
	return a;
}

void mydev_adapter_free(struct mydev_adapter *a)
{
	mydev_flash_free(&a->flash);
	mydev_config_put(a->config);
	kfree(a->address);
	kfree(a);
}

struct mydev_adapter *mydev_adapter_register(struct device *parent,
					     const struct mydev_transport_ops *ops, bool physical,
					     void *priv)
{
	struct mydev_adapter *a = adapter_alloc(parent, ops, physical, priv);
	int err;

	if (!a)
		return ERR_PTR(-ENOMEM);
	mydev_class_init(a, parent);
	err = registry_add(a);
	if (err)
		goto err_put;
	err = dev_set_name(&a->dev, MYDEV_CLASS_NAME "%u", a->id);
	if (err)
		goto err_registry;
	registry_list(a, true);
	mydev_recover_start(a);
	return a;

err_registry:
	registry_del(a);
err_put:
	put_device(&a->dev);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(mydev_adapter_register);

void mydev_adapter_unregister(struct mydev_adapter *a)
{
	registry_list(a, false);
	mydev_state_gone(a);

	/* Nothing new begins now; what is under way was told to end. */
	mydev_recover_stop(a);
	mydev_flash_stop(&a->flash);
	mydev_refresh_stop(a);
	mydev_adapter_unuse(a);
	wait_for_completion(&a->unused);

	mydev_hwmon_del(a);
	if (a->published)
		mydev_class_del(a);
	registry_del(a);
	put_device(&a->dev);
}
EXPORT_SYMBOL_GPL(mydev_adapter_unregister);

void mydev_adapter_exit(void)
{
	idr_destroy(&adapters);
}
