/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MYDEV_CORE_NL_CONTROL_H
#define MYDEV_CORE_NL_CONTROL_H

struct genl_info;
struct sk_buff;

int mydev_nl_reset(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_locate(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_selftest(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_log_get(struct sk_buff *skb, struct genl_info *info);

#endif
