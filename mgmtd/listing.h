/* SPDX-License-Identifier: GPL-2.0 */
/* Answers with something about each of many adapters, made in turns with others in the loop. */
#ifndef MGMTD_LISTING_H
#define MGMTD_LISTING_H

#include "mgmtd/dispatch.h"
#include "mgmtd/turns.h"

/* Adapters that are gone through in turns; one that goes meanwhile is left out. */
struct walk {
	struct turns turns;
	struct daemon *daemon;
	void (*each)(struct walk *w, const struct adapter *a);
	void (*end)(struct walk *w);		/* frees it */
	/* The rest is listing.c's. */
	struct adapter_ref {
		uint64_t instance;
		uint32_t index;
	} *refs;
	size_t n, i;
};

/* each() and end() are set. */
void walk_start(struct walk *w, struct daemon *d, struct adapter *const *list, size_t n);

/*
 * Answers a call with {NAME: [one() of each adapter that its parameter `adapters` selects]} and
 * the members of `rest` (taken over; NULL: none).
 */
void list_adapters(struct call *call, const char *name,
		   json *(*one)(const struct adapter *a, json *params), json *rest);

#endif
