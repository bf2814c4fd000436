// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/dispatch.h"

#include <malloc.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtd/events.h"
#include "mgmtd/kernel.h"
#include "mgmtd/methods.h"
#include "mgmtd/server.h"
#include "mgmtd/skew.h"
#include "mgmtd/subscribe.h"

#define MARGIN_MS	250
#define TICK_S		1	/* while calls are under way */
#define ASKED_MAX	512	/* bytes of a request that its event tells */

/* What there is of a connection here. */
struct client {
	struct conn *conn;
	struct subscriber *subscriber;	/* NULL: none */
};

/* ---- answers ---- */

static void call_free(struct call *call)
{
	LIST_REMOVE(call, entry);
	if (call->client)
		conn_end(call->client->conn);
	closep(&call->fd);
	json_unref(call->id);
	json_unref(call->params);
	free(call);
}

static bool answer_wanted(const struct call *call)
{
	return call->client && call->id;
}

static void send_json(struct conn *c, json *v)
{
	size_t len;
	const char *text = json_text(v, &len);

	conn_send(c, text, len);
}

void call_reply(struct call *call, json *result)
{
	_json_cleanup_ json *v = NULL;

	json_set_int(result, "schema", call->daemon->rpc.schema);
	v = rpc_response(json_ref(call->id), result);
	if (answer_wanted(call))
		send_json(call->client->conn, v);
	call_free(call);
}

void call_reply_text(struct call *call, struct evbuffer *text)
{
	static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":";
	size_t len;
	const char *id = json_text(call->id, &len);

	if (answer_wanted(call)) {
		struct conn *c = call->client->conn;

		conn_send_part(c, head, sizeof(head) - 1);
		conn_send_part(c, id, len);
		conn_send_part(c, ",\"result\":", strlen(",\"result\":"));
		conn_send_buffer(c, text);
		conn_send(c, "}", 1);
	}
	call_free(call);
}

static json *error_json(const struct daemon *d, json *id, const struct rpc_error *e)
{
	json *v = rpc_error_response(json_ref(id), e);

	json_set_int(json_get(json_get(v, "error"), "data"), "schema", d->rpc.schema);
	return v;
}

void call_fail(struct call *call, const struct rpc_error *e)
{
	_json_cleanup_ json *v = error_json(call->daemon, call->id, e);

	if (answer_wanted(call))
		send_json(call->client->conn, v);
	call_free(call);
}

struct timeval call_time_left(const struct call *call)
{
	int64_t end = call->begun_ms + call->method->deadline_ms - MARGIN_MS;
	int64_t ms = end - rpc_now_ms();

