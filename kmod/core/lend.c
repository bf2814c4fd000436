// SPDX-License-Identifier: GPL-2.0
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "adapter.h"
#include "command.h"
#include "lend.h"

/* Of the list, and of each loan's serial, adapter, rq and cut. Within an adapter's lock. */
static DEFINE_SPINLOCK(loans_lock);
static LIST_HEAD(loans);

/* Opcodes that are not here are not lent. */
static const u8 classes[] = {
	[MYDEV_OP_IDENTIFY] = MYDEV_CLASS_VIEW,
	[MYDEV_OP_STATUS] = MYDEV_CLASS_VIEW,
	[MYDEV_OP_HELLO] = MYDEV_CLASS_VIEW,
	[MYDEV_OP_FW_INFO] = MYDEV_CLASS_VIEW,
	[MYDEV_OP_FW_BEGIN] = MYDEV_CLASS_FIRMWARE,
	[MYDEV_OP_FW_ERASE] = MYDEV_CLASS_FIRMWARE,
	[MYDEV_OP_FW_WRITE] = MYDEV_CLASS_FIRMWARE,
	[MYDEV_OP_FW_VERIFY] = MYDEV_CLASS_FIRMWARE,
	[MYDEV_OP_FW_COMMIT] = MYDEV_CLASS_FIRMWARE,
	[MYDEV_OP_FW_ABORT] = MYDEV_CLASS_FIRMWARE,
	[MYDEV_OP_FW_ACTIVATE] = MYDEV_CLASS_FIRMWARE,
	[MYDEV_OP_FW_ROLLBACK] = MYDEV_CLASS_FIRMWARE,
	[MYDEV_OP_FW_UNPEND] = MYDEV_CLASS_FIRMWARE,
	[MYDEV_OP_CONFIG_DESCRIBE] = MYDEV_CLASS_VIEW,
	[MYDEV_OP_CONFIG_GET] = MYDEV_CLASS_VIEW,
	[MYDEV_OP_CONFIG_SET] = MYDEV_CLASS_CONFIG,
	[MYDEV_OP_CONFIG_RESET] = MYDEV_CLASS_CONFIG,
	[MYDEV_OP_LOG_READ] = MYDEV_CLASS_LOG,
	[MYDEV_OP_LOCATE] = MYDEV_CLASS_LOCATE,
	[MYDEV_OP_RESET] = MYDEV_CLASS_RESET,
	[MYDEV_OP_SELFTEST] = MYDEV_CLASS_SELFTEST,
	[MYDEV_OP_ENTROPY] = MYDEV_CLASS_ENTROPY,
};

/*
 * Who changes something makes events, which all hear and of which an adapter may not tell too many: a borrower may so
 * often in a second, and all borrowers of an adapter together.
 */
#define CHANGES_MAX		32
#define CHANGES_MAX_ALL		128
#define CHANGING	(MYDEV_CLASS_LOCATE | MYDEV_CLASS_SELFTEST | MYDEV_CLASS_CONFIG)

static bool once_more(struct mydev_second *s, unsigned int max)
{
	if (time_after_eq(jiffies, s->since + HZ))
		*s = (struct mydev_second){ .since = jiffies };
	if (s->n >= max)
		return false;
	s->n++;
	return true;
}

static bool may_change(struct mydev_loan *l)
{
	struct mydev_adapter *a = l->adapter;
	bool may;

	if (!once_more(&l->changes, CHANGES_MAX))
		return false;
	spin_lock_irq(&a->lock);
	may = once_more(&a->lent_changes, CHANGES_MAX_ALL);
	spin_unlock_irq(&a->lock);
	return may;
}

static bool is_lent(const struct mydev_loan *l, u8 opcode)
{
	return opcode < ARRAY_SIZE(classes) && (classes[opcode] & l->classes);
}

/* Its life as a loan sees it begins when it is ready: what was read from it then is still true. */
static struct mydev_hw_event boot_event(const struct mydev_adapter *a)
{
	return (struct mydev_hw_event){
		.type = MYDEV_EV_BOOT,
		.severity = MYDEV_SEV_INFO,
		.channel = MYDEV_HW_NONE,
		.code = a->has_fw ? a->fw.running : MYDEV_HW_NONE,
		.value = a->status.boots,
		.time_ms = a->status.uptime_ms,
	};
}

