// SPDX-License-Identifier: GPL-2.0
/* config show, get, diff. */
#include <inttypes.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/outcome.h"
#include "mgmtcli/profiles.h"
#include "mgmtcli/style.h"
#include "mgmtcli/text.h"
#include "mgmtcli/verbs.h"

/* Prints what is to be said of one adapter without an error. */
typedef void print_fn(struct cli *cli, json *adapter_config, bool only_one);

/* Tells of each adapter in `result`; errors of some are told beside. An exit code. */
static int report(struct cli *cli, json *result, print_fn *print)
{
	json *results = json_get(result, "results");
	struct tally t = { 0 };
	int ret;

	for (size_t i = 0; i < json_len(results); i++) {
		json *r = json_at(results, i), *error = json_get(r, "error");

		if (!error && !cli->json)
			print(cli, r, json_len(results) == 1);
		tally_add(&t, error ? outcome_error(cli, json_str(json_get(r, "adapter"), "-"), error) : 0);
	}
	ret = outcome_sum(cli, &t, result);
	if (cli->json)
		cli_json(cli, result);
	return ret;
}

/* What values a key takes, in words. */
static char *range_of(json *key)
{
	json *min = json_get(key, "min"), *max = json_get(key, "max");
	const char *type = json_str(json_get(key, "type"), "");
	char *choices = text_join(json_get(key, "choices"), ",");

	if (choices)
		return choices;
	if (!strcmp(type, "bool"))
		return xstrdup("yes,no");
	if (!min || !max)
		return NULL;
	return xasprintf("%" PRId64 "..%" PRId64 "%s", json_num(min, 0), json_num(max, 0),
			 strcmp(type, "string") ? "" : " bytes");
}

static bool differs(json *key)
{
	json *wanted = json_get(key, "wanted");

	return wanted && !json_equal(wanted, json_get(key, "value"));
}

static void value_cell(struct table *t, enum table_style style, json *v)
{
	_free_cleanup_ char *text = text_value(v);

	table_cell(t, style, text);
}

/*
 * config show
 */

static void print_keys(struct cli *cli, json *config, bool only_one)
{
	static const struct table_column columns[] = {
		{ "KEY" }, { "VALUE" }, { "UNIT", .drop = 1 }, { "DEFAULT" }, { "WANTED" },
		{ "TAKES", .shrink = 8 }, { "WANTED BY", .shrink = 10 },
	};
	_table_cleanup_ struct table *t = table_new(columns, 7);
	json *keys = json_get(config, "keys");

	for (size_t i = 0; i < json_len(keys); i++) {
		json *k = json_at(keys, i);
		_free_cleanup_ char *range = range_of(k);

		table_cell(t, STYLE_PLAIN, json_str(json_get(k, "key"), NULL));
		value_cell(t, differs(k) ? STYLE_WARN : STYLE_PLAIN, json_get(k, "value"));
		table_cell(t, STYLE_PLAIN, json_str(json_get(k, "unit"), NULL));
		value_cell(t, STYLE_PLAIN, json_get(k, "default"));
		value_cell(t, STYLE_PLAIN, json_get(k, "wanted"));
		table_cell(t, STYLE_PLAIN, range);
		table_cell(t, STYLE_PLAIN, json_str(json_get(k, "source"), NULL));
	}
	cli_say(cli, "%s", json_str(json_get(config, "adapter"), "-"));
	table_print(t, cli->out, 2, cli->columns, cli->color);
}

static int run_show(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = cli_call(cli, "config.get", cli_adapters(args->words, args->n), -1);

	return result ? report(cli, result, print_keys) : cli->error.code;
}

static const struct example show_examples[] = {
	{ "config show mydev0", "every key, what it is, may be and is wanted to be" },
	{ NULL },
};

const struct command command_config_show = {
	.name = "show",
	.args = "[ADAPTER...]",
	.summary = "print the configuration of adapters",
	.methods = (const char *const[]){ "config.get", NULL },
	.examples = show_examples,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.run = run_show,
};

/*
 * config get
 */

