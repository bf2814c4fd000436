/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests, as the toolstack describes them in XenStore: what a guest itself can write there
 * does not count. All of this waits for xenstored: on threads alone.
 */
#ifndef MGMTD_GUEST_H
#define MGMTD_GUEST_H

#include "mgmtd/xenstore.h"

#define DOMAINS	"/local/domain"

#define UUID_LEN 36

struct guest {
	unsigned int id;
	char *name;			/* NULL: none */
	char uuid[UUID_LEN + 1];	/* lower case; "": not known */
};

/* By id, UUID or name. RPC_OK, or the code of `e`. */
int guest_find(struct xenstore *s, const char *word, struct guest *g, struct rpc_error *e);
void guest_clear(struct guest *g);
#define _guest_cleanup_ __attribute__((cleanup(guest_clear)))

/* What is known of a domain, which need not be there. */
void guest_read(struct xenstore *s, unsigned int id, struct guest *g);
/* "web (domain 3)"; to be freed. */
char *guest_text(const struct guest *g);

#endif