void mydev_lend_state(struct mydev_adapter *a)
{
	struct mydev_hw_event boot = boot_event(a);
	struct mydev_loan *l;

	lockdep_assert_held(&a->lock);
	if (!a->identified)
		return;
	spin_lock(&loans_lock);
	list_for_each_entry(l, &loans, node) {
		if (l->adapter == a && a->state == MYDEV_STATE_READY)
			l->ops->event(l, &boot);
		if (!strcmp(l->serial, a->serial))
			l->ops->changed(l);
	}
	spin_unlock(&loans_lock);
}

void mydev_lend_event(struct mydev_adapter *a, const struct mydev_hw_event *ev)
{
	struct mydev_loan *l;

	lockdep_assert_held(&a->lock);
	if (ev->type == MYDEV_EV_BOOT)
		return;
	spin_lock(&loans_lock);
	list_for_each_entry(l, &loans, node)
		if (l->adapter == a)
			l->ops->event(l, ev);
	spin_unlock(&loans_lock);
}

void mydev_lend_events_lost(struct mydev_adapter *a)
{
	struct mydev_loan *l;

	lockdep_assert_held(&a->lock);
	spin_lock(&loans_lock);
	list_for_each_entry(l, &loans, node)
		if (l->adapter == a)
			l->ops->events_lost(l);
	spin_unlock(&loans_lock);
}

void mydev_loan_begin(struct mydev_loan *l)
{
	l->serial[0] = '\0';
	l->adapter = NULL;
	l->rq = NULL;
	l->cut = false;
	INIT_LIST_HEAD(&l->turn);
	init_completion(&l->wake);
	spin_lock_irq(&loans_lock);
	list_add_tail(&l->node, &loans);
	spin_unlock_irq(&loans_lock);
}
EXPORT_SYMBOL_GPL(mydev_loan_begin);

/* Has it hold that adapter, whose reference is given to it, or none. */
static void hold(struct mydev_loan *l, struct mydev_adapter *a)
{
	spin_lock_irq(&loans_lock);
	swap(l->adapter, a);
	l->cut = false;
	spin_unlock_irq(&loans_lock);
	if (a)
		mydev_adapter_put(a);
}

void mydev_loan_end(struct mydev_loan *l)
{
	spin_lock_irq(&loans_lock);
	list_del(&l->node);
	spin_unlock_irq(&loans_lock);
	hold(l, NULL);
}
EXPORT_SYMBOL_GPL(mydev_loan_end);

static bool lendable(struct mydev_adapter *a, const char *serial, struct mydev_loan_info *info)
{
	bool yes;

	spin_lock_irq(&a->lock);
	yes = a->identified && !a->borrowed && a->state != MYDEV_STATE_GONE &&
	      !strcmp(a->serial, serial);
	info->ready = a->state == MYDEV_STATE_READY;
	info->physical = a->physical;
	info->transport = a->transport;
	spin_unlock_irq(&a->lock);
	return yes;
}

/* First: should it come while it is looked for, mydev_lend_state() knows whom to tell. */
static void set_serial(struct mydev_loan *l, const char *serial)
{
	spin_lock_irq(&loans_lock);
	strscpy(l->serial, serial, sizeof(l->serial));
	spin_unlock_irq(&loans_lock);
}

int mydev_loan_find(struct mydev_loan *l, const char *serial, struct mydev_loan_info *info)
{
	struct mydev_adapter *a;
	u32 id = 0;

	set_serial(l, serial);
	while ((a = mydev_adapter_next(id)) && !lendable(a, l->serial, info)) {
		id = a->id + 1;
		mydev_adapter_put(a);
	}
	hold(l, a);
	return a ? 0 : -ENOENT;
}
EXPORT_SYMBOL_GPL(mydev_loan_find);

bool mydev_loan_stands(const struct mydev_loan *l)
{
	return l->adapter && READ_ONCE(l->adapter->state) != MYDEV_STATE_GONE;
}
EXPORT_SYMBOL_GPL(mydev_loan_stands);

/* false: it is cut. From here on mydev_loan_cut() wakes it. */
static bool prepare_to_wait_for_turn(struct mydev_loan *l)
{
	bool cut;

	spin_lock_irq(&loans_lock);
	reinit_completion(&l->wake);
	cut = l->cut;
	spin_unlock_irq(&loans_lock);
	return !cut;
}

