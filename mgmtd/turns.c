// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/turns.h"

#include <event2/event.h>

#include "lib/alloc.h"
#include "lib/rpc.h"

#define TURN_MS	3

static void take_turn(struct turns *t, int64_t until_ms)
{
	const struct timeval at_once = { 0 };
	struct event *again = t->again;

	LIST_REMOVE(t, entry);
	do {
		if (!t->step(t)) {
			event_free(again);
			return;
		}
	} while (rpc_now_ms() < until_ms);
	LIST_INSERT_HEAD(t->all, t, entry);
	/* A timer, since the loop looks at descriptors before it comes to timers again. */
	event_add(again, &at_once);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	take_turn(arg, rpc_now_ms() + TURN_MS);
}

void turns_start(struct turns *t, struct turns_list *all, struct event_base *base)
{
	t->all = all;
	t->again = evtimer_new(base, on_turn, t);
	if (!t->again)
		xalloc_failed();
	LIST_INSERT_HEAD(all, t, entry);
	on_turn(-1, 0, t);
}

void turns_finish(struct turns_list *all)
{
	while (!LIST_EMPTY(all))
		take_turn(LIST_FIRST(all), INT64_MAX);
}
