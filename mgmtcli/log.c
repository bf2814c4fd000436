// SPDX-License-Identifier: GPL-2.0
/* The log that an adapter itself keeps. */
#include <inttypes.h>

#include "lib/alloc.h"
#include "lib/table.h"
#include "mgmtcli/cli.h"
#include "mgmtcli/style.h"
#include "mgmtcli/text.h"
#include "mgmtcli/verbs.h"

enum { OPT_SINCE };

static const struct option_desc options[] = {
	[OPT_SINCE] = { "since", 0, "N", "begin after entry number N",
			.number = true, .min = 0, .max = UINT32_MAX },
	{ NULL },
};

static void print(struct cli *cli, json *entries)
{
	static const struct table_column columns[] = {
		{ "ENTRY", .right = true }, { "BOOT", .right = true }, { "UPTIME", .right = true },
		{ "SEVERITY" }, { "MESSAGE" },
	};
	_table_cleanup_ struct table *t = table_new(columns, 5);

	for (size_t i = 0; i < json_len(entries); i++) {
		json *e = json_at(entries, i);
		_free_cleanup_ char *uptime = text_duration(text_int64(json_get(e, "uptime_ms"), 0));
		const char *severity = json_str(json_get(e, "severity"), NULL);

		table_cellf(t, STYLE_PLAIN, "%" PRId64, json_num(json_get(e, "seq"), 0));
		table_cellf(t, STYLE_PLAIN, "%" PRId64, json_num(json_get(e, "boot"), 0));
		table_cell(t, STYLE_PLAIN, uptime);
		table_cell(t, style_of(severity), severity);
		table_cell(t, STYLE_PLAIN, json_str(json_get(e, "message"), NULL));
	}
	table_print(t, cli->out, 0, 0, cli->color);
}

static int run(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = NULL;
	json *params = json_object(), *entries;

	json_set_str(params, "adapter", args->words[0]);
	if (args->opt[OPT_SINCE])
		json_set_int(params, "since", args->num[OPT_SINCE]);
	result = cli_call(cli, "adapter.log", params, -1);
	if (!result)
		return cli->error.code;
	entries = json_get(result, "entries");
	if (cli->json)
		cli_json(cli, result);
	else if (json_len(entries))
		print(cli, entries);
	else
		cli_say(cli, "No entries.");
	return RPC_OK;
}

static const struct example examples[] = {
	{ "log mydev0", "all that the adapter has kept" },
	{ "log mydev0 --since 120", "what came after entry 120" },
	{ NULL },
};

const struct command command_log = {
	.name = "log",
	.args = "ADAPTER [--since N]",
	.summary = "print an adapter's own log",
	.about = "The adapter keeps it through power cycles and in another host: BOOT counts its starts,\n"
		 "UPTIME is that of its controller. What the daemon of this host saw: mydevcli events.",
	.options = options,
	.methods = (const char *const[]){ "adapter.log", NULL },
	.examples = examples,
	.min_words = 1,
	.max_words = 1,
	.words = { WORD_ADAPTER },
	.run = run,
};
