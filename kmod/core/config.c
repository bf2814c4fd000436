// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "adapter.h"
#include "command.h"
#include "config.h"

static void config_release(struct kref *refs)
{
	kvfree(container_of(refs, struct mydev_config, refs));
}

void mydev_config_put(struct mydev_config *config)
{
	if (config)
		kref_put(&config->refs, config_release);
}

struct mydev_config *mydev_config_get(struct mydev_adapter *a)
{
	struct mydev_config *config;

	spin_lock_irq(&a->lock);
	config = a->config;
	if (config)
		kref_get(&config->refs);
	spin_unlock_irq(&a->lock);
	return config;
}

const struct mydev_config_key *mydev_config_find(const struct mydev_config *config, u16 key)
{
	unsigned int i;

	for (i = 0; i < config->count; i++)
		if (le16_to_cpu(config->key[i].desc.key) == key)
			return &config->key[i];
	return NULL;
}

static bool desc_valid(const struct mydev_config *config, const struct mydev_hw_config_desc *desc)
{
	unsigned int n = config->count;

	if (n && le16_to_cpu(desc->key) <= le16_to_cpu(config->key[n - 1].desc.key))
		return false;
	return desc->type >= MYDEV_CONFIG_BOOL && desc->type <= MYDEV_CONFIG_STRING &&
	       desc->name[0];
}

/* Puts what a CONFIG_DESCRIBE brought behind what is there. */
static int take_descs(struct mydev_config *config, const struct mydev_hw_config_desc *desc,
		      u32 count)
{
	u32 i;

	for (i = 0; i < count && config->count < config->max; i++) {
		if (!desc_valid(config, &desc[i]))
			return -EPROTO;
		config->key[config->count++].desc = desc[i];
	}
	return 0;
}

/* Puts what a CONFIG_GET brought for the keys from `first` on. */
static int take_values(struct mydev_config *config, u32 first,
		       const struct mydev_hw_config_value *value, u32 count)
{
	u32 i;

	for (i = 0; i < count && first + i < config->count; i++) {
		struct mydev_config_key *key = &config->key[first + i];

		if (value[i].key != key->desc.key || value[i].type != key->desc.type)
			return -EPROTO;
		key->value = value[i];
	}
	return 0;
}

static int read_part(struct mydev_adapter *a, struct mydev_call *call, u32 entry, u32 *count)
{
	int err = mydev_command(a, call);

	*count = err ? 0 : call->out_len / entry;
	return err;
}

static int read_descs(struct mydev_adapter *a, struct mydev_call *call,
		      struct mydev_config *config)
{
	u32 count;
	int err;

	call->opcode = MYDEV_OP_CONFIG_DESCRIBE;
	do {
		call->arg = config->count;
		err = read_part(a, call, sizeof(struct mydev_hw_config_desc), &count);
		if (!err)
			err = take_descs(config, call->out, count);
	} while (!err && count && config->count < config->max);
	return err;
}

static int read_values(struct mydev_adapter *a, struct mydev_call *call,
		       struct mydev_config *config)
{
	u32 first, count;
	int err = 0;

	call->opcode = MYDEV_OP_CONFIG_GET;
	for (first = 0; !err && first < config->count; first += count) {
		call->arg = first;
		err = read_part(a, call, sizeof(struct mydev_hw_config_value), &count);
		if (!err && !count)
			err = -EPROTO;
		if (!err)
			err = take_values(config, first, call->out, count);
	}
	return err;
}

int mydev_config_read(struct mydev_adapter *a, bool recovering, struct mydev_config **out)
{
	unsigned int max = min_t(u32, le16_to_cpu(a->ident.config_keys), MYDEV_CONFIG_KEYS_MAX);
	struct mydev_call call = { .recovering = recovering, .out_max = MYDEV_HW_DATA_MAX };
	struct mydev_config *config;
	int err = -ENOMEM;

	config = kvzalloc(struct_size(config, key, max), GFP_KERNEL);
	call.out = kmalloc(MYDEV_HW_DATA_MAX, GFP_KERNEL);
	if (!config || !call.out)
		goto out_free;
	kref_init(&config->refs);
	config->max = max;
	spin_lock_irq(&a->lock);
	config->gen = le32_to_cpu(a->status.config_gen);
	spin_unlock_irq(&a->lock);
	err = read_descs(a, &call, config);
	if (!err)
		err = read_values(a, &call, config);
	if (!err) {
		*out = config;
		config = NULL;
	}
out_free:
	kfree(call.out);
	kvfree(config);
	return err;
}
