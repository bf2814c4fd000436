// SPDX-License-Identifier: GPL-2.0
#include "event.h"
#include "netlink.h"
#include "nl_event.h"
#include "nl_put.h"

/* How far a dump is. */
struct position {
	u64 after;	/* the number of the last event given */
	u64 end;	/* the last one when the dump began: it does not chase new ones */
};

static struct position *position(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct position) > sizeof(cb->args));
	return (struct position *)cb->args;
}

int mydev_nl_event_dump_start(struct netlink_callback *cb)
{
	const struct nlattr *seq = nlmsg_find_attr(cb->nlh, GENL_HDRLEN, MYDEV_A_EVENT_SEQ);
	struct position *pos = position(cb);

	if (seq && nla_len(seq) < (int)sizeof(u64)) {
		NL_SET_ERR_MSG(compat_dump_extack(cb), "event number too short");
		return -EINVAL;
	}
	pos->after = seq ? nla_get_u64(seq) : 0;
	pos->end = mydev_event_last();
	return 0;
}

static void *put_header(struct sk_buff *skb, struct netlink_callback *cb)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &mydev_nl_family,
			   NLM_F_MULTI, MYDEV_CMD_EVENT);
}

static int dump_lost(struct sk_buff *skb, struct netlink_callback *cb, u64 lost)
{
	void *header = put_header(skb, cb);

	if (!header)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, MYDEV_A_EVENT_LOST, lost, MYDEV_A_PAD)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

static int dump_event(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct mydev_event *ev)
{
	void *header = put_header(skb, cb);

	if (!header)
		return -EMSGSIZE;
	if (mydev_nl_put_event(skb, MYDEV_A_EVENT, ev)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

int mydev_nl_event_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct position *pos = position(cb);
	struct mydev_event ev;
	int err = 0;

	while (!err && pos->after < pos->end && mydev_event_get(pos->after, &ev)) {
		if (ev.number > pos->after + 1) {
			err = dump_lost(skb, cb, ev.number - pos->after - 1);
			if (!err)
				pos->after = ev.number - 1;
		}
		if (!err)
			err = dump_event(skb, cb, &ev);
		if (!err)
			pos->after = ev.number;
		mydev_event_put(&ev);
	}
	return skb->len ?: err;
}

void mydev_nl_event_multicast(const struct mydev_event *ev)
{
	struct sk_buff *skb;
	void *header;

	if (!genl_has_listeners(&mydev_nl_family, &init_net, MYDEV_NL_EVENTS))
		return;
	skb = mydev_nl_notification(MYDEV_CMD_EVENT, MYDEV_NL_EVENTS, &header);
	if (skb)
		mydev_nl_multicast(skb, header, MYDEV_NL_EVENTS,
				   mydev_nl_put_event(skb, MYDEV_A_EVENT, ev));
}
