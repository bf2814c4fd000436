// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/string.h>
#include <net/netlink.h>

#include "adapter.h"
#include "config.h"
#include "event.h"
#include "flash.h"
#include "nl_put.h"

static int put_u64(struct sk_buff *skb, int attr, u64 value, int pad)
{
	return nla_put_u64_64bit(skb, attr, value, pad);
}

int mydev_nl_put_padded(struct sk_buff *skb, int attr, const char *str, size_t max)
{
	size_t len = strnlen(str, max);
	struct nlattr *nla = nla_reserve(skb, attr, len + 1);

	if (!nla)
		return -EMSGSIZE;
	memcpy(nla_data(nla), str, len);
	((char *)nla_data(nla))[len] = 0;
	return 0;
}

/* Ends a nest whose content was put with `err`. */
static int nest_end(struct sk_buff *skb, struct nlattr *nest, int err)
{
	if (err)
		nla_nest_cancel(skb, nest);
	else
		nla_nest_end(skb, nest);
	return err;
}

static int put_identity(struct sk_buff *skb, const struct mydev_adapter *a)
{
	const struct mydev_hw_identity *id = &a->ident;

	if (!a->identified)
		return 0;
	if (nla_put_u16(skb, MYDEV_A_ADAPTER_MODEL, le16_to_cpu(id->model)) ||
	    nla_put_string(skb, MYDEV_A_ADAPTER_SERIAL, a->serial) ||
	    nla_put_u16(skb, MYDEV_A_ADAPTER_BOARD_REV, le16_to_cpu(id->board_rev)) ||
	    nla_put_u32(skb, MYDEV_A_ADAPTER_CAPS, le32_to_cpu(id->caps)) ||
	    nla_put_u32(skb, MYDEV_A_ADAPTER_FEATURES, le32_to_cpu(id->features)) ||
	    nla_put_u32(skb, MYDEV_A_ADAPTER_ALLOWED, le32_to_cpu(id->allowed)) ||
	    nla_put_u32(skb, MYDEV_A_ADAPTER_SLOT_SIZE, le32_to_cpu(id->slot_size)))
		return -EMSGSIZE;
	return 0;
}

static int put_caches(struct sk_buff *skb, const struct mydev_adapter *a)
{
	u64 age = ktime_to_ms(ktime_get_boottime()) - a->status_ms;

	if (a->status_ms &&
	    (nla_put(skb, MYDEV_A_ADAPTER_STATUS, sizeof(a->status), &a->status) ||
	     put_u64(skb, MYDEV_A_ADAPTER_STATUS_AGE, age, MYDEV_A_ADAPTER_PAD)))
		return -EMSGSIZE;
	if (a->has_fw && nla_put(skb, MYDEV_A_ADAPTER_FW, sizeof(a->fw), &a->fw))
		return -EMSGSIZE;
	if (a->config && nla_put_u32(skb, MYDEV_A_ADAPTER_CONFIG_GEN, a->config->gen))
		return -EMSGSIZE;
	if (a->flash.report)
		return mydev_nl_put_flash(skb, MYDEV_A_ADAPTER_FLASH, a->flash.report);
	return 0;
}

static int put_adapter_attrs(struct sk_buff *skb, const struct mydev_adapter *a)
{
	if (nla_put_u32(skb, MYDEV_A_ADAPTER_INDEX, a->id) ||
	    nla_put_string(skb, MYDEV_A_ADAPTER_DEVNAME, dev_name(&a->dev)) ||
	    nla_put_u8(skb, MYDEV_A_ADAPTER_STATE, a->state) ||
	    nla_put_u8(skb, MYDEV_A_ADAPTER_TRANSPORT, a->transport) ||
	    nla_put_string(skb, MYDEV_A_ADAPTER_ADDRESS, a->address) ||
	    nla_put_u32(skb, MYDEV_A_ADAPTER_RESETS, a->resets))
		return -EMSGSIZE;
	return put_identity(skb, a) ?: put_caches(skb, a);
}

int mydev_nl_put_adapter(struct sk_buff *skb, int attr, struct mydev_adapter *a)
{
	struct nlattr *nest = nla_nest_start(skb, attr);
	int err;

	if (!nest)
		return -EMSGSIZE;
	spin_lock_irq(&a->lock);
	err = put_adapter_attrs(skb, a);
	spin_unlock_irq(&a->lock);
	return nest_end(skb, nest, err);
}

static int put_version(struct sk_buff *skb, int attr, const struct mydev_fwimg_version *v,
		       bool has)
{
	return has ? nla_put(skb, attr, sizeof(*v), v) : 0;
}

static int put_outcome(struct sk_buff *skb, const struct mydev_flash_report *r)
{
	if (nla_put_u32(skb, MYDEV_A_FLASH_ERROR, -r->error) ||
	    nla_put_u8(skb, MYDEV_A_FLASH_FAILED_STAGE, r->failed_stage) ||
	    put_u64(skb, MYDEV_A_FLASH_ENDED, r->ended_ms, MYDEV_A_FLASH_PAD) ||
	    put_version(skb, MYDEV_A_FLASH_AFTER, &r->after, r->has_after))
		return -EMSGSIZE;
	if (r->message && nla_put_string(skb, MYDEV_A_FLASH_MESSAGE, r->message))
		return -EMSGSIZE;
	return r->pending ? nla_put_flag(skb, MYDEV_A_FLASH_PENDING) : 0;
}