	if (ms < 0)
		ms = 0;
	return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

void call_subscribe(struct call *call, uint64_t since, bool progress, json *patterns)
{
	struct client *client = call->client;
	struct dispatch *dispatch = call->daemon->dispatch;

	if (!client)
		return;
	if (client->subscriber)
		subscriber_free(client->subscriber);
	client->subscriber = subscriber_new(dispatch, client->conn, since, progress, patterns);
}

/* ---- calls that take long ---- */

static void want_tick(struct dispatch *dispatch)
{
	const struct timeval tick = { .tv_sec = TICK_S };

	if (!event_pending(dispatch->tick, EV_TIMEOUT, NULL))
		event_add(dispatch->tick, &tick);
}

/* Its client must not take us for dead. */
static void tell_working(const struct call *call)
{
	json *params = json_object();
	_json_cleanup_ json *v = NULL;

	json_set(params, "id", json_ref(call->id));
	v = rpc_notification("working", params);
	send_json(call->client->conn, v);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct dispatch *dispatch = arg;
	int64_t now = rpc_now_ms();
	const struct call *call;

	LIST_FOREACH(call, &dispatch->calls, entry)
		if (answer_wanted(call) && now - call->begun_ms >= call->method->deadline_ms)
			tell_working(call);
	if (LIST_EMPTY(&dispatch->calls))
		malloc_trim(0);		/* a long answer leaves a large heap */
	else
		want_tick(dispatch);
}

/* ---- lists ---- */

void list_new(struct list_text *l)
{
	l->any = false;
	l->text = evbuffer_new();
	if (!l->text)
		xalloc_failed();
}

void list_begin(struct list_text *l, const struct call *call, const char *name)
{
	list_new(l);
	if (evbuffer_add_printf(l->text, "{\"schema\":%d,\"%s\":[",
					    call->daemon->rpc.schema, name) < 0)
		xalloc_failed();
}

void list_add(struct list_text *l, const char *text, size_t len)
{
	if ((l->any && evbuffer_add(l->text, ",", 1) < 0) || evbuffer_add(l->text, text, len) < 0)
		xalloc_failed();
	l->any = true;
}

void list_add_json(struct list_text *l, json *v)
{
	size_t len;
	const char *text = json_text(v, &len);

	list_add(l, text, len);
	json_unref(v);
}

void list_reply(struct list_text *l, struct call *call, json *rest)
{
	size_t len = 0;
	const char *text = rest ? json_text(rest, &len) : "";

	if (evbuffer_add(l->text, "]", 1) < 0)
		xalloc_failed();
	/* The members of a text {...} without its braces, and the last brace for both. */
	if (len > 2 && evbuffer_add_printf(l->text, ",%s", text + 1) < 0)
		xalloc_failed();
	if (len <= 2 && evbuffer_add(l->text, "}", 1) < 0)
		xalloc_failed();
	json_unref(rest);
	call_reply_text(call, l->text);
	evbuffer_free(l->text);
}

/* ---- requests ---- */

/* `request` is NULL for what is none; a notification is not answered, whatever is wrong. */
static void send_error(struct client *client, const struct daemon *d, json *request,
		       const struct rpc_error *e)
{
	_json_cleanup_ json *v = error_json(d, json_get(request, "id"), e);

	if (!request || json_has(request, "id"))
		send_json(client->conn, v);
}

static void refuse(struct client *client, const struct daemon *d, json *request, int code,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void refuse(struct client *client, const struct daemon *d, json *request, int code,
		   const char *fmt, ...)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_free_cleanup_ char *message = NULL;
	va_list ap;

	va_start(ap, fmt);
	message = xvasprintf(fmt, ap);
	va_end(ap);
	rpc_error_set(&e, code, "%s", message);
	if (code == RPC_METHOD_NOT_FOUND)
		rpc_error_hint(&e, "rpc.discover tells the methods; this mydevd is " MYDEV_VERSION);
	if (code == RPC_NOT_PERMITTED)
		rpc_error_hint(&e, "become root, or a member of group " PEER_GROUP_CHANGE
			       ", or to look of group " PEER_GROUP_READ);
	send_error(client, d, request, &e);
}

/* Who wants what changed: told before it is done, so that it is known whatever comes of it. */
static void tell_request(struct call *call)
{
	static const struct occurrence o = { .type = "request", .severity = "info" };
	json *data = json_object();
	const char *params = json_text(call->params, NULL);
	const struct peer *p = &call->peer;

	json_set_str(data, "method", call->method->name);
	if (strlen(params) <= ASKED_MAX)
		json_set(data, "params", json_ref(call->params));
	json_set_int(data, "uid", p->uid);
	json_set_int(data, "pid", p->pid);
	json_set_str(data, "command", p->comm);
	events_tell(call->daemon->events, &o, data, "uid %u, pid %d (%s) asks for %s %.*s%s",
		    p->uid, p->pid, p->comm, call->method->name, ASKED_MAX,
		    call->params ? params : "", strlen(params) > ASKED_MAX ? "..." : "");
}

static const struct method *find_method(const char *name)
{
	for (size_t i = 0; i < n_method_tables; i++)
		for (const struct method *m = method_tables[i]; m->name; m++)
			if (!strcmp(m->name, name))
				return m;
	return NULL;
}

static void start_call(struct client *client, struct daemon *d, const struct method_info *info,
		       json *request, int fd)
{
	struct call *call = xzalloc(sizeof(*call));

	call->daemon = d;
	call->client = client;
	call->method = info;
	call->id = json_ref(json_get(request, "id"));
	call->params = json_ref(json_get(request, "params"));
	call->fd = fd;
	call->peer = *conn_peer(client->conn);
	call->begun_ms = rpc_now_ms();
	LIST_INSERT_HEAD(&d->dispatch->calls, call, entry);
	want_tick(d->dispatch);
	conn_begin(client->conn);
	if (info->permission == PERMIT_CHANGE)
		tell_request(call);
	find_method(info->name)->handle(call);
}

/* What is wrong with the envelope; NULL: nothing. */
static const char *envelope_problem(json *request)
{
	json *id = json_get(request, "id");

	if (json_kind(request) == JSON_ARRAY)
		return "batches are not taken: send the requests one by one";
	if (json_kind(request) != JSON_OBJECT)
		return "a request is an object";
	if (strcmp(json_str(json_get(request, "jsonrpc"), ""), "2.0"))
		return "jsonrpc is not \"2.0\"";
	if (json_has(request, "id") && json_kind(id) != JSON_INT && json_kind(id) != JSON_STRING)
		return "id is neither a number nor a string";
	if (json_kind(json_get(request, "method")) != JSON_STRING)
		return "method is not a string";
	return NULL;
}

static void take_request(struct client *client, struct daemon *d, json *request, int *fd)
{
	json *params = json_get(request, "params");
	const char *name = json_str(json_get(request, "method"), "");
	const struct peer *peer = conn_peer(client->conn);
	const struct method_info *info = openrpc_find(&d->rpc, name);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_free_cleanup_ char *why = NULL;

	if (peer->permission == PERMIT_NONE) {
		refuse(client, d, request, RPC_NOT_PERMITTED,
		       "uid %u may not use mydevd", peer->uid);
		conn_finish(client->conn);
	} else if (!info) {
		refuse(client, d, request, RPC_METHOD_NOT_FOUND, "there is no method %s", name);
	} else if (info->permission > peer->permission) {
		refuse(client, d, request, RPC_NOT_PERMITTED, "uid %u may look, but %s needs the "
		       "permission to change", peer->uid, name);
	} else if (info->permission == PERMIT_CHANGE &&
		   skew_refused(kernel_version(d->kernel), name, &e)) {
		send_error(client, d, request, &e);
	} else if ((why = openrpc_check_params(&d->rpc, info, params))) {
		refuse(client, d, request, RPC_INVALID_PARAMS, "%s: %s", name, why);
	} else if (info->descriptor && *fd < 0) {
		refuse(client, d, request, RPC_INVALID_PARAMS, "%s needs an open file with its "
		       "line", name);
	} else {
		start_call(client, d, info, request, info->descriptor ? *fd : -1);
		if (info->descriptor)
			*fd = -1;
	}
}

static struct client *client_of(struct conn *c)
{
	struct client *client = conn_data(c);

