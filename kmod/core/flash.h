/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Firmware updates: one at a time and adapter, in a worker, whoever asked for it. What it
 * does and did is told by a report, which outlives it.
 */
#ifndef MYDEV_CORE_FLASH_H
#define MYDEV_CORE_FLASH_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/workqueue.h>
#include <mydev/fwimg.h>
#include <uapi/linux/mydev.h>

struct mydev_adapter;

/*
 * So many run at a time, the others wait in order: a thousand at once would make each other
 * miss the deadlines of their commands, and hold as many images in memory.
 */
#define MYDEV_FLASH_AT_ONCE	16

#define MYDEV_FLASH_FILE_MAX	128	/* with its NUL */

/* Written by the worker under the adapter's lock until its stage is DONE, never after. */
struct mydev_flash_report {
	struct kref refs;
	u32 cookie;			/* counts the flashes of the adapter, from 1 */
	u8 stage;			/* enum mydev_flash_stage */
	u8 failed_stage;		/* where it ended, if it failed */
	u32 bytes, total;		/* of the stage */
	int error;			/* 0 or a negative errno */
	const char *message;		/* the cause, static; NULL without an error */
	char file[MYDEV_FLASH_FILE_MAX];	/* empty: an activation */
	u64 started_ms, ended_ms;	/* boot time */
	bool pending;			/* the image waits for an activation */
	bool has_before, has_after, has_wanted;
	struct mydev_fwimg_version before, after, wanted;
};

/* An adapter's part of it. Under the adapter's lock. */
struct mydev_flash {
	struct work_struct work;
	struct list_head waiting;	/* while it does; under the lock of flash.c */
	bool running;
	bool cancel;			/* asked to, before the point of no return */
	bool activate;			/* restart into the image */
	u32 count;
	struct mydev_flash_report *report;	/* of the running or last one, or NULL; a reference */
};

void mydev_flash_report_get(struct mydev_flash_report *r);	/* r may be NULL */
void mydev_flash_report_put(struct mydev_flash_report *r);	/* any context */

/* For the module, and for each adapter. */
int mydev_flash_register(void);
void mydev_flash_unregister(void);
void mydev_flash_init(struct mydev_flash *f);
/* The adapter is gone: waits until its flash has ended for that. */
void mydev_flash_stop(struct mydev_flash *f);
void mydev_flash_free(struct mydev_flash *f);

/* Why a file name is refused, or NULL. */
const char *mydev_flash_file_fault(const char *file);

/*
 * Starts a flash of `file` (below mydev/ in the firmware search path), or with NULL an
 * activation of the pending image. -EBUSY: one is running; -EHOSTDOWN: the adapter is not
 * ready; -ENODEV; -ENOMEM; -EOPNOTSUPP: not in a crash-dump kernel.
 */
int mydev_flash_start(struct mydev_adapter *a, const char *file, bool activate);

/* -ENOENT: none is running; -EBUSY: past the point of no return. */
int mydev_flash_cancel(struct mydev_adapter *a);

/* Whether one is running: what else would change the firmware, or restart it, has to wait. */
bool mydev_flash_running(struct mydev_adapter *a);

#endif
