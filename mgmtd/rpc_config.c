// SPDX-License-Identifier: GPL-2.0
/* config.*: the adapters' configuration and their wanted state. */
#include <inttypes.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/batch.h"
#include "mgmtd/configkey.h"
#include "mgmtd/failure.h"
#include "mgmtd/listing.h"
#include "mgmtd/methods.h"
#include "mgmtd/ownprofile.h"

/* ---- looking ---- */

static bool is_wanted_key(json *keys, const char *name)
{
	for (size_t i = 0; i < json_len(keys); i++)
		if (!strcmp(json_str(json_at(keys, i), ""), name))
			return true;
	return !keys;
}

/* A wish as a value of the key's type where it is one, else as it stands in the profile. */
static json *wish_json(const struct mdnl_config *key, const struct wish *wish)
{
	struct mdnl_value value;
	_free_cleanup_ char *why = NULL;

	if (!wish)
		return NULL;
	why = key ? config_parse(key, wish->value, &value) : xstrdup("");
	return why ? json_string(wish->value) : config_json(key, &value);
}

static json *choices_json(const struct mdnl_config *key)
{
	_free_cleanup_ char *copy = xstrdup(key ? key->choices : "");
	char *save, *word;
	json *list = json_array();

	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
		json_append(list, json_string(word));
	return list;
}

/* `key` is NULL for a wish that the adapter's firmware cannot fulfil. */
static json *key_json(const struct adapter *a, const char *name, const struct mdnl_config *key,
		      const struct wish *wish)
{
	bool ranged = key && (key->type == MYDEV_CONFIG_UINT || key->type == MYDEV_CONFIG_STRING);
	json *v = json_object();

	json_set_str(v, "key", name);
	json_set_str(v, "type", key ? config_type_name(key->type) : "unknown");
	json_set(v, "value", key ? config_json_now(key) : NULL);
	json_set(v, "default", key ? config_json_default(key) : NULL);
	json_set(v, "wanted", wish_json(key, wish));
	json_set_str(v, "source", wish ? wish->source : NULL);
	json_set(v, "min", ranged ? json_int(key->min) : NULL);
	json_set(v, "max", ranged ? json_int(key->max) : NULL);
	json_set_str(v, "unit", key && key->unit[0] ? key->unit : NULL);
	json_set(v, "choices", choices_json(key));
	json_set_bool(v, "temporary", wanted_is_temporary(&a->wanted, name));
	return v;
}

static json *not_told(const struct adapter *a)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	rpc_error_set(&e, RPC_FAILED, "%s has not told its configuration", a->info.name);
	rpc_error_adapter(&e, a->info.name);
	rpc_error_hint(&e, "mydevcli show tells its state");
	return rpc_error_json(&e);
}

static int no_such_key(struct rpc_error *e, const struct adapter *a, const char *key)
{
	rpc_error_set(e, RPC_NOT_FOUND, "%s has no configuration key %s", a->info.name, key);
	rpc_error_adapter(e, a->info.name);
	rpc_error_hint(e, "mydevcli config show %s lists its keys", a->info.name);
	return e->code;
}

/* The first of the asked keys that the adapter does not have, NULL: it has all. */
static const char *missing_key(const struct adapter *a, json *keys)
{
	for (size_t i = 0; i < json_len(keys); i++)
		if (!config_find(&a->config, json_str(json_at(keys, i), "")))
			return json_str(json_at(keys, i), "");
	return NULL;
}

static json *config_of(const struct adapter *a, json *params)
{
	json *asked = json_get(params, "keys");
	const char *missing = missing_key(a, asked);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	json *v = json_object(), *keys;

	json_set_str(v, "adapter", a->info.name);
	if (!a->config_known) {
		json_set(v, "error", not_told(a));
		return v;
	}
	if (missing) {
		no_such_key(&e, a, missing);
		json_set(v, "error", rpc_error_json(&e));
		return v;
	}
	keys = json_array();
	for (size_t i = 0; i < a->config.n; i++) {
		const struct mdnl_config *key = &a->config.keys[i];

		if (is_wanted_key(asked, key->name))
			json_append(keys, key_json(a, key->name, key,
						   wishes_find(&a->wanted.wishes, key->name)));
	}
	json_set(v, "keys", keys);
	return v;
}

static json *diff_of(const struct adapter *a, json *params)
{
	json *v = json_object(), *keys;

	json_set_str(v, "adapter", a->info.name);
	if (!a->config_known) {
		json_set(v, "error", not_told(a));
		return v;
	}
	keys = json_array();
	for (size_t i = 0; i < a->wanted.n_gaps; i++) {
		const struct gap *g = &a->wanted.gaps[i];

		json_append(keys, key_json(a, g->wish->key, g->key, g->wish));
	}
	json_set(v, "keys", keys);
	return v;
}

