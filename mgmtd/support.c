// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/adapter_json.h"
#include "mgmtd/adapter_log.h"
#include "mgmtd/configkey.h"
#include "mgmtd/events.h"
#include "mgmtd/filework.h"
#include "mgmtd/guests.h"
#include "mgmtd/kernel.h"
#include "mgmtd/listing.h"
#include "mgmtd/server.h"

#define EVENTS_MAX	1000
#define LOGS_MAX	64	/* adapters whose own log is read */

/*
 * One answer from many, as text, since it is long: all adapters, in turns, and the own logs of
 * some and what guests are lent, which are asked for at once.
 */
struct support {
	struct walk walk;	/* of all adapters */
	struct call *call;	/* NULL: answered */
	json *facts;		/* members of the answer that are short */
	struct list_text adapters, configs, logs;
	bool walking;
	bool late;		/* they are not waited for any more */
	size_t waiting;		/* for logs, and what guests are lent */
	struct event *deadline;
};

struct support_log {
	struct log_read read;
	struct support *support;
};

static json *configuration(const struct adapter *a)
{
	json *v = json_object(), *keys = json_object();

	for (size_t i = 0; i < a->config.n; i++)
		json_set(keys, a->config.keys[i].name, config_json_now(&a->config.keys[i]));
	json_set_str(v, "adapter", a->info.name);
	json_set(v, "keys", keys);
	return v;
}

static json *profiles(struct daemon *d)
{
	json *list = json_array();

	for (size_t i = 0; i < d->profiles.all.n; i++) {
		const struct profile *p = d->profiles.all.list[i];
		json *v = json_object(), *settings = json_object(), *problems = json_array();

		for (size_t k = 0; k < p->n_settings; k++)
			json_set_str(settings, p->settings[k].key, p->settings[k].value);
		for (size_t k = 0; k < p->problems.n; k++)
			json_append(problems, json_string(p->problems.list[k]));
		json_set_str(v, "file", p->path);
		json_set(v, "config", settings);
		json_set(v, "problems", problems);
		json_append(list, v);
	}
	return list;
}

static bool add_event(uint64_t seq, const char *line, size_t len, void *arg)
{
	list_add(arg, line, len - 1);
	return true;
}

static void newest_events(struct daemon *d, struct list_text *list)
{
	const struct store *store = events_store(d->events);
	uint64_t last = store_last(store);

	store_each(store, last > EVENTS_MAX ? last - EVENTS_MAX : 0, add_event, list);
}

