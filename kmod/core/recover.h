/* SPDX-License-Identifier: GPL-2.0 */
/* Recovery: from mute to ready, in the background, once an adapter appears or restarts. */
#ifndef MYDEV_CORE_RECOVER_H
#define MYDEV_CORE_RECOVER_H

struct mydev_adapter;

void mydev_recover_init(struct mydev_adapter *a);
void mydev_recover_start(struct mydev_adapter *a);
/* The adapter is GONE: ends recovery and waits for its end. */
void mydev_recover_stop(struct mydev_adapter *a);

/* Recovers in `delay` jiffies, not sooner nor later. a->lock is held. */
void mydev_recover_in(struct mydev_adapter *a, unsigned long delay);

/* It boots now: recovers when it has had the time for that. a->lock is held. */
void mydev_recover_boot(struct mydev_adapter *a);

/* From READY: resets the adapter, after a while if that was needed lately. a->lock is held. */
void mydev_recover_mend(struct mydev_adapter *a);

#endif
