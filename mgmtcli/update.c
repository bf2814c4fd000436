// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/update.h"

#include <errno.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/command.h"
#include "mgmtcli/follow.h"
#include "mgmtcli/outcome.h"
#include "mgmtcli/progress.h"
#include "mgmtcli/text.h"

/* When nothing was heard for this long, mydevd is asked: an end must not be missed. */
#define ASK_MS		5000
/* An update that makes no progress for this long is not waited for any more. */
#define PATIENCE_MS	600000

struct target {
	const char *adapter;
	json *result;		/* its FlashResult */
	bool open;		/* started and not ended */
	bool seen;		/* in the list that was asked for */
};

struct update {
	struct cli *cli;
	struct follow follow;
	struct progress *progress;
	json *result;		/* of the call; NULL before its answer */
	json *early;		/* events and progress that came before it */
	struct target *targets;	/* by name */
	size_t n_targets;
	unsigned int open;	/* targets that are */
	bool must_ask;		/* for ends that may have been missed */
	struct tally tally;
	int64_t heard_at, moved_at;	/* rpc_now_ms() */
	int64_t position;	/* changes when an update moves on */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct target *)a)->adapter, ((const struct target *)b)->adapter);
}

/* The target of that name whose update goes on; NULL: there is none. */
static struct target *find_open(struct update *u, const char *adapter)
{
	struct target key = { .adapter = adapter }, *t;

	t = u->n_targets ? bsearch(&key, u->targets, u->n_targets, sizeof(key), by_name) : NULL;
	return t && t->open ? t : NULL;
}

/* Ends the update of `t` with an error, or without one. */
static void end_update(struct update *u, struct target *t, json *flash, const struct rpc_error *e)
{
	json *error = e ? rpc_error_json(e) : NULL;

	t->open = false;
	u->open--;
	progress_end(u->progress, t->adapter);
	json_set(t->result, "flash", json_ref(flash));
	if (error)
		json_set(t->result, "error", error);
	tally_add(&u->tally, error ? outcome_error(u->cli, t->adapter, error) : RPC_OK);
}

static void flash_ended(struct update *u, struct target *t, json *flash)
{
	_free_cleanup_ char *outcome = progress_outcome(flash);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	if (!progress_failed(flash, &e)) {
		end_update(u, t, flash, NULL);
		cli_say(u->cli, "%s: %s", t->adapter, outcome);
		if (json_true(json_get(flash, "pending")))
			cli_say(u->cli, "  activate it with: mydevcli firmware activate %s", t->adapter);
		return;
	}
	free(e.message);
	e.message = xstrdup(outcome);
	end_update(u, t, flash, &e);
}

static void end_unseen(struct update *u, struct target *t, int code, const char *what)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	rpc_error_set(&e, code, "%s", what);
	rpc_error_hint(&e, "see what happened with: mydevcli events");
	end_update(u, t, NULL, &e);
}

/* Whether that is the update which we started; an adapter counts its updates. */
static bool same_update(const struct target *t, json *flash)
{
	return json_equal(json_get(t->result, "flash_id"), json_get(flash, "id"));
}

static void take_event(struct update *u, json *event)
{
	const char *type = json_str(json_get(event, "type"), "");
	const char *adapter = json_str(json_get(event, "adapter"), "");
	json *flash = json_get(event, "data");
	struct target *t = find_open(u, adapter);

	if (!t)
		return;
	if (!strcmp(type, "adapter.removed"))
		end_unseen(u, t, RPC_NOT_FOUND, "was removed during the update");
	else if (!strcmp(type, "flash.ended") && same_update(t, flash))
		flash_ended(u, t, flash);
}

static void on_event(json *event, void *arg)
{
	struct update *u = arg;

	u->heard_at = rpc_now_ms();
	if (u->result)
		take_event(u, event);
	else
		json_append(u->early, json_ref(event));
}

static void take_progress(struct update *u, const char *adapter, json *flash)
{
	int64_t position = json_num(json_get(flash, "percent"), 0);
	struct target *t = find_open(u, adapter);

	if (position != u->position)
		u->moved_at = u->heard_at;
	u->position = position;
	if (t && same_update(t, flash))
		progress_show(u->progress, adapter, flash);
}

static void on_progress(const char *adapter, json *flash, void *arg)
{
	struct update *u = arg;
	json *v;

	u->heard_at = rpc_now_ms();
	if (u->result) {
		take_progress(u, adapter, flash);
		return;
	}
	v = json_object();
	json_set_str(v, "adapter", adapter);
	json_set(v, "flash", json_ref(flash));
	json_append(u->early, v);
}

