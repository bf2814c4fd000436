/* SPDX-License-Identifier: GPL-2.0 */
/* Commands to an adapter: each has a deadline, several may be under way. */
#ifndef MYDEV_CORE_COMMAND_H
#define MYDEV_CORE_COMMAND_H

#include <linux/types.h>

struct mydev_adapter;
struct mydev_request;

struct mydev_call {
	u8 opcode;		/* enum mydev_hw_opcode */
	bool recovering;	/* of the recovery: whether the adapter is ready or not */
	bool lent;		/* of a loan: its turn is its place, and `until` counts */
	unsigned long until;	/* jiffies: whoever asked does not wait any longer */
	u32 arg;
	const void *in;		/* in_len bytes, or NULL */
	u32 in_len;
	void *out;		/* room for out_max bytes, or NULL */
	u32 out_max;

	/* The answer. */
	bool answered;
	u16 status;		/* enum mydev_hw_st */
	u32 result;
	u32 out_len;		/* at most out_max */
};

/*
 * Has the adapter run a command and sleeps, killably, until it has. 0: it said OK. Its
 * refusals are errors by mydev_status_errno(), with call->answered. Without an answer:
 *   -EHOSTDOWN  it is not ready, or was reset meanwhile
 *   -ETIMEDOUT  the deadline is missed; the adapter is being reset
 *   -ENODEV     it is being removed
 *   -EBUSY      too many are under way;  -EINTR  killed;  -EPROTO  it answered with garbage
 * The deadline is MYDEV_HW_DEADLINE_MS, of an erase MYDEV_HW_DEADLINE_ERASE_MS; those of erases
 * and writes of firmware are added to that of a command behind them; the way to the adapter may
 * take its time, too. For MYDEV_HW_DEADLINE_MS at most waits one that finds MYDEV_REQUESTS_OWN
 * under way.
 */
int mydev_command(struct mydev_adapter *a, struct mydev_call *call);

/*
 * The same in two parts, for several commands under way of one caller, who ends in the order in
 * which it began: a deadline counts from end() on. `call` and what it points to, and `rq`, stay
 * until then. What has been begun (0) has to be ended.
 */
int mydev_command_begin(struct mydev_adapter *a, struct mydev_call *call,
			struct mydev_request *rq);
int mydev_command_end(struct mydev_adapter *a, struct mydev_call *call, struct mydev_request *rq);

/* The cause of mydev_command()'s error in words. */
const char *mydev_command_text(const struct mydev_call *call, int err);

/* Ends all commands under way with `err`. a->lock is held. */
void mydev_command_cut(struct mydev_adapter *a, int err);

#endif
