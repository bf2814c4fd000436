/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MYDEV_CORE_MAIN_H
#define MYDEV_CORE_MAIN_H

struct workqueue_struct;

/* Unbound: recovery, refreshes and the like, whose work may wait for an adapter. */
extern struct workqueue_struct *mydev_wq;

#endif
