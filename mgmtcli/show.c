// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/alloc.h"
#include "mgmtcli/follow.h"
#include "mgmtcli/verbs.h"
#include "mgmtcli/view.h"

enum { OPT_WATCH };

static const struct option_desc options[] = {
	[OPT_WATCH] = { "watch", 'w', NULL, "show it again whenever something changes, until Ctrl-C" },
	{ NULL },
};

static void print_table(struct cli *cli, json *adapters)
{
	_table_cleanup_ struct table *t = view_table(adapters);

	if (json_len(adapters))
		table_print(t, cli->out, 0, cli->columns, cli->color);
	else
		cli_say(cli, "No adapters.");
}

/* Whether the words mean one adapter, of which everything is shown. */
static bool one_meant(const struct args *args)
{
	return args->n == 1 && !strpbrk(args->words[0], "*?[");
}

static void print(struct cli *cli, const struct args *args, json *adapters)
{
	if (one_meant(args) && json_len(adapters) == 1)
		view_detail(cli, json_at(adapters, 0));
	else
		print_table(cli, adapters);
}

static json *ask(struct cli *cli, const struct args *args)
{
	json *params = cli_adapters(args->words, args->n);

	if (!cli->json && !one_meant(args))
		json_set_bool(params, "brief", true);
	return cli_call(cli, "adapter.list", params, -1);
}

static int show_once(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = ask(cli, args);

	if (!result)
		return cli->error.code;
	if (cli->json)
		cli_json(cli, result);
	else
		print(cli, args, json_get(result, "adapters"));
	return RPC_OK;
}

/*
 * Watching
 */

/* What comes together is shown together: a hot-plug makes a dozen events. */
#define SETTLE_MS 200

struct watch {
	struct cli *cli;
	const struct args *args;
	struct follow follow;
	bool changed;
	json *before;	/* adapters as last shown; not on a terminal */
};

static void on_event(json *event, void *arg)
{
	((struct watch *)arg)->changed = true;
}

static void on_progress(const char *adapter, json *flash, void *arg)
{
	((struct watch *)arg)->changed = true;
}

static void on_connection(bool lost, void *arg)
{
	((struct watch *)arg)->changed = true;
}

static json *by_name(json *adapters, const char *name)
{
	for (size_t i = 0; i < json_len(adapters); i++)
		if (!strcmp(json_str(json_get(json_at(adapters, i), "name"), ""), name))
			return json_at(adapters, i);
	return NULL;
}

/* Not on a terminal: rows of those adapters that changed. */
static void print_changes(struct watch *w, json *adapters)
{
	_json_cleanup_ json *changed = json_array();
	_table_cleanup_ struct table *t = NULL;

	for (size_t i = 0; i < json_len(adapters); i++) {
		json *a = json_at(adapters, i);

		if (!json_equal(a, by_name(w->before, json_str(json_get(a, "name"), ""))))
			json_append(changed, json_ref(a));
	}
	for (size_t i = 0; i < json_len(w->before); i++) {
		const char *name = json_str(json_get(json_at(w->before, i), "name"), "-");

		if (!by_name(adapters, name))
			cli_say(w->cli, "%s  removed", name);
	}
	t = view_table(changed);
	if (w->before)
		table_print_rows(t, w->cli->out, 0, 0, w->cli->color);
	else
		table_print(t, w->cli->out, 0, 0, w->cli->color);
}

/* On a terminal: everything, in the place of what was there. */
static void redraw(struct watch *w, json *adapters)
{
	struct cli *cli = w->cli;
	char clock[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	cli_window(cli);
	fprintf(cli->out, "\x1b[H\x1b[JAs of %s. Ctrl-C ends.\n\n", clock);
	print(cli, w->args, adapters);
}

/* What goes on by itself is no change. */
static void drop_clocks(json *adapters)
{
	static const char *const clocks[] = { "age_ms", "uptime_ms", "locate_s" };

	for (size_t i = 0; i < json_len(adapters); i++)
		for (size_t j = 0; j < sizeof(clocks) / sizeof(clocks[0]); j++)
			json_del(json_at(adapters, i), clocks[j]);
}

static int show_again(struct watch *w)
{
	_json_cleanup_ json *result = ask(w->cli, w->args);
	json *adapters = json_get(result, "adapters");

	w->changed = false;
	if (!result)
		return w->cli->error.code;
	if (w->cli->json) {
		cli_json_line(w->cli, result);
		return 0;
	}
	if (w->cli->tty) {
		redraw(w, adapters);
	} else {
		drop_clocks(adapters);
		print_changes(w, adapters);
		json_unref(w->before);
		w->before = json_ref(adapters);
	}
	fflush(w->cli->out);
	return 0;
}

/* Waits for the next change. 0, -EINTR or an exit code. */
static int next_change(struct watch *w)
{
	int64_t until = -1;
	int ret;

	for (;;) {
		if (w->changed && until < 0)
			until = rpc_now_ms() + SETTLE_MS;
		if (until >= 0 && rpc_now_ms() >= until)
			return 0;
		ret = follow_wait(&w->follow, until < 0 ? -1 : (int)(until - rpc_now_ms()));
		if (ret && ret != -ETIMEDOUT)
			return ret;
	}
}

static int watch(struct cli *cli, const struct args *args)
{
	struct watch w = {
		.cli = cli, .args = args,
		.follow = {
			.cli = cli, .since = -1, .progress = true, .on_event = on_event,
			.on_progress = on_progress, .on_connection = on_connection, .arg = &w,
		},
	};
	int ret = follow_start(&w.follow);

	if (!ret)
		ret = show_again(&w);
	while (!ret) {
		ret = next_change(&w);
		if (ret)
			break;
		ret = show_again(&w);
		if (ret == RPC_NOT_FOUND)
			cli_note(cli, "%s", cli->error.message);
		/* Both come back: the adapter, the connection. */
		if (ret == RPC_NOT_FOUND || ret == RPC_UNREACHABLE || ret == RPC_TIMED_OUT)
			ret = 0;
	}
	follow_stop(&w.follow);
	json_unref(w.before);
	return ret == -EINTR ? RPC_OK : ret;
}

static int run(struct cli *cli, const struct args *args)
{
	return args->opt[OPT_WATCH] ? watch(cli, args) : show_once(cli, args);
}

static const struct example examples[] = {
	{ "show", "a line for each adapter" },
	{ "show mydev0", "everything about one" },
	{ "show 'SN4000-*' --json", "some, for a program" },
	{ "show --watch", "keep an eye on all" },
	{ NULL },
};

const struct command command_show = {
	.name = "show",
	.args = "[ADAPTER...] [--watch]",
	.summary = "show adapters",
	.about = "Answers from what mydevd has cached, at once, whatever the adapters do. AGE is how old an\n"
		 "adapter's readings are. RUNNING is the firmware that runs, STORED what a power cycle would\n"
		 "start, PENDING what the next restart tries; DRIFT, the keys that are not as the profiles\n"
		 "want them. --watch waits for events, it does not poll.",
	.options = options,
	.methods = (const char *const[]){ "adapter.list", "events.subscribe", NULL },
	.examples = examples,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.stream = true,
	.run = run,
};
