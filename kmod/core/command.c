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

/* Enters a request, and tells how long it may take in jiffies; or an error. */
static long request_begin(struct mydev_adapter *a, const struct mydev_call *call,
			  struct mydev_request *rq)
{
	unsigned int ms;
	long ret;

	spin_lock_irq(&a->lock);
	ret = refusal(a, call);
	if (!ret) {
		ms = a->erasing ? MYDEV_HW_DEADLINE_ERASE_MS : 0;
		if (call->opcode == MYDEV_OP_FW_ERASE) {
			ms += MYDEV_HW_DEADLINE_ERASE_MS;
			a->erasing++;
		} else {
			ms += MYDEV_HW_DEADLINE_MS;
		}
		list_add_tail(&rq->inflight, &a->inflight);
		ret = msecs_to_jiffies(ms);
	}
	spin_unlock_irq(&a->lock);
	return ret;
}

static void request_end(struct mydev_adapter *a, struct mydev_request *rq)
{
	spin_lock_irq(&a->lock);
	if (rq->cmd.opcode == MYDEV_OP_FW_ERASE)
		a->erasing--;
	list_del(&rq->inflight);
	spin_unlock_irq(&a->lock);
}

/*
 * The time is taken in slices. One that ends late was a time in which this machine stood still
 * or had no CPU to spare: it is no time that the adapter had, and does not count. That has a
 * bound, for whoever waits. A command is not sent again: only its reset makes sure that an
 * adapter has let go of the first.
 */
#define SLICES		4
#define LATE_SLICES	12

/* Sleeps until the request has ended in one way or another. */
static int request_wait(struct mydev_adapter *a, struct mydev_request *rq, long timeout)
{
	long slice = DIV_ROUND_UP(timeout, SLICES), left = 0;
	unsigned int over = 0, late = 0;
	unsigned long begin;

	while (!left && over < SLICES && late < LATE_SLICES) {
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

static int request_run(struct mydev_adapter *a, struct mydev_call *call)
{
	struct mydev_request rq;
	long timeout;
	int err;

	request_init(&rq, call);
	timeout = request_begin(a, call, &rq);
	if (timeout < 0)
		return timeout;
	err = a->ops->submit(a, &rq);
	if (!err)
		err = request_wait(a, &rq, timeout);
	request_end(a, &rq);
	return err ?: take_answer(a, call, &rq);
}

static int take_room(struct mydev_adapter *a)
{
	long left = wait_event_killable_timeout(a->wait, atomic_add_unless(&a->room, -1, 0),
						msecs_to_jiffies(MYDEV_HW_DEADLINE_MS));

	if (left < 0)
		return -EINTR;
	return left ? 0 : -EBUSY;
}

static void give_room(struct mydev_adapter *a)
{
	/* Only who found none waits. */
	if (atomic_inc_return(&a->room) == 1)
		wake_up(&a->wait);
}

int mydev_command(struct mydev_adapter *a, struct mydev_call *call)
{
	int err;

	call->answered = false;
	if (!mydev_adapter_use(a))
		return -ENODEV;
	err = take_room(a);
	if (err)
		goto out_unuse;
	err = request_run(a, call);
	give_room(a);
out_unuse:
	mydev_adapter_unuse(a);
	return err;
}

const char *mydev_command_text(const struct mydev_call *call, int err)
{
	if (call->answered)
		return mydev_status_text(call->status);
	return mydev_unanswered_text(err) ?: "the command could not be sent";
}