static json *statistics(struct daemon *d)
{
	struct rusage usage = { 0 };
	json *v = json_object();

	getrusage(RUSAGE_SELF, &usage);
	json_set_int(v, "adapters", d->adapters.n);
	json_set_int(v, "connections", server_connections(d->dispatch->server));
	json_set_int(v, "events_first", store_first(events_store(d->events)));
	json_set_int(v, "events_last", events_last(d->events));
	json_set_int(v, "cpu_ms", (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
		     (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
	json_set_int(v, "rss_max_kb", usage.ru_maxrss);
	json_set_bool(v, "auto_configure", d->settings.auto_configure);
	json_set_bool(v, "mend_drift", d->settings.mend_drift);
	json_set_int(v, "events_kept", d->settings.events_kept);
	return v;
}

/* Moves a list behind the members that are there. */
static void add_list(struct evbuffer *text, const char *name, struct list_text *list)
{
	if (evbuffer_add_printf(text, ",\"%s\":[", name) < 0 ||
	    evbuffer_add_buffer(text, list->text) < 0 || evbuffer_add(text, "]", 1) < 0)
		xalloc_failed();
}

static void answer(struct support *s)
{
	struct evbuffer *text = evbuffer_new();
	struct list_text events;
	size_t len;
	const char *facts = json_text(s->facts, &len);

	if (!text || evbuffer_add_printf(text, "{\"schema\":%d,\"support\":",
					 s->call->daemon->rpc.schema) < 0 ||
	    evbuffer_add(text, facts, len - 1) < 0)
		xalloc_failed();
	list_new(&events);
	newest_events(s->call->daemon, &events);
	add_list(text, "adapters", &s->adapters);
	add_list(text, "config", &s->configs);
	add_list(text, "events", &events);
	add_list(text, "logs", &s->logs);
	if (evbuffer_add(text, "}}", 2) < 0)
		xalloc_failed();
	call_reply_text(take_ptr(s->call), text);
	evbuffer_free(events.text);
	evbuffer_free(text);
}

static void settle(struct support *s)
{
	if (s->call && !s->walking && (!s->waiting || s->late))
		answer(s);
	if (s->call || s->waiting)
		return;
	event_free(s->deadline);
	evbuffer_free(s->adapters.text);
	evbuffer_free(s->configs.text);
	evbuffer_free(s->logs.text);
	json_unref(s->facts);
	free(s);
}

static void log_done(struct command *c)
{
	struct support_log *sl = container_of(c, struct support_log, read.command);
	struct support *s = sl->support;
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	json *v = json_object(), *entries = json_array();

	json_set_str(v, "adapter", c->name);
	if (command_failure(c, &e, "its log was not read"))
		json_set(v, "error", rpc_error_json(&e));
	for (size_t i = 0; i < sl->read.n; i++)
		json_append(entries, log_entry_json(&sl->read.entries[i]));
	json_set(v, "entries", entries);
	if (s->call)
		list_add_json(&s->logs, v);
	else
		json_unref(v);
	free(sl->read.entries);
	free(sl);
	s->waiting--;
	settle(s);
}

/* ---- guests ---- */

struct support_guests {
	struct guest_work work;
	struct support *support;
	json *guests;
};

static int guests_run(struct guest_work *w, struct xenstore *s)
{
	container_of(w, struct support_guests, work)->guests = loans_json(s, w->adapters);
	return RPC_OK;
}

static void guests_done(struct guest_work *w)
{
	struct support_guests *sg = container_of(w, struct support_guests, work);
	struct support *s = sg->support;
	json *v = w->e.code ? json_object() : json_ref(sg->guests);

	if (w->e.code)
		json_set(v, "error", rpc_error_json(&w->e));
	if (s->call)
		json_set(s->facts, "guests", v);
	else
		json_unref(v);
	json_unref(sg->guests);
	s->waiting--;
	settle(s);
}

static void ask_for_guests(struct support *s, struct daemon *d)
{
	struct support_guests *sg = xzalloc(sizeof(*sg));

	sg->work.run = guests_run;
	sg->work.done = guests_done;
	sg->support = s;
	s->waiting++;
	guests_submit(d, &sg->work);
}

/* Whoever has not answered by then is left out. */
static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct support *s = arg;

	s->late = true;
	settle(s);
}

static void ask_for_logs(struct support *s, struct daemon *d)
{
	for (size_t i = 0; i < d->adapters.n && i < LOGS_MAX; i++) {
		struct support_log *sl = xzalloc(sizeof(*sl));

		sl->support = s;
		sl->read.command.done = log_done;
		sl->read.command.job.bulk = true;
		if (log_read_submit(d, d->adapters.list[i], &sl->read))
			s->waiting++;
		else
			free(sl);
	}
}

static void add_adapter(struct walk *w, const struct adapter *a)
{
	struct support *s = container_of(w, struct support, walk);

	list_add_json(&s->adapters, adapter_json(a));
	list_add_json(&s->configs, configuration(a));
}

static void walked(struct walk *w)
{
	struct support *s = container_of(w, struct support, walk);

	s->walking = false;
	settle(s);
}

static json *facts(struct daemon *d, const struct filework *w)
{
	json *v = json_object(), *files = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_append(files, image_json(&w->images[i]));
	json_set(v, "version", daemon_version_json(d));
	json_set(v, "statistics", statistics(d));
	json_set(v, "profiles", profiles(d));
	json_set(v, "policies", guests_policies_json(d->guests));
	json_set(v, "firmware_files", files);
	return v;
}

static void collect(struct filework *w)
{
	struct support *s = xzalloc(sizeof(*s));
	struct daemon *d = w->daemon;
	struct timeval left;

	kernel_catch_up(d->kernel);
	s->call = take_ptr(w->call);
	s->facts = facts(d, w);
	list_new(&s->adapters);
	list_new(&s->configs);
	list_new(&s->logs);
	left = call_time_left(s->call);
	s->deadline = evtimer_new(d->base, on_deadline, s);
	if (!s->deadline || event_add(s->deadline, &left) < 0)
		xalloc_failed();
	s->walking = true;
	s->walk.each = add_adapter;
	s->walk.end = walked;
	ask_for_logs(s, d);
	ask_for_guests(s, d);
	walk_start(&s->walk, d, d->adapters.list, d->adapters.n);
}

void daemon_support(struct call *call)
{
	filework_list(call, collect);
}