	if (client)
		return client;
	client = xzalloc(sizeof(*client));
	client->conn = c;
	conn_set_data(c, client);
	return client;
}

static void on_line(struct conn *c, const char *text, size_t len, int line_fd, void *arg)
{
	_close_cleanup_ int fd = line_fd;
	struct dispatch *dispatch = arg;
	struct daemon *d = dispatch->daemon;
	struct client *client = client_of(c);
	_json_cleanup_ json *request = NULL;
	const char *why;

	request = json_parse(text, len, &why);
	if (why) {
		refuse(client, d, NULL, RPC_PARSE, "not JSON: %s", why);
		return;
	}
	why = envelope_problem(request);
	if (why)
		refuse(client, d, NULL, RPC_INVALID_REQUEST, "%s", why);
	else
		take_request(client, d, request, &fd);
}

static void on_drained(struct conn *c, void *arg)
{
	struct client *client = conn_data(c);

	if (client && client->subscriber)
		subscriber_pump(client->subscriber);
}

static void on_stalled(struct conn *c, void *arg)
{
	struct client *client = conn_data(c);

	if (client && client->subscriber)
		subscriber_drop(client->subscriber);
}

/* Calls under way go on: what was begun is not undone by a peer that leaves. */
static void on_closed(struct conn *c, void *arg)
{
	struct client *client = conn_data(c);
	struct dispatch *dispatch = arg;
	struct call *call;

	if (!client)
		return;
	LIST_FOREACH(call, &dispatch->calls, entry)
		if (call->client == client)
			call->client = NULL;
	if (client->subscriber)
		subscriber_free(client->subscriber);
	free(client);
}

static char *on_refusal(int code, const char *why, void *arg)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	const struct dispatch *dispatch = arg;
	_json_cleanup_ json *v = NULL;

	rpc_error_set(&e, code, "%s", why);
	if (code == RPC_BUSY)
		rpc_error_hint(&e, "close some of them, or try again: ss -xp src " RPC_SOCKET " lists them");
	v = error_json(dispatch->daemon, NULL, &e);
	return xstrdup(json_text(v, NULL));
}

static void on_news(void *arg)
{
	subscribers_news(arg);
}

static void check_methods(const struct openrpc *rpc)
{
	size_t n = 0;

	for (size_t i = 0; i < n_method_tables; i++)
		for (const struct method *m = method_tables[i]; m->name; m++, n++)
			if (!openrpc_find(rpc, m->name))
				abort();
	if (n != rpc->n)
		abort();
}

struct dispatch *dispatch_new(struct daemon *d, int fd)
{
	static const struct server_ops ops = {
		.line = on_line, .drained = on_drained, .stalled = on_stalled,
		.closed = on_closed, .refusal = on_refusal,
	};
	struct dispatch *dispatch = xzalloc(sizeof(*dispatch));

	check_methods(&d->rpc);
	dispatch->daemon = d;
	LIST_INIT(&dispatch->subscribers);
	LIST_INIT(&dispatch->calls);
	dispatch->tick = evtimer_new(d->base, on_tick, dispatch);
	if (!dispatch->tick)
		xalloc_failed();
	dispatch->server = server_new(d->base, fd, d->options.stall_s, &ops, dispatch);
	events_on_news(d->events, on_news, dispatch);
	return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
	events_on_news(dispatch->daemon->events, NULL, NULL);
	server_free(dispatch->server);
	event_free(dispatch->tick);
	free(dispatch);
}
