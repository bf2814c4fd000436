// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/guests.h"

#include <string.h>

#include "lib/alloc.h"
#include "lib/rpc.h"
#include "lib/util.h"
#include "mgmtd/events.h"
#include "mgmtd/loanauto.h"
#include "mgmtd/recall.h"
#include "mgmtd/xenwatch.h"

#define SETTLE_MS	100	/* what comes together is looked at together, */
#define SETTLE_MAX_MS	3200	/* .. the longer the more often there was nothing: guests can make it look */
#define RETRY_S		10	/* what could not be done then */

struct guests {
	struct daemon *d;
	struct job_queue *queue;	/* NULL: the daemon ends */
	struct guest_policies *policies;
	struct xenwatch *watch;		/* NULL: no XenStore for us */
	struct event *watch_event;
	enum xenwatch_state told;	/* by an event */
	struct event *settled, *retry;
	unsigned int settle_ms;
	int64_t looked_ms;		/* rpc_now_ms() of the last look's end */
	bool looking, again;
	json *failures;			/* messages of the last look's events guest.failed */
	struct recalls *recalls;
};

/* ---- events ---- */

static const char *adapter_of(const struct daemon *d, const char *serial)
{
	for (size_t i = 0; serial && i < d->adapters.n; i++)
		if (!strcmp(d->adapters.list[i]->info.serial, serial))
			return d->adapters.list[i]->info.name;
	return NULL;
}

static void tell(struct guests *g, json *event)
{
	const char *serial = json_str(json_get(event, "serial"), NULL);
	struct occurrence o = {
		.type = json_str(json_get(event, "type"), ""),
		.severity = json_str(json_get(event, "severity"), "info"),
		.adapter = adapter_of(g->d, serial), .serial = serial,
	};

	events_tell(g->d->events, &o, json_ref(json_get(event, "data")), "%s",
		    json_str(json_get(event, "message"), ""));
}

void guests_tell(struct guest_work *w)
{
	for (size_t i = 0; i < json_len(w->events); i++)
		tell(w->guests, json_at(w->events, i));
}

/* ---- work ---- */

static struct lendables *snapshot(const struct daemon *d)
{
	struct lendables *all = xzalloc(sizeof(*all) + d->adapters.n * sizeof(all->list[0]));

	for (size_t i = 0; i < d->adapters.n; i++) {
		const struct mdnl_adapter *a = &d->adapters.list[i]->info;
		struct lendable *l = &all->list[all->n++];

		memcpy(l->name, a->name, sizeof(l->name));
		memcpy(l->serial, a->serial, sizeof(l->serial));
		l->borrowed = a->transport == MYDEV_TRANSPORT_XEN;
	}
	return all;
}

static void work_run(struct job *job)
{
	struct guest_work *w = container_of(job, struct guest_work, job);
	_xenstore_cleanup_ struct xenstore *s = NULL;

	if (!xenstore_open(&s, &w->e) && !w->run(w, s))
		xenstore_failed(s, &w->e);
}

static void work_done(struct job *job)
{
	struct guest_work *w = container_of(job, struct guest_work, job);

	if (job->cancelled)
		rpc_error_set(&w->e, RPC_FAILED, "mydevd ends");
	if (w->call && w->e.code)
		call_fail(take_ptr(w->call), &w->e);
	w->done(w);
	if (w->deadline)
		event_free(w->deadline);
	guest_policies_release((struct guest_policies *)w->policies);
	json_unref(w->events);
	rpc_error_clear(&w->e);
	free((void *)w->adapters);
	free(w);
}

void guests_no_answer(struct call *call)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	rpc_error_set(&e, RPC_TIMED_OUT, "XenStore does not answer");
	rpc_error_hint(&e, "see what xenstored does; mydevcli events tells what is done still");
	call_fail(call, &e);
}

/* One that has not begun is taken back; of the other, events tell. */
static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct guest_work *w = arg;

	if (!w->call)
		return;
	guests_no_answer(take_ptr(w->call));
	job_cancel(&w->job);
}

static void set_deadline(struct guest_work *w)
{
	const struct timeval left = call_time_left(w->call);

	w->deadline = evtimer_new(w->guests->d->base, on_deadline, w);
	if (!w->deadline || event_add(w->deadline, &left) < 0)
		xalloc_failed();
}

void guests_submit(struct daemon *d, struct guest_work *w)
{
	struct guests *g = d->guests;

	w->guests = g;
	w->adapters = snapshot(d);
	w->policies = guest_policies_use(g->policies);
	w->events = json_array();
	w->job.run = work_run;
	w->job.done = work_done;
	/* What cannot be is said at once. */
	if (xenstore_expected(&w->e) && w->call)
		set_deadline(w);
	w->job.cancelled = !g->queue;
	if (!w->e.code && g->queue && job_submit(g->queue, &w->job))
		return;
	if (!w->e.code && g->queue)
		rpc_error_set(&w->e, RPC_BUSY, "too much waits for XenStore already");
	work_done(&w->job);
}

struct recalls *guests_recalls(const struct guests *g)
{
	return g->recalls;
}

/* ---- looking ---- */

struct look {
	struct guest_work work;
	json *recalled;
};

static int look_run(struct guest_work *w, struct xenstore *s)
{
	struct look *look = container_of(w, struct look, work);

	loans_sweep(s, w->events);
	loans_apply(s, w->policies, w->adapters, w->events);
	look->recalled = loans_recalled(s);
	return RPC_OK;
}

static bool has_text(json *list, const char *text)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (!strcmp(json_str(json_at(list, i), ""), text))
			return true;
	return false;
}

/* What fails is tried again and again, and told once. Whether anything was told. */
static bool tell_look(struct guests *g, json *events)
{
	json *failures = json_array();
	bool told = false;

	for (size_t i = 0; i < json_len(events); i++) {
		json *event = json_at(events, i);
		const char *message = json_str(json_get(event, "message"), "");
		bool failed = !strcmp(json_str(json_get(event, "type"), ""), "guest.failed");

		if (failed)
			json_append(failures, json_string(message));
		if (!failed || !has_text(g->failures, message)) {
			tell(g, event);
			told = true;
		}
	}
	json_unref(g->failures);
	g->failures = failures;
	return told;
}

static void want_look(struct guests *g)
{
	struct timeval settle;

	if (!g->watch || event_pending(g->settled, EV_TIMEOUT, NULL))
		return;
	if (!g->settle_ms || rpc_now_ms() - g->looked_ms > 2 * SETTLE_MAX_MS)
		g->settle_ms = SETTLE_MS;
	settle = (struct timeval){
		.tv_sec = g->settle_ms / 1000, .tv_usec = g->settle_ms % 1000 * 1000,
	};
	event_add(g->settled, &settle);
}

static void look_done(struct guest_work *w)
{
	const struct timeval later = { .tv_sec = RETRY_S };
	struct look *look = container_of(w, struct look, work);
	struct guests *g = w->guests;

	g->looking = false;
	recalls_adopt(g->recalls, look->recalled);
	json_unref(look->recalled);
	if (w->job.cancelled)
		return;
	g->looked_ms = rpc_now_ms();
	/* What went wrong with XenStore itself, the watch finds out too. */
	if (tell_look(g, w->events))
		g->settle_ms = SETTLE_MS;
	else if (g->settle_ms < SETTLE_MAX_MS)
		g->settle_ms *= 2;
	if (w->e.code || json_len(g->failures))
		event_add(g->retry, &later);
	if (g->again)
		want_look(g);
	g->again = false;
}

static void on_settled(evutil_socket_t fd, short what, void *arg)
{
	struct guests *g = arg;
	struct look *look;

	if (g->looking) {
		g->again = true;
		return;
	}
	g->looking = true;
	look = xzalloc(sizeof(*look));
	look->work.run = look_run;
	look->work.done = look_done;
	guests_submit(g->d, &look->work);
}

/* ---- the watch ---- */

