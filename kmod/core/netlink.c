// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include <linux/module.h>

#include "adapter.h"
#include "command.h"
#include "netlink.h"
#include "nl_adapter.h"
#include "nl_config.h"
#include "nl_control.h"
#include "nl_event.h"
#include "nl_flash.h"

#define ADAPTER		1	/* in internal_flags: the request names an adapter */

/* Each operation's policy has all attributes; those that are not named in it are refused. */
#define POLICY(_name)	static const struct nla_policy _name[MYDEV_A_MAX + 1]
#define ADAPTER_ATTRS                                                                              \
	[MYDEV_A_ADAPTER_ID] = { .type = NLA_U32 },                                                \
	[MYDEV_A_ADAPTER_NAME] = { .type = NLA_NUL_STRING, .len = MYDEV_NAME_MAX - 1 }
#define WITH(_policy)	COMPAT_GENL_POLICY(_policy, MYDEV_A_MAX)

POLICY(empty_policy) = {};

POLICY(adapter_policy) = { ADAPTER_ATTRS };

const struct nla_policy mydev_nl_value_policy[MYDEV_A_CONFIG_MAX + 1] = {
	[MYDEV_A_CONFIG_KEY_ID] = { .type = NLA_U16 },
	[MYDEV_A_CONFIG_NUM] = { .type = NLA_U32 },
	[MYDEV_A_CONFIG_STR] = { .type = NLA_NUL_STRING, .len = MYDEV_CONFIG_VALUE_LEN - 1 },
};

POLICY(config_set_policy) = {
	ADAPTER_ATTRS,
	[MYDEV_A_CONFIG_VALUE] = COMPAT_NLA_NESTED(mydev_nl_value_policy),
};

POLICY(config_reset_policy) = {
	ADAPTER_ATTRS,
	[MYDEV_A_CONFIG_ID] = { .type = NLA_U16 },
};

POLICY(flash_start_policy) = {
	ADAPTER_ATTRS,
	[MYDEV_A_FLASH_FILE] = { .type = NLA_NUL_STRING, .len = MYDEV_FLASH_FILE_MAX - 1 },
	[MYDEV_A_FLASH_NO_ACTIVATE] = { .type = NLA_FLAG },
};

static struct netlink_range_validation locate_range = { .min = 0, .max = 86400 };

POLICY(locate_policy) = {
	ADAPTER_ATTRS,
	[MYDEV_A_LOCATE_SECONDS] = COMPAT_NLA_U32_RANGE(&locate_range),
};

POLICY(log_policy) = {
	ADAPTER_ATTRS,
	[MYDEV_A_LOG_SINCE] = { .type = NLA_U32 },
};

POLICY(event_policy) = { [MYDEV_A_EVENT_SEQ] = { .type = NLA_U64 } };

/* What needs GENL_ADMIN_PERM is what changes something or sends a command to an adapter. */
static const struct genl_ops ops[] = {
	{
		.cmd = MYDEV_CMD_VERSION_GET,
		.doit = mydev_nl_version_get,
		WITH(empty_policy),
	}, {
		.cmd = MYDEV_CMD_ADAPTER_GET,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_adapter_get,
		.start = mydev_nl_dump_start,
		.dumpit = mydev_nl_adapter_dump,
		WITH(adapter_policy),
	}, {
		.cmd = MYDEV_CMD_CONFIG_GET,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_config_get,
		.start = mydev_nl_config_dump_start,
		.dumpit = mydev_nl_config_dump,
		WITH(adapter_policy),
	}, {
		.cmd = MYDEV_CMD_CONFIG_SET,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_config_set,
		WITH(config_set_policy),
	}, {
		.cmd = MYDEV_CMD_CONFIG_RESET,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_config_reset,
		WITH(config_reset_policy),
	}, {
		.cmd = MYDEV_CMD_FLASH_START,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_flash_start,
		WITH(flash_start_policy),
	}, {
		.cmd = MYDEV_CMD_FLASH_CANCEL,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_flash_cancel,
		WITH(adapter_policy),
	}, {
		.cmd = MYDEV_CMD_FW_ACTIVATE,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_fw_activate,
		WITH(adapter_policy),
	}, {
		.cmd = MYDEV_CMD_FW_ROLLBACK,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_fw_rollback,
		WITH(adapter_policy),
	}, {
		.cmd = MYDEV_CMD_FW_UNPEND,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_fw_unpend,
		WITH(adapter_policy),
	}, {
		.cmd = MYDEV_CMD_RESET,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_reset,
		WITH(adapter_policy),
	}, {
		.cmd = MYDEV_CMD_LOCATE,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_locate,
		WITH(locate_policy),
	}, {
		.cmd = MYDEV_CMD_SELFTEST,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_selftest,
		WITH(adapter_policy),
	}, {
		.cmd = MYDEV_CMD_LOG_GET,
		.flags = GENL_ADMIN_PERM,
		.internal_flags = ADAPTER,
		.doit = mydev_nl_log_get,
		WITH(log_policy),
	}, {
		.cmd = MYDEV_CMD_EVENT_GET,
		.start = mydev_nl_event_dump_start,
		.dumpit = mydev_nl_event_dump,
		WITH(event_policy),
	},
};

