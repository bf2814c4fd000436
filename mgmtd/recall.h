/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices that guests are to give back, from loan_recall() on: each is waited for until both
 * sides have closed it, then removed; removed anyway when that takes too long. What fails is
 * tried until it is done.
 */
#ifndef MGMTD_RECALL_H
#define MGMTD_RECALL_H

#include "mgmtd/guests.h"

struct recalls;

struct recalls *recalls_new(struct daemon *d);
/* Fails the calls of those that are left. */
void recalls_free(struct recalls *all);

/* One more. Answers the call, if there is one. */
void recall_add(struct recalls *all, struct call *call, const struct guest *guest,
		const struct loan *loan);
/* Those of loans_recalled() that are none yet: what a daemon before this one began, for example. */
void recalls_adopt(struct recalls *all, json *recalled);
/* Something has changed in XenStore. */
void recalls_check(struct recalls *all);

/* When one was removed: the event, and the answer. `forced`: the guest had it open still. */
void recall_done(struct guest_work *w, struct call *call, const struct guest *guest,
		 const struct loan *loan, bool forced);

#endif
