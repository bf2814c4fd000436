// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "adapter.h"
#include "command.h"
#include "config.h"
#include "netlink.h"
#include "nl_config.h"
#include "nl_put.h"
#include "refresh.h"

/* More than a key with the longest name, choices and strings takes in a message. */
#define KEY_SIZE	256
#define REPLY_SIZE	(256 + MYDEV_CONFIG_KEYS_MAX * KEY_SIZE)

#define VALUES_MAX	(MYDEV_HW_DATA_MAX / sizeof(struct mydev_hw_config_value))

static int put_config(struct sk_buff *skb, struct mydev_adapter *a)
{
	struct mydev_config *config = mydev_config_get(a);
	int err;

	if (!config)
		return -ENODATA;
	err = nla_put_u32(skb, MYDEV_A_ADAPTER_ID, a->id) ?: mydev_nl_put_config(skb, config);
	mydev_config_put(config);
	return err;
}

int mydev_nl_config_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;
	int err;

	reply = mydev_nl_reply(info, REPLY_SIZE, &header);
	if (!reply)
		return -ENOMEM;
	err = put_config(reply, mydev_nl_adapter(info));
	if (err == -ENODATA)
		mydev_nl_refuse(info, err, "the adapter has not told its configuration", NULL);
	return mydev_nl_send(info, reply, header, err);
}

int mydev_nl_config_dump_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = max_t(u32, cb->min_dump_alloc, REPLY_SIZE);
	return mydev_nl_dump_start(cb);
}

int mydev_nl_config_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return mydev_nl_dump_adapters(skb, cb, MYDEV_CMD_CONFIG_GET, put_config);
}

/* What was gathered from a request for the adapter. */
struct values {
	struct mydev_hw_config_value value[VALUES_MAX];
	const struct nlattr *attr[VALUES_MAX];	/* where it came from */
	unsigned int count;
};

/* A CONFIG_VALUE, with the type that the adapter's description of the key has. */
static int take_value(struct genl_info *info, const struct mydev_config *config,
		      const struct nlattr *attr, struct mydev_hw_config_value *value)
{
	const struct mydev_config_key *key;
	const struct nlattr *num, *str;
	struct nlattr *tb[MYDEV_A_CONFIG_MAX + 1];
	int err;

	/* Its policy was applied with that of the request. */
	err = nla_parse_nested(tb, MYDEV_A_CONFIG_MAX, attr, mydev_nl_value_policy, info->extack);
	if (err)
		return err;
	num = tb[MYDEV_A_CONFIG_NUM];
	str = tb[MYDEV_A_CONFIG_STR];
	if (!tb[MYDEV_A_CONFIG_KEY_ID] || !num == !str)
		return mydev_nl_refuse(info, -EINVAL, "a value is a key and a number or a string",
				       attr);
	key = mydev_config_find(config, nla_get_u16(tb[MYDEV_A_CONFIG_KEY_ID]));
	if (!key)
		return mydev_nl_refuse(info, -ENOENT, "no such configuration key", attr);
	if ((key->desc.type == MYDEV_CONFIG_STRING) != !!str)
		return mydev_nl_refuse(info, -EINVAL,
				       str ? "the key takes a number" : "the key takes a string",
				       attr);
	value->key = key->desc.key;
	value->type = key->desc.type;
	if (str)
		strscpy(value->data.str, nla_data(str), sizeof(value->data.str));
	else
		value->data.num = cpu_to_le32(nla_get_u32(num));
	return 0;
}

static int take_values(struct genl_info *info, const struct mydev_config *config,
		       struct values *v)
{
	const struct nlattr *attr;
	int rem, err = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != MYDEV_A_CONFIG_VALUE)
			continue;
		if (v->count == VALUES_MAX)
			return mydev_nl_refuse(info, -E2BIG, "too many values", attr);
		v->attr[v->count] = attr;
		err = take_value(info, config, attr, &v->value[v->count++]);
		if (err)
			return err;
	}
	if (!v->count)
		return mydev_nl_refuse(info, -EINVAL, "no value given", NULL);
	return 0;
}

/* Sends a change, blames the attribute that the adapter does, and lets the cache follow. */
static int change(struct genl_info *info, struct mydev_call *call,
		  const struct nlattr *const *attr, unsigned int count)
{
	int err = mydev_nl_command(info, call);

	if (err && call->answered && count && call->result < count)
		return mydev_nl_refuse(info, err, mydev_command_text(call, err),
				       attr[call->result]);
	if (!err)
		mydev_refresh(mydev_nl_adapter(info), MYDEV_REFRESH_STATUS | MYDEV_REFRESH_CONFIG,
			      false);
	return err;
}

int mydev_nl_config_set(struct sk_buff *skb, struct genl_info *info)
{
	struct mydev_config *config = mydev_config_get(mydev_nl_adapter(info));
	struct mydev_call call = { .opcode = MYDEV_OP_CONFIG_SET };
	struct values *v;
	int err;

	if (!config)
		return mydev_nl_refuse(info, -ENODATA,
				       "the adapter has not told its configuration", NULL);
	v = kvzalloc(sizeof(*v), GFP_KERNEL);
	err = v ? take_values(info, config, v) :
		  mydev_nl_refuse(info, -ENOMEM, "out of memory", NULL);
	mydev_config_put(config);
	if (!err) {
		call.in = v->value;
		call.in_len = v->count * sizeof(v->value[0]);
		err = change(info, &call, v->attr, v->count);
	}
	kvfree(v);
	return err;
}

int mydev_nl_config_reset(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr, *attrs[MYDEV_CONFIG_KEYS_MAX];
	struct mydev_call call = { .opcode = MYDEV_OP_CONFIG_RESET };
	__le16 ids[MYDEV_CONFIG_KEYS_MAX];
	unsigned int count = 0;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != MYDEV_A_CONFIG_ID)
			continue;
		if (count == ARRAY_SIZE(ids))
			return mydev_nl_refuse(info, -E2BIG, "too many keys", attr);
		attrs[count] = attr;
		ids[count++] = cpu_to_le16(nla_get_u16(attr));
	}
	call.in = ids;
	call.in_len = count * sizeof(ids[0]);
	return change(info, &call, attrs, count);
}
