// SPDX-License-Identifier: GPL-2.0
#include <linux/crash_dump.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "adapter.h"
#include "flash.h"
#include "flash_run.h"
#include "nl_flash.h"

/* Of its own: flashes sleep in it, and recovery shall not queue behind them. */
static struct workqueue_struct *flash_wq;

/* Within an adapter's lock. */
static DEFINE_SPINLOCK(queue_lock);
static LIST_HEAD(waiting);
static unsigned int under_way;		/* flashes that do not wait */

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

static void send_off(struct mydev_flash *f)
{
	list_del_init(&f->waiting);
	under_way++;
	queue_work(flash_wq, &f->work);
}

/* Those whose turn it is. */
static void send_next(void)
{
	lockdep_assert_held(&queue_lock);
	while (under_way < MYDEV_FLASH_AT_ONCE && !list_empty(&waiting))
		send_off(list_first_entry(&waiting, struct mydev_flash, waiting));
}

/* One that has nothing to do but to end is not kept waiting for that. */
static void hurry(struct mydev_flash *f)
{
	lockdep_assert_held(&queue_lock);
	if (!list_empty(&f->waiting))
		send_off(f);
}

static void run(struct work_struct *work)
{
	struct mydev_flash *f = container_of(work, struct mydev_flash, work);

	mydev_flash_run(container_of(f, struct mydev_adapter, flash));
	spin_lock_irq(&queue_lock);
	under_way--;
	send_next();
	spin_unlock_irq(&queue_lock);
}

void mydev_flash_init(struct mydev_flash *f)
{
	INIT_WORK(&f->work, run);
	INIT_LIST_HEAD(&f->waiting);
}

void mydev_flash_stop(struct mydev_flash *f)
{
	spin_lock_irq(&queue_lock);
	hurry(f);
	spin_unlock_irq(&queue_lock);
	flush_work(&f->work);
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
	spin_lock(&queue_lock);
	list_add_tail(&f->waiting, &waiting);
	send_next();
	if (!list_empty(&f->waiting))
		f->report->stage = MYDEV_FLASH_WAITING;
	spin_unlock(&queue_lock);
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
	else
		mydev_nl_flash_multicast(a);
	return err;
}

int mydev_flash_cancel(struct mydev_adapter *a)
{
	struct mydev_flash *f = &a->flash;
	int err = 0;

	spin_lock_irq(&a->lock);
	if (!f->running) {
		err = -ENOENT;
	} else if (f->report->stage >= MYDEV_FLASH_STAGING &&
		   f->report->stage != MYDEV_FLASH_WAITING) {
		err = -EBUSY;
	} else {
		f->cancel = true;
		spin_lock(&queue_lock);
		hurry(f);
		spin_unlock(&queue_lock);
	}
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
