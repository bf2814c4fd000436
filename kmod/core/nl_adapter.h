/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MYDEV_CORE_NL_ADAPTER_H
#define MYDEV_CORE_NL_ADAPTER_H

struct genl_info;
struct netlink_callback;
struct sk_buff;

int mydev_nl_version_get(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_adapter_get(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_adapter_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif
