// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/listing.h"

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/batch.h"

/* ---- walks ---- */

static bool walk_step(struct turns *t)
{
	struct walk *w = container_of(t, struct walk, turns);
	const struct adapter *a;

	if (w->i == w->n) {
		free(w->refs);
		w->end(w);
		return false;
	}
	a = adapters_find(&w->daemon->adapters, w->refs[w->i].index);
	if (a && a->instance == w->refs[w->i].instance)
		w->each(w, a);
	w->i++;
	return true;
}

void walk_start(struct walk *w, struct daemon *d, struct adapter *const *list, size_t n)
{
	w->turns.step = walk_step;
	w->daemon = d;
	w->n = n;
	w->refs = xzalloc(n * sizeof(*w->refs));
	for (size_t i = 0; i < n; i++)
		w->refs[i] = (struct adapter_ref){ list[i]->instance, list[i]->info.index };
	turns_start(&w->turns, &d->turns, d->base);
}

/* ---- lists ---- */

struct listing {
	struct walk walk;
	struct call *call;
	struct list_text list;
	json *(*one)(const struct adapter *a, json *params);
	json *rest;
};

static void listing_each(struct walk *w, const struct adapter *a)
{
	struct listing *l = container_of(w, struct listing, walk);

	if (l->call->client)
		list_add_json(&l->list, l->one(a, l->call->params));
}

static void listing_end(struct walk *w)
{
	struct listing *l = container_of(w, struct listing, walk);

	list_reply(&l->list, l->call, l->rest);
	free(l);
}

void list_adapters(struct call *call, const char *name,
		   json *(*one)(const struct adapter *a, json *params), json *rest)
{
	_free_cleanup_ struct adapter **list = NULL;
	struct listing *l;
	size_t n;

	if (!call_adapters(call, &list, &n)) {
		json_unref(rest);
		return;
	}
	l = xzalloc(sizeof(*l));
	l->walk.each = listing_each;
	l->walk.end = listing_end;
	l->call = call;
	l->one = one;
	l->rest = rest;
	list_begin(&l->list, call, name);
	walk_start(&l->walk, call->daemon, list, n);
}
