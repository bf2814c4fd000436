// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/wanted.h"

#include <errno.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/command.h"
#include "mgmtd/configkey.h"
#include "mgmtd/events.h"
#include "mgmtd/log.h"

/* An adapter that is mended so often in such a time is left alone: something fights us. */
#define MENDS_MAX	3
#define MENDS_MS	(10 * 60 * 1000)

/* ---- what differs ---- */

static void clear_gaps(struct wanted *w)
{
	for (size_t i = 0; i < w->n_gaps; i++)
		free(w->gaps[i].problem);
	free(w->gaps);
	w->gaps = NULL;
	w->n_gaps = 0;
}

static bool find_gap(const struct adapter *a, const struct wish *wish, struct gap *gap)
{
	*gap = (struct gap){ .wish = wish, .key = config_find(&a->config, wish->key) };
	if (!gap->key) {
		gap->problem = xasprintf("%s: the adapter's firmware has no such key", wish->key);
		return true;
	}
	gap->problem = config_parse(gap->key, wish->value, &gap->value);
	return gap->problem || !config_is(gap->key, &gap->value);
}

static void compare(struct adapter *a)
{
	struct wanted *w = &a->wanted;
	struct gap gap;

	clear_gaps(w);
	/* In a guest, dom0 says what may be changed: nothing else is asked for. */
	if (!a->config_known || !adapter_allows(a, MYDEV_CLASS_CONFIG))
		return;
	for (size_t i = 0; i < w->wishes.n; i++) {
		if (!find_gap(a, &w->wishes.list[i], &gap))
			continue;
		w->gaps = xrealloc(w->gaps, w->n_gaps + 1, sizeof(*w->gaps));
		w->gaps[w->n_gaps++] = gap;
	}
}

bool wanted_is_temporary(const struct wanted *w, const char *key)
{
	for (size_t i = 0; i < json_len(w->temporary); i++)
		if (!strcmp(json_str(json_at(w->temporary, i), ""), key))
			return true;
	return false;
}

/* Gaps that can be closed. */
static size_t closable(const struct wanted *w, bool temporary_too)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_gaps; i++)
		n += !w->gaps[i].problem &&
		     (temporary_too || !wanted_is_temporary(w, w->gaps[i].wish->key));
	return n;
}

const char *wanted_state(const struct adapter *a)
{
	const struct wanted *w = &a->wanted;

	if (!a->config_known)
		return "unknown";
	if (w->changing)
		return "applying";
	if (!w->wishes.profiles || !adapter_allows(a, MYDEV_CLASS_CONFIG))
		return "unmanaged";
	if (w->failure || (w->n_gaps && closable(w, true) < w->n_gaps))
		return "failed";
	return w->n_gaps ? "drift" : "applied";
}

/* ---- telling ---- */

static struct occurrence about(const struct adapter *a, const char *type, const char *severity)
{
	return (struct occurrence){ .type = type, .severity = severity, .adapter = a->info.name,
				    .serial = a->info.serial };
}

static char *append_words(char *s, const char *more)
{
	char *joined = s ? xasprintf("%s, %s", s, more) : xstrdup(more);

	free(s);
	return joined;
}

/* "temp.warn = 90 (wanted: 65, FILE:LINE)" */
static char *drift_words(const struct wanted *w)
{
	char *words = NULL;

	for (size_t i = 0; i < w->n_gaps; i++) {
		const struct gap *g = &w->gaps[i];
		_json_cleanup_ json *now = g->problem ? NULL : config_json_now(g->key);
		_free_cleanup_ char *one = NULL;

		if (g->problem)
			continue;
		one = xasprintf("%s = %s (wanted: %s, %s%s)", g->wish->key, json_text(now, NULL),
				g->wish->value, g->wish->source,
				wanted_is_temporary(w, g->wish->key) ? "; set temporarily" : "");
		words = append_words(words, one);
	}
	return words;
}

static char *problem_words(const struct wanted *w)
{
	char *words = NULL;

	for (size_t i = 0; i < w->n_gaps; i++) {
		const struct gap *g = &w->gaps[i];
		_free_cleanup_ char *one = NULL;

		if (!g->problem)
			continue;
		one = xasprintf("%s: %s", g->wish->source, g->problem);
		words = append_words(words, one);
	}
	return words;
}

