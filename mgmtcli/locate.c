// SPDX-License-Identifier: GPL-2.0
/* The LED by which one finds a card in a rack. */
#include "lib/alloc.h"
#include "mgmtcli/outcome.h"
#include "mgmtcli/text.h"
#include "mgmtcli/verbs.h"

#define SECONDS_DEFAULT 60

enum { OPT_SECONDS, OPT_OFF };

static const struct option_desc options[] = {
	[OPT_SECONDS] = { "seconds", 's', "N", "blink for N seconds, up to 86400; 60 unless said",
			  .number = true, .min = 1, .max = 86400 },
	[OPT_OFF] = { "off", 0, NULL, "stop blinking" },
	{ NULL },
};

static int run(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = NULL;
	_free_cleanup_ char *done = NULL;
	json *params;
	int64_t seconds = args->opt[OPT_SECONDS] ? args->num[OPT_SECONDS] : SECONDS_DEFAULT;

	if (args->opt[OPT_OFF] && args->opt[OPT_SECONDS])
		return rpc_error_set(&cli->error, RPC_USAGE,
				     "locate: --seconds and --off exclude each other");
	if (args->opt[OPT_OFF])
		seconds = 0;
	params = cli_adapters(args->words, args->n);
	json_set_int(params, "seconds", seconds);
	result = cli_call(cli, "adapter.locate", params, -1);
	if (!result)
		return cli->error.code;
	done = seconds ? xasprintf("the LED blinks for %d s", (int)seconds) : xstrdup("the LED is off");
	return outcome_report(cli, result, done);
}

static const struct example examples[] = {
	{ "locate mydev0", "let its LED blink for a minute" },
	{ "locate mydev0 --off", "found it" },
	{ NULL },
};

const struct command command_locate = {
	.name = "locate",
	.args = "ADAPTER... [--seconds N | --off]",
	.summary = "let the LED of an adapter blink",
	.options = options,
	.methods = (const char *const[]){ "adapter.locate", NULL },
	.examples = examples,
	.min_words = 1,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.run = run,
};
