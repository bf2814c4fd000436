/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is lent and taken back without being asked for: guests that are gone, and policies. On
 * threads alone, as it waits for xenstored.
 */
#ifndef MGMTD_LOANAUTO_H
#define MGMTD_LOANAUTO_H

#include "mgmtd/loan.h"

/* Removes what is left of guests that are gone. Adds an Event-like object for each to `events`. */
void loans_sweep(struct xenstore *s, json *events);

/*
 * Lends to guests what policies say, once: that it was done is noted in XenStore, with name and
 * UUID of the guest. What could not be done is an event, too; it is tried again the next time.
 */
void loans_apply(struct xenstore *s, const struct guest_policies *policies,
		 const struct lendables *adapters, json *events);

#endif