static const struct genl_multicast_group groups[] = {
	[MYDEV_NL_EVENTS] = { .name = MYDEV_GENL_GROUP_EVENTS },
	[MYDEV_NL_FLASH] = { .name = MYDEV_GENL_GROUP_FLASH },
};

/* "mydevN" as we write it: no sign, no leading zero. */
static int parse_name(const char *name, u32 *id)
{
	size_t prefix = strlen(MYDEV_CLASS_NAME);
	char again[MYDEV_NAME_MAX];

	if (strncmp(name, MYDEV_CLASS_NAME, prefix) || kstrtou32(name + prefix, 10, id))
		return -EINVAL;
	snprintf(again, sizeof(again), MYDEV_CLASS_NAME "%u", *id);
	return strcmp(name, again) ? -EINVAL : 0;
}

static int find_adapter(struct genl_info *info, struct mydev_adapter **a)
{
	const struct nlattr *id_attr = info->attrs[MYDEV_A_ADAPTER_ID];
	const struct nlattr *name_attr = info->attrs[MYDEV_A_ADAPTER_NAME];
	u32 id;

	if (!id_attr && !name_attr)
		return mydev_nl_refuse(info, -EINVAL, "adapter id or name missing", NULL);
	if (id_attr && name_attr)
		return mydev_nl_refuse(info, -EINVAL, "adapter id and name given", name_attr);
	if (id_attr)
		id = nla_get_u32(id_attr);
	else if (parse_name(nla_data(name_attr), &id))
		return mydev_nl_refuse(info, -ENODEV, "no such adapter", name_attr);
	*a = mydev_adapter_find(id);
	if (!*a)
		return mydev_nl_refuse(info, -ENODEV, "no such adapter", id_attr ?: name_attr);
	return 0;
}

static int pre_doit(const struct compat_genl_doit_ops *op, struct sk_buff *skb,
		    struct genl_info *info)
{
	struct mydev_adapter *a = NULL;
	int err;

	if (op->internal_flags & ADAPTER) {
		err = find_adapter(info, &a);
		if (err)
			return err;
	}
	info->user_ptr[0] = a;
	return 0;
}

static void post_doit(const struct compat_genl_doit_ops *op, struct sk_buff *skb,
		      struct genl_info *info)
{
	if (info->user_ptr[0])
		mydev_adapter_put(info->user_ptr[0]);
}

/*
 * Hardware belongs to the initial network namespace, and so does the family. Requests run
 * in parallel: one that waits for a sick adapter delays no other.
 */
struct genl_family mydev_nl_family __ro_after_init = {
	.name = MYDEV_GENL_NAME,
	.version = MYDEV_GENL_VERSION,
	.maxattr = MYDEV_A_MAX,
	.netnsok = false,
	.parallel_ops = true,
	.pre_doit = pre_doit,
	.post_doit = post_doit,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.module = THIS_MODULE,
};