static void tell_state(struct guests *g, enum xenwatch_state state)
{
	static const struct occurrence lost = { .type = "xenstore.lost", .severity = "warning" };
	static const struct occurrence back = { .type = "xenstore.back", .severity = "info" };

	if (state == XENWATCH_DOWN && g->told != XENWATCH_DOWN)
		events_tell(g->d->events, &lost, NULL, "XenStore cannot be reached: until it is "
			    "back, no adapter is lent to guests, nor taken back");
	if (state == XENWATCH_UP && g->told == XENWATCH_DOWN)
		events_tell(g->d->events, &back, NULL, "XenStore is back");
	g->told = state;
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct guests *g = arg;
	enum xenwatch_state state = xenwatch_state(g->watch);

	tell_state(g, state);
	if (state != XENWATCH_UP)
		return;
	recalls_check(g->recalls);
	want_look(g);
}

static void start_watch(struct guests *g)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	if (!xenstore_expected(&e))
		return;
	g->watch = xenwatch_new(BACKENDS);
	g->watch_event = event_new(g->d->base, xenwatch_fd(g->watch), EV_READ | EV_PERSIST,
				   on_watch, g);
	if (!g->watch_event || event_add(g->watch_event, NULL) < 0)
		xalloc_failed();
}

/* ---- policies ---- */

static json *all_problems(const struct guest_policies *p)
{
	json *list = json_array();

	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->list[i].problems.n; k++)
			json_append(list, json_string(p->list[i].problems.list[k]));
	return list;
}

void guests_load_policies(struct daemon *d)
{
	static const struct occurrence o = { .type = "profile.error", .severity = "error" };
	_free_cleanup_ char *dir = xasprintf("%s/guests.d", d->options.config_dir);
	struct guests *g = d->guests;
	_json_cleanup_ json *old = all_problems(g->policies), *new = NULL;

	guest_policies_release(g->policies);
	g->policies = guest_policies_load(dir);
	new = all_problems(g->policies);
	for (size_t i = 0; i < json_len(new); i++)
		if (!has_text(old, json_str(json_at(new, i), "")))
			events_tell(d->events, &o, NULL, "%s", json_str(json_at(new, i), ""));
	want_look(g);
}

json *guests_policies_json(const struct guests *g)
{
	json *list = json_array();

	for (size_t i = 0; i < g->policies->n; i++) {
		const struct guest_policy *p = &g->policies->list[i];
		json *v = json_object(), *problems = json_array();

		for (size_t k = 0; k < p->problems.n; k++)
			json_append(problems, json_string(p->problems.list[k]));
		json_set_str(v, "file", p->path);
		json_set(v, "problems", problems);
		json_append(list, v);
	}
	return list;
}

void guests_adapters_changed(struct daemon *d)
{
	/* Policies that name none wait for one. */
	if (d->guests && d->guests->policies->n)
		want_look(d->guests);
}

/* ---- life ---- */

struct guests *guests_new(struct daemon *d)
{
	struct guests *g = xzalloc(sizeof(*g));

	g->d = d;
	g->queue = job_queue_new(d->workers);
	g->policies = guest_policies_load("");
	g->recalls = recalls_new(d);
	g->settled = evtimer_new(d->base, on_settled, g);
	g->retry = evtimer_new(d->base, on_settled, g);
	if (!g->settled || !g->retry)
		xalloc_failed();
	start_watch(g);
	return g;
}

struct stop {
	struct job job;
	struct xenwatch *watch;
};

static void stop_run(struct job *job)
{
	xenwatch_stop(container_of(job, struct stop, job)->watch);
}

static void stop_done(struct job *job)
{
	free(container_of(job, struct stop, job));
}

void guests_stop(struct guests *g)
{
	struct job_queue *q = job_queue_new(g->d->workers);
	struct stop *stop;

	g->queue = NULL;
	event_del(g->settled);
	event_del(g->retry);
	if (!g->watch)
		return;
	event_del(g->watch_event);
	stop = xzalloc(sizeof(*stop));
	stop->job = (struct job){ .run = stop_run, .done = stop_done };
	stop->watch = g->watch;
	job_submit(q, &stop->job);
}

void guests_free(struct guests *g)
{
	recalls_free(g->recalls);
	if (g->watch) {
		event_free(g->watch_event);
		xenwatch_free(g->watch);
	}
	event_free(g->settled);
	event_free(g->retry);
	guest_policies_release(g->policies);
	json_unref(g->failures);
	free(g);
}
