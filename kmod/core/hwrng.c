// SPDX-License-Identifier: GPL-2.0
#include <linux/hw_random.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/syscore_ops.h>
#include <linux/wait.h>

#include "adapter.h"
#include "command.h"
#include "hwrng.h"
#include "main.h"
#include "refresh.h"

/*
 * Bits of entropy in 1024 that the kernel may count: none to speak of from a simulated or
 * emulated adapter (0 would mean "all of them" to newer kernels); half from noise of
 * physical origin, until it has been assessed by somebody else than its vendor.
 */
#define QUALITY_SIMULATED	1
#define QUALITY_PHYSICAL	512

/* A read ends after that, with or without bytes. */
#define READ_TIMEOUT		HZ
/* Adapters with nothing ready are asked again after that. */
#define READ_PAUSE		max(HZ / 100, 1)

/*
 * A command costs as much as thousands of bytes, and the hwrng core reads 64 of them at most. So
 * who reads again within STOCK_TIME gets them from a stock, whose bytes are nobody's after that.
 * Each is twice the one that was used up: who reads little wastes little, of a limit, too.
 */
#define STOCK_MAX		MYDEV_HW_DATA_MAX
#define STOCK_TIME		(HZ / 10)

/* The hwrng core's thread pauses so long between two reads at most. */
#define POLL_INTERVAL		(10 * HZ)

static DECLARE_WAIT_QUEUE_HEAD(ending);
static bool closing;		/* readers: leave */
/*
 * The quality that it was registered with; 0: it is not. The hwrng core changes the one in
 * struct hwrng, for its parameters and for whoever writes into rng_quality.
 */
static unsigned short registered;
/*
 * Chosen by the hwrng core, whose thread has not read from us yet. The core remembers a
 * thread that is stopped before it ran, and stops it again, freed, the next time (until its
 * fix in 2026): so we are not unregistered before it ran.
 */
static bool unpolled;
static atomic_t turn;		/* the id from which the next read looks for an adapter */
static atomic_t drops;		/* what was taken before is nobody's any more */

/* Of the hwrng core's readers, which it lets in one at a time. */
static struct {
	u8 data[STOCK_MAX];
	unsigned int at, end;		/* what is left; used up, `end` stays */
	u32 from;			/* the adapter */
	int drops;			/* when it was asked for it */
	unsigned long taken;		/* and when that was, jiffies */
} stock;

static bool channels_healthy(const struct mydev_hw_status *status)
{
	unsigned int i;

	for (i = 0; i < status->channels; i++)
		if (status->channel[i].health == MYDEV_HEALTH_OK)
			return true;
	return false;
}

/* Whether the adapter can give entropy, as far as is known. */
static bool usable(struct mydev_adapter *a)
{
	bool yes;

	spin_lock_irq(&a->lock);
	yes = a->state == MYDEV_STATE_READY &&
	      (le32_to_cpu(a->ident.allowed) & MYDEV_CLASS_ENTROPY) &&
	      !(le32_to_cpu(a->status.alarms) & MYDEV_ALARM_TEMP_CRITICAL) &&
	      channels_healthy(&a->status);
	spin_unlock_irq(&a->lock);
	return yes;
}

/* The first usable adapter in [from, to), if wanted a physical one, with a reference, or NULL. */
static struct mydev_adapter *pick(u32 from, u32 to, bool physical)
{
	struct mydev_adapter *a;

	while ((a = mydev_adapter_next(from)) && a->id < to) {
		if (usable(a) && (a->physical || !physical))
			return a;
		from = a->id + 1;
		mydev_adapter_put(a);
	}
	if (a)
		mydev_adapter_put(a);
	return NULL;
}

static void stock_wipe(void)
{
	memzero_explicit(stock.data, sizeof(stock.data));
	stock.at = 0;
	stock.end = 0;
}

/* Its adapter may have told that it is sick, and the interrupt got lost. */
static void stock_check(void)
{
	struct mydev_adapter *a = mydev_adapter_find(stock.from);

	if (!a)
		return;
	if (mydev_adapter_use(a)) {
		if (a->ops->poll)
			a->ops->poll(a);
		mydev_adapter_unuse(a);
	}
	mydev_adapter_put(a);
}

/* Up to `max` bytes of the stock: how many. */
static int stock_take(void *data, size_t max)
{
	unsigned int n = min_t(size_t, max, stock.end - stock.at);

	if (n)
		stock_check();
	if (stock.drops != atomic_read(&drops) || time_after(jiffies, stock.taken + STOCK_TIME)) {
		stock_wipe();
		return 0;
	}
	memcpy(data, stock.data + stock.at, n);
	memzero_explicit(stock.data + stock.at, n);
	stock.at += n;
	return n;
}

/* Bytes from the adapter, up to `max`, into the empty stock: 0, or an error. */
static int stock_fill(struct mydev_adapter *a, size_t max)
{
	struct mydev_call call = {
		.opcode = MYDEV_OP_ENTROPY,
		.arg = max,
		.out = stock.data,
		.out_max = max,
	};
	int err;

	WRITE_ONCE(stock.from, a->id);
	smp_mb();	/* Who hears from the adapter what it says after this knows that: mydev_hwrng_drop(). */
	stock.drops = atomic_read(&drops);
	err = mydev_command(a, &call);
	stock.taken = jiffies;
	stock.at = 0;
	stock.end = err ? 0 : call.out_len;
	if (!err)
		return 0;
	/* A transport may have been copying when it was told to stop. */
	stock_wipe();
	if (call.status == MYDEV_ST_HEALTH && call.answered) {
		/* It will not be asked again until its status says better. */
		spin_lock_irq(&a->lock);
		mydev_refresh_later(a, MYDEV_REFRESH_STATUS);
		spin_unlock_irq(&a->lock);
	}
	return err;
}

