/* SPDX-License-Identifier: GPL-2.0 */
/* What loans hear of an adapter: see mydev.h. */
#ifndef MYDEV_CORE_LEND_H
#define MYDEV_CORE_LEND_H

#include <mydev/hw.h>

struct mydev_adapter;

/* All of them: a->lock is held; any context. */

/* Its state changed. */
void mydev_lend_state(struct mydev_adapter *a);

/* It told something. */
void mydev_lend_event(struct mydev_adapter *a, const struct mydev_hw_event *ev);
void mydev_lend_events_lost(struct mydev_adapter *a);

#endif
