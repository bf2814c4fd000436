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
#include "mgmtd/kernel.h"
#include "mgmtd/server.h"

#define EVENTS_MAX	1000
#define LOGS_MAX	64	/* adapters whose own log is read */

/* One answer from many: adapters are asked for their logs, all at once. */
struct support {
	struct call *call;	/* NULL: answered */
	json *result;		/* the members of `support` */
	json *logs;
	size_t waiting;		/* logs, and one until all were asked for */
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

	for (size_t i = 0; i < d->profiles.n; i++) {
		const struct profile *p = &d->profiles.list[i];
		json *v = json_object(), *settings = json_object(), *problems = json_array();

		for (size_t k = 0; k < p->n_settings; k++)
			json_set_str(settings, p->settings[k].key, p->settings[k].value);
		for (size_t k = 0; k < p->n_problems; k++)
			json_append(problems, json_string(p->problems[k]));
		json_set_str(v, "file", p->path);
		json_set(v, "config", settings);
		json_set(v, "problems", problems);
		json_append(list, v);
	}
	return list;
}

static bool add_event(uint64_t seq, const char *line, size_t len, void *arg)
{
	const char *why;
	json *v = json_parse(line, len - 1, &why);

	if (v)
		json_append(arg, v);
	return true;
}

static json *newest_events(struct daemon *d)
{
	const struct store *store = events_store(d->events);
	uint64_t last = store_last(store);
	json *list = json_array();

	store_each(store, last > EVENTS_MAX ? last - EVENTS_MAX : 0, add_event, list);
	return list;
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

static void settle(struct support *s)
{
	json *result;

	if (s->call && !s->waiting) {
		event_del(s->deadline);
		result = json_object();
		json_set(s->result, "logs", json_ref(s->logs));
		json_set(result, "support", json_ref(s->result));
		call_reply(take_ptr(s->call), result);
	}
	if (s->waiting)
		return;
	event_free(s->deadline);
	json_unref(s->result);
	json_unref(s->logs);
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
	json_append(s->logs, v);
	free(sl->read.entries);
	free(sl);
	s->waiting--;
	settle(s);
}

/* Whoever has not answered by then is left out. */
static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct support *s = arg;
	json *result = json_object();

	json_set(s->result, "logs", json_copy(s->logs));
	json_set(result, "support", json_ref(s->result));
	call_reply(take_ptr(s->call), result);
}

static void ask_for_logs(struct support *s, struct daemon *d)
{
	for (size_t i = 0; i < d->adapters.n && i < LOGS_MAX; i++) {
		struct support_log *sl = xzalloc(sizeof(*sl));

		sl->support = s;
		sl->read.command.done = log_done;
		if (log_read_submit(d, d->adapters.list[i], &sl->read))
			s->waiting++;
		else
			free(sl);
	}
}

static void collect(struct filework *w)
{
	struct call *call = take_ptr(w->call);
	struct support *s = xzalloc(sizeof(*s));
	const struct timeval left = call_time_left(call);
	json *adapters = json_array(), *configs = json_array(), *files = json_array();
	struct daemon *d = w->daemon;

	kernel_catch_up(d->kernel);
	for (size_t i = 0; i < d->adapters.n; i++) {
		json_append(adapters, adapter_json(d->adapters.list[i]));
		json_append(configs, configuration(d->adapters.list[i]));
	}
	for (size_t i = 0; i < w->n; i++)
		json_append(files, image_json(&w->images[i]));
	s->call = call;
	s->result = json_object();
	s->logs = json_array();
	json_set(s->result, "version", daemon_version_json(d));
	json_set(s->result, "statistics", statistics(d));
	json_set(s->result, "adapters", adapters);
	json_set(s->result, "config", configs);
	json_set(s->result, "profiles", profiles(d));
	json_set(s->result, "firmware_files", files);
	json_set(s->result, "events", newest_events(d));
	s->deadline = evtimer_new(d->base, on_deadline, s);
	if (!s->deadline || event_add(s->deadline, &left) < 0)
		xalloc_failed();
	s->waiting = 1;
	ask_for_logs(s, d);
	s->waiting--;
	settle(s);
}

void daemon_support(struct call *call)
{
	filework_list(call, collect);
}
