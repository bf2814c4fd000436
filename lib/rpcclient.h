/* SPDX-License-Identifier: GPL-2.0 */
/* The client's side of lib/rpc.h: blocking calls with deadlines, and notifications. */
#ifndef LIB_RPCCLIENT_H
#define LIB_RPCCLIENT_H

#include <signal.h>

#include "lib/rpc.h"

struct rpc_client {
	int sock;		/* -1: not connected */
	int64_t last_id;
	struct rpc_in in;
	/* Told of each notification, in the order of the stream with the answers of calls,
	 * hence during calls too; may be NULL. It makes no calls. */
	void (*notify)(const char *method, json *params, void *arg);
	void *arg;
	/* Signals blocked while waiting, NULL: as elsewhere. Those that are let through
	 * here alone end rpc_client_wait(), and are lost at no moment. */
	const sigset_t *wait_mask;
};

/* Sets up `c` without a connection. */
void rpc_client_init(struct rpc_client *c);

/*
 * Connects to the socket at `path`. 0; else the code of `e`: RPC_UNREACHABLE,
 * RPC_NOT_PERMITTED, RPC_TIMED_OUT.
 */
int rpc_client_connect(struct rpc_client *c, const char *path, int timeout_ms,
		       struct rpc_error *e);
void rpc_client_close(struct rpc_client *c);

/*
 * Calls `method`; takes over the reference to params (NULL: none), sends `fd` unless it is
 * -1, waits for the answer for timeout_ms, anew whenever the server tells by a notification
 * `working` {id} that it is not dead but busy with it. The result, for json_unref(); NULL and `e` set on
 * error. After RPC_UNREACHABLE and RPC_TIMED_OUT the connection is closed.
 */
json *rpc_client_call(struct rpc_client *c, const char *method, json *params, int fd,
		      int timeout_ms, struct rpc_error *e);

/*
 * Waits for notifications for timeout_ms (-1: for ever) and hands over those that came.
 * 0 when some may have come, -ETIMEDOUT, -EINTR on a signal, another -errno (-EPIPE at the
 * end of the stream) when the connection was lost, and is closed.
 */
int rpc_client_wait(struct rpc_client *c, int timeout_ms);

#endif