/* Whether `now` is news; it becomes what was told. */
static bool is_news(char **told, char *now)
{
	bool news = now && (!*told || strcmp(*told, now));

	free(*told);
	*told = now;
	return news;
}

static json *gaps_data(const struct wanted *w)
{
	json *data = json_object(), *keys = json_array();

	for (size_t i = 0; i < w->n_gaps; i++) {
		const struct gap *g = &w->gaps[i];
		json *v = json_object();

		json_set_str(v, "key", g->wish->key);
		json_set(v, "value", g->key ? config_json_now(g->key) : NULL);
		json_set_str(v, "wanted", g->wish->value);
		json_set_str(v, "source", g->wish->source);
		json_set_bool(v, "temporary", wanted_is_temporary(w, g->wish->key));
		json_append(keys, v);
	}
	json_set(data, "keys", keys);
	return data;
}

static void tell_problems(struct daemon *d, struct adapter *a)
{
	struct occurrence o = about(a, "profile.error", "warning");

	if (is_news(&a->wanted.problems_told, problem_words(&a->wanted)))
		events_tell(d->events, &o, gaps_data(&a->wanted), "%s", a->wanted.problems_told);
}

static void tell_drift(struct daemon *d, struct adapter *a)
{
	struct occurrence o = about(a, "config.drift", "warning");

	if (is_news(&a->wanted.drift_told, drift_words(&a->wanted)))
		events_tell(d->events, &o, gaps_data(&a->wanted), "%s", a->wanted.drift_told);
}

/* ---- closing the gaps ---- */

struct apply {
	struct command command;
	struct mdnl_value *values;
	size_t n;
	json *changed;		/* names of their keys */
	json *data;		/* of the event: keys, with the values that they had */
	char *words;
	void (*fn)(json *changed, const struct rpc_error *e, void *arg);
	void *arg;
};

static int apply_run(struct command *c, struct mdnl *n)
{
	struct apply *ap = container_of(c, struct apply, command);

	return mdnl_config_set(n, c->index, ap->values, ap->n, &c->error);
}

static void apply_free(struct apply *ap)
{
	free(ap->values);
	free(ap->words);
	json_unref(ap->changed);
	json_unref(ap->data);
	free(ap);
}

static void applied(struct daemon *d, struct adapter *a, struct apply *ap)
{
	struct occurrence o = about(a, "config.applied", "info");

	free(take_ptr(a->wanted.failure));
	events_tell(d->events, &o, json_ref(ap->data), "brought to its wanted state: %s",
		    ap->words);
}

static void not_applied(struct daemon *d, struct adapter *a, const struct rpc_error *e)
{
	struct occurrence o = about(a, "config.failed", "error");
	json *data = json_object();

	free(a->wanted.failure);
	a->wanted.failure = xstrdup(e->message);
	json_set(data, "error", rpc_error_json(e));
	events_tell(d->events, &o, data, "%s", e->message);
}

/* An error when there are wishes that cannot be fulfilled. */
static void set_problems(struct rpc_error *e, const struct adapter *a)
{
	_free_cleanup_ char *problems = problem_words(&a->wanted);

	if (!problems)
		return;
	rpc_error_set(e, RPC_REFUSED, "%s cannot be as wanted: %s", a->info.name, problems);
	rpc_error_adapter(e, a->info.name);
}

static void apply_done(struct command *c)
{
	struct apply *ap = container_of(c, struct apply, command);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_free_cleanup_ char *what = xasprintf("%s was not brought to its wanted state", c->name);
	struct adapter *a = command_adapter(c);
	int code = command_failure(c, &e, what);

	if (a) {
		if (code)
			not_applied(c->daemon, a, &e);
		else
			applied(c->daemon, a, ap);
		wanted_end_change(c->daemon, a);
	}
	if (a && !code)
		set_problems(&e, a);
	if (ap->fn)
		ap->fn(code ? NULL : ap->changed, &e, ap->arg);
	apply_free(ap);
}

