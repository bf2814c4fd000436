// SPDX-License-Identifier: GPL-2.0
/* events.*: what happened, and what happens. */
#include <string.h>

#include "mgmtd/events.h"
#include "mgmtd/kernel.h"
#include "mgmtd/methods.h"
#include "mgmtd/select.h"
#include "mgmtd/subscribe.h"

#define LIMIT_DEFAULT 10000

/* Whether `since` is beyond the newest event: it was one of a store that is gone. */
static bool restarted(struct call *call)
{
	const struct store *store = events_store(call->daemon->events);

	return (uint64_t)json_num(json_get(call->params, "since"), 0) > store_last(store);
}

/* What `since` means now; after a restart of the numbers, everything is new to who asks. */
static uint64_t since_of(struct call *call, uint64_t fallback)
{
	return restarted(call) ? 0 : json_num(json_get(call->params, "since"), fallback);
}

/* Those between `since` and the oldest one; asking for all that are kept loses none. */
static uint64_t lost_since(struct call *call, uint64_t since)
{
	uint64_t first = store_first(events_store(call->daemon->events));

	if (!json_has(call->params, "since") || since + 1 >= first)
		return 0;
	return first - since - 1;
}

static bool patterns_refused(struct call *call, json *patterns)
{
	const char *costly = names_too_costly(patterns);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	if (!costly)
		return false;
	rpc_error_set(&e, RPC_INVALID_PARAMS, "adapters: %s", costly);
	call_fail(call, &e);
	return true;
}

struct gather {
	struct call *call;
	json *patterns;
	size_t matching;	/* counted first, */
	size_t skip;		/* .. so that the oldest can be left out */
	struct list_text list;
};

static bool count_event(uint64_t seq, const char *line, size_t len, void *arg)
{
	struct gather *g = arg;

	g->matching += event_matches(&g->call->daemon->adapters, line, len, g->patterns);
	return true;
}

static bool add_event(uint64_t seq, const char *line, size_t len, void *arg)
{
	struct gather *g = arg;

	if (!event_matches(&g->call->daemon->adapters, line, len, g->patterns))
		return true;
	if (g->skip)
		g->skip--;
	else
		list_add(&g->list, line, len - 1);
	return true;
}

static void events_get(struct call *call)
{
	const struct store *store = events_store(call->daemon->events);
	size_t limit = json_num(json_get(call->params, "limit"), LIMIT_DEFAULT);
	struct gather g = { .call = call, .patterns = json_get(call->params, "adapters") };
	uint64_t since, from;
	json *rest;

	if (patterns_refused(call, g.patterns))
		return;
	kernel_catch_up(call->daemon->kernel);
	since = from = since_of(call, 0);
	if (g.patterns) {
		store_each(store, from, count_event, &g);
		g.skip = g.matching > limit ? g.matching - limit : 0;
	} else if (store_last(store) > since + limit) {
		from = store_last(store) - limit;
	}
	rest = json_object();
	json_set_int(rest, "lost", lost_since(call, since));
	json_set_int(rest, "next", store_last(store));
	json_set_bool(rest, "restarted", restarted(call));
	list_begin(&g.list, call, "events");
	store_each(store, from, add_event, &g);
	list_reply(&g.list, call, rest);
}

static void events_subscribe(struct call *call)
{
	json *patterns = json_get(call->params, "adapters"), *result;
	bool progress = json_true(json_get(call->params, "progress"));
	uint64_t since, last;

	if (patterns_refused(call, patterns))
		return;
	kernel_catch_up(call->daemon->kernel);
	last = events_last(call->daemon->events);
	since = since_of(call, last);
	result = json_object();
	json_set_int(result, "lost", lost_since(call, since));
	json_set_int(result, "next", last);
	json_set_bool(result, "restarted", restarted(call));
	if (lost_since(call, since))
		since = store_first(events_store(call->daemon->events)) - 1;
	/* The pump starts when the reply has been sent, so that nothing comes before it. */
	call_subscribe(call, since, progress, patterns);
	call_reply(call, result);
}

const struct method rpc_events_methods[] = {
	{ "events.get", events_get },
	{ "events.subscribe", events_subscribe },
	{ NULL }
};