static void print_values(struct cli *cli, json *config, bool only_one)
{
	json *keys = json_get(config, "keys");

	for (size_t i = 0; i < json_len(keys); i++) {
		json *k = json_at(keys, i);
		_free_cleanup_ char *value = text_value(json_get(k, "value"));
		const char *text = value ? value : "-";

		if (only_one && json_len(keys) == 1)
			cli_say(cli, "%s", text);
		else
			cli_say(cli, "%s: %s=%s", json_str(json_get(config, "adapter"), "-"),
				json_str(json_get(k, "key"), "-"), text);
	}
}

static int run_get(struct cli *cli, const struct args *args)
{
	json *params = cli_adapters(args->words, 1), *keys = json_array();
	_json_cleanup_ json *result = NULL;

	for (unsigned int i = 1; i < args->n; i++)
		json_append(keys, json_string(args->words[i]));
	json_set(params, "keys", keys);
	result = cli_call(cli, "config.get", params, -1);
	return result ? report(cli, result, print_values) : cli->error.code;
}

static const struct example get_examples[] = {
	{ "config get mydev0 temp.warn", "one value, and nothing else" },
	{ "config get 'mydev*' temp.warn led", "two values of each adapter" },
	{ NULL },
};

const struct command command_config_get = {
	.name = "get",
	.args = "ADAPTER KEY...",
	.summary = "print values",
	.about = "One key of one adapter: the value alone. Else a line ADAPTER: KEY=VALUE for each.",
	.methods = (const char *const[]){ "config.get", NULL },
	.examples = get_examples,
	.min_words = 2,
	.max_words = 65,
	.words = { WORD_ADAPTER, WORD_KEY },
	.run = run_get,
};

/*
 * config diff
 */

static void print_diff(struct cli *cli, json *config, bool only_one)
{
	static const struct table_column columns[] = {
		{ "KEY" }, { "VALUE" }, { "WANTED" }, { "WANTED BY", .shrink = 10 }, { "NOTE" },
	};
	_table_cleanup_ struct table *t = table_new(columns, 5);
	const char *adapter = json_str(json_get(config, "adapter"), "-");
	json *keys = json_get(config, "keys");

	if (!json_len(keys)) {
		cli_say(cli, "%s: as wanted", adapter);
		return;
	}
	for (size_t i = 0; i < json_len(keys); i++) {
		json *k = json_at(keys, i);

		table_cell(t, STYLE_PLAIN, json_str(json_get(k, "key"), NULL));
		value_cell(t, STYLE_WARN, json_get(k, "value"));
		value_cell(t, STYLE_PLAIN, json_get(k, "wanted"));
		table_cell(t, STYLE_PLAIN, json_str(json_get(k, "source"), NULL));
		table_cell(t, STYLE_PLAIN, json_true(json_get(k, "temporary")) ? "set temporarily" : NULL);
	}
	cli_say(cli, "%s", adapter);
	table_print(t, cli->out, 2, cli->columns, cli->color);
}

static int run_diff(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = cli_call(cli, "config.diff", cli_adapters(args->words, args->n), -1);
	_json_cleanup_ json *profiles = NULL;

	if (!result)
		return cli->error.code;
	/* What a profile says wrongly is no difference, but why something is not wanted. */
	profiles = cli_call(cli, "config.profiles", NULL, -1);
	if (!profiles)
		return cli->error.code;
	json_set(result, "profiles", json_ref(json_get(profiles, "profiles")));
	profiles_complain(cli, json_get(profiles, "profiles"));
	return report(cli, result, print_diff);
}

static const struct example diff_examples[] = {
	{ "config diff", "which adapters are not as their profiles want them" },
	{ NULL },
};

const struct command command_config_diff = {
	.name = "diff",
	.args = "[ADAPTER...]",
	.summary = "print where adapters differ from what is wanted",
	.about = "Errors in profiles are told too. The exit code is 0 whether something differs or not.",
	.methods = (const char *const[]){ "config.diff", "config.profiles", NULL },
	.examples = diff_examples,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.run = run_diff,
};