static void apply_gap(struct apply *ap, const struct gap *g)
{
	_json_cleanup_ json *now = config_json_now(g->key);
	_free_cleanup_ char *to = config_text(g->key, &g->value);
	_free_cleanup_ char *one = xasprintf("%s %s -> %s", g->wish->key, json_text(now, NULL), to);

	ap->values = xrealloc(ap->values, ap->n + 1, sizeof(*ap->values));
	ap->values[ap->n++] = g->value;
	ap->words = append_words(ap->words, one);
	json_append(ap->changed, json_string(g->wish->key));
}

/* One command for all gaps: the adapter takes all of them or none. */
static void apply(struct daemon *d, struct adapter *a, bool temporary_too,
		  void (*fn)(json *changed, const struct rpc_error *e, void *arg), void *arg)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	struct apply *ap = xzalloc(sizeof(*ap));
	struct wanted *w = &a->wanted;

	ap->command.run = apply_run;
	ap->command.done = apply_done;
	ap->command.job.bulk = true;	/* a thousand may be plugged in together */
	ap->fn = fn;
	ap->arg = arg;
	ap->changed = json_array();
	ap->data = gaps_data(w);
	for (size_t i = 0; i < w->n_gaps; i++)
		if (!w->gaps[i].problem &&
		    (temporary_too || !wanted_is_temporary(w, w->gaps[i].wish->key)))
			apply_gap(ap, &w->gaps[i]);
	w->brought = true;
	if (command_submit(d, a, &ap->command)) {
		wanted_begin_change(a);
		return;
	}
	rpc_error_set(&e, RPC_BUSY, "%s: too many commands wait for it already", a->info.name);
	not_applied(d, a, &e);
	if (fn)
		fn(NULL, &e, arg);
	apply_free(ap);
}

void wanted_apply(struct daemon *d, struct adapter *a,
		  void (*fn)(json *changed, const struct rpc_error *e, void *arg), void *arg)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	if (!a->config_known) {
		rpc_error_set(&e, RPC_FAILED, "%s has not told its configuration", a->info.name);
		rpc_error_adapter(&e, a->info.name);
		fn(NULL, &e, arg);
		return;
	}
	json_unref(take_ptr(a->wanted.temporary));
	a->wanted.mended = 0;
	if (closable(&a->wanted, true)) {
		apply(d, a, true, fn, arg);
		return;
	}
	free(take_ptr(a->wanted.failure));
	set_problems(&e, a);
	fn(NULL, &e, arg);
}

/* ---- when to close them ---- */

static bool may_mend(struct daemon *d, struct adapter *a)
{
	struct wanted *w = &a->wanted;
	int64_t now = boottime_ms();

	if (!d->settings.mend_drift || w->failure || !closable(w, false))
		return false;
	if (now - w->mended_ms > MENDS_MS)
		w->mended = 0;
	if (!w->mended)
		w->mended_ms = now;
	if (w->mended == MENDS_MAX)
		log_warning("%s leaves its wanted state again and again: it is not mended any more",
			    a->info.name);
	return w->mended++ < MENDS_MAX;
}

static void consider(struct daemon *d, struct adapter *a)
{
	struct wanted *w = &a->wanted;
	bool able = w->announced && a->info.state == MYDEV_STATE_READY;

	if (!a->config_known || w->changing)
		return;
	tell_problems(d, a);
	if (able && !w->brought && d->settings.auto_configure && closable(w, true)) {
		json_unref(take_ptr(w->temporary));
		apply(d, a, true, NULL, NULL);
		return;
	}
	if (able)
		w->brought = true;
	if (!w->brought)
		return;
	tell_drift(d, a);
	if (able && may_mend(d, a))
		apply(d, a, false, NULL, NULL);
}

static void update_wishes(struct daemon *d, struct adapter *a)
{
	struct traits traits = adapter_traits(a);

	clear_gaps(&a->wanted);
	wishes_clear(&a->wanted.wishes);
	profiles_wishes(&d->profiles, &traits, &a->wanted.wishes);
	memcpy(a->wanted.serial, a->info.serial, sizeof(a->wanted.serial));
}

