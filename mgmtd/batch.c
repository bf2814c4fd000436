// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/batch.h"

#include <errno.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/kernel.h"
#include "mgmtd/select.h"

struct item {
	char name[MYDEV_NAME_MAX];
	json *result;			/* NULL: not there yet */
	struct batch_command *command;	/* NULL: none, or it has ended */
};

struct batch {
	struct daemon *daemon;
	struct call *call;		/* NULL: answered */
	const struct batch_ops *ops;
	void *arg;
	struct event *deadline;
	size_t n;
	size_t missing;			/* results, and one until batch_go() */
	size_t commands;		/* that have not ended, and holds */
	struct item items[];
};

/* ---- selecting ---- */

static void not_found(struct call *call, const char *pattern)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	rpc_error_set(&e, RPC_NOT_FOUND, "there is no adapter %s", pattern);
	if (!kernel_version(call->daemon->kernel))
		rpc_error_hint(&e, "mydev.ko is not loaded: modprobe mydev_pci, or mydev_sim");
	else
		rpc_error_hint(&e, "mydevcli show lists the adapters that are there");
	call_fail(call, &e);
}

/* Marks those that match; false: none does. */
static bool mark(const struct adapters *all, const char *pattern, bool *marks)
{
	bool any = false;

	for (size_t i = 0; i < all->n; i++) {
		const struct mdnl_adapter *a = &all->list[i]->info;

		if (!names_match(pattern, a->name, a->serial, a->address))
			continue;
		marks[i] = true;
		any = true;
	}
	return any;
}

static bool mark_all(struct call *call, json *patterns, bool *marks)
{
	const char *costly = names_too_costly(patterns);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	if (costly) {
		rpc_error_set(&e, RPC_INVALID_PARAMS, "adapters: %s", costly);
		call_fail(call, &e);
		return false;
	}
	for (size_t i = 0; i < json_len(patterns); i++) {
		const char *pattern = json_str(json_at(patterns, i), "");

		if (!mark(&call->daemon->adapters, pattern, marks)) {
			not_found(call, pattern);
			return false;
		}
	}
	return true;
}

bool call_adapters(struct call *call, struct adapter ***list, size_t *n)
{
	json *patterns = json_get(call->params, "adapters");
	struct adapters *all = &call->daemon->adapters;
	_free_cleanup_ bool *marks = NULL;

	kernel_catch_up(call->daemon->kernel);
	marks = xzalloc(all->n * sizeof(*marks));
	if (!patterns)
		memset(marks, true, all->n * sizeof(*marks));
	else if (!mark_all(call, patterns, marks))
		return false;
	*n = 0;
	*list = xzalloc(all->n * sizeof(**list));
	for (size_t i = 0; i < all->n; i++)
		if (marks[i])
			(*list)[(*n)++] = all->list[i];
	return true;
}

struct adapter *call_adapter(struct call *call)
{
	const char *pattern = json_str(json_get(call->params, "adapter"), "");
	struct adapters *all = &call->daemon->adapters;
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	struct adapter *found = NULL;

	kernel_catch_up(call->daemon->kernel);
	for (size_t i = 0; i < all->n; i++) {
		const struct mdnl_adapter *a = &all->list[i]->info;

		if (!names_match(pattern, a->name, a->serial, a->address))
			continue;
		if (found) {
			rpc_error_set(&e, RPC_REFUSED, "%s is %s and %s: one is meant", pattern,
				      found->info.name, a->name);
			call_fail(call, &e);
			return NULL;
		}
		found = all->list[i];
	}
	if (!found)
		not_found(call, pattern);
	return found;
}

/* ---- results ---- */

json *batch_outcome(const char *adapter, const struct rpc_error *e)
{
	json *v = json_object();

	json_set_str(v, "adapter", adapter);
	if (e)
		json_set(v, "error", rpc_error_json(e));
	return v;
}

const struct batch_ops batch_outcomes = { .failure = batch_outcome };

static void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		json_unref(b->items[i].result);
	if (b->ops->end)
		b->ops->end(b);
	event_free(b->deadline);
	free(b->arg);
	free(b);
}

static void answer(struct batch *b)
{
	struct call *call = take_ptr(b->call);
	struct list_text list;

	event_del(b->deadline);
	list_begin(&list, call, "results");
	for (size_t i = 0; i < b->n; i++)
		list_add_json(&list, json_ref(b->items[i].result));
	list_reply(&list, call, b->ops->rest ? b->ops->rest(b) : NULL);
}

