// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/jiffies.h>

#include "adapter.h"
#include "class.h"
#include "command.h"
#include "hwmon.h"
#include "identify.h"
#include "main.h"
#include "recover.h"
#include "state.h"

#define BACKOFF_MIN_S	1
#define BACKOFF_MAX_S	60

/* Time to wait before the next reset, in jiffies. */
static unsigned long back_off(struct mydev_adapter *a)
{
	unsigned int s = a->backoff;

	a->backoff = clamp(2 * s, (unsigned int)BACKOFF_MIN_S, (unsigned int)BACKOFF_MAX_S);
	return s * HZ;
}

void mydev_recover_in(struct mydev_adapter *a, unsigned long delay)
{
	lockdep_assert_held(&a->lock);
	if (a->state != MYDEV_STATE_GONE)
		mod_delayed_work(mydev_wq, &a->recover, delay);
}

static unsigned long boot_time(const struct mydev_adapter *a)
{
	return msecs_to_jiffies(MYDEV_HW_BOOT_MS + a->latency_ms);
}

void mydev_recover_boot(struct mydev_adapter *a)
{
	mydev_recover_in(a, boot_time(a));
}

void mydev_recover_mend(struct mydev_adapter *a)
{
	lockdep_assert_held(&a->lock);
	if (!mydev_state_set(a, MYDEV_STATE_RESETTING))
		return;
	if (time_after(jiffies, a->ready_since + BACKOFF_MAX_S * HZ))
		a->backoff = 0;
	a->wants_reset = true;
	mydev_recover_in(a, back_off(a));
}

static bool take_reset(struct mydev_adapter *a)
{
	bool reset;

	spin_lock_irq(&a->lock);
	reset = a->wants_reset;
	if (reset) {
		a->wants_reset = false;
		a->resets++;
	}
	spin_unlock_irq(&a->lock);
	return reset;
}

/* It boots now; it tells when it has, unless that is what it cannot do. */
static void await_boot(struct mydev_adapter *a, u32 boots)
{
	spin_lock_irq(&a->lock);
	if (a->boots == boots)
		mydev_recover_boot(a);
	spin_unlock_irq(&a->lock);
}

/* Identification ended with `err` in the life `boots` of the adapter. */
static void conclude(struct mydev_adapter *a, u32 boots, int err)
{
	spin_lock_irq(&a->lock);
	if (a->wants_reset || a->boots != boots) {
		/* It was reset or restarted meanwhile, and recovery is due again for that. */
	} else if (!err) {
		if (mydev_state_set(a, MYDEV_STATE_READY) && a->published)
			dev_info(&a->dev, "ready\n");
	} else {
		if (mydev_state_set(a, MYDEV_STATE_UNRESPONSIVE))
			dev_warn(&a->dev, "does not answer: reset again, more and more seldom\n");
		a->wants_reset = true;
		a->backoff = a->backoff ?: BACKOFF_MIN_S;
		mydev_recover_in(a, back_off(a));
	}
	spin_unlock_irq(&a->lock);
}

static void publish(struct mydev_adapter *a)
{
	int err = mydev_class_add(a);

	if (err)
		dev_err(&a->dev, "no class device (%d): it has netlink alone\n", err);
	else if (a->identified)
		dev_info(&a->dev, "%s %s at %s, firmware %u.%u.%u+%u\n",
			 mydev_model_name(le16_to_cpu(a->ident.model)), a->serial,
			 a->address, a->ident.running.major, a->ident.running.minor,
			 le16_to_cpu(a->ident.running.revision),
			 le32_to_cpu(a->ident.running.build));
}

static void recover(struct work_struct *work)
{
	struct mydev_adapter *a = container_of(work, struct mydev_adapter, recover.work);
	u32 boots = READ_ONCE(a->boots);
	enum mydev_adapter_state state;
	int err;

	if (take_reset(a)) {
		err = a->ops->reset(a);
		if (!err) {
			await_boot(a, boots);
			return;
		}
	} else if (READ_ONCE(a->state) == MYDEV_STATE_READY) {
		return;
	} else {
		err = mydev_identify(a, &boots);
	}
	conclude(a, boots, err);

	state = READ_ONCE(a->state);
	if (state == MYDEV_STATE_GONE || state == MYDEV_STATE_STARTING)
		return;
	if (!a->published)
		publish(a);
	if (state == MYDEV_STATE_READY && a->published)
		mydev_hwmon_add(a);
}

void mydev_recover_init(struct mydev_adapter *a)
{
	INIT_DELAYED_WORK(&a->recover, recover);
}

void mydev_recover_start(struct mydev_adapter *a)
{
	bool booting = a->ops->booting && a->ops->booting(a);

	/* Asked too early it would miss its deadline. */
	queue_delayed_work(mydev_wq, &a->recover, booting ? boot_time(a) : 0);
}

void mydev_recover_stop(struct mydev_adapter *a)
{
	cancel_delayed_work_sync(&a->recover);
}
