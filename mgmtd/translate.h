/* SPDX-License-Identifier: GPL-2.0 */
/* Events of the kernel and the adapters as the daemon's own, in words. */
#ifndef MGMTD_TRANSLATE_H
#define MGMTD_TRANSLATE_H

#include "lib/netlink.h"

struct daemon;
struct adapter;

void translate_event(struct daemon *d, const struct mdnl_event *ev);
/* A flash has begun, whoever asked for it. */
void translate_flash_started(struct daemon *d, const struct adapter *a);
/* The words for an adapter's event, of the log too; to be freed. */
char *translate_hw_event(const struct mydev_hw_event *hw);

#endif
