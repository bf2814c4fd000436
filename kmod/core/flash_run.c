// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/firmware.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "adapter.h"
#include "command.h"
#include "event.h"
#include "flash.h"
#include "flash_run.h"
#include "nl_flash.h"
#include "refresh.h"
#include "state.h"
#include "status.h"

#define PROGRESS_INTERVAL	(HZ / 10)
/* Writes that may be under way: one is being programmed, others come and go. */
#define WRITES			4
/* An adapter that answers a write within that time gets larger ones, and more at a time. */
#define WRITE_QUICK_US		5000
/* To come back after the restart: a boot, and another one if it had to be reset. */
#define READY_TIMEOUT_MS	(3 * MYDEV_HW_BOOT_MS + MYDEV_HW_TRIAL_MS)
/* To be judged: the trial, and the boot of the old image that may follow. */
#define CONFIRM_TIMEOUT_MS	(MYDEV_HW_TRIAL_MS + 2 * MYDEV_HW_BOOT_MS)

struct run {
	struct mydev_adapter *a;
	struct mydev_flash_report *r;
	void *image;
	u32 size;
	bool opened;			/* the adapter has an update open */
	u8 slot;			/* that becomes active */
	const char *why;		/* it failed */
	unsigned long told;		/* the last progress, jiffies */
};

static int fail(struct run *run, int err, const char *why)
{
	run->why = why;
	return err;
}

static void tell(struct run *run)
{
	run->told = jiffies;
	mydev_nl_flash_multicast(run->a);
}

static int enter(struct run *run, enum mydev_flash_stage stage, u32 total)
{
	struct mydev_adapter *a = run->a;
	bool cancel, gone;

	spin_lock_irq(&a->lock);
	gone = a->state == MYDEV_STATE_GONE;
	/* Asked for while it was possible, it holds; later it was refused. */
	cancel = a->flash.cancel;
	if (!gone && !cancel) {
		run->r->stage = stage;
		run->r->bytes = 0;
		run->r->total = total;
	}
	spin_unlock_irq(&a->lock);
	if (gone)
		return fail(run, -ENODEV, "the adapter was removed");
	if (cancel)
		return fail(run, -ECANCELED, "cancelled");
	tell(run);
	return 0;
}

static void progress(struct run *run, u32 bytes)
{
	spin_lock_irq(&run->a->lock);
	run->r->bytes = bytes;
	spin_unlock_irq(&run->a->lock);
	if (time_after(jiffies, run->told + PROGRESS_INTERVAL))
		tell(run);
}

/* A command to the adapter, unless the flash was cancelled. `call` has its arguments. */
static int ask(struct run *run, struct mydev_call *call)
{
	int err;

	if (READ_ONCE(run->a->flash.cancel))
		return fail(run, -ECANCELED, "cancelled");
	err = mydev_command(run->a, call);
	if (err)
		run->why = mydev_command_text(call, err);
	return err;
}

static const char *load_fault(int err)
{
	switch (err) {
	case -ENOENT:
		return "no such file below mydev/ in the firmware search path";
	case -EFBIG:
	case -ENOSPC:
		return "the image is larger than the adapter's slot";
	case -EINVAL:
		return "the file is empty, or no regular file";
	}
	return "the file could not be loaded";
}

static void take_wanted(struct run *run)
{
	const struct mydev_fwimg_header *header = run->image;

	if (run->size < sizeof(*header) || le32_to_cpu(header->magic) != MYDEV_FWIMG_MAGIC)
		return;
	spin_lock_irq(&run->a->lock);
	run->r->wanted = header->version;
	run->r->has_wanted = true;
	spin_unlock_irq(&run->a->lock);
}

/* Keeps no more memory than the image needs, which a flash has for long. */
static int keep_image(struct run *run, const void *data, size_t size)
{
	run->image = kvmalloc(size, GFP_KERNEL);
	if (!run->image)
		return fail(run, -ENOMEM, "out of memory");
	memcpy(run->image, data, size);
	run->size = size;
	take_wanted(run);
	return 0;
}

