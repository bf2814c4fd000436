/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon's part in lending adapters to guests: work in XenStore, which a thread does, one
 * piece after the other; guests that come and go; policies. Whatever xenstored does, the loop
 * does not wait for it.
 */
#ifndef MGMTD_GUESTS_H
#define MGMTD_GUESTS_H

#include "mgmtd/dispatch.h"
#include "mgmtd/loan.h"
#include "mgmtd/worker.h"

struct guests;
struct recalls;

struct guests *guests_new(struct daemon *d);
/* Before the workers end: what waits for XenStore is waited for no longer. */
void guests_stop(struct guests *g);
/* After they ended. */
void guests_free(struct guests *g);

/* Reads the policies anew, tells of their errors, and applies them. */
void guests_load_policies(struct daemon *d);
/* An array of GuestPolicy of the RPC document. */
json *guests_policies_json(const struct guests *g);
/* The adapters of this host are others now. */
void guests_adapters_changed(struct daemon *d);

/* Allocated with xzalloc(), as the first member of what is worked on. */
struct guest_work {
	/* To be set before guests_submit(). */
	struct call *call;		/* NULL: nobody's */
	int (*run)(struct guest_work *w, struct xenstore *s);	/* on a thread; code of `e` */
	/*
	 * In the loop, before it is freed. `call` is NULL when it was answered, with `e` or
	 * because it took too long; else it is to be answered.
	 */
	void (*done)(struct guest_work *w);

	struct rpc_error e;
	const struct lendables *adapters;
	const struct guest_policies *policies;
	json *events;			/* to be told, see loan_event() */

	/* The rest is guests.c's. */
	struct job job;
	struct guests *guests;
	struct event *deadline;
};

void guests_submit(struct daemon *d, struct guest_work *w);
/* Tells of w->events. */
void guests_tell(struct guest_work *w);

/* Fails a call that has waited for XenStore too long. */
void guests_no_answer(struct call *call);
/* Where a device is to be added that was recalled. */
struct recalls *guests_recalls(const struct guests *g);

#endif
