// SPDX-License-Identifier: GPL-2.0
/*
 *                       identified
 *   STARTING ------------------------------> READY <---------------+
 *      |                                      |  ^                 |
 *      | mute        told to restart, booted  |  | identified      |
 *      |             by itself, deadline      |  |                 | identified
 *      |             missed, broken           v  |                 |
 *      |                                   RESETTING               |
 *      |                                      | mute               |
 *      +--------------------------------------+-----> UNRESPONSIVE +
 *                                                     reset again and again, after 1 s..60 s
 *   any of them --- removed ---> GONE
 *
 * Recovery (recover.c) is what goes from STARTING, RESETTING and UNRESPONSIVE to READY.
 */
#include <linux/bits.h>
#include <linux/export.h>
#include <linux/jiffies.h>

#include "adapter.h"
#include "class.h"
#include "command.h"
#include "event.h"
#include "hwrng.h"
#include "lend.h"
#include "recover.h"
#include "refresh.h"
#include "state.h"

static const struct {
	const char *name;
	unsigned int next;	/* states that may follow */
} states[] = {
	[MYDEV_STATE_STARTING] = {
		"starting",
		BIT(MYDEV_STATE_READY) | BIT(MYDEV_STATE_UNRESPONSIVE) | BIT(MYDEV_STATE_GONE)
	},
	[MYDEV_STATE_READY] = {
		"ready", BIT(MYDEV_STATE_RESETTING) | BIT(MYDEV_STATE_GONE)
	},
	[MYDEV_STATE_RESETTING] = {
		"resetting",
		BIT(MYDEV_STATE_READY) | BIT(MYDEV_STATE_UNRESPONSIVE) | BIT(MYDEV_STATE_GONE)
	},
	[MYDEV_STATE_UNRESPONSIVE] = {
		"unresponsive", BIT(MYDEV_STATE_READY) | BIT(MYDEV_STATE_GONE)
	},
	[MYDEV_STATE_GONE] = { "gone", 0 },
};

const char *mydev_state_name(enum mydev_adapter_state state)
{
	return states[state].name;
}

void mydev_state_tell(struct mydev_adapter *a)
{
	mydev_event_post(a, &(struct mydev_event){
		.type = MYDEV_EVENT_STATE,
		.new_state = a->state,
	});
	mydev_class_change(a);
}

bool mydev_state_set(struct mydev_adapter *a, enum mydev_adapter_state next)
{
	lockdep_assert_held(&a->lock);
	if (!(states[a->state].next & BIT(next)))
		return false;
	WRITE_ONCE(a->state, next);
	if (next == MYDEV_STATE_READY) {
		a->ready_since = jiffies;
		mydev_refresh_resume(a);
	} else {
		mydev_command_cut(a, next == MYDEV_STATE_GONE ? -ENODEV : -EHOSTDOWN);
	}
	mydev_state_tell(a);
	mydev_lend_state(a);
	wake_up_all(&a->wait);
	mydev_hwrng_update(a);
	return true;
}

void mydev_state_missed(struct mydev_adapter *a, u8 opcode)
{
	spin_lock_irq(&a->lock);
	if (a->state != MYDEV_STATE_UNRESPONSIVE)
		mydev_event_post(a, &(struct mydev_event){
			.type = MYDEV_EVENT_COMMAND_TIMEOUT,
			.opcode = opcode,
		});
	if (a->state == MYDEV_STATE_READY) {
		dev_warn(&a->dev, "command %#04x missed its deadline: resetting it\n", opcode);
		mydev_recover_mend(a);
	}
	spin_unlock_irq(&a->lock);
}

void mydev_state_restarting(struct mydev_adapter *a, u32 boots)
{
	spin_lock_irq(&a->lock);
	/* It may have been quicker than we. */
	if (a->boots == boots && mydev_state_set(a, MYDEV_STATE_RESETTING))
		mydev_recover_boot(a);
	spin_unlock_irq(&a->lock);
}

void mydev_state_booted(struct mydev_adapter *a)
{
	lockdep_assert_held(&a->lock);
	a->boots++;
	a->wants_reset = false;
	/* What it was asked in its last life it will not answer. */
	if (!mydev_state_set(a, MYDEV_STATE_RESETTING))
		mydev_command_cut(a, -EHOSTDOWN);
	mydev_recover_in(a, 0);
}

int mydev_state_kick(struct mydev_adapter *a)
{
	int err = 0;

	spin_lock_irq(&a->lock);
	if (a->state == MYDEV_STATE_GONE) {
		err = -ENODEV;
	} else {
		mydev_state_set(a, MYDEV_STATE_RESETTING);
		a->wants_reset = true;
		mydev_recover_in(a, 0);
	}
	spin_unlock_irq(&a->lock);
	return err;
}

void mydev_state_gone(struct mydev_adapter *a)
{
	spin_lock_irq(&a->lock);
	mydev_state_set(a, MYDEV_STATE_GONE);
	spin_unlock_irq(&a->lock);
}

void mydev_adapter_broken(struct mydev_adapter *a, const char *why)
{
	unsigned long flags;

	spin_lock_irqsave(&a->lock, flags);
	if (a->state == MYDEV_STATE_READY) {
		dev_warn(&a->dev, "broken (%s): resetting it\n", why);
		mydev_recover_mend(a);
	}
	spin_unlock_irqrestore(&a->lock, flags);
}
EXPORT_SYMBOL_GPL(mydev_adapter_broken);

void mydev_adapter_restarts(struct mydev_adapter *a)
{
	unsigned long flags;

	spin_lock_irqsave(&a->lock, flags);
	if (mydev_state_set(a, MYDEV_STATE_RESETTING))
		mydev_recover_boot(a);
	spin_unlock_irqrestore(&a->lock, flags);
}
EXPORT_SYMBOL_GPL(mydev_adapter_restarts);