int mydev_nl_refuse(struct genl_info *info, int err, const char *why, const struct nlattr *attr)
{
	if (info->extack) {
		info->extack->_msg = why;
		NL_SET_BAD_ATTR(info->extack, attr);
	}
	return err;
}

int mydev_nl_command(struct genl_info *info, struct mydev_call *call)
{
	int err = mydev_command(mydev_nl_adapter(info), call);

	return err ? mydev_nl_refuse(info, err, mydev_command_text(call, err), NULL) : 0;
}

struct sk_buff *mydev_nl_reply(struct genl_info *info, size_t size, void **header)
{
	struct sk_buff *skb = genlmsg_new(size, GFP_KERNEL);

	if (skb) {
		*header = genlmsg_put_reply(skb, info, &mydev_nl_family, 0, info->genlhdr->cmd);
		if (*header)
			return skb;
		nlmsg_free(skb);
	}
	mydev_nl_refuse(info, -ENOMEM, "out of memory", NULL);
	return NULL;
}

int mydev_nl_send(struct genl_info *info, struct sk_buff *skb, void *header, int err)
{
	if (err) {
		nlmsg_free(skb);
		if (err == -EMSGSIZE)
			mydev_nl_refuse(info, err, "the reply does not fit into a message", NULL);
		return err;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/* Its listeners see ENOBUFS, as those do who do not keep up. */
static void multicast_lost(enum mydev_nl_group group)
{
	genl_set_err(&mydev_nl_family, &init_net, 0, group, -ENOBUFS);
}

struct sk_buff *mydev_nl_notification(u8 cmd, enum mydev_nl_group group, void **header)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	*header = skb ? genlmsg_put(skb, 0, 0, &mydev_nl_family, 0, cmd) : NULL;
	if (*header)
		return skb;
	nlmsg_free(skb);
	multicast_lost(group);
	return NULL;
}

void mydev_nl_multicast(struct sk_buff *skb, void *header, enum mydev_nl_group group, int err)
{
	if (err) {
		nlmsg_free(skb);
		multicast_lost(group);
		return;
	}
	genlmsg_end(skb, header);
	/* Nobody listens, or somebody does not keep up: both learn it in other ways. */
	genlmsg_multicast(&mydev_nl_family, skb, 0, group, GFP_KERNEL);
}

int mydev_nl_dump_start(struct netlink_callback *cb)
{
	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN) > 0) {
		NL_SET_ERR_MSG(compat_dump_extack(cb), "a dump takes no attributes");
		return -EINVAL;
	}
	return 0;
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		    struct mydev_adapter *a,
		    int (*put)(struct sk_buff *skb, struct mydev_adapter *a))
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &mydev_nl_family, NLM_F_MULTI, cmd);
	int err;

	if (!header)
		return -EMSGSIZE;
	err = put(skb, a);
	if (err) {
		genlmsg_cancel(skb, header);
		return err;
	}
	genl_dump_check_consistent(cb, header);
	genlmsg_end(skb, header);
	return 0;
}

int mydev_nl_dump_adapters(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
			   int (*put)(struct sk_buff *skb, struct mydev_adapter *a))
{
	struct mydev_adapter *a;
	int err = 0;

	cb->seq = mydev_adapter_generation();
	while (!err && (a = mydev_adapter_next(cb->args[0]))) {
		err = dump_one(skb, cb, cmd, a, put);
		if (err == -ENODATA)
			err = 0;
		if (!err)
			cb->args[0] = a->id + 1;
		mydev_adapter_put(a);
	}
	/* What changed while we went is told by the next message, which may be the end. */
	cb->seq = mydev_adapter_generation();
	/* What does not fit goes into the next message, unless it never will. */
	return skb->len ?: err;
}

int mydev_netlink_register(void)
{
	return genl_register_family(&mydev_nl_family);
}

void mydev_netlink_unregister(void)
{
	genl_unregister_family(&mydev_nl_family);
}