static int receive(struct run *run)
{
	u32 room = le32_to_cpu(run->a->ident.slot_size);
	char name[sizeof("mydev/") + MYDEV_FLASH_FILE_MAX];
	const struct firmware *fw;
	void *buf;
	int err;

	err = enter(run, MYDEV_FLASH_RECEIVING, 0);
	if (err)
		return err;
	snprintf(name, sizeof(name), "mydev/%s", run->r->file);
	buf = vmalloc(room);
	if (!buf)
		return fail(run, -ENOMEM, "out of memory");
	/* Into a buffer: neither larger than the slot, nor cached for suspend. */
	err = request_firmware_into_buf(&fw, name, &run->a->dev, buf, room);
	if (err) {
		fail(run, err, load_fault(err));
	} else {
		err = keep_image(run, fw->data, fw->size);
		release_firmware(fw);
	}
	vfree(buf);
	return err;
}

static int prepare(struct run *run)
{
	u32 sector = le32_to_cpu(run->a->ident.sector_size), off;
	struct mydev_call call = { .opcode = MYDEV_OP_FW_BEGIN, .arg = run->size };
	int err;

	err = enter(run, MYDEV_FLASH_PREPARING, run->size);
	if (!err)
		err = ask(run, &call);
	run->opened = !err;
	for (off = 0; !err && off < run->size; off += sector) {
		call = (struct mydev_call){ .opcode = MYDEV_OP_FW_ERASE, .arg = off };
		err = ask(run, &call);
		if (!err)
			progress(run, min(off + sector, run->size));
	}
	return err;
}

/*
 * Writes under way, which the adapter executes in order: that copying, programming and answers
 * go on at the same time. Commands of others wait behind them, so there are no more bytes under
 * way than the adapter programs in a short time.
 */
struct writer {
	struct write {
		struct mydev_call call;
		struct mydev_request rq;
		ktime_t begun;
	} writes[WRITES];		/* a ring */
	unsigned int begun, ended;	/* how many have been */
	u32 off;			/* of the next one */
	u32 most;			/* bytes that may be under way */
};

static bool may_begin(const struct run *run, const struct writer *w)
{
	unsigned int under_way = w->begun - w->ended;

	return w->off < run->size && under_way < min(w->most / MYDEV_HW_DATA_MAX, (u32)WRITES);
}

static int begin_write(struct run *run, struct writer *w)
{
	u32 len = clamp(w->most / WRITES, (u32)MYDEV_HW_DATA_MAX, run->a->ops->write_max);
	struct write *write = &w->writes[w->begun % WRITES];
	int err;

	if (READ_ONCE(run->a->flash.cancel))
		return fail(run, -ECANCELED, "cancelled");
	write->call = (struct mydev_call){
		.opcode = MYDEV_OP_FW_WRITE,
		.arg = w->off,
		.in = run->image + w->off,
		.in_len = min(len, run->size - w->off),
	};
	write->begun = ktime_get();
	err = mydev_command_begin(run->a, &write->call, &write->rq);
	if (err)
		return fail(run, err, mydev_command_text(&write->call, err));
	w->off += write->call.in_len;
	w->begun++;
	return 0;
}

static int end_write(struct run *run, struct writer *w, int err)
{
	struct write *write = &w->writes[w->ended++ % WRITES];
	int ended = mydev_command_end(run->a, &write->call, &write->rq);

	/* Those behind one that failed fail for that. */
	if (err)
		return err;
	if (ended)
		return fail(run, ended, mydev_command_text(&write->call, ended));
	if (ktime_us_delta(ktime_get(), write->begun) < WRITE_QUICK_US)
		w->most = min(4 * w->most, WRITES * run->a->ops->write_max);
	else
		w->most = max(w->most / 2, (u32)MYDEV_HW_DATA_MAX);
	progress(run, write->call.arg + write->call.in_len);
	return 0;
}

static int transfer(struct run *run)
{
	struct writer *w;
	int err;

	err = enter(run, MYDEV_FLASH_TRANSFERRING, run->size);
	if (err)
		return err;
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return fail(run, -ENOMEM, "out of memory");
	w->most = MYDEV_HW_DATA_MAX;
	do {
		while (!err && may_begin(run, w))
			err = begin_write(run, w);
		if (w->begun != w->ended)
			err = end_write(run, w, err);
	} while (w->begun != w->ended || (!err && w->off < run->size));
	kfree(w);
	return err;
}

