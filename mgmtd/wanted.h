/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wanted state of an adapter: what the profiles want, how it differs, and how it gets
 * there.
 *
 * An adapter is brought to its wanted state once, when udev has announced it and it told
 * its configuration; again when its firmware has other keys than before; and on request.
 * Whatever makes it differ later is drift: told once, and mended if so configured - but
 * for keys that somebody set for the time being, and not over and over again.
 */
#ifndef MGMTD_WANTED_H
#define MGMTD_WANTED_H

#include <stdbool.h>

#include "lib/json.h"
#include "lib/netlink.h"
#include "lib/rpc.h"
#include "mgmtd/profile.h"

struct adapter;
struct daemon;

/* A wish that is not fulfilled. */
struct gap {
	const struct wish *wish;
	const struct mdnl_config *key;	/* NULL: the adapter has no such key */
	struct mdnl_value value;	/* what to set */
	char *problem;			/* why that cannot be; NULL: it can */
};

struct wanted {
	struct wishes wishes;
	struct gap *gaps;
	size_t n_gaps;
	bool announced;		/* by udev */
	bool brought;		/* to its wanted state, or that failed for good */
	unsigned int changing;	/* commands under way that change its configuration */
	char serial[MYDEV_HW_SERIAL_LEN + 1]; /* that `wishes` were made for */
	char *failure;		/* of the last attempt; NULL: it went well */
	json *temporary;	/* array of keys that were set for the time being */
	char *drift_told;	/* by the last event about it; NULL: there is no drift */
	char *problems_told;
	unsigned int mended;	/* since mended_ms */
	int64_t mended_ms;
};

/* The word of the RPC document for how things stand. */
const char *wanted_state(const struct adapter *a);

/* The adapter's configuration, identity or state may have changed. */
void wanted_update(struct daemon *d, struct adapter *a);
/* Its firmware has other keys now. */
void wanted_new_keys(struct daemon *d, struct adapter *a);
/* It is responsive again: what failed may go well now. */
void wanted_retry(struct daemon *d, struct adapter *a);
/* udev has announced it. */
void wanted_announced(struct daemon *d, struct adapter *a);
/* The profiles have changed: for all adapters, or as far as this one goes. */
void wanted_profiles_changed(struct daemon *d);
void wanted_profile_changed(struct daemon *d, struct adapter *a);
/* Somebody changes its configuration: until that has ended, differences mean nothing. */
void wanted_begin_change(struct adapter *a);
void wanted_end_change(struct daemon *d, struct adapter *a);
void wanted_clear(struct wanted *w);

/* Somebody set these keys (array of names, NULL: all) for the time being, or for good. */
void wanted_set_temporary(struct adapter *a, json *keys, bool temporary);
bool wanted_is_temporary(const struct wanted *w, const char *key);

/*
 * Brings the adapter to its wanted state now. fn is called, perhaps at once, with the array
 * of keys that were set (NULL: none), which it may keep a reference to, and an error (code
 * RPC_OK: none); both when some of the wishes cannot be fulfilled.
 */
void wanted_apply(struct daemon *d, struct adapter *a,
		  void (*fn)(json *changed, const struct rpc_error *e, void *arg), void *arg);

/* Profile errors that this adapter brings to light, into an array of strings. */
void wanted_problems(const struct adapter *a, const struct profile *profile, json *problems);

/* Reads the profiles anew, tells of their errors. */
void wanted_load_profiles(struct daemon *d);

#endif