/* Answers when everything is there, frees when nothing is under way any more. */
static void settle(struct batch *b)
{
	if (b->call && !b->missing)
		answer(b);
	if (!b->call && !b->commands)
		batch_free(b);
}

void batch_hold(struct batch *b)
{
	b->commands++;
}

void batch_unhold(struct batch *b)
{
	b->commands--;
	settle(b);
}

static void set_result(struct batch *b, size_t i, json *result)
{
	if (b->items[i].result) {	/* given up already */
		json_unref(result);
		return;
	}
	b->items[i].result = result;
	b->missing--;
}

void batch_result(struct batch *b, size_t i, json *result)
{
	set_result(b, i, result);
	settle(b);
}

void batch_failure(struct batch *b, size_t i, const struct rpc_error *e)
{
	batch_result(b, i, b->ops->failure(b->items[i].name, e));
}

/* ---- commands ---- */

static void on_command_done(struct command *c)
{
	struct batch_command *bc = container_of(c, struct batch_command, command);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_free_cleanup_ char *what = xasprintf("%s %s", c->name, bc->not_done);
	struct batch *b = bc->batch;
	json *result;

	b->items[bc->i].command = NULL;
	b->commands--;
	if (command_failure(c, &e, what))
		result = b->ops->failure(c->name, &e);
	else
		result = bc->result ? bc->result(bc) : batch_outcome(c->name, NULL);
	set_result(b, bc->i, result);
	if (bc->free)
		bc->free(bc);
	free(bc);
	settle(b);
}

void batch_command(struct batch *b, size_t i, struct adapter *a, struct batch_command *bc)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	bc->batch = b;
	bc->i = i;
	bc->command.done = on_command_done;
	bc->command.job.bulk = b->n > 1;
	if (command_submit(b->daemon, a, &bc->command)) {
		b->items[i].command = bc;
		b->commands++;
		return;
	}
	rpc_error_set(&e, RPC_BUSY, "%s %s: too many commands wait for it already", a->info.name,
		      bc->not_done);
	rpc_error_adapter(&e, a->info.name);
	set_result(b, i, b->ops->failure(a->info.name, &e));
	bc->command.result = -EBUSY;
	if (bc->free)
		bc->free(bc);
	free(bc);
}

/* Those that have not begun are taken back; of the others nobody knows. */
static void give_up(struct batch *b, size_t i)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	const char *name = b->items[i].name;
	struct batch_command *bc = b->items[i].command;

	rpc_error_set(&e, RPC_TIMED_OUT, "%s did not answer in time", name);
	rpc_error_adapter(&e, name);
	rpc_error_hint(&e, "whether it is done still, mydevcli events will tell");
	set_result(b, i, b->ops->failure(name, &e));
	if (bc)
		command_cancel(&bc->command);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct batch *b = arg;

	batch_hold(b);		/* it must not go while it is walked through */
	for (size_t i = 0; i < b->n; i++)
		if (!b->items[i].result)
			give_up(b, i);
	batch_unhold(b);
}

/* They share this machine, if nothing else. */
static struct timeval time_left(const struct call *call, size_t n)
{
	const struct timeval more = {
		.tv_sec = n * BATCH_MS_EACH / 1000, .tv_usec = n * BATCH_MS_EACH % 1000 * 1000,
	};
	struct timeval left = call_time_left(call);

	evutil_timeradd(&left, &more, &left);
	return left;
}

struct batch *batch_new(struct call *call, struct adapter *const *list, size_t n,
			const struct batch_ops *ops, void *arg)
{
	const struct timeval left = time_left(call, n);
	struct batch *b = xzalloc(sizeof(*b) + n * sizeof(b->items[0]));

	b->daemon = call->daemon;
	b->call = call;
	b->ops = ops;
	b->arg = arg;
	b->n = n;
	b->missing = n + 1;
	for (size_t i = 0; i < n; i++)
		memcpy(b->items[i].name, list[i]->info.name, sizeof(b->items[i].name));
	b->deadline = evtimer_new(b->daemon->base, on_deadline, b);
	if (!b->deadline || event_add(b->deadline, &left) < 0)
		xalloc_failed();
	return b;
}

void *batch_arg(const struct batch *b)
{
	return b->arg;
}

struct daemon *batch_daemon(const struct batch *b)
{
	return b->daemon;
}

void batch_go(struct batch *b)
{
	b->missing--;
	settle(b);
}