static int put_flash_attrs(struct sk_buff *skb, const struct mydev_flash_report *r)
{
	if (nla_put_u32(skb, MYDEV_A_FLASH_COOKIE, r->cookie) ||
	    nla_put_u8(skb, MYDEV_A_FLASH_STAGE, r->stage) ||
	    nla_put_u32(skb, MYDEV_A_FLASH_BYTES, r->bytes) ||
	    nla_put_u32(skb, MYDEV_A_FLASH_TOTAL, r->total) ||
	    put_u64(skb, MYDEV_A_FLASH_STARTED, r->started_ms, MYDEV_A_FLASH_PAD) ||
	    put_version(skb, MYDEV_A_FLASH_BEFORE, &r->before, r->has_before) ||
	    put_version(skb, MYDEV_A_FLASH_WANTED, &r->wanted, r->has_wanted))
		return -EMSGSIZE;
	if (r->file[0] && nla_put_string(skb, MYDEV_A_FLASH_IMAGE, r->file))
		return -EMSGSIZE;
	return r->stage == MYDEV_FLASH_DONE ? put_outcome(skb, r) : 0;
}

int mydev_nl_put_flash(struct sk_buff *skb, int attr, const struct mydev_flash_report *r)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest)
		return -EMSGSIZE;
	return nest_end(skb, nest, put_flash_attrs(skb, r));
}

static int put_event_attrs(struct sk_buff *skb, const struct mydev_event *ev)
{
	if (put_u64(skb, MYDEV_A_EVENT_NUMBER, ev->number, MYDEV_A_EVENT_PAD) ||
	    put_u64(skb, MYDEV_A_EVENT_TIME, ev->time_ms, MYDEV_A_EVENT_PAD) ||
	    nla_put_u8(skb, MYDEV_A_EVENT_TYPE, ev->type) ||
	    nla_put_u32(skb, MYDEV_A_EVENT_INDEX, ev->index))
		return -EMSGSIZE;
	if (ev->serial[0] && nla_put_string(skb, MYDEV_A_EVENT_SERIAL, ev->serial))
		return -EMSGSIZE;
	switch (ev->type) {
	case MYDEV_EVENT_STATE:
		return nla_put_u8(skb, MYDEV_A_EVENT_NEW_STATE, ev->new_state);
	case MYDEV_EVENT_ADAPTER:
		return nla_put(skb, MYDEV_A_EVENT_HW, sizeof(ev->hw), &ev->hw);
	case MYDEV_EVENT_FLASH:
		return mydev_nl_put_flash(skb, MYDEV_A_EVENT_FLASH, ev->flash);
	case MYDEV_EVENT_COMMAND_TIMEOUT:
		return nla_put_u8(skb, MYDEV_A_EVENT_OPCODE, ev->opcode);
	}
	return 0;
}

int mydev_nl_put_event(struct sk_buff *skb, int attr, const struct mydev_event *ev)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest)
		return -EMSGSIZE;
	return nest_end(skb, nest, put_event_attrs(skb, ev));
}

static int put_data(struct sk_buff *skb, u8 type, const union mydev_hw_config_data *data, int num,
		    int str)
{
	if (type == MYDEV_CONFIG_STRING)
		return mydev_nl_put_padded(skb, str, data->str, sizeof(data->str));
	return nla_put_u32(skb, num, le32_to_cpu(data->num));
}

static int put_key_attrs(struct sk_buff *skb, const struct mydev_config_key *key)
{
	const struct mydev_hw_config_desc *d = &key->desc;

	if (nla_put_u16(skb, MYDEV_A_CONFIG_KEY_ID, le16_to_cpu(d->key)) ||
	    mydev_nl_put_padded(skb, MYDEV_A_CONFIG_NAME, d->name, sizeof(d->name)) ||
	    nla_put_u8(skb, MYDEV_A_CONFIG_TYPE, d->type) ||
	    nla_put_u32(skb, MYDEV_A_CONFIG_NUM_MIN, le32_to_cpu(d->min)) ||
	    nla_put_u32(skb, MYDEV_A_CONFIG_NUM_MAX, le32_to_cpu(d->max)) ||
	    put_data(skb, d->type, &key->value.data, MYDEV_A_CONFIG_NUM, MYDEV_A_CONFIG_STR) ||
	    put_data(skb, d->type, &d->def, MYDEV_A_CONFIG_DEF_NUM, MYDEV_A_CONFIG_DEF_STR))
		return -EMSGSIZE;
	if (d->unit[0] &&
	    mydev_nl_put_padded(skb, MYDEV_A_CONFIG_UNIT, d->unit, sizeof(d->unit)))
		return -EMSGSIZE;
	if (d->choices[0] &&
	    mydev_nl_put_padded(skb, MYDEV_A_CONFIG_CHOICES, d->choices, sizeof(d->choices)))
		return -EMSGSIZE;
	return 0;
}

static int put_key(struct sk_buff *skb, const struct mydev_config_key *key)
{
	struct nlattr *nest = nla_nest_start(skb, MYDEV_A_CONFIG_KEY);

	if (!nest)
		return -EMSGSIZE;
	return nest_end(skb, nest, put_key_attrs(skb, key));
}

int mydev_nl_put_config(struct sk_buff *skb, const struct mydev_config *config)
{
	unsigned int i;
	int err;

	err = nla_put_u32(skb, MYDEV_A_CONFIG_GEN, config->gen);
	for (i = 0; !err && i < config->count; i++)
		err = put_key(skb, &config->key[i]);
	return err;
}