static int verify(struct run *run)
{
	u32 done = 0, before;
	int err;

	err = enter(run, MYDEV_FLASH_VERIFYING, run->size);
	while (!err && done < run->size) {
		struct mydev_call call = { .opcode = MYDEV_OP_FW_VERIFY };

		before = done;
		err = ask(run, &call);
		done = call.result;
		if (!err && (done <= before || done > run->size))
			err = fail(run, -EPROTO, "the adapter's verification makes no progress");
		if (!err)
			progress(run, done);
	}
	return err;
}

static int stage(struct run *run)
{
	struct mydev_call call = { .opcode = MYDEV_OP_FW_COMMIT };
	int err;

	err = enter(run, MYDEV_FLASH_STAGING, 0);
	if (!err)
		err = ask(run, &call);
	if (!err)
		run->opened = false;
	return err;
}

/* Writes the image into the inactive slot and marks it pending. */
static int store(struct run *run)
{
	struct mydev_call abort = { .opcode = MYDEV_OP_FW_ABORT };
	int err;

	err = receive(run);
	if (!err)
		err = prepare(run);
	if (!err)
		err = transfer(run);
	if (!err)
		err = verify(run);
	if (!err)
		err = stage(run);
	/* If this does not get through either, the adapter was reset, which closes it too. */
	if (run->opened)
		mydev_command(run->a, &abort);
	return err;
}

static int refresh_fw(struct run *run)
{
	int err = mydev_refresh(run->a, MYDEV_REFRESH_FW, false);

	if (err)
		fail(run, err, mydev_unanswered_text(err) ?:
				"the adapter did not tell what firmware it has");
	return err;
}

/* Which slot is to become active. */
static int take_pending(struct run *run)
{
	struct mydev_adapter *a = run->a;
	const struct mydev_fwimg_version *pending;
	bool other = false;
	int err;

	err = refresh_fw(run);
	if (err)
		return err;
	spin_lock_irq(&a->lock);
	run->slot = a->fw.pending;
	if (run->slot < MYDEV_HW_SLOTS) {
		pending = &a->fw.slot[run->slot].version;
		other = run->r->has_wanted &&
			memcmp(&run->r->wanted, pending, sizeof(*pending));
		if (!other) {
			run->r->wanted = *pending;
			run->r->has_wanted = true;
		}
	}
	spin_unlock_irq(&a->lock);
	if (run->slot >= MYDEV_HW_SLOTS)
		return fail(run, -ENOENT, "no image is pending");
	if (other)
		return fail(run, -EIO, "the pending image is of another version than the file");
	return 0;
}

static int await_ready(struct run *run)
{
	struct mydev_adapter *a = run->a;
	enum mydev_adapter_state state;

	wait_event_timeout(a->wait,
			   (state = READ_ONCE(a->state)) == MYDEV_STATE_READY ||
				   state == MYDEV_STATE_GONE,
			   msecs_to_jiffies(READY_TIMEOUT_MS));
	if (state == MYDEV_STATE_GONE)
		return fail(run, -ENODEV, "the adapter was removed");
	if (state != MYDEV_STATE_READY)
		return fail(run, -ETIMEDOUT, "the adapter did not come back from its restart");
	return 0;
}

static int activate(struct run *run)
{
	struct mydev_call call = { .opcode = MYDEV_OP_FW_ACTIVATE };
	u32 boots;
	int err;

	err = take_pending(run);
	if (!err)
		err = enter(run, MYDEV_FLASH_ACTIVATING, 0);
	if (err)
		return err;
	boots = READ_ONCE(run->a->boots);
	err = ask(run, &call);
	if (err)
		return err;
	mydev_state_restarting(run->a, boots);
	return await_ready(run);
}

