/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happened, numbered in the order in which it did: a ring that all adapters share, so
 * that a listener who was away learns what it missed.
 */
#ifndef MYDEV_CORE_EVENT_H
#define MYDEV_CORE_EVENT_H

#include <linux/types.h>
#include <mydev/hw.h>
#include <uapi/linux/mydev.h>

struct mydev_adapter;
struct mydev_flash_report;

struct mydev_event {
	u64 number;			/* from 1, without gaps */
	u64 time_ms;			/* boot time */
	u32 index;			/* of the adapter */
	char serial[MYDEV_HW_SERIAL_LEN + 1];	/* may be empty */
	u8 type;			/* enum mydev_event_type; the rest by type: */
	u8 new_state;
	u8 opcode;
	struct mydev_hw_event hw;
	struct mydev_flash_report *flash;	/* a reference */
};

int mydev_event_init(void);
/* Waits until what was posted has been multicast. */
void mydev_event_flush(void);
void mydev_event_exit(void);

/*
 * Keeps the event, whose type and fields by type are filled, and multicasts it soon. `flash`
 * is given away. Nothing is told of an adapter whose class device is not there. a->lock is
 * held; any context.
 */
void mydev_event_post(struct mydev_adapter *a, const struct mydev_event *ev);

/*
 * The first kept event with a greater number than `after`; ev->number - after - 1 wanted
 * ones are lost. false: there is none. mydev_event_put() gives its references back.
 */
bool mydev_event_get(u64 after, struct mydev_event *ev);
void mydev_event_put(struct mydev_event *ev);

/* The greatest number given so far. */
u64 mydev_event_last(void);

/* Drawn when the module was loaded; never 0. */
u64 mydev_event_epoch(void);

#endif
