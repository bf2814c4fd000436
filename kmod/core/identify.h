/* SPDX-License-Identifier: GPL-2.0 */
/* Who an adapter is, and the handshake with its firmware. */
#ifndef MYDEV_CORE_IDENTIFY_H
#define MYDEV_CORE_IDENTIFY_H

#include <linux/types.h>

struct mydev_adapter;

/*
 * Reads the identity, says HELLO and fills the caches. `boots` becomes the life of the
 * adapter (a->boots) that all of it belongs to. 0, or why it cannot be worked with.
 */
int mydev_identify(struct mydev_adapter *a, u32 *boots);

#endif
