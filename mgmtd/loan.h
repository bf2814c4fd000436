/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests and what they are lent, in XenStore: the toolstack's part of
 * include/xen/io/mydevif.h. All of this waits for xenstored: on threads alone. Functions
 * return RPC_OK, or the code of `e`.
 *
 * Of what a guest can write, only the state of its side of a device is looked at.
 */
#ifndef MGMTD_LOAN_H
#define MGMTD_LOAN_H

#include <mydev/hw.h>

#include "lib/netlink.h"
#include "mgmtd/guestpolicy.h"
#include "mgmtd/xenstore.h"

/* The adapters of this host, as the loop knew them when the work was begun. */
struct lendable {
	char name[MYDEV_NAME_MAX];
	char serial[MYDEV_HW_SERIAL_LEN + 1];
	bool borrowed;			/* from another domain: never lent again */
};

struct lendables {
	size_t n;
	struct lendable list[];
};

#define UUID_LEN 36

struct guest {
	unsigned int id;
	char *name;			/* NULL: none */
	char uuid[UUID_LEN + 1];	/* lower case; "": not known */
};

/* By id, UUID or name. */
int guest_find(struct xenstore *s, const char *word, struct guest *g, struct rpc_error *e);
void guest_clear(struct guest *g);
#define _guest_cleanup_ __attribute__((cleanup(guest_clear)))

struct loan {
	char serial[MYDEV_HW_SERIAL_LEN + 1];
	struct grant grant;
	unsigned int device;		/* its number, once it is made */
};

/* Makes these devices, or none. `mark`: noted with them, see loans_apply(); NULL: nothing. */
int loans_make(struct xenstore *s, const struct guest *g, struct loan *loans, size_t n,
	       const char *mark, struct rpc_error *e);

/* The only device of a guest. */
int loan_only(struct xenstore *s, const struct guest *g, unsigned int *device, struct rpc_error *e);

/*
 * Asks both sides to close loan->device, and reads whose it is. *waits: it is to be waited for
 * loan_closed(). Else nobody has it open, and it is removed already.
 */
int loan_recall(struct xenstore *s, const struct guest *g, struct loan *loan, bool *waits,
		struct rpc_error *e);
bool loan_closed(struct xenstore *s, unsigned int domain, unsigned int device);
/* Removes its nodes, whatever uses it. */
int loan_remove(struct xenstore *s, unsigned int domain, unsigned int device, struct rpc_error *e);

/* All of them, an array of GuestDevice of the RPC document. */
json *loans_json(struct xenstore *s, const struct lendables *adapters);

/* Removes what is left of guests that are gone. Adds an Event-like object for each to `events`. */
void loans_sweep(struct xenstore *s, json *events);

/*
 * Lends to guests what policies say, once: that it was done is noted in XenStore, with name and
 * UUID of the guest. What could not be done is an event, too; it is tried again the next time.
 */
void loans_apply(struct xenstore *s, const struct guest_policies *policies,
		 const struct lendables *adapters, json *events);

/* An event {type, severity, serial, message, data} about a device, for those who tell of it. */
json *loan_event(const char *type, const struct guest *g, const struct loan *loan, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
