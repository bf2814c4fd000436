/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MYDEV_CORE_NL_FLASH_H
#define MYDEV_CORE_NL_FLASH_H

struct genl_info;
struct mydev_adapter;
struct sk_buff;

int mydev_nl_flash_start(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_flash_cancel(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_fw_activate(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_fw_rollback(struct sk_buff *skb, struct genl_info *info);
int mydev_nl_fw_unpend(struct sk_buff *skb, struct genl_info *info);

/* Tells how far the adapter's flash is. May sleep. */
void mydev_nl_flash_multicast(struct mydev_adapter *a);

#endif
