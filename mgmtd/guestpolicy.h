/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What guests are lent when they start: files *.conf of one directory; see doc/mydev.conf.5.
 * The first that matches, in the order of their names, counts. One with an error matches
 * nobody.
 */
#ifndef MGMTD_GUESTPOLICY_H
#define MGMTD_GUESTPOLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mgmtd/patterns.h"

/* What a guest may do with an adapter: nodes of include/xen/io/mydevif.h. */
struct grant {
	uint32_t allow;		/* MYDEV_CLASS_* */
	uint32_t rate;		/* bytes of entropy a second; 0: no limit */
	uint32_t burst;		/* bytes; 0: the backend's default */
};

extern const struct grant grant_default;

/* A class that a guest may be granted; 0 and, in *why (to be freed), why it may not. */
uint32_t grant_class(const char *word, char **why);

struct guest_policy {
	char *path;
	char **name, **uuid;	/* patterns; NULL: any */
	bool grants;		/* else it is an example, or a place for comments */
	char **serials;		/* of adapters; NULL: the only one there is */
	struct grant grant;
	struct problems problems;

	unsigned int seen;	/* keys of [Guest] that were set, a bit each */
};

struct guest_policies {
	unsigned int users;
	struct guest_policy *list;	/* in the order of their names */
	size_t n;
};

/* Reads the directory. Several may use it; it does not change. */
struct guest_policies *guest_policies_load(const char *dir);
struct guest_policies *guest_policies_use(struct guest_policies *p);
void guest_policies_release(struct guest_policies *p);

/* That of a guest, by its name and, in lower case, UUID ("": not known); NULL: none. */
const struct guest_policy *guest_policies_match(const struct guest_policies *p, const char *name,
						const char *uuid);

#endif