static int take_turn(struct mydev_loan *l, unsigned long until)
{
	long left = max((long)(until - jiffies), 0L);
	struct mydev_adapter *a = l->adapter;
	bool mine;

	if (!prepare_to_wait_for_turn(l))
		return -ECANCELED;
	spin_lock_irq(&a->lock);
	mine = a->lent < MYDEV_REQUESTS_LENT;
	if (mine)
		a->lent++;
	else
		list_add_tail(&l->turn, &a->turns);
	spin_unlock_irq(&a->lock);
	if (mine)
		return 0;

	wait_for_completion_timeout(&l->wake, left);
	spin_lock_irq(&a->lock);
	mine = list_empty(&l->turn);
	list_del_init(&l->turn);
	spin_unlock_irq(&a->lock);
	if (mine)
		return 0;
	return READ_ONCE(l->cut) ? -ECANCELED : -EBUSY;
}

/* To whoever waits longest for it. */
static void give_turn(struct mydev_adapter *a)
{
	struct mydev_loan *next;

	spin_lock_irq(&a->lock);
	next = list_first_entry_or_null(&a->turns, struct mydev_loan, turn);
	if (next) {
		list_del_init(&next->turn);
		complete(&next->wake);
	} else {
		a->lent--;
	}
	spin_unlock_irq(&a->lock);
}

static void cut(struct mydev_loan *l)
{
	lockdep_assert_held(&loans_lock);
	if (l->rq) {
		WRITE_ONCE(l->rq->cut, -ECANCELED);
		complete(&l->rq->done);
	}
	complete(&l->wake);
}

void mydev_loan_cut(struct mydev_loan *l)
{
	unsigned long flags;

	spin_lock_irqsave(&loans_lock, flags);
	l->cut = true;
	cut(l);
	spin_unlock_irqrestore(&loans_lock, flags);
}
EXPORT_SYMBOL_GPL(mydev_loan_cut);

static void set_request(struct mydev_loan *l, struct mydev_request *rq)
{
	spin_lock_irq(&loans_lock);
	l->rq = rq;
	if (l->cut)
		cut(l);
	spin_unlock_irq(&loans_lock);
}

static int run(struct mydev_loan *l, struct mydev_call *call)
{
	struct mydev_request rq;
	int err = mydev_command_begin(l->adapter, call, &rq);

	if (err)
		return err;
	set_request(l, &rq);
	err = mydev_command_end(l->adapter, call, &rq);
	set_request(l, NULL);
	return err;
}

int mydev_loan_command(struct mydev_loan *l, const struct mydev_hw_cmd *cmd, const void *in,
		       void *out, unsigned long until, struct mydev_hw_cpl *cpl)
{
	struct mydev_call call = {
		.opcode = cmd->opcode,
		.lent = true,
		.until = until,
		.arg = le32_to_cpu(cmd->arg[0]),
		.in = in,
		.in_len = le32_to_cpu(cmd->in_len),
		.out = out,
		.out_max = le32_to_cpu(cmd->out_max),
	};
	int err;

	*cpl = (struct mydev_hw_cpl){ .status = cpu_to_le16(MYDEV_ST_DENIED) };
	if (!is_lent(l, cmd->opcode))
		return 0;
	if ((classes[cmd->opcode] & CHANGING) && !may_change(l)) {
		cpl->status = cpu_to_le16(MYDEV_ST_AGAIN);
		return 0;
	}
	err = take_turn(l, until);
	if (err)
		return err;
	err = run(l, &call);
	give_turn(l->adapter);
	if (!call.answered)
		return err;
	cpl->status = cpu_to_le16(call.status);
	cpl->result = cpu_to_le32(call.result);
	cpl->out_len = cpu_to_le32(call.out_len);
	return 0;
}
EXPORT_SYMBOL_GPL(mydev_loan_command);

void mydev_loan_boot(struct mydev_loan *l)
{
	struct mydev_adapter *a = l->adapter;
	struct mydev_hw_event boot;

	spin_lock_irq(&a->lock);
	boot = boot_event(a);
	spin_lock(&loans_lock);
	if (a->state == MYDEV_STATE_READY)
		l->ops->event(l, &boot);
	spin_unlock(&loans_lock);
	spin_unlock_irq(&a->lock);
}
EXPORT_SYMBOL_GPL(mydev_loan_boot);