static void config_get(struct call *call)
{
	list_adapters(call, "results", config_of, NULL);
}

static void config_diff(struct call *call)
{
	list_adapters(call, "results", diff_of, NULL);
}

static json *profile_json(const struct profile *p)
{
	json *v = json_object(), *problems = json_array();

	for (size_t i = 0; i < p->problems.n; i++)
		json_append(problems, json_string(p->problems.list[i]));
	json_set_str(v, "file", p->path);
	json_set(v, "matches", json_array());
	json_set(v, "problems", problems);
	return v;
}

struct about_adapter {
	const struct adapter *adapter;
	const struct profiles *profiles;
	json *list;			/* of them */
};

static void add_match(const struct profile *p, void *arg)
{
	struct about_adapter *about = arg;
	json *v = json_at(about->list, profiles_position(about->profiles, p->path));

	json_append(json_get(v, "matches"), json_string(about->adapter->info.name));
	wanted_problems(about->adapter, p, json_get(v, "problems"));
}

static json *profiles_json(struct daemon *d)
{
	json *list = json_array();

	for (size_t i = 0; i < d->profiles.all.n; i++)
		json_append(list, profile_json(d->profiles.all.list[i]));
	for (size_t i = 0; i < d->adapters.n; i++) {
		struct about_adapter about = { d->adapters.list[i], &d->profiles, list };
		struct traits traits = adapter_traits(about.adapter);

		profiles_each_match(&d->profiles, &traits, add_match, &about);
	}
	return list;
}

static void config_profiles(struct call *call)
{
	json *result = json_object();

	json_set(result, "profiles", profiles_json(call->daemon));
	call_reply(call, result);
}

/* ---- changing ---- */

struct change {
	struct batch_command bc;
	bool reset;
	bool temporary;
	struct mdnl_value *values;	/* to set; of a reset: ids */
	uint16_t *ids;
	struct own_change *own;		/* the same for the profile */
	size_t n;			/* 0 of a reset: all keys */
	json *keys;			/* names, NULL: all */
	char *path;			/* of the adapter's own profile; NULL: temporary */
	char *not_kept;			/* why the profile was not written */
};

static int change_run(struct command *c, struct mdnl *n)
{
	struct change *ch = container_of(c, struct change, bc.command);
	int rc;

	if (ch->reset)
		rc = mdnl_config_reset(n, c->index, ch->ids, ch->n, &c->error);
	else
		rc = mdnl_config_set(n, c->index, ch->values, ch->n, &c->error);
	if (!rc && ch->path)
		ch->not_kept = own_profile_change(ch->path, c->serial, ch->own, ch->n,
						  ch->reset && !ch->n);
	return rc;
}

/* What the adapter was told for a key of the change. */
static json *changed_to(const struct change *ch, const struct mdnl_config *key)
{
	for (size_t i = 0; i < ch->n && !ch->reset; i++)
		if (ch->ids[i] == key->id)
			return config_json(key, &ch->values[i]);
	return config_json_default(key);
}

/* Wishes of other profiles that leave the change no effect on the wanted state. */
static void note_overruled(const struct change *ch, const struct adapter *a,
			   const struct wishes *wishes, json *notes)
{
	const char *own = strrchr(ch->path, '/') + 1;

	for (size_t i = 0; i < wishes->n; i++) {
		const struct wish *wish = &wishes->list[i];
		const struct mdnl_config *key = config_find(&a->config, wish->key);
		_json_cleanup_ json *is = NULL, *wanted = wish_json(key, wish);
		_free_cleanup_ char *text = NULL;

		if (!key || !is_wanted_key(ch->keys, wish->key) || wish_is_from(wish, ch->path))
			continue;
		is = changed_to(ch, key);
		if (json_equal(is, wanted))
			continue;
		text = xasprintf("%s: %s wants %s%s%s: this is drift", wish->key, wish->source,
				 wish->value, ch->reset ? "" : " and overrules ",
				 ch->reset ? "" : own);
		json_append(notes, json_string(text));
	}
}

/* Nobody takes back what no profile wants otherwise. */
static void note_unwanted(const struct change *ch, const struct wishes *wishes, json *notes)
{
	for (size_t i = 0; i < ch->n && !ch->reset; i++) {
		_free_cleanup_ char *text = NULL;

		if (wishes_find(wishes, ch->own[i].key))
			continue;
		text = xasprintf("%s: no profile wants it, so it stays until it is set again or reset",
				 ch->own[i].key);
		json_append(notes, json_string(text));
	}
}

