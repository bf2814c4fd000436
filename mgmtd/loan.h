/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What guests are lent, in XenStore: the toolstack's part of include/xen/io/mydevif.h. All of
 * this waits for xenstored: on threads alone. Functions return RPC_OK, or the code of `e`.
 *
 * Of what a guest can write, only the state of its side of a device is looked at.
 */
#ifndef MGMTD_LOAN_H
#define MGMTD_LOAN_H

#include <mydev/hw.h>
#include <xen/io/mydevif.h>

#include "lib/netlink.h"
#include "mgmtd/guest.h"
#include "mgmtd/guestpolicy.h"

#define BACKENDS DOMAINS "/0/backend/" MYDEVIF_TYPE	/* below: a directory for each guest */
/* What backends could not do, kept by Linux below directories like those. */
#define ERRORS	DOMAINS "/0/error/backend/" MYDEVIF_TYPE
/* To which guests a policy was applied: our own nodes. */
#define MARKS	"/tool/mydev"

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
 * loan_closed(). Else nobody has it open, and it is removed already. What fails half done is
 * among loans_recalled().
 */
int loan_recall(struct xenstore *s, const struct guest *g, struct loan *loan, bool *waits,
		struct rpc_error *e);
/* Those that loan_recall() was called for and that are still there: {domain, name, device, serial} */
json *loans_recalled(struct xenstore *s);
/* Whether a recalled one is closed, or gone. */
bool loan_closed(struct xenstore *s, unsigned int domain, unsigned int device);
/* Removes a recalled one's nodes, whatever uses it. */
int loan_remove(struct xenstore *s, unsigned int domain, unsigned int device, struct rpc_error *e);

/* All of them, an array of GuestDevice of the RPC document. */
json *loans_json(struct xenstore *s, const struct lendables *adapters);

/* Whether a guest has an adapter already; then *device is it. */
bool loan_find(struct xenstore *s, unsigned int domain, const char *serial, unsigned int *device);

/*
 * An event {type, severity, serial, message, data} about a guest, for the loop to tell; takes
 * over the message. And about a device of it, of severity info.
 */
json *guest_event(const char *type, const char *severity, const struct guest *g, char *message);
json *loan_event(const char *type, const struct guest *g, const struct loan *loan,
		 const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