/* Catches up with what came while it was not known yet what was started. */
static void take_early(struct update *u)
{
	for (size_t i = 0; i < json_len(u->early); i++) {
		json *v = json_at(u->early, i);

		if (json_has(v, "flash"))
			take_progress(u, json_str(json_get(v, "adapter"), ""), json_get(v, "flash"));
		else
			take_event(u, v);
	}
}

static void on_connection(bool lost, void *arg)
{
	struct update *u = arg;

	progress_hide(u->progress);
	u->must_ask = !lost;
}

/* An end that was missed shows in what mydevd knows of the adapter. */
static void take_state(struct update *u, struct target *t, json *adapter)
{
	json *flash = json_get(adapter, "flash");

	t->seen = true;
	if (!same_update(t, flash))
		end_unseen(u, t, RPC_FAILED, "the update is over; what became of it is not known");
	else if (!strcmp(json_str(json_get(flash, "stage"), ""), "done"))
		flash_ended(u, t, flash);
}

/* Looks for ends that were missed: mydevd was restarted, or an event is not kept any more. */
static void ask(struct update *u)
{
	_json_cleanup_ json *list = cli_call(u->cli, "adapter.list", NULL, -1);
	json *adapters = json_get(list, "adapters");

	u->heard_at = rpc_now_ms();
	u->must_ask = false;
	for (size_t i = 0; i < u->n_targets; i++)
		u->targets[i].seen = false;
	for (size_t i = 0; i < json_len(adapters); i++) {
		json *a = json_at(adapters, i);
		struct target *t = find_open(u, json_str(json_get(a, "name"), ""));

		if (t)
			take_state(u, t, a);
	}
	for (size_t i = 0; list && i < u->n_targets; i++)
		if (u->targets[i].open && !u->targets[i].seen)
			end_unseen(u, &u->targets[i], RPC_NOT_FOUND, "was removed during the update");
}

/* "mydev0: skipped: is an MD-2000", without the name twice when the reason begins with it. */
static void tell_reason(struct update *u, json *r, const char *what)
{
	const char *adapter = json_str(json_get(r, "adapter"), "-");
	const char *reason = json_str(json_get(r, "reason"), "no reason given");

	if (strncmp(reason, adapter, strlen(adapter)))
		cli_say(u->cli, "%s: %s: %s", adapter, what, reason);
	else
		cli_say(u->cli, "%s: %s", what, reason);
}

static void tell_started(struct update *u, json *r)
{
	const char *adapter = json_str(json_get(r, "adapter"), "-");
	const char *from = json_str(json_get(r, "from"), "-"), *to = json_str(json_get(r, "to"), "-");

	/* Without an id nothing goes on: a rollback that only marks an image. */
	if (!json_get(r, "flash_id")) {
		cli_say(u->cli, "%s: %s is pending, %s runs until it is activated", adapter, to, from);
		tally_add(&u->tally, RPC_OK);
		return;
	}
	u->targets[u->n_targets++] = (struct target){ .adapter = adapter, .result = r, .open = true };
	cli_say(u->cli, "%s: %s -> %s", adapter, from, to);
}

/* What is said of an adapter at once. */
static void tell_result(struct update *u, json *r)
{
	const char *adapter = json_str(json_get(r, "adapter"), "-");
	const char *action = json_str(json_get(r, "action"), "");

	if (!strcmp(action, "refused")) {
		tally_add(&u->tally, outcome_error(u->cli, adapter, json_get(r, "error")));
	} else if (!strcmp(action, "started")) {
		tell_started(u, r);
	} else if (!strcmp(action, "skipped")) {
		tell_reason(u, r, "skipped");
	} else if (!strcmp(action, "would-start")) {
		cli_say(u->cli, "%s: would go from %s to %s", adapter,
			json_str(json_get(r, "from"), "-"), json_str(json_get(r, "to"), "-"));
		tally_add(&u->tally, RPC_OK);
	} else {
		tell_reason(u, r, "nothing to do");
		tally_add(&u->tally, RPC_OK);
	}
}

