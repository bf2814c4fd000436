// SPDX-License-Identifier: GPL-2.0
/* What happened, as mydevd numbers it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/follow.h"
#include "mgmtcli/progress.h"
#include "mgmtcli/style.h"
#include "mgmtcli/text.h"
#include "mgmtcli/verbs.h"

enum { OPT_FOLLOW, OPT_SINCE, OPT_LIMIT, OPT_PROGRESS };

static const struct option_desc options[] = {
	[OPT_FOLLOW] = { "follow", 'f', NULL, "go on with events as they happen, until Ctrl-C" },
	[OPT_SINCE] = { "since", 0, "N", "begin after event number N",
			.number = true, .min = 0, .max = JSON_INT_MAX - 1 },
	[OPT_LIMIT] = { "limit", 'n', "N", "at most the newest N of those that are kept",
			.number = true, .min = 1, .max = 10000 },
	[OPT_PROGRESS] = { "progress", 0, NULL, "with --follow: the progress of updates too" },
	{ NULL },
};

/* "   42  2026-01-31T12:00:00.000Z  warning  mydev0  channel 1: ..." */
static void print_event(struct cli *cli, json *event)
{
	const char *severity = json_str(json_get(event, "severity"), "-");
	enum table_style style = style_of(severity);
	bool color = cli->color && style != STYLE_PLAIN;

	cli_say(cli, "%6" PRId64 "  %s  %s%-7s%s  %-8s  %s", json_num(json_get(event, "seq"), 0),
		json_str(json_get(event, "time"), "-"), color ? style_begin(style) : "", severity,
		color ? STYLE_END : "", json_str(json_get(event, "adapter"), "-"),
		json_str(json_get(event, "message"), "-"));
}

static void print_lost(struct cli *cli, int64_t lost)
{
	if (lost > 0)
		cli_note(cli, "%" PRId64 " event%s are not kept any more", lost, lost > 1 ? "s" : "");
}

static void print_restarted(struct cli *cli, int64_t newest)
{
	cli_note(cli, "events are numbered anew, the newest is %" PRId64 ": all that are kept follow",
		 newest);
}

/*
 * As they happen
 */

static void on_event(json *event, void *arg)
{
	struct cli *cli = arg;

	if (cli->json)
		cli_json_line(cli, event);
	else
		print_event(cli, event);
}

static void on_progress(const char *adapter, json *flash, void *arg)
{
	struct cli *cli = arg;
	_free_cleanup_ char *text = progress_outcome(flash);
	_json_cleanup_ json *v = NULL;

	if (!cli->json) {
		cli_say(cli, "%s: %s", adapter, text);
		return;
	}
	v = json_object();
	json_set_str(v, "type", "progress");
	json_set_str(v, "adapter", adapter);
	json_set(v, "flash", json_ref(flash));
	cli_json_line(cli, v);
}

/* What is to be known of the stream itself is told in it, in the form that events have. */
static void print_warning(struct cli *cli, const char *type, const char *message,
			  const char *member, int64_t n)
{
	_json_cleanup_ json *v = json_object();
	json *data;

	if (!cli->json)
		return;
	data = json_object();
	json_set_int(data, member, n);
	json_set_str(v, "type", type);
	json_set_str(v, "severity", "warning");
	json_set_str(v, "message", message);
	json_set(v, "data", data);
	cli_json_line(cli, v);
}

static void on_lost(int64_t lost, void *arg)
{
	print_lost(arg, lost);
	print_warning(arg, "events.lost", "events are not kept any more", "lost", lost);
}

static void on_restarted(int64_t newest, void *arg)
{
	print_restarted(arg, newest);
	print_warning(arg, "events.restarted", "events are numbered anew", "next", newest);
}

static int follow(struct cli *cli, const struct args *args, json *adapters)
{
	struct follow f = {
		.cli = cli, .adapters = adapters, .progress = args->opt[OPT_PROGRESS],
		.since = args->opt[OPT_SINCE] ? args->num[OPT_SINCE] : -1,
		.on_event = on_event, .on_lost = on_lost, .on_restarted = on_restarted, .arg = cli,
		.on_progress = args->opt[OPT_PROGRESS] ? on_progress : NULL,
	};
	int ret = follow_start(&f);

	while (ret <= 0 && ret != -EINTR)
		ret = follow_wait(&f, -1);
	follow_stop(&f);
	/* Ctrl-C is how this ends. */
	return ret > 0 ? ret : RPC_OK;
}

/*
 * Those that are kept
 */

static int print_kept(struct cli *cli, const struct args *args, json *params)
{
	_json_cleanup_ json *result = NULL;
	json *events;

	if (args->opt[OPT_SINCE])
		json_set_int(params, "since", args->num[OPT_SINCE]);
	if (args->opt[OPT_LIMIT])
		json_set_int(params, "limit", args->num[OPT_LIMIT]);
	result = cli_call(cli, "events.get", params, -1);
	if (!result)
		return cli->error.code;
	if (cli->json) {
		cli_json(cli, result);
		return RPC_OK;
	}
	if (json_true(json_get(result, "restarted")))
		print_restarted(cli, json_num(json_get(result, "next"), 0));
	print_lost(cli, json_num(json_get(result, "lost"), 0));
	events = json_get(result, "events");
	for (size_t i = 0; i < json_len(events); i++)
		print_event(cli, json_at(events, i));
	if (!json_len(events))
		cli_say(cli, "No events.");
	return RPC_OK;
}

static int run(struct cli *cli, const struct args *args)
{
	json *params = cli_adapters(args->words, args->n);
	int ret;

	if (!args->opt[OPT_FOLLOW] && !args->opt[OPT_PROGRESS])
		return print_kept(cli, args, params);
	if (!args->opt[OPT_FOLLOW] || args->opt[OPT_LIMIT])
		ret = rpc_error_set(&cli->error, RPC_USAGE, args->opt[OPT_LIMIT] ?
				    "events: --follow and --limit exclude each other" :
				    "events: --progress goes with --follow");
	else
		ret = follow(cli, args, json_get(params, "adapters"));
	json_unref(params);
	return ret;
}

static const struct example examples[] = {
	{ "events", "all that are kept" },
	{ "events mydev0 --limit 20", "the last 20 about mydev0" },
	{ "events --follow", "from now on" },
	{ "events --follow --since 1234 --json", "for a program that has seen number 1234" },
	{ NULL },
};

const struct command command_events = {
	.name = "events",
	.args = "[ADAPTER...] [--follow [--progress]] [--since N] [--limit N]",
	.summary = "print what happened",
	.about = "Events are numbered, through restarts of mydevd and of the host. --follow goes on across\n"
		 "restarts of mydevd without missing any; what is not kept any more is said.",
	.options = options,
	.methods = (const char *const[]){ "events.get", "events.subscribe", NULL },
	.examples = examples,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.stream = true,
	.run = run,
};
