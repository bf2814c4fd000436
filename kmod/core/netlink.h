/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family: its manual is uapi/linux/mydev.h. */
#ifndef MYDEV_CORE_NETLINK_H
#define MYDEV_CORE_NETLINK_H

#include <net/genetlink.h>
#include <uapi/linux/mydev.h>

struct mydev_adapter;
struct mydev_call;

enum mydev_nl_group {
	MYDEV_NL_EVENTS,
	MYDEV_NL_FLASH,
};

extern struct genl_family mydev_nl_family;

/* Of a CONFIG_VALUE. */
extern const struct nla_policy mydev_nl_value_policy[MYDEV_A_CONFIG_MAX + 1];

int mydev_netlink_register(void);
void mydev_netlink_unregister(void);

/* The adapter that a request names, for the time of its doit. */
static inline struct mydev_adapter *mydev_nl_adapter(const struct genl_info *info)
{
	return info->user_ptr[0];
}

/* Refuses a request: `err`, with `why` (static, or NULL) and the attribute to blame (or NULL). */
int mydev_nl_refuse(struct genl_info *info, int err, const char *why, const struct nlattr *attr);

/* mydev_command(), with the cause of an error for the requester. */
int mydev_nl_command(struct genl_info *info, struct mydev_call *call);

/*
 * A reply to `info` with room for `size` bytes of attributes, and its header. NULL: no memory,
 * which the requester was told.
 */
struct sk_buff *mydev_nl_reply(struct genl_info *info, size_t size, void **header);

/* Sends what mydev_nl_reply() gave and was filled with `err`; consumes it. */
int mydev_nl_send(struct genl_info *info, struct sk_buff *skb, void *header, int err);

/*
 * A notification for that group and its header, or NULL: no memory, which its listeners were
 * told. May sleep.
 */
struct sk_buff *mydev_nl_notification(u8 cmd, enum mydev_nl_group group, void **header);

/* Multicasts what mydev_nl_notification() gave and was filled with `err`; consumes it. */
void mydev_nl_multicast(struct sk_buff *skb, void *header, enum mydev_nl_group group, int err);

/*
 * Dumps all adapters, a message each, which `put` fills (0, -EMSGSIZE, or -ENODATA: none of
 * this one). Marks a dump during which adapters came or went.
 */
int mydev_nl_dump_adapters(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
			   int (*put)(struct sk_buff *skb, struct mydev_adapter *a));

/* For operations that take no attribute when they dump. */
int mydev_nl_dump_start(struct netlink_callback *cb);

#endif
