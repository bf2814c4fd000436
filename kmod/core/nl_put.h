/* SPDX-License-Identifier: GPL-2.0 */
/* Puts what we know into messages. All return 0, or -EMSGSIZE: it does not fit. */
#ifndef MYDEV_CORE_NL_PUT_H
#define MYDEV_CORE_NL_PUT_H

#include <linux/types.h>

struct mydev_adapter;
struct mydev_config;
struct mydev_event;
struct mydev_flash_report;
struct sk_buff;

/* A nest of mydev_adapter_attr as attribute `attr`. */
int mydev_nl_put_adapter(struct sk_buff *skb, int attr, struct mydev_adapter *a);

/* A nest of mydev_flash_attr. The adapter's lock is held, or the report is final. */
int mydev_nl_put_flash(struct sk_buff *skb, int attr, const struct mydev_flash_report *r);

/* A nest of mydev_event_attr. */
int mydev_nl_put_event(struct sk_buff *skb, int attr, const struct mydev_event *ev);

/* MYDEV_A_CONFIG_GEN and a MYDEV_A_CONFIG_KEY for each key. */
int mydev_nl_put_config(struct sk_buff *skb, const struct mydev_config *config);

/* `str` has at most `max` bytes and a NUL only if it is shorter. */
int mydev_nl_put_padded(struct sk_buff *skb, int attr, const char *str, size_t max);

#endif
