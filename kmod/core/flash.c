// SPDX-License-Identifier: GPL-2.0
#include <linux/crash_dump.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "adapter.h"
#include "flash.h"
#include "flash_run.h"

/* Of its own: a thousand flashes may sleep in it, and recovery shall not queue behind them. */
static struct workqueue_struct *flash_wq;

static void report_release(struct kref *refs)
{
	kfree(container_of(refs, struct mydev_flash_report, refs));
}

void mydev_flash_report_get(struct mydev_flash_report *r)
{
	if (r)
		kref_get(&r->refs);
}

void mydev_flash_report_put(struct mydev_flash_report *r)
{
	if (r)
		kref_put(&r->refs, report_release);
}

int mydev_flash_register(void)
{
	flash_wq = alloc_workqueue("mydev-flash", WQ_UNBOUND, WQ_MAX_ACTIVE);
	return flash_wq ? 0 : -ENOMEM;
}

void mydev_flash_unregister(void)
{
	destroy_workqueue(flash_wq);
}

void mydev_flash_init(struct mydev_flash *f)
{
	INIT_WORK(&f->work, mydev_flash_run);
}

void mydev_flash_free(struct mydev_flash *f)
{
	mydev_flash_report_put(f->report);
}

const char *mydev_flash_file_fault(const char *file)
{
	const char *p = file;
	size_t len;

	if (strlen(file) >= MYDEV_FLASH_FILE_MAX)
		return "file name too long";
	for (;; p += len + 1) {
		len = strcspn(p, "/");
		if (!len)
			return "file name: absolute, or with an empty component";
		if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
			return "file name: with a component '.' or '..'";
		if (!p[len])
			return NULL;
	}
}

static struct mydev_flash_report *report_alloc(const char *file)
{
	struct mydev_flash_report *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	kref_init(&r->refs);
	r->started_ms = ktime_to_ms(ktime_get_boottime());
	r->stage = file ? MYDEV_FLASH_RECEIVING : MYDEV_FLASH_ACTIVATING;
	if (file)
		strscpy(r->file, file, sizeof(r->file));
	return r;
}

static int begin(struct mydev_adapter *a, struct mydev_flash_report *r, bool activate)
{
	struct mydev_flash *f = &a->flash;

	lockdep_assert_held(&a->lock);
	if (a->state == MYDEV_STATE_GONE)
		return -ENODEV;
	if (f->running)
		return -EBUSY;
	if (a->state != MYDEV_STATE_READY)
		return -EHOSTDOWN;
	f->running = true;
	f->cancel = false;
	f->activate = activate;
	r->cookie = ++f->count;
	if (a->has_fw) {
		r->before = a->fw.slot[a->fw.running].version;
		r->has_before = true;
	}
	swap(f->report, r);
	mydev_flash_report_put(r);
	queue_work(flash_wq, &f->work);
	return 0;
}

int mydev_flash_start(struct mydev_adapter *a, const char *file, bool activate)
{
	struct mydev_flash_report *r;
	int err;

	if (is_kdump_kernel())
		return -EOPNOTSUPP;
	r = report_alloc(file);
	if (!r)
		return -ENOMEM;
	spin_lock_irq(&a->lock);
	err = begin(a, r, activate);
	spin_unlock_irq(&a->lock);
	if (err)
		mydev_flash_report_put(r);
	return err;
}

int mydev_flash_cancel(struct mydev_adapter *a)
{
	struct mydev_flash *f = &a->flash;
	int err = 0;

	spin_lock_irq(&a->lock);
	if (!f->running)
		err = -ENOENT;
	else if (f->report->stage >= MYDEV_FLASH_STAGING)
		err = -EBUSY;
	else
		f->cancel = true;
	spin_unlock_irq(&a->lock);
	return err;
}

bool mydev_flash_running(struct mydev_adapter *a)
{
	bool running;

	spin_lock_irq(&a->lock);
	running = a->flash.running;
	spin_unlock_irq(&a->lock);
	return running;
}
