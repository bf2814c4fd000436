/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections on the unix socket: lines in, lines out, and bounds on everything a peer may
 * do to us. What lines mean is not known here.
 *
 * A peer that sends faster than it is served is not read from, one that does not read is
 * not read from either and, when it does not for long, closed. Its memory is bounded by
 * SERVER_OUT_HIGH, one line in and what is being answered.
 */
#ifndef MGMTD_SERVER_H
#define MGMTD_SERVER_H

#include <event2/event.h>
#include <stdint.h>

#include "mgmtd/peer.h"

#define SERVER_CONNECTIONS	128	/* in total, the last 32 of them for root alone */
#define SERVER_PER_USER		32
#define SERVER_STRANGERS	16	/* of those without any permission, 4 a user */
#define SERVER_IN_FLIGHT	16	/* requests of one connection */
#define SERVER_OUT_HIGH		(256 << 10) /* bytes not yet sent, above which no line is taken */
#define SERVER_LINES_BURST	1000	/* lines at once, */
#define SERVER_LINES_A_SECOND	500	/* .. and in the long run */
#define SERVER_LINE_TIMEOUT_S	30	/* for a line to be complete */
#define SERVER_STALL_S		10	/* the default */

struct server;
struct conn;
struct evbuffer;

struct server_ops {
	/* A line came. The descriptor, -1: none, is the callee's. */
	void (*line)(struct conn *c, const char *text, size_t len, int fd, void *arg);
	/* The output has been sent: there is room. */
	void (*drained)(struct conn *c, void *arg);
	/* The peer does not read; what is sent now may still arrive. The connection ends. */
	void (*stalled)(struct conn *c, void *arg);
	/* The connection ends; forget it. */
	void (*closed)(struct conn *c, void *arg);
	/* Too much or too late: the answer that says so, with a code of RPC, to be freed. */
	char *(*refusal)(int code, const char *why, void *arg);
};

/* Listens on `fd`, which it takes over. A peer that reads nothing for stall_s is sent away. */
struct server *server_new(struct event_base *base, int fd, int stall_s,
			  const struct server_ops *ops, void *arg);
void server_free(struct server *s);
void server_reload_groups(struct server *s);
unsigned int server_connections(const struct server *s);

const struct peer *conn_peer(const struct conn *c);
/* What the user of the server keeps with a connection. */
void *conn_data(const struct conn *c);
void conn_set_data(struct conn *c, void *data);

/* Queues a line of `len` bytes, without its newline, in parts if so wanted. */
void conn_send(struct conn *c, const char *text, size_t len);
void conn_send_part(struct conn *c, const char *text, size_t len);
/* .. a part that is in a buffer, which is empty afterwards. */
void conn_send_buffer(struct conn *c, struct evbuffer *text);
/* Bytes that are not sent yet. */
size_t conn_unsent(const struct conn *c);
/* A request begins, or has been answered. */
void conn_begin(struct conn *c);
void conn_end(struct conn *c);
/* Takes no more lines, sends what is queued, and closes. */
void conn_finish(struct conn *c);

#endif
