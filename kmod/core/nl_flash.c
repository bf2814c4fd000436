// SPDX-License-Identifier: GPL-2.0
#include "adapter.h"
#include "command.h"
#include "flash.h"
#include "netlink.h"
#include "nl_flash.h"
#include "nl_put.h"
#include "refresh.h"
#include "status.h"

static int start(struct genl_info *info, const char *file, bool activate)
{
	int err = mydev_flash_start(mydev_nl_adapter(info), file, activate);

	switch (err) {
	case 0:
		return 0;
	case -EBUSY:
		return mydev_nl_refuse(info, err, "a firmware update is running", NULL);
	case -EOPNOTSUPP:
		return mydev_nl_refuse(info, err, "no firmware updates in a crash-dump kernel",
				       NULL);
	}
	return mydev_nl_refuse(info, err, mydev_unanswered_text(err), NULL);
}

int mydev_nl_flash_start(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *file = info->attrs[MYDEV_A_FLASH_FILE];
	const char *fault;

	if (!file)
		return mydev_nl_refuse(info, -EINVAL, "file name missing", NULL);
	fault = mydev_flash_file_fault(nla_data(file));
	if (fault)
		return mydev_nl_refuse(info, -EINVAL, fault, file);
	return start(info, nla_data(file), !info->attrs[MYDEV_A_FLASH_NO_ACTIVATE]);
}

static bool none_pending(struct mydev_adapter *a)
{
	bool none;

	spin_lock_irq(&a->lock);
	none = a->has_fw && a->fw.pending == MYDEV_HW_NONE && !a->flash.running;
	spin_unlock_irq(&a->lock);
	return none;
}

int mydev_nl_fw_activate(struct sk_buff *skb, struct genl_info *info)
{
	if (none_pending(mydev_nl_adapter(info)))
		return mydev_nl_refuse(info, -ENOENT, "no image is pending", NULL);
	return start(info, NULL, true);
}

int mydev_nl_flash_cancel(struct sk_buff *skb, struct genl_info *info)
{
	int err = mydev_flash_cancel(mydev_nl_adapter(info));

	if (err == -ENOENT)
		return mydev_nl_refuse(info, err, "no firmware update is running", NULL);
	if (err == -EBUSY)
		return mydev_nl_refuse(info, err, "the update is past its point of no return",
				       NULL);
	return err;
}

/* A command that changes which slot boots next. */
static int change_slots(struct genl_info *info, u8 opcode, const char *nothing)
{
	struct mydev_adapter *a = mydev_nl_adapter(info);
	struct mydev_call call = { .opcode = opcode };
	int err;

	if (mydev_flash_running(a))
		return mydev_nl_refuse(info, -EBUSY, "a firmware update is running", NULL);
	err = mydev_nl_command(info, &call);
	if (err && call.answered && call.status == MYDEV_ST_STATE)
		return mydev_nl_refuse(info, err, nothing, NULL);
	if (!err)
		mydev_refresh(a, MYDEV_REFRESH_FW, false);
	return err;
}

int mydev_nl_fw_rollback(struct sk_buff *skb, struct genl_info *info)
{
	return change_slots(info, MYDEV_OP_FW_ROLLBACK, "the other slot has no image to go back to");
}

int mydev_nl_fw_unpend(struct sk_buff *skb, struct genl_info *info)
{
	return change_slots(info, MYDEV_OP_FW_UNPEND, "no image is pending");
}

static int put_progress(struct sk_buff *skb, struct mydev_adapter *a)
{
	int err;

	spin_lock_irq(&a->lock);
	err = nla_put_u32(skb, MYDEV_A_ADAPTER_ID, a->id) ?:
	      mydev_nl_put_flash(skb, MYDEV_A_FLASH, a->flash.report);
	spin_unlock_irq(&a->lock);
	return err;
}

void mydev_nl_flash_multicast(struct mydev_adapter *a)
{
	struct sk_buff *skb;
	void *header;

	if (!genl_has_listeners(&mydev_nl_family, &init_net, MYDEV_NL_FLASH))
		return;
	skb = mydev_nl_notification(MYDEV_CMD_FLASH_PROGRESS, MYDEV_NL_FLASH, &header);
	if (skb)
		mydev_nl_multicast(skb, header, MYDEV_NL_FLASH, put_progress(skb, a));
}
