// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "mgmtcli/follow.h"
#include "mgmtcli/outcome.h"
#include "mgmtcli/verbs.h"

/* Longer than any self-test takes. */
#define PATIENCE_MS 60000

enum { OPT_WAIT };

static const struct option_desc options[] = {
	[OPT_WAIT] = { "wait", 'w', NULL, "wait for the result; exit code 1 when one failed" },
	{ NULL },
};

struct wait {
	struct cli *cli;
	struct follow follow;
	json *ended;	/* adapter: result, of self-tests that have ended */
};

static void on_event(json *event, void *arg)
{
	struct wait *w = arg;
	const char *type = json_str(json_get(event, "type"), "");
	const char *adapter = json_str(json_get(event, "adapter"), "-");

	if (!strcmp(type, "selftest.ended"))
		json_set_str(w->ended, adapter,
			     json_str(json_get(json_get(event, "data"), "result"), "unknown"));
	else if (!strcmp(type, "adapter.removed"))
		json_set_str(w->ended, adapter, "removed");
}

/* How many were started and have not ended. */
static unsigned int count_running(const struct wait *w, json *results)
{
	unsigned int n = 0;

	for (size_t i = 0; i < json_len(results); i++) {
		json *r = json_at(results, i);

		n += !json_has(r, "error") &&
		     !json_has(w->ended, json_str(json_get(r, "adapter"), ""));
	}
	return n;
}

/* Until none runs. 0 or an exit code. */
static int await(struct wait *w, json *results)
{
	int64_t end = rpc_now_ms() + PATIENCE_MS, left;
	int ret;

	while (count_running(w, results)) {
		left = end - rpc_now_ms();
		if (left <= 0)
			return rpc_error_set(&w->cli->error, RPC_TIMED_OUT, "no result for %d s",
					     PATIENCE_MS / 1000);
		ret = follow_wait(&w->follow, (int)left);
		if (ret == -EINTR)
			return rpc_error_set(&w->cli->error, EXIT_INTERRUPTED,
					     "interrupted; the self-test goes on");
		if (ret > 0)
			return ret;
	}
	return 0;
}

/* Puts the result of each that was started into its outcome; what is not passed, as error. */
static void judge(struct wait *w, json *results)
{
	for (size_t i = 0; i < json_len(results); i++) {
		json *r = json_at(results, i);
		const char *adapter = json_str(json_get(r, "adapter"), "");
		const char *result = json_str(json_get(w->ended, adapter), "unknown");
		_rpc_error_cleanup_ struct rpc_error e = { 0 };

		if (json_has(r, "error"))
			continue;
		json_set_str(r, "selftest", result);
		if (!strcmp(result, "passed"))
			continue;
		rpc_error_set(&e, RPC_FAILED, "self-test: %s", result);
		rpc_error_hint(&e, "the adapter's own log may say more: mydevcli log %s", adapter);
		json_set(r, "error", rpc_error_json(&e));
	}
}

static int start_and_wait(struct wait *w, json *params)
{
	_json_cleanup_ json *result = NULL;
	int ret = follow_start(&w->follow);

	if (ret) {
		json_unref(params);
		return ret;
	}
	result = cli_call(w->cli, "adapter.selftest", params, -1);
	if (!result)
		return w->cli->error.code;
	ret = await(w, json_get(result, "results"));
	if (ret)
		return ret;
	judge(w, json_get(result, "results"));
	return outcome_report(w->cli, result, "self-test passed");
}

static int run_and_wait(struct cli *cli, json *params)
{
	struct wait w = {
		.cli = cli, .ended = json_object(),
		.follow = { .cli = cli, .since = -1, .on_event = on_event, .arg = &w },
	};
	int ret = start_and_wait(&w, params);

	follow_stop(&w.follow);
	json_unref(w.ended);
	return ret;
}

static int run(struct cli *cli, const struct args *args)
{
	json *params = cli_adapters(args->words, args->n);
	json *result;
	int ret;

	if (args->opt[OPT_WAIT])
		return run_and_wait(cli, params);
	result = cli_call(cli, "adapter.selftest", params, -1);
	ret = result ? outcome_report(cli, result, "self-test started") : cli->error.code;
	json_unref(result);
	return ret;
}

static const struct example examples[] = {
	{ "selftest mydev0 --wait", "test mydev0, and say how it went" },
	{ NULL },
};

const struct command command_selftest = {
	.name = "selftest",
	.args = "ADAPTER... [--wait]",
	.summary = "let adapters test themselves",
	.about = "Without --wait, the results come as events, and are in: mydevcli show ADAPTER.",
	.options = options,
	.methods = (const char *const[]){ "adapter.selftest", "events.subscribe", NULL },
	.examples = examples,
	.min_words = 1,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.run = run,
};