/*
 * Asks every usable adapter once, beginning behind the one that gave last, for up to `ahead`
 * bytes, of which up to `max` go to `data`: how many.
 */
static int ask_all(void *data, size_t max, size_t ahead, unsigned long end)
{
	/* What earns no credit does not come under the name of what does. */
	bool physical = READ_ONCE(registered) == QUALITY_PHYSICAL;
	u32 first = atomic_read(&turn), from = first, to = U32_MAX;
	struct mydev_adapter *a;
	int got = 0;

	while (!got && !READ_ONCE(closing) && time_before(jiffies, end)) {
		a = pick(from, to, physical);
		if (!a && to == U32_MAX && first) {
			from = 0;
			to = first;
			continue;
		}
		if (!a)
			break;
		from = a->id + 1;
		atomic_set(&turn, from);
		if (!stock_fill(a, ahead))
			got = stock_take(data, max);
		mydev_adapter_put(a);
	}
	return got;
}

/* The hwrng core's thread runs, or has nothing to do with us any more. */
static void polled(void)
{
	if (!READ_ONCE(unpolled))
		return;
	WRITE_ONCE(unpolled, false);
	wake_up_all(&ending);
}

static int mydev_rng_read(struct hwrng *rng, void *data, size_t max, bool wait)
{
	bool again = time_before(jiffies, stock.taken + STOCK_TIME);
	unsigned long end = jiffies + READ_TIMEOUT;
	size_t ahead;
	int got;

	if (wait && (current->flags & PF_KTHREAD))
		polled();
	max = min_t(size_t, max, STOCK_MAX);
	got = stock_take(data, max);
	if (got)
		return got;
	ahead = again ? clamp_t(size_t, 2 * stock.end, max, STOCK_MAX) : max;
	for (;;) {
		got = ask_all(data, max, ahead, end);
		if (got || !wait || READ_ONCE(closing) || !time_before(jiffies, end))
			return got;
		if (wait_event_interruptible_timeout(ending, READ_ONCE(closing), READ_PAUSE) < 0)
			return -ERESTARTSYS;
	}
}

static int mydev_rng_init(struct hwrng *rng)
{
	WRITE_ONCE(unpolled, true);
	return 0;
}

static void mydev_rng_cleanup(struct hwrng *rng)
{
	polled();
}

static struct hwrng mydev_rng = {
	.name = "mydev",
	.init = mydev_rng_init,
	.cleanup = mydev_rng_cleanup,
	.read = mydev_rng_read,
};

/* The quality that the adapters there are now deserve together; 0: there is none. */
static unsigned short quality_now(void)
{
	unsigned short quality = 0;
	struct mydev_adapter *a;
	bool physical;
	u32 id;

	for (id = 0; (a = pick(id, U32_MAX, false)); id++) {
		id = a->id;
		physical = a->physical;
		mydev_adapter_put(a);
		if (!physical)
			return QUALITY_SIMULATED;
		quality = QUALITY_PHYSICAL;
	}
	return quality;
}

static void rng_add(unsigned short quality)
{
	int err;

	WRITE_ONCE(closing, false);
	WRITE_ONCE(registered, quality);
	mydev_rng.quality = quality;
	err = hwrng_register(&mydev_rng);
	if (err) {
		WRITE_ONCE(registered, 0);
		pr_err_ratelimited("mydev: no hwrng: could not be registered (%d)\n", err);
	}
}

static void rng_del(void)
{
	/* It waits for the readers, who wait for adapters: but none of these waits for us. */
	WRITE_ONCE(closing, true);
	wake_up_all(&ending);
	wait_event_timeout(ending, !READ_ONCE(unpolled), POLL_INTERVAL);
	hwrng_unregister(&mydev_rng);
	stock_wipe();
	WRITE_ONCE(registered, 0);
}

/* The only one who registers and unregisters. */
static void update(struct work_struct *work)
{
	unsigned short quality = quality_now();

	if (quality == registered)
		return;
	if (registered)
		rng_del();
	if (quality)
		rng_add(quality);
}
static DECLARE_WORK(update_work, update);

void mydev_hwrng_drop(struct mydev_adapter *a)
{
	smp_mb();
	if (READ_ONCE(stock.from) == a->id)
		atomic_inc(&drops);
}

void mydev_hwrng_update(struct mydev_adapter *a)
{
	mydev_hwrng_drop(a);
	queue_work(mydev_wq, &update_work);
}

/*
 * Of a machine that is saved there may be several from now on: none of them gets what was taken
 * ahead. What is under way ends in none of them, either: it was taken before.
 */
static int save(void)
{
	atomic_inc(&drops);
	return 0;
}

static struct syscore_ops syscore = {
	.suspend = save,
};

void mydev_hwrng_init(void)
{
	register_syscore_ops(&syscore);
}

void mydev_hwrng_exit(void)
{
	unregister_syscore_ops(&syscore);
	cancel_work_sync(&update_work);
	if (registered)
		rng_del();
}
