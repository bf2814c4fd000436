// SPDX-License-Identifier: GPL-2.0
/* adapter.*: what adapters are, and simple commands to them. */
#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/adapter_json.h"
#include "mgmtd/adapter_log.h"
#include "mgmtd/batch.h"
#include "mgmtd/failure.h"
#include "mgmtd/listing.h"
#include "mgmtd/methods.h"

static json *one_adapter(const struct adapter *a, json *params)
{
	return json_true(json_get(params, "brief")) ? adapter_brief_json(a) : adapter_json(a);
}

static void adapter_list(struct call *call)
{
	list_adapters(call, "adapters", one_adapter, NULL);
}

/* ---- commands without an answer ---- */

struct simple {
	struct batch_command bc;
	enum mydev_cmd cmd;
	uint32_t seconds;
};

static int simple_run(struct command *c, struct mdnl *n)
{
	struct simple *s = container_of(c, struct simple, bc.command);

	if (s->cmd == MYDEV_CMD_LOCATE)
		return mdnl_locate(n, c->index, s->seconds, &c->error);
	return mdnl_command(n, c->index, s->cmd, &c->error);
}

static void simple_one(struct batch *b, size_t i, struct adapter *a, const struct simple *what,
		       uint32_t class)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	struct simple *s;

	if (failure_denied(&e, a, class, what->bc.not_done)) {
		batch_failure(b, i, &e);
		return;
	}
	s = xzalloc(sizeof(*s));
	*s = *what;
	s->bc.command.run = simple_run;
	batch_command(b, i, a, &s->bc);
}

static void simple(struct call *call, enum mydev_cmd cmd, uint32_t class, const char *not_done)
{
	const struct simple what = {
		.bc.not_done = not_done, .cmd = cmd,
		.seconds = json_num(json_get(call->params, "seconds"), 0),
	};
	_free_cleanup_ struct adapter **list = NULL;
	struct batch *b;
	size_t n;

	if (!call_adapters(call, &list, &n))
		return;
	b = batch_new(call, list, n, &batch_outcomes, NULL);
	for (size_t i = 0; i < n; i++)
		simple_one(b, i, list[i], &what, class);
	batch_go(b);
}

static void adapter_locate(struct call *call)
{
	simple(call, MYDEV_CMD_LOCATE, MYDEV_CLASS_LOCATE, "was not told to blink");
}

static void adapter_reset(struct call *call)
{
	simple(call, MYDEV_CMD_RESET, MYDEV_CLASS_RESET, "was not reset");
}

static void adapter_selftest(struct call *call)
{
	simple(call, MYDEV_CMD_SELFTEST, MYDEV_CLASS_SELFTEST, "did not start its self-test");
}

/* ---- the adapter's log ---- */

struct log_call {
	struct log_read read;
	struct call *call;
};

static void log_done(struct command *c)
{
	struct log_call *lc = container_of(c, struct log_call, read.command);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_free_cleanup_ char *what = xasprintf("the log of %s was not read", c->name);
	struct list_text entries;
	json *rest;

	if (command_failure(c, &e, what)) {
		call_fail(lc->call, &e);
	} else {
		rest = json_object();
		json_set_str(rest, "adapter", c->name);
		list_begin(&entries, lc->call, "entries");
		for (size_t i = 0; i < lc->read.n; i++)
			list_add_json(&entries, log_entry_json(&lc->read.entries[i]));
		list_reply(&entries, lc->call, rest);
	}
	free(lc->read.entries);
	free(lc);
}

static void adapter_log(struct call *call)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	struct adapter *a = call_adapter(call);
	struct log_call *lc;

	if (!a)
		return;
	if (failure_denied(&e, a, MYDEV_CLASS_LOG, "does not show its log")) {
		call_fail(call, &e);
		return;
	}
	lc = xzalloc(sizeof(*lc));
	lc->call = call;
	lc->read.since = json_num(json_get(call->params, "since"), 0);
	lc->read.command.done = log_done;
	if (log_read_submit(call->daemon, a, &lc->read))
		return;
	rpc_error_set(&e, RPC_BUSY, "%s: too many commands wait for it already", a->info.name);
	call_fail(call, &e);
	free(lc);
}

const struct method rpc_adapter_methods[] = {
	{ "adapter.list", adapter_list },
	{ "adapter.locate", adapter_locate },
	{ "adapter.reset", adapter_reset },
	{ "adapter.selftest", adapter_selftest },
	{ "adapter.log", adapter_log },
	{ NULL }
};