/* What to know of a change that was done; NULL: nothing. */
static json *change_notes(const struct change *ch, const struct adapter *a)
{
	const struct daemon *d = ch->bc.command.daemon;
	struct traits traits = adapter_traits(a);
	struct wishes wishes;
	json *notes = json_array();

	profiles_wishes(&d->profiles, &traits, &wishes);
	if (ch->temporary)
		note_unwanted(ch, &wishes, notes);
	else
		note_overruled(ch, a, &wishes, notes);
	wishes_clear(&wishes);
	if (json_len(notes))
		return notes;
	json_unref(notes);
	return NULL;
}

static json *change_result(struct batch_command *bc)
{
	struct change *ch = container_of(bc, struct change, bc);
	const struct adapter *a = command_adapter(&bc->command);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	json *v, *notes;

	if (ch->path)
		profiles_load_file(&bc->command.daemon->profiles, ch->path);
	if (!ch->not_kept) {
		v = batch_outcome(bc->command.name, NULL);
		notes = a ? change_notes(ch, a) : NULL;
		if (notes)
			json_set(v, "notes", notes);
		return v;
	}
	rpc_error_set(&e, RPC_FAILED, "%s was changed, but its wanted state was not: %s",
		      bc->command.name, ch->not_kept);
	rpc_error_adapter(&e, bc->command.name);
	rpc_error_hint(&e, "it stays so until the next config apply, or until it is plugged in again");
	return batch_outcome(bc->command.name, &e);
}

/* Called for every change, whatever came of it: the cache follows. */
static void change_free(struct batch_command *bc)
{
	struct change *ch = container_of(bc, struct change, bc);
	struct daemon *d = batch_daemon(bc->batch);
	struct adapter *a = bc->command.daemon ? command_adapter(&bc->command) : NULL;

	if (a && bc->command.job.run) {
		if (!bc->command.result)
			wanted_set_temporary(a, ch->keys, ch->temporary || ch->not_kept);
		if (ch->path)
			wanted_profile_changed(d, a);
		wanted_end_change(d, a);
	}
	for (size_t i = 0; i < ch->n; i++) {
		free(ch->own[i].key);
		free(ch->own[i].value);
	}
	free(ch->own);
	free(ch->values);
	free(ch->ids);
	free(ch->path);
	free(ch->not_kept);
	json_unref(ch->keys);
}

static void add_change(struct change *ch, const struct mdnl_config *key,
		       const struct mdnl_value *value)
{
	size_t i = ch->n++;

	ch->ids = xrealloc(ch->ids, ch->n, sizeof(*ch->ids));
	ch->values = xrealloc(ch->values, ch->n, sizeof(*ch->values));
	ch->own = xrealloc(ch->own, ch->n, sizeof(*ch->own));
	ch->ids[i] = key->id;
	ch->values[i] = value ? *value : (struct mdnl_value){ 0 };
	ch->own[i] = (struct own_change){ xstrdup(key->name),
					  value ? config_text(key, value) : NULL };
	json_append(ch->keys, json_string(key->name));
}

/* What becomes of one value: NULL, or why it cannot be set. */
struct value_check {
	const struct adapter *a;
	struct change *change;
	struct rpc_error *e;
};

static int check_value(const char *name, json *v, void *arg)
{
	struct value_check *c = arg;
	const struct mdnl_config *key = config_find(&c->a->config, name);
	_free_cleanup_ char *text = NULL, *why = NULL;
	struct mdnl_value value;

	if (!key)
		return no_such_key(c->e, c->a, name);
	text = xstrdup(json_kind(v) == JSON_STRING ? json_str(v, "") : json_text(v, NULL));
	why = config_parse(key, text, &value);
	if (why) {
		rpc_error_set(c->e, RPC_REFUSED, "%s: %s", c->a->info.name, why);
		return 1;
	}
	add_change(c->change, key, &value);
	return 0;
}

static int check_reset_keys(struct change *ch, const struct adapter *a, json *keys,
			    struct rpc_error *e)
{
	const char *missing = missing_key(a, keys);

	if (missing)
		return no_such_key(e, a, missing);
	for (size_t i = 0; i < json_len(keys); i++)
		add_change(ch, config_find(&a->config, json_str(json_at(keys, i), "")), NULL);
	return 0;
}

