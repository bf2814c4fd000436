// SPDX-License-Identifier: GPL-2.0
#include "adapter.h"
#include "event.h"
#include "netlink.h"
#include "nl_adapter.h"
#include "nl_put.h"

static int put_module(struct sk_buff *skb)
{
	if (nla_put_u32(skb, MYDEV_A_LEVEL, MYDEV_GENL_LEVEL) ||
	    nla_put_string(skb, MYDEV_A_MODULE_VERSION, MYDEV_VERSION) ||
	    nla_put_u64_64bit(skb, MYDEV_A_EPOCH, mydev_event_epoch(), MYDEV_A_PAD) ||
	    nla_put_u64_64bit(skb, MYDEV_A_EVENT_SEQ, mydev_event_last(), MYDEV_A_PAD))
		return -EMSGSIZE;
	return 0;
}

int mydev_nl_version_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;

	reply = mydev_nl_reply(info, NLMSG_DEFAULT_SIZE, &header);
	if (!reply)
		return -ENOMEM;
	return mydev_nl_send(info, reply, header, put_module(reply));
}

static int put_adapter(struct sk_buff *skb, struct mydev_adapter *a)
{
	return mydev_nl_put_adapter(skb, MYDEV_A_ADAPTER, a);
}

int mydev_nl_adapter_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;

	reply = mydev_nl_reply(info, NLMSG_DEFAULT_SIZE, &header);
	if (!reply)
		return -ENOMEM;
	return mydev_nl_send(info, reply, header, put_adapter(reply, mydev_nl_adapter(info)));
}

int mydev_nl_adapter_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return mydev_nl_dump_adapters(skb, cb, MYDEV_CMD_ADAPTER_GET, put_adapter);
}
