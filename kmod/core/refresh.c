// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "adapter.h"
#include "class.h"
#include "command.h"
#include "config.h"
#include "event.h"
#include "hwrng.h"
#include "lend.h"
#include "main.h"
#include "refresh.h"
#include "state.h"

/* An adapter that tells more than so many events a second is broken. */
#define EVENTS_PER_SECOND	1000
#define FLOODS			"it floods us with events"

/* Replies may be shorter than we know (older firmware), but not by these parts. */
#define STATUS_MIN	offsetof(struct mydev_hw_status, channel)
#define FW_INFO_MIN	sizeof(struct mydev_hw_fw_info)

/* A channel that was not told would pass for a healthy one. */
static bool status_valid(const struct mydev_hw_status *status, u32 len)
{
	return len >= STATUS_MIN && status->channels <= MYDEV_HW_CHANNELS_MAX &&
	       len >= STATUS_MIN + status->channels * sizeof(status->channel[0]);
}

static int refresh_status(struct mydev_adapter *a, struct mydev_call *call)
{
	struct mydev_hw_status status = {};
	int err;

	call->opcode = MYDEV_OP_STATUS;
	call->out = &status;
	call->out_max = sizeof(status);
	err = mydev_command(a, call);
	if (err)
		return err;
	if (!status_valid(&status, call->out_len))
		return -EPROTO;
	spin_lock_irq(&a->lock);
	a->status = status;
	a->status_ms = ktime_to_ms(ktime_get_boottime());
	spin_unlock_irq(&a->lock);
	mydev_hwrng_update(a);
	return 0;
}

static int refresh_fw(struct mydev_adapter *a, struct mydev_call *call)
{
	struct mydev_hw_fw_info fw = {};
	int err;

	call->opcode = MYDEV_OP_FW_INFO;
	call->out = &fw;
	call->out_max = sizeof(fw);
	err = mydev_command(a, call);
	if (err)
		return err;
	if (call->out_len < FW_INFO_MIN || fw.running >= MYDEV_HW_SLOTS ||
	    (fw.pending >= MYDEV_HW_SLOTS && fw.pending != MYDEV_HW_NONE))
		return -EPROTO;
	spin_lock_irq(&a->lock);
	a->fw = fw;
	a->has_fw = true;
	wake_up_all(&a->wait);
	spin_unlock_irq(&a->lock);
	return 0;
}

static int refresh_config(struct mydev_adapter *a, bool recovering)
{
	struct mydev_config *config;
	int err = mydev_config_read(a, recovering, &config);

	if (err)
		return err;
	spin_lock_irq(&a->lock);
	swap(a->config, config);
	spin_unlock_irq(&a->lock);
	mydev_config_put(config);
	return 0;
}

/* What the adapter refused to tell is not an error. */
static bool unanswered(int err)
{
	return err == -ETIMEDOUT || err == -EHOSTDOWN || err == -ENODEV || err == -EINTR ||
	       err == -EPROTO;
}

int mydev_refresh(struct mydev_adapter *a, unsigned int parts, bool recovering)
{
	struct mydev_call call = { .recovering = recovering };
	int err;

	err = mutex_lock_killable(&a->refresh_lock);
	if (err)
		return err;
	if (parts & MYDEV_REFRESH_STATUS)
		err = refresh_status(a, &call);
	if ((parts & MYDEV_REFRESH_FW) && !unanswered(err))
		err = refresh_fw(a, &call);
	if ((parts & MYDEV_REFRESH_CONFIG) && !unanswered(err))
		err = refresh_config(a, recovering);
	mutex_unlock(&a->refresh_lock);
	return unanswered(err) ? err : 0;
}

void mydev_refresh_later(struct mydev_adapter *a, unsigned int parts)
{
	lockdep_assert_held(&a->lock);
	a->refresh_wanted |= parts;
	mydev_refresh_resume(a);
}

void mydev_refresh_resume(struct mydev_adapter *a)
{
	lockdep_assert_held(&a->lock);
	if (a->refresh_wanted && a->state == MYDEV_STATE_READY)
		queue_work(mydev_wq, &a->refresh);
}

static void refresh_work(struct work_struct *work)
{
	struct mydev_adapter *a = container_of(work, struct mydev_adapter, refresh);
	unsigned int parts;

	spin_lock_irq(&a->lock);
	parts = a->refresh_wanted;
	a->refresh_wanted = 0;
	spin_unlock_irq(&a->lock);
	/* Should it fail, recovery reads everything. */
	mydev_refresh(a, parts, false);
	if (!(parts & MYDEV_REFRESH_FW))
		return;
	spin_lock_irq(&a->lock);
	mydev_class_change(a);
	spin_unlock_irq(&a->lock);
}

/* What an event makes out of date. */
static unsigned int parts_of(const struct mydev_hw_event *ev)
{
	switch (ev->type) {
	case MYDEV_EV_CABLE:
	case MYDEV_EV_HEALTH:
	case MYDEV_EV_TEMPERATURE:
	case MYDEV_EV_VOLTAGE:
	case MYDEV_EV_SELFTEST:
	case MYDEV_EV_LOCATE:
		return MYDEV_REFRESH_STATUS;
	case MYDEV_EV_CONFIG:
		return MYDEV_REFRESH_STATUS | MYDEV_REFRESH_CONFIG;
	case MYDEV_EV_FIRMWARE:
		return MYDEV_REFRESH_STATUS | MYDEV_REFRESH_FW;
	}
	return 0;
}

/* Whether the adapter keeps to a bearable number of events. */
static bool take_event_budget(struct mydev_adapter *a)
{
	if (time_after_eq(jiffies, a->event_second + HZ)) {
		a->event_second = jiffies;
		a->event_budget = EVENTS_PER_SECOND;
	}
	if (!a->event_budget)
		return false;
	a->event_budget--;
	return true;
}

void mydev_adapter_event(struct mydev_adapter *a, const struct mydev_hw_event *ev)
{
	unsigned long flags;
	bool bearable;

	mydev_hwrng_drop(a);
	spin_lock_irqsave(&a->lock, flags);
	bearable = take_event_budget(a);
	if (bearable && a->state != MYDEV_STATE_GONE) {
		mydev_event_post(a, &(struct mydev_event){
			.type = MYDEV_EVENT_ADAPTER,
			.hw = *ev,
		});
		mydev_lend_event(a, ev);
		mydev_refresh_later(a, parts_of(ev));
		if (ev->type == MYDEV_EV_BOOT)
			mydev_state_booted(a);
	}
	spin_unlock_irqrestore(&a->lock, flags);
	if (!bearable)
		mydev_adapter_broken(a, FLOODS);
}
EXPORT_SYMBOL_GPL(mydev_adapter_event);

void mydev_adapter_events_lost(struct mydev_adapter *a)
{
	unsigned long flags;
	bool bearable;

	mydev_hwrng_drop(a);
	spin_lock_irqsave(&a->lock, flags);
	bearable = take_event_budget(a);
	if (bearable) {
		mydev_refresh_later(a, MYDEV_REFRESH_ALL);
		mydev_lend_events_lost(a);
	}
	spin_unlock_irqrestore(&a->lock, flags);
	if (!bearable)
		mydev_adapter_broken(a, FLOODS);
}
EXPORT_SYMBOL_GPL(mydev_adapter_events_lost);

void mydev_refresh_init(struct mydev_adapter *a)
{
	INIT_WORK(&a->refresh, refresh_work);
	a->event_second = jiffies - HZ;
}

void mydev_refresh_stop(struct mydev_adapter *a)
{
	cancel_work_sync(&a->refresh);
}
