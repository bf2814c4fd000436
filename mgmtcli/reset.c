// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/outcome.h"
#include "mgmtcli/verbs.h"

static int run(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = cli_call(cli, "adapter.reset",
					       cli_adapters(args->words, args->n), -1);

	if (!result)
		return cli->error.code;
	return outcome_report(cli, result, "restarts");
}

static const struct example examples[] = {
	{ "reset mydev0", "restart the controller of mydev0" },
	{ "events --follow", "see it come back" },
	{ NULL },
};

const struct command command_reset = {
	.name = "reset",
	.args = "ADAPTER...",
	.summary = "restart the controller of an adapter",
	.about = "Returns when the adapter was told. It is ready again after about a second, which an\n"
		 "event tells. An image that is pending is tried by this, as by a power cycle. An adapter\n"
		 "that is being flashed is busy, and not reset.",
	.methods = (const char *const[]){ "adapter.reset", NULL },
	.examples = examples,
	.min_words = 1,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.run = run,
};
