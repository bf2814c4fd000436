// SPDX-License-Identifier: GPL-2.0
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>

#include "adapter.h"
#include "command.h"
#include "state.h"
#include "status.h"

void mydev_complete(struct mydev_request *rq, const struct mydev_hw_cpl *cpl, int error)
{
	if (cpl)
		rq->cpl = *cpl;
	rq->error = error;
	rq->completed = true;
	complete(&rq->done);
}
EXPORT_SYMBOL_GPL(mydev_complete);

void mydev_command_cut(struct mydev_adapter *a, int err)
{
	struct mydev_request *rq;

	lockdep_assert_held(&a->lock);
	list_for_each_entry(rq, &a->inflight, inflight) {
		rq->cut = err;
		complete(&rq->done);
	}
}

static void request_init(struct mydev_request *rq, const struct mydev_call *call)
{
	*rq = (struct mydev_request){
		.cmd = {
			.opcode = call->opcode,
			.arg[0] = cpu_to_le32(call->arg),
			.in_len = cpu_to_le32(call->in_len),
			.out_max = cpu_to_le32(call->out_max),
		},
		.in = call->in,
		.out = call->out,
	};
	INIT_LIST_HEAD(&rq->node);
	init_completion(&rq->done);
}

/* Why a command may not be sent in the adapter's state. */
static int refusal(const struct mydev_adapter *a, const struct mydev_call *call)
{
	if (a->state == MYDEV_STATE_GONE)
		return -ENODEV;
	if (a->state != MYDEV_STATE_READY && !call->recovering)
		return -EHOSTDOWN;
	return 0;
}

static int request_enter(struct mydev_adapter *a, const struct mydev_call *call,
			 struct mydev_request *rq)
{
	int err;

	spin_lock_irq(&a->lock);
	err = refusal(a, call);
	if (!err)
		list_add_tail(&rq->inflight, &a->inflight);
	spin_unlock_irq(&a->lock);
	return err;
}

static void request_leave(struct mydev_adapter *a, struct mydev_request *rq)
{
	spin_lock_irq(&a->lock);
	list_del(&rq->inflight);
	spin_unlock_irq(&a->lock);
}

static unsigned int deadline_ms(const struct mydev_request *rq)
{
	return rq->cmd.opcode == MYDEV_OP_FW_ERASE ? MYDEV_HW_DEADLINE_ERASE_MS :
						     MYDEV_HW_DEADLINE_MS;
}

static bool works_on_flash(const struct mydev_request *rq)
{
	return rq->cmd.opcode == MYDEV_OP_FW_ERASE || rq->cmd.opcode == MYDEV_OP_FW_WRITE;
}

/* How long it may take from now on, in jiffies: after what works on the flash before it. */
static long time_left(struct mydev_adapter *a, struct mydev_request *rq)
{
	unsigned int ms = deadline_ms(rq) + a->latency_ms;
	struct mydev_request *before = rq;

	spin_lock_irq(&a->lock);
	list_for_each_entry_continue_reverse(before, &a->inflight, inflight)
		if (works_on_flash(before))
			ms += deadline_ms(before);
	spin_unlock_irq(&a->lock);
	return msecs_to_jiffies(ms);
}

/*
 * The time is taken in slices. One that ends late was a time in which this machine stood still
 * or had no CPU to spare: it is no time that the adapter had, and does not count. That has a
 * bound, for whoever waits. A command is not sent again: only its reset makes sure that an
 * adapter has let go of the first.
 */
#define SLICES		4
#define LATE_SLICES	12

/* How long its caller still waits for it, in jiffies. */
static long patience(const struct mydev_call *call)
{
	return call->lent ? max((long)(call->until - jiffies), 0L) : MAX_SCHEDULE_TIMEOUT;
}

/* Sleeps until the request has ended in one way or another. */
static int request_wait(struct mydev_adapter *a, const struct mydev_call *call,
			struct mydev_request *rq)
{
	long whole = DIV_ROUND_UP(time_left(a, rq), SLICES), slice, left = 0;
	unsigned int over = 0, late = 0;
	unsigned long begin;

	while (!left && over < SLICES && late < LATE_SLICES) {
		slice = min(whole, patience(call));
		if (!slice)
			break;
		begin = jiffies;
		left = wait_for_completion_killable_timeout(&rq->done, slice);
		if (time_after(jiffies, begin + slice + slice / 4))
			late++;
		else
			over++;
	}

	/* Whoever woke us, only abort() makes sure that the transport has let go. */
	if (left <= 0 || READ_ONCE(rq->cut))
		a->ops->abort(a, rq);
	if (rq->completed)
		return rq->error;
	if (rq->cut)
		return rq->cut;
	if (left < 0)
		return -EINTR;
	/* Otherwise the adapter has still time. */
	if (over >= SLICES || late >= LATE_SLICES)
		mydev_state_missed(a, rq->cmd.opcode);
	return -ETIMEDOUT;
}

static int take_answer(struct mydev_adapter *a, struct mydev_call *call,
		       const struct mydev_request *rq)
{
	u32 out_len = le32_to_cpu(rq->cpl.out_len);

	if (out_len > call->out_max) {
		mydev_adapter_broken(a, "a reply longer than asked for");
		return -EPROTO;
	}
	call->answered = true;
	call->status = le16_to_cpu(rq->cpl.status);
	call->result = le32_to_cpu(rq->cpl.result);
	call->out_len = out_len;
	return mydev_status_errno(call->status);
}

static int request_begin(struct mydev_adapter *a, const struct mydev_call *call,
			 struct mydev_request *rq)
{
	int err;

	request_init(rq, call);
	err = request_enter(a, call, rq);
	if (err)
		return err;
	err = a->ops->submit(a, rq);
	if (err)
		request_leave(a, rq);
	return err;
}

static int take_room(struct mydev_adapter *a, const struct mydev_call *call)
{
	long left;

	if (call->lent)
		return 0;
	left = wait_event_killable_timeout(a->wait, atomic_add_unless(&a->room, -1, 0),
					   msecs_to_jiffies(MYDEV_HW_DEADLINE_MS));
	if (left < 0)
		return -EINTR;
	return left ? 0 : -EBUSY;
}

static void give_room(struct mydev_adapter *a, const struct mydev_call *call)
{
	/* Only who found none waits. */
	if (!call->lent && atomic_inc_return(&a->room) == 1)
		wake_up(&a->wait);
}

int mydev_command_begin(struct mydev_adapter *a, struct mydev_call *call,
			struct mydev_request *rq)
{
	int err;

	call->answered = false;
	if (!mydev_adapter_use(a))
		return -ENODEV;
	err = take_room(a, call);
	if (err)
		goto err_use;
	err = request_begin(a, call, rq);
	if (err)
		goto err_room;
	return 0;

err_room:
	give_room(a, call);
err_use:
	mydev_adapter_unuse(a);
	return err;
}

int mydev_command_end(struct mydev_adapter *a, struct mydev_call *call, struct mydev_request *rq)
{
	int err = request_wait(a, call, rq);

	request_leave(a, rq);
	if (!err)
		err = take_answer(a, call, rq);
	give_room(a, call);
	mydev_adapter_unuse(a);
	return err;
}

int mydev_command(struct mydev_adapter *a, struct mydev_call *call)
{
	struct mydev_request rq;
	int err = mydev_command_begin(a, call, &rq);

	return err ?: mydev_command_end(a, call, &rq);
}

const char *mydev_command_text(const struct mydev_call *call, int err)
{
	if (call->answered)
		return mydev_status_text(call->status);
	return mydev_unanswered_text(err) ?: "the command could not be sent";
}
