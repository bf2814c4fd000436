/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests: from a line to the method that does it, and its answer back. A call is answered
 * exactly once, by call_reply() or call_fail(), which free it; at once or later, and also
 * when its peer has gone meanwhile.
 */
#ifndef MGMTD_DISPATCH_H
#define MGMTD_DISPATCH_H

#include <event2/buffer.h>
#include <sys/queue.h>

#include "lib/rpc.h"
#include "mgmtd/daemon.h"
#include "mgmtd/peer.h"

struct server;
struct subscriber;
struct client;

struct dispatch {
	struct daemon *daemon;
	struct server *server;
	LIST_HEAD(subscriber_list, subscriber) subscribers;
	LIST_HEAD(all_calls, call) calls;	/* that are not answered yet */
	struct event *tick;
};

struct call {
	struct daemon *daemon;
	struct client *client;		/* NULL: the peer has gone */
	const struct method_info *method;
	json *id;			/* NULL: a notification, which nobody answers */
	json *params;			/* as the method's schemas say; NULL: none */
	int fd;				/* -1: none; closed with the call */
	struct peer peer;
	int64_t begun_ms;		/* rpc_now_ms() */
	LIST_ENTRY(call) entry;		/* of the dispatch's */
};

/* A table of these ends with one without a name. */
struct method {
	const char *name;
	void (*handle)(struct call *call);
};

/* Listens on `fd`. Aborts when a method of the document is missing, or one too many. */
struct dispatch *dispatch_new(struct daemon *d, int fd);
void dispatch_free(struct dispatch *dispatch);

/* Takes over the result, an object, to which the schema's version is added. */
void call_reply(struct call *call, json *result);
/* The same with a result that is JSON text already. Empties `text`. */
void call_reply_text(struct call *call, struct evbuffer *text);
void call_fail(struct call *call, const struct rpc_error *e);

/* The time left until it is to be answered, with a margin for the answer's way. */
struct timeval call_time_left(const struct call *call);

/* Makes the caller's connection a subscriber, in place of what it was. */
void call_subscribe(struct call *call, uint64_t since, bool progress, json *patterns);

/* A result {"schema":1,NAME:[...],...} made of texts: cheap where a list is long. */
struct list_text {
	struct evbuffer *text;
	bool any;
};

void list_new(struct list_text *l);	/* the elements alone, for other texts */
void list_begin(struct list_text *l, const struct call *call, const char *name);
void list_add(struct list_text *l, const char *text, size_t len);
void list_add_json(struct list_text *l, json *v);	/* takes over the reference */
/* With the members of `rest` (an object, taken over; NULL: none) behind the list. Replies. */
void list_reply(struct list_text *l, struct call *call, json *rest);

#endif
