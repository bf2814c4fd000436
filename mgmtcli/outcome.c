// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/outcome.h"

void tally_add(struct tally *t, int code)
{
	if (!code) {
		t->done++;
		return;
	}
	t->code = t->failed && t->code != code ? RPC_FAILED : code;
	t->failed++;
}

int tally_code(const struct tally *t)
{
	if (!t->failed)
		return RPC_OK;
	return t->done ? RPC_PARTIAL : t->code;
}

/* What the daemon says as an exit code: those of JSON-RPC itself are failures. */
static int exit_code(const struct rpc_error *e)
{
	return e->code > RPC_OK && e->code <= RPC_PARTIAL ? e->code : RPC_FAILED;
}

int outcome_error(struct cli *cli, const char *adapter, json *error)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	rpc_error_read(&e, error);
	if (!cli->json)
		cli_print_error(cli, adapter, &e);
	return exit_code(&e);
}

int outcome_sum(struct cli *cli, const struct tally *t, json *result)
{
	json *results = json_get(result, "results");
	json *only = json_len(results) == 1 ? json_at(results, 0) : NULL;
	struct rpc_error *e = &cli->error;

	cli->error_told = true;
	if (!t->failed)
		return RPC_OK;
	if (json_has(only, "error")) {
		rpc_error_read(e, json_get(only, "error"));
		e->code = exit_code(e);
		rpc_error_adapter(e, json_str(json_get(only, "adapter"), NULL));
	} else {
		rpc_error_set(e, tally_code(t), "%u of %u failed", t->failed, t->failed + t->done);
	}
	json_set(result, "error", rpc_error_json(e));
	return tally_code(t);
}

static void tell_notes(struct cli *cli, const char *adapter, json *notes)
{
	for (size_t i = 0; i < json_len(notes); i++)
		cli_note(cli, "%s: note: %s", adapter, json_str(json_at(notes, i), "-"));
}

int outcome_report(struct cli *cli, json *result, const char *done)
{
	json *results = json_get(result, "results");
	struct tally t = { 0 };
	int ret;

	for (size_t i = 0; i < json_len(results); i++) {
		json *r = json_at(results, i);
		const char *adapter = json_str(json_get(r, "adapter"), "-");
		json *error = json_get(r, "error");

		if (!error) {
			cli_say(cli, "%s: %s", adapter, done);
			tell_notes(cli, adapter, json_get(r, "notes"));
		}
		tally_add(&t, error ? outcome_error(cli, adapter, error) : RPC_OK);
	}
	ret = outcome_sum(cli, &t, result);
	if (cli->json)
		cli_json(cli, result);
	return ret;
}