static int prepare(struct change *ch, const struct adapter *a, struct call *call,
		   struct rpc_error *e)
{
	struct value_check check = { a, ch, e };
	json *keys = json_get(call->params, "keys");
	_free_cleanup_ char *dir = xasprintf("%s/profiles.d", call->daemon->options.config_dir);

	ch->temporary = json_true(json_get(call->params, "temporary"));
	if (!ch->reset || keys)
		ch->keys = json_array();
	if (!a->config_known)
		return rpc_error_set(e, RPC_FAILED, "%s has not told its configuration",
				     a->info.name);
	if (failure_denied(e, a, MYDEV_CLASS_CONFIG, ch->bc.not_done))
		return e->code;
	if (ch->reset && check_reset_keys(ch, a, keys, e))
		return e->code;
	if (!ch->reset && json_each(json_get(call->params, "values"), check_value, &check))
		return e->code;
	if (ch->temporary)
		return 0;
	ch->path = own_profile_path(dir, a->info.serial);
	if (ch->path)
		return 0;
	rpc_error_set(e, RPC_REFUSED, "%s has no serial number that could name its profile",
		      a->info.name);
	rpc_error_hint(e, "change the adapter alone, with --temporary");
	return e->code;
}

static void change_one(struct batch *b, size_t i, struct adapter *a, struct call *call, bool reset)
{
	struct change *ch = xzalloc(sizeof(*ch));
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	ch->reset = reset;
	ch->bc.command.run = change_run;
	ch->bc.not_done = reset ? "was not reset to its defaults" : "was not configured";
	ch->bc.result = change_result;
	ch->bc.free = change_free;
	ch->bc.batch = b;
	if (!prepare(ch, a, call, &e)) {
		wanted_begin_change(a);
		batch_command(b, i, a, &ch->bc);
		return;
	}
	rpc_error_adapter(&e, a->info.name);
	batch_failure(b, i, &e);
	free(take_ptr(ch->path));
	change_free(&ch->bc);
	free(ch);
}

static void change_config(struct call *call, bool reset)
{
	_free_cleanup_ struct adapter **list = NULL;
	struct batch *b;
	size_t n;

	if (!call_adapters(call, &list, &n))
		return;
	b = batch_new(call, list, n, &batch_outcomes, NULL);
	for (size_t i = 0; i < n; i++)
		change_one(b, i, list[i], call, reset);
	batch_go(b);
}

static void config_set(struct call *call)
{
	change_config(call, false);
}

static void config_reset(struct call *call)
{
	change_config(call, true);
}

/* ---- applying ---- */

static json *apply_result(const char *adapter, json *changed, const struct rpc_error *e)
{
	json *v = json_object();

	json_set_str(v, "adapter", adapter);
	json_set(v, "changed", changed ? json_ref(changed) : json_array());
	if (e->code)
		json_set(v, "error", rpc_error_json(e));
	return v;
}

static json *apply_failure(const char *adapter, const struct rpc_error *e)
{
	return apply_result(adapter, NULL, e);
}

static json *apply_rest(struct batch *b)
{
	json *v = json_object();

	json_set(v, "profiles", profiles_json(batch_daemon(b)));
	return v;
}

struct applying {
	struct batch *batch;
	size_t i;
	char name[MYDEV_NAME_MAX];
};

static void on_applied(json *changed, const struct rpc_error *e, void *arg)
{
	struct applying *ap = arg;

	batch_result(ap->batch, ap->i, apply_result(ap->name, changed, e));
	batch_unhold(ap->batch);
	free(ap);
}

static void config_apply(struct call *call)
{
	static const struct batch_ops ops = { .failure = apply_failure, .rest = apply_rest };
	_free_cleanup_ struct adapter **list = NULL;
	struct applying *ap;
	struct batch *b;
	size_t n;

	wanted_load_profiles(call->daemon);
	if (!call_adapters(call, &list, &n))
		return;
	b = batch_new(call, list, n, &ops, NULL);
	for (size_t i = 0; i < n; i++) {
		ap = xzalloc(sizeof(*ap));
		ap->batch = b;
		ap->i = i;
		memcpy(ap->name, list[i]->info.name, sizeof(ap->name));
		batch_hold(b);
		wanted_apply(call->daemon, list[i], on_applied, ap);
	}
	batch_go(b);
}

const struct method rpc_config_methods[] = {
	{ "config.get", config_get },
	{ "config.set", config_set },
	{ "config.reset", config_reset },
	{ "config.diff", config_diff },
	{ "config.apply", config_apply },
	{ "config.profiles", config_profiles },
	{ NULL }
};