void wanted_update(struct daemon *d, struct adapter *a)
{
	/* One that was mute is matched anew once it has told who it is. */
	if (!a->wanted.wishes.profiles || strcmp(a->wanted.serial, a->info.serial))
		update_wishes(d, a);
	compare(a);
	consider(d, a);
}

void wanted_begin_change(struct adapter *a)
{
	a->wanted.changing++;
}

void wanted_end_change(struct daemon *d, struct adapter *a)
{
	a->wanted.changing--;
	wanted_update(d, a);
}

void wanted_new_keys(struct daemon *d, struct adapter *a)
{
	a->wanted.brought = false;
	free(take_ptr(a->wanted.failure));
}

void wanted_retry(struct daemon *d, struct adapter *a)
{
	if (!a->wanted.failure)
		return;
	a->wanted.brought = false;
	free(take_ptr(a->wanted.failure));
}

void wanted_announced(struct daemon *d, struct adapter *a)
{
	a->wanted.announced = true;
	consider(d, a);
}

void wanted_profile_changed(struct daemon *d, struct adapter *a)
{
	update_wishes(d, a);
	free(take_ptr(a->wanted.failure));
	compare(a);
	consider(d, a);
}

void wanted_profiles_changed(struct daemon *d)
{
	for (size_t i = 0; i < d->adapters.n; i++)
		wanted_profile_changed(d, d->adapters.list[i]);
}

void wanted_set_temporary(struct adapter *a, json *keys, bool temporary)
{
	struct wanted *w = &a->wanted;
	json *left = json_array();

	/* Those that are not named stay as they were. */
	for (size_t i = 0; keys && i < json_len(w->temporary); i++) {
		const char *key = json_str(json_at(w->temporary, i), "");
		bool named = false;

		for (size_t k = 0; k < json_len(keys); k++)
			named |= !strcmp(json_str(json_at(keys, k), ""), key);
		if (!named)
			json_append(left, json_string(key));
	}
	for (size_t k = 0; temporary && k < json_len(keys); k++)
		json_append(left, json_string(json_str(json_at(keys, k), "")));
	for (size_t k = 0; temporary && !keys && k < a->config.n; k++)
		json_append(left, json_string(a->config.keys[k].name));
	json_unref(w->temporary);
	w->temporary = left;
}

void wanted_clear(struct wanted *w)
{
	clear_gaps(w);
	wishes_clear(&w->wishes);
	free(w->failure);
	free(w->drift_told);
	free(w->problems_told);
	json_unref(w->temporary);
}

/* ---- profiles ---- */

void wanted_problems(const struct adapter *a, const struct profile *profile, json *problems)
{
	for (size_t i = 0; i < a->wanted.n_gaps; i++) {
		const struct gap *g = &a->wanted.gaps[i];
		_free_cleanup_ char *text = NULL;

		if (!g->problem || !wish_is_from(g->wish, profile->path))
			continue;
		text = xasprintf("%s: %s: %s", g->wish->source, a->info.name, g->problem);
		json_append(problems, json_string(text));
	}
}

static bool had_problem(json *old, const char *text)
{
	for (size_t i = 0; i < json_len(old); i++)
		if (!strcmp(json_str(json_at(old, i), ""), text))
			return true;
	return false;
}

static json *all_problems(const struct profiles *p)
{
	json *list = json_array();

	for (size_t i = 0; i < p->all.n; i++)
		for (size_t k = 0; k < p->all.list[i]->problems.n; k++)
			json_append(list, json_string(p->all.list[i]->problems.list[k]));
	return list;
}

void wanted_load_profiles(struct daemon *d)
{
	static const struct occurrence o = { .type = "profile.error", .severity = "error" };
	_json_cleanup_ json *old = all_problems(&d->profiles), *new = NULL;

	if (!profiles_load(&d->profiles))
		return;
	new = all_problems(&d->profiles);
	for (size_t i = 0; i < json_len(new); i++)
		if (!had_problem(old, json_str(json_at(new, i), "")))
			events_tell(d->events, &o, NULL, "%s", json_str(json_at(new, i), ""));
	wanted_profiles_changed(d);
}
