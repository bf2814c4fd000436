/* SPDX-License-Identifier: GPL-2.0 */
/*
 * XenStore, by libxenstore, which xenstore.c alone includes. The library is loaded when it is
 * first needed: the same mydevd runs in guests and on hosts without Xen, which lack it.
 *
 * xenstored may be slow, or hang: whatever is called here, but xenstore_expected(), waits for it,
 * without end. So it is for threads. Each piece of work has a connection of its own, and a
 * xenstored that was restarted is nothing special.
 */
#ifndef MGMTD_XENSTORE_H
#define MGMTD_XENSTORE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/rpc.h"

struct xenstore;

/* Whether there is a XenStore for this daemon at all; else `e` says why not. */
bool xenstore_expected(struct rpc_error *e);

/* RPC_OK, or the code of `e`. */
int xenstore_open(struct xenstore **s, struct rpc_error *e);
void xenstore_close(struct xenstore *s);
static inline void xenstore_closep(struct xenstore **s)
{
	xenstore_close(*s);
}
#define _xenstore_cleanup_ __attribute__((cleanup(xenstore_closep)))

/*
 * Runs fn() in a transaction, and again when others changed what it had seen meanwhile. What
 * fn() returns but RPC_OK undoes it, and is returned. RPC_FAILED and `e` when XenStore fails;
 * nothing is changed then.
 */
int xenstore_transact(struct xenstore *s, int (*fn)(struct xenstore *s, void *arg), void *arg,
		      struct rpc_error *e);

/* Whether something failed since xenstore_open(), or in this transaction; `e` says what. */
int xenstore_failed(struct xenstore *s, struct rpc_error *e);

/*
 * Nodes, by a path that is made of fmt. Failures are noted, see above; that there is no
 * such node is none.
 */

/* The value; NULL: no such node. To be freed. */
char *xenstore_read(struct xenstore *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* .. as a decimal number; `fallback`: there is none. */
long xenstore_read_number(struct xenstore *s, long fallback, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool xenstore_exists(struct xenstore *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Whether it belongs to domain 0, and no other domain may write it. */
bool xenstore_is_ours(struct xenstore *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Those children that are decimal numbers, ascending; *n of them, to be freed. */
unsigned int *xenstore_numbers(struct xenstore *s, size_t *n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void xenstore_write(struct xenstore *s, const char *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* An empty directory of a domain, which one more domain may read; so may be what comes into it. */
void xenstore_make(struct xenstore *s, unsigned int owner, unsigned int reader, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void xenstore_remove(struct xenstore *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Watches: xenstore_wait() waits until a node at or below a watched path changes, and returns
 * that watch's token, to be freed; once for each watch that is set, too. NULL: the connection
 * has ended. Other threads may set watches meanwhile.
 */
bool xenstore_watch(struct xenstore *s, const char *path, const char *token);
void xenstore_unwatch(struct xenstore *s, const char *path, const char *token);
char *xenstore_wait(struct xenstore *s);

#endif
