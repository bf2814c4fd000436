// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bus.h"
#include "card.h"

static DEFINE_IDA(ids);
static LIST_HEAD(devices);
static DEFINE_MUTEX(lock);	/* of both, and of plugging */
static bool open;		/* for plugging */

static const struct {
	const char *name;
	u16 id;
} models[] = {
	{ "md4000", MYDEV_MODEL_MD4000 },
	{ "md2000", MYDEV_MODEL_MD2000 },
};

static bool parse_model(const char *name, u16 *id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(models); i++) {
		if (!strcmp(models[i].name, name)) {
			*id = models[i].id;
			return true;
		}
	}
	return false;
}

static bool serial_valid(const char *serial)
{
	const char *p;

	for (p = serial; *p; p++)
		if (!isascii(*p) || (!isalnum(*p) && *p != '-'))
			return false;
	return p != serial && p - serial < MYDEV_HW_SERIAL_LEN;
}

static struct sim_device *find(const char *name)
{
	struct sim_device *sim;

	list_for_each_entry(sim, &devices, node)
		if (!strcmp(dev_name(&sim->dev), name) || !strcmp(sim->serial, name))
			return sim;
	return NULL;
}

static struct bus_type sim_bus;

static void sim_release(struct device *dev)
{
	struct sim_device *sim = to_sim_device(dev);

	ida_free(&ids, sim->id);
	kfree(sim);
}

static struct sim_device *sim_alloc(u16 model, const char *serial, bool mute)
{
	struct sim_device *sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	int id;

	if (!sim)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc(&ids, GFP_KERNEL);
	if (id < 0) {
		kfree(sim);
		return ERR_PTR(id);
	}
	sim->id = id;
	sim->model = model;
	sim->mute = mute;
	if (serial)
		strscpy(sim->serial, serial, sizeof(sim->serial));
	else
		snprintf(sim->serial, sizeof(sim->serial), "SIM%07u", sim->id);
	device_initialize(&sim->dev);
	sim->dev.bus = &sim_bus;
	sim->dev.release = sim_release;
	return sim;
}

/* Names it, plugs it in and looks whether its driver took it. */
static int sim_plug(struct sim_device *sim)
{
	int err;

	if (find(sim->serial)) {
		pr_err("serial number %s is taken\n", sim->serial);
		return -EEXIST;
	}
	err = dev_set_name(&sim->dev, "sim%u", sim->id);
	if (!err)
		err = device_add(&sim->dev);
	if (err)
		return err;
	if (!sim->card) {
		device_del(&sim->dev);
		return -ENXIO;
	}
	list_add_tail(&sim->node, &devices);
	return 0;
}

static void sim_unplug(struct sim_device *sim)
{
	list_del(&sim->node);
	device_unregister(&sim->dev);
}

static int sim_new(u16 model, const char *serial, bool mute)
{
	struct sim_device *sim;
	int err;

	lockdep_assert_held(&lock);
	sim = sim_alloc(model, serial, mute);
	if (IS_ERR(sim))
		return PTR_ERR(sim);
	err = sim_plug(sim);
	if (err)
		put_device(&sim->dev);
	return err;
}

static int new_from(char *line)
{
	const char *model = NULL, *serial = NULL, *word;
	bool mute = false;
	u16 id;

	while ((word = strsep(&line, " \t\n"))) {
		if (!*word)
			continue;
		if (!model)
			model = word;
		else if (!strcmp(word, "mute") && !mute)
			mute = true;
		else if (!serial && serial_valid(word))
			serial = word;
		else
			goto usage;
	}
	if (!model || !parse_model(model, &id))
		goto usage;
	return sim_new(id, serial, mute);
usage:
	pr_err("usage: echo \"md2000|md4000 [SERIAL] [mute]\" > new_device\n");
	return -EINVAL;
}

static ssize_t new_device_store(compat_bus_store *bus, const char *buf, size_t count)
{
	char *line = kstrndup(buf, count, GFP_KERNEL);
	int err;

	if (!line)
		return -ENOMEM;
	mutex_lock(&lock);
	err = open ? new_from(line) : -EBUSY;
	mutex_unlock(&lock);
	kfree(line);
	return err ?: count;
}
static BUS_ATTR_WO(new_device);

static ssize_t del_device_store(compat_bus_store *bus, const char *buf, size_t count)
{
	char *name = kstrndup(buf, count, GFP_KERNEL);
	struct sim_device *sim;

	if (!name)
		return -ENOMEM;
	mutex_lock(&lock);
	sim = find(strim(name));
	if (sim)
		sim_unplug(sim);
	else
		pr_err("usage: echo \"simN|SERIAL\" > del_device (there is no %s)\n", strim(name));
	mutex_unlock(&lock);
	kfree(name);
	return sim ? count : -ENODEV;
}
static BUS_ATTR_WO(del_device);

static struct attribute *sim_bus_attrs[] = {
	&bus_attr_new_device.attr,
	&bus_attr_del_device.attr,
	NULL
};
ATTRIBUTE_GROUPS(sim_bus);

static int sim_probe(struct device *dev)
{
	struct sim_card *card = sim_card_plug(to_sim_device(dev));

	if (IS_ERR(card))
		return PTR_ERR(card);
	to_sim_device(dev)->card = card;
	return 0;
}

static compat_bus_remove_t sim_remove(struct device *dev)
{
	struct sim_device *sim = to_sim_device(dev);

	sim_card_unplug(sim->card);
	sim->card = NULL;
	return COMPAT_BUS_REMOVED;
}

static struct bus_type sim_bus = {
	.name = "mydev_sim",
	.bus_groups = sim_bus_groups,
	.probe = sim_probe,
	.remove = sim_remove,
};

static struct device_driver sim_driver = {
	.name = "mydev_sim",
	.bus = &sim_bus,
	.owner = THIS_MODULE,
	/* Its adapters come and go by the bus's files alone. */
	.suppress_bind_attrs = true,
};

int sim_bus_register(void)
{
	int err = bus_register(&sim_bus);

	if (err)
		return err;
	err = driver_register(&sim_driver);
	if (err)
		goto err_bus;
	mutex_lock(&lock);
	open = true;
	mutex_unlock(&lock);
	return 0;

err_bus:
	bus_unregister(&sim_bus);
	return err;
}

void sim_bus_unregister(void)
{
	struct sim_device *sim, *next;

	mutex_lock(&lock);
	open = false;
	list_for_each_entry_safe(sim, next, &devices, node)
		sim_unplug(sim);
	mutex_unlock(&lock);
	driver_unregister(&sim_driver);
	bus_unregister(&sim_bus);
	ida_destroy(&ids);
}

int sim_bus_populate(unsigned int count, const char *model)
{
	unsigned int i;
	int err = 0;
	u16 id = 0;

	if (model && !parse_model(model, &id)) {
		pr_err("model=%s: md2000 or md4000\n", model);
		return -EINVAL;
	}
	mutex_lock(&lock);
	for (i = 0; !err && i < count; i++)
		err = sim_new(model ? id : models[i % ARRAY_SIZE(models)].id, NULL, false);
	mutex_unlock(&lock);
	return err;
}