static void tell_start(struct update *u)
{
	json *results = json_get(u->result, "results"), *image = json_get(u->result, "image");

	if (image)
		cli_say(u->cli, "%s: %s %s", json_str(json_get(image, "file"), "-"),
			json_str(json_get(image, "model"), "-"), json_str(json_get(image, "version"), "-"));
	u->targets = xrealloc(NULL, json_len(results), sizeof(*u->targets));
	for (size_t i = 0; i < json_len(results); i++)
		tell_result(u, json_at(results, i));
	u->open = u->n_targets;
	qsort(u->targets, u->n_targets, sizeof(*u->targets), by_name);
	if (u->cli->json && u->open) {
		_json_cleanup_ json *v = json_copy(u->result);

		json_set_str(v, "type", "start");
		cli_json_line(u->cli, v);
	}
}

/* The names of adapters whose updates go on. */
static json *open_names(struct update *u)
{
	json *names = json_array();

	for (size_t i = 0; i < u->n_targets; i++)
		if (u->targets[i].open)
			json_append(names, json_string(u->targets[i].adapter));
	return names;
}

/* Ctrl-C: the updates belong to the kernel, and go on. */
static int detach(struct update *u)
{
	json *names = open_names(u);
	_free_cleanup_ char *list = text_join(names, " ");
	_json_cleanup_ json *v = json_object();

	json_set_str(v, "type", "detached");
	json_set(v, "adapters", names);
	json_set_int(v, "event_seq", u->follow.since);
	if (u->cli->json)
		cli_json_line(u->cli, v);
	progress_hide(u->progress);
	cli_note(u->cli, "detached; the update goes on without us: %s", list);
	cli_note(u->cli, "  follow it with: mydevcli events --follow --progress");
	cli_note(u->cli, "  cancel it with: mydevcli firmware cancel %s", list);
	u->cli->error_told = true;
	return EXIT_INTERRUPTED;
}

static int stalled(struct update *u)
{
	_json_cleanup_ json *names = open_names(u);
	_free_cleanup_ char *list = text_join(names, " ");

	progress_hide(u->progress);
	rpc_error_set(&u->cli->error, RPC_TIMED_OUT, "no progress for %d minutes: %s",
		      PATIENCE_MS / 60000, list);
	rpc_error_hint(&u->cli->error, "it was not cancelled; see: mydevcli show %s", list);
	return RPC_TIMED_OUT;
}

/* mydevd stays away: how to start it does not tell what becomes of the update. */
static int out_of_touch(struct update *u)
{
	struct rpc_error *e = &u->cli->error;

	if (e->code == RPC_UNREACHABLE || e->code == RPC_TIMED_OUT)
		rpc_error_hint(e, "what was started goes on without mydevd; when it is back, see what "
			       "became of it with: mydevcli show, mydevcli events");
	return e->code;
}

/* Until all have ended: 0, or an exit code. */
static int follow_to_end(struct update *u)
{
	int ret;

	while (u->open) {
		ret = follow_wait(&u->follow, 1000);
		if (ret == -EINTR)
			return detach(u);
		if (ret > 0)
			return out_of_touch(u);
		if (u->must_ask || rpc_now_ms() - u->heard_at >= ASK_MS)
			ask(u);
		if (rpc_now_ms() - u->moved_at >= PATIENCE_MS)
			return stalled(u);
		progress_tick(u->progress);
	}
	return 0;
}

static int finish(struct update *u)
{
	int ret = outcome_sum(u->cli, &u->tally, u->result);

	json_set_str(u->result, "type", "end");
	if (u->cli->json)
		cli_json_line(u->cli, u->result);
	return ret;
}

static int run(struct update *u, const char *method, json *params, int fd)
{
	json *result;
	int ret;

	u->early = json_array();
	/* First, so that nothing of what is started is missed. */
	ret = follow_start(&u->follow);
	if (ret) {
		json_unref(params);
		return ret;
	}
	result = cli_call(u->cli, method, params, fd);
	if (!result)
		return u->cli->error.code;
	u->result = result;
	u->heard_at = u->moved_at = rpc_now_ms();
	tell_start(u);
	take_early(u);
	ret = follow_to_end(u);
	return ret ? ret : finish(u);
}

int update_run(struct cli *cli, const char *method, json *params, int fd)
{
	struct update u = {
		.cli = cli, .progress = progress_new(cli),
		.follow = {
			.cli = cli, .progress = true, .since = -1,
			.on_event = on_event, .on_progress = on_progress,
			.on_connection = on_connection, .arg = &u,
		},
	};
	int ret = run(&u, method, params, fd);

	follow_stop(&u.follow);
	progress_free(u.progress);
	free(u.targets);
	json_unref(u.result);
	json_unref(u.early);
	return ret;
}
