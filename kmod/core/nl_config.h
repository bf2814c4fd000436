/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MYDEV_CORE_NL_CONFIG_H
#define MYDEV_CORE_NL_CONFIG_H

struct genl_info;
struct netlink_callback;
struct sk_buff;

int mydev_nl_config_get(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_config_dump_start(struct netlink_callback *cb);
int mydev_nl_config_dump(struct sk_buff *skb, struct netlink_callback *cb);
int mydev_nl_config_set(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_config_reset(struct sk_buff *skb, struct genl_info *info);

#endif
