/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MYDEV_CORE_NL_EVENT_H
#define MYDEV_CORE_NL_EVENT_H

struct mydev_event;
struct netlink_callback;
struct sk_buff;

int mydev_nl_event_dump_start(struct netlink_callback *cb);
int mydev_nl_event_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* Tells the event to who listens. May sleep. */
void mydev_nl_event_multicast(const struct mydev_event *ev);

#endif