static const char *revert_text(u8 reason)
{
	switch (reason) {
	case MYDEV_REVERT_BOOT:
		return "the new image did not start: the adapter went back to the old one";
	case MYDEV_REVERT_SELFTEST:
		return "the new image's self-test failed: the adapter went back to the old one";
	case MYDEV_REVERT_HELLO:
		return "the new image got no handshake in time: the adapter went back to the old one";
	case MYDEV_REVERT_RESET:
		return "the adapter was restarted during the trial: it went back to the old image";
	}
	return "the adapter runs another image than the new one";
}

/* How the trial ended, or -EAGAIN while it lasts. */
static int verdict(struct run *run)
{
	const struct mydev_hw_fw_info *fw = &run->a->fw;
	int ret = 0;

	spin_lock_irq(&run->a->lock);
	if (run->a->state == MYDEV_STATE_GONE)
		ret = fail(run, -ENODEV, "the adapter was removed");
	else if (fw->running != run->slot)
		ret = fail(run, -EIO, revert_text(fw->revert_reason));
	else if (fw->slot[run->slot].state != MYDEV_SLOT_CONFIRMED)
		ret = -EAGAIN;
	else if (memcmp(&fw->slot[run->slot].version, &run->r->wanted, sizeof(run->r->wanted)))
		ret = fail(run, -EIO, "the adapter runs another version than the new image's");
	spin_unlock_irq(&run->a->lock);
	return ret;
}

static int confirm(struct run *run)
{
	unsigned long end = jiffies + msecs_to_jiffies(CONFIRM_TIMEOUT_MS);
	int err, ret = -EAGAIN;

	err = enter(run, MYDEV_FLASH_CONFIRMING, 0);
	if (err)
		return err;
	while (ret == -EAGAIN && time_before(jiffies, end)) {
		err = refresh_fw(run);
		if (err == -EHOSTDOWN || err == -ETIMEDOUT)
			err = await_ready(run);
		if (err)
			return err;
		/* Its event makes the cache true at once; asking once a second is for a lost one. */
		wait_event_timeout(run->a->wait, (ret = verdict(run)) != -EAGAIN, HZ);
	}
	return ret == -EAGAIN ? fail(run, -ETIMEDOUT, "the image's trial did not end") : ret;
}

static void finish(struct run *run, int err)
{
	struct mydev_adapter *a = run->a;
	struct mydev_flash_report *r = run->r;
	bool known = !mydev_refresh(a, MYDEV_REFRESH_FW, false);

	spin_lock_irq(&a->lock);
	if (known && a->has_fw) {
		r->after = a->fw.slot[a->fw.running].version;
		r->has_after = true;
	}
	r->error = err;
	r->failed_stage = err ? r->stage : MYDEV_FLASH_IDLE;
	r->message = err ? run->why : NULL;
	r->pending = !err && !a->flash.activate;
	r->stage = MYDEV_FLASH_DONE;
	r->ended_ms = ktime_to_ms(ktime_get_boottime());
	r->bytes = 0;
	r->total = 0;
	a->flash.running = false;
	mydev_flash_report_get(r);
	mydev_event_post(a, &(struct mydev_event){ .type = MYDEV_EVENT_FLASH, .flash = r });
	spin_unlock_irq(&a->lock);
	tell(run);
}

static void log_outcome(const struct run *run, int err)
{
	if (!err)
		dev_info(&run->a->dev, "firmware update done\n");
	else if (err == -ECANCELED)
		dev_info(&run->a->dev, "firmware update cancelled\n");
	else
		dev_warn(&run->a->dev, "firmware update failed: %s (%d)\n", run->why, err);
}

/* What it takes counts from now on, not from when it had to wait. */
static void begin(struct run *run)
{
	spin_lock_irq(&run->a->lock);
	if (run->r->stage == MYDEV_FLASH_WAITING)
		run->r->started_ms = ktime_to_ms(ktime_get_boottime());
	spin_unlock_irq(&run->a->lock);
}

void mydev_flash_run(struct mydev_adapter *a)
{
	struct mydev_flash *f = &a->flash;
	struct run run = { .a = a, .r = f->report };
	int err = 0;

	begin(&run);
	if (run.r->file[0])
		err = store(&run);
	kvfree(run.image);
	if (!err && f->activate)
		err = activate(&run);
	if (!err && f->activate)
		err = confirm(&run);
	log_outcome(&run, err);
	finish(&run, err);
}
