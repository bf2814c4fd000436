// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>

#include "adapter.h"
#include "command.h"
#include "netlink.h"
#include "nl_control.h"
#include "refresh.h"
#include "state.h"
#include "status.h"

int mydev_nl_reset(struct sk_buff *skb, struct genl_info *info)
{
	struct mydev_call call = { .opcode = MYDEV_OP_RESET };
	struct mydev_adapter *a = mydev_nl_adapter(info);
	u32 boots = READ_ONCE(a->boots);
	int err;

	if (mydev_flash_running(a))
		return mydev_nl_refuse(info, -EBUSY, "a firmware update is running", NULL);
	/* One that does not listen is reset without being asked. */
	if (READ_ONCE(a->state) == MYDEV_STATE_UNRESPONSIVE) {
		err = mydev_state_kick(a);
		return err ? mydev_nl_refuse(info, err, mydev_unanswered_text(err), NULL) : 0;
	}
	err = mydev_nl_command(info, &call);
	if (!err)
		mydev_state_restarting(a, boots);
	return err;
}

int mydev_nl_locate(struct sk_buff *skb, struct genl_info *info)
{
	struct mydev_call call = { .opcode = MYDEV_OP_LOCATE };
	int err;

	if (!info->attrs[MYDEV_A_LOCATE_SECONDS])
		return mydev_nl_refuse(info, -EINVAL, "seconds missing", NULL);
	call.arg = nla_get_u32(info->attrs[MYDEV_A_LOCATE_SECONDS]);
	err = mydev_nl_command(info, &call);
	if (!err)
		mydev_refresh(mydev_nl_adapter(info), MYDEV_REFRESH_STATUS, false);
	return err;
}

int mydev_nl_selftest(struct sk_buff *skb, struct genl_info *info)
{
	struct mydev_call call = { .opcode = MYDEV_OP_SELFTEST };

	return mydev_nl_command(info, &call);
}

static int put_entry(struct sk_buff *skb, const struct mydev_hw_log_entry *entry)
{
	struct nlattr *nest = nla_nest_start(skb, MYDEV_A_LOG_ENTRY);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put(skb, MYDEV_A_LOG_BODY, sizeof(*entry), entry)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int send_log(struct genl_info *info, const struct mydev_hw_log_entry *entry, u32 count)
{
	size_t size = nla_total_size(sizeof(u32)) +
		      count * nla_total_size(nla_total_size(sizeof(*entry)));
	struct sk_buff *reply;
	void *header;
	int err;
	u32 i;

	reply = mydev_nl_reply(info, size, &header);
	if (!reply)
		return -ENOMEM;
	err = nla_put_u32(reply, MYDEV_A_ADAPTER_ID, mydev_nl_adapter(info)->id);
	for (i = 0; !err && i < count; i++)
		err = put_entry(reply, &entry[i]);
	return mydev_nl_send(info, reply, header, err);
}

int mydev_nl_log_get(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *since = info->attrs[MYDEV_A_LOG_SINCE];
	struct mydev_call call = {
		.opcode = MYDEV_OP_LOG_READ,
		.out_max = MYDEV_HW_DATA_MAX,
	};
	int err;

	if (since && nla_get_u32(since) == U32_MAX)
		return send_log(info, NULL, 0);
	call.arg = since ? nla_get_u32(since) + 1 : 0;
	call.out = kmalloc(MYDEV_HW_DATA_MAX, GFP_KERNEL);
	if (!call.out)
		return mydev_nl_refuse(info, -ENOMEM, "out of memory", NULL);
	err = mydev_nl_command(info, &call);
	if (!err)
		err = send_log(info, call.out, call.out_len / sizeof(struct mydev_hw_log_entry));
	kfree(call.out);
	return err;
}
