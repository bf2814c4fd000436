/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeps the cache of adapters as the kernel knows them. Adapters that may have changed are
 * looked at soon, once for many reasons; each look is one request, which the kernel answers
 * from its own state at once.
 */
#ifndef MGMTD_REFRESH_H
#define MGMTD_REFRESH_H

#include "lib/netlink.h"

struct daemon;
struct refresh;

struct refresh *refresh_new(struct daemon *d);
void refresh_free(struct refresh *r);

/* The connection to use from now on, which stays the caller's; NULL: all adapters are gone. */
void refresh_attach(struct refresh *r, struct mdnl *nl);

/* An adapter may have come, gone or changed: it is looked at soon. */
void refresh_look_at(struct refresh *r, uint32_t index);
/* .. now, if any is to be looked at. */
void refresh_now(struct refresh *r);
/* Reads all adapters. When that fails, it is tried again. */
void refresh_all(struct refresh *r);
/* Takes in what somebody else has read. */
void refresh_take(struct refresh *r, const struct mdnl_adapter *info);

/* What the kernel tells by itself. */
void refresh_event(struct refresh *r, const struct mdnl_event *ev);
void refresh_progress(struct refresh *r, uint32_t index, const struct mdnl_flash *flash);

#endif
