// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/subscribe.h"

#include <string.h>

#include "lib/alloc.h"
#include "lib/rpc.h"
#include "mgmtd/adapter_json.h"
#include "mgmtd/dispatch.h"
#include "mgmtd/events.h"
#include "mgmtd/select.h"
#include "mgmtd/server.h"

#define OUT_MAX	(64 << 10)	/* bytes that may wait for a subscriber */

struct subscriber {
	struct dispatch *dispatch;
	struct conn *conn;
	uint64_t sent;		/* number of the event sent last */
	bool progress;
	bool dropped;
	json *patterns;
	LIST_ENTRY(subscriber) entry;
};

struct subscriber *subscriber_new(struct dispatch *dispatch, struct conn *c, uint64_t since,
				  bool progress, json *patterns)
{
	struct subscriber *s = xzalloc(sizeof(*s));

	s->dispatch = dispatch;
	s->conn = c;
	s->sent = since;
	s->progress = progress;
	s->patterns = json_ref(patterns);
	LIST_INSERT_HEAD(&dispatch->subscribers, s, entry);
	return s;
}

void subscriber_free(struct subscriber *s)
{
	LIST_REMOVE(s, entry);
	json_unref(s->patterns);
	free(s);
}

bool event_matches(const struct adapters *all, const char *line, size_t len, json *patterns)
{
	char name[64], serial[64], type[32];
	const struct adapter *a;

	if (!patterns)
		return true;
	event_member(line, len, "adapter", name, sizeof(name));
	event_member(line, len, "serial", serial, sizeof(serial));
	event_member(line, len, "type", type, sizeof(type));
	if (!strcmp(type, "events.lost"))
		return true;
	a = adapters_find_name(all, name);
	return any_names_match(patterns, name, serial, a ? a->info.address : NULL);
}

static bool send_event(uint64_t seq, const char *line, size_t len, void *arg)
{
	static const char head[] = "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":";
	struct subscriber *s = arg;

	if (conn_unsent(s->conn) > OUT_MAX)
		return false;
	s->sent = seq;
	if (!event_matches(&s->dispatch->daemon->adapters, line, len, s->patterns))
		return true;
	conn_send_part(s->conn, head, sizeof(head) - 1);
	conn_send_part(s->conn, line, len - 1);
	conn_send(s->conn, "}", 1);
	return true;
}

static void notify(struct conn *c, const char *method, json *params)
{
	_json_cleanup_ json *v = rpc_notification(method, params);
	size_t len;
	const char *text = json_text(v, &len);

	conn_send(c, text, len);
}

void subscriber_drop(struct subscriber *s)
{
	json *v = json_object();

	s->dropped = true;
	json_set_str(v, "message", "events came faster than they were read");
	json_set_int(v, "next", s->sent);
	notify(s->conn, "dropped", v);
}

void subscriber_pump(struct subscriber *s)
{
	const struct store *store = events_store(s->dispatch->daemon->events);

	if (s->dropped)
		return;
	if (s->sent + 1 < store_first(store)) {
		subscriber_drop(s);
		conn_finish(s->conn);
		return;
	}
	if (s->sent < store_last(store))
		store_each(store, s->sent, send_event, s);
}

void subscribers_news(struct dispatch *dispatch)
{
	struct subscriber *s;

	for (s = LIST_FIRST(&dispatch->subscribers); s; s = LIST_NEXT(s, entry))
		subscriber_pump(s);
}

void subscribers_progress(struct dispatch *dispatch, const struct adapter *a)
{
	struct subscriber *s;

	for (s = LIST_FIRST(&dispatch->subscribers); s; s = LIST_NEXT(s, entry)) {
		json *v;

		if (!s->progress || s->dropped || conn_unsent(s->conn) > OUT_MAX ||
		    !any_names_match(s->patterns, a->info.name, a->info.serial, a->info.address))
			continue;
		v = json_object();
		json_set_str(v, "adapter", a->info.name);
		json_set(v, "flash", flash_json(&a->info.flash, boottime_ms()));
		notify(s->conn, "progress", v);
	}
}
