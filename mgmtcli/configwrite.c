// SPDX-License-Identifier: GPL-2.0
/* config set, reset, apply. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/outcome.h"
#include "mgmtcli/profiles.h"
#include "mgmtcli/text.h"
#include "mgmtcli/verbs.h"

enum { OPT_TEMPORARY };

static const struct option_desc options[] = {
	[OPT_TEMPORARY] = { "temporary", 't', NULL,
			    "only on the adapter: drift, where a profile wants it otherwise" },
	{ NULL },
};

/* The type of a key as the adapters have it; NULL: none has it. */
static const char *type_of(json *configs, const char *key)
{
	json *results = json_get(configs, "results");

	for (size_t i = 0; i < json_len(results); i++) {
		json *keys = json_get(json_at(results, i), "keys");

		for (size_t j = 0; j < json_len(keys); j++)
			if (!strcmp(json_str(json_get(json_at(keys, j), "key"), ""), key))
				return json_str(json_get(json_at(keys, j), "type"), NULL);
	}
	return NULL;
}

static int truth(const char *s)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(s, words[i]))
			return i & 1;
	return -1;
}

/* A value as the key's type wants it; what does not fit is sent as it is, for mydevd to say
 * what the key takes. */
static json *typed(const char *type, const char *s)
{
	long long n;
	char *end;

	if (type && !strcmp(type, "bool") && truth(s) >= 0)
		return json_bool(truth(s));
	errno = 0;
	n = strtoll(s, &end, 10);
	if (type && !strcmp(type, "uint") && *s && !*end && !errno && n >= 0 && n <= JSON_INT_MAX)
		return json_int(n);
	return json_string(s);
}

/* The KEY=VALUE words as an object; NULL and cli->error set when one is none. */
static json *parse_values(struct cli *cli, const struct args *args, json *configs)
{
	json *values = json_object();

	for (unsigned int i = 1; i < args->n; i++) {
		const char *eq = strchr(args->words[i], '=');
		_free_cleanup_ char *key = NULL;

		if (!eq || eq == args->words[i]) {
			rpc_error_set(&cli->error, RPC_USAGE, "config set: '%s' is not KEY=VALUE",
				      args->words[i]);
			goto fail;
		}
		key = xstrndup(args->words[i], eq - args->words[i]);
		if (json_has(values, key)) {
			rpc_error_set(&cli->error, RPC_USAGE, "config set: %s is given twice", key);
			goto fail;
		}
		json_set(values, key, typed(type_of(configs, key), eq + 1));
	}
	return values;
fail:
	json_unref(values);
	return NULL;
}

/* "set a=1 b=2", as it was typed. */
static char *done_text(const char *what, char **words, unsigned int n)
{
	json *list = json_array();
	char *joined, *text, *clean;

	for (unsigned int i = 0; i < n; i++)
		json_append(list, json_string(words[i]));
	joined = text_join(list, " ");
	json_unref(list);
	text = xasprintf("%s%s%s", what, joined ? " " : "", joined ? joined : "");
	clean = text_clean(text);
	free(joined);
	free(text);
	return clean;
}

static int run_set(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *values = parse_values(cli, args, NULL), *configs = NULL, *result = NULL;
	_free_cleanup_ char *done = done_text("set", args->words + 1, args->n - 1);
	json *params;

	if (!values)	/* before anybody is asked */
		return cli->error.code;
	configs = cli_call(cli, "config.get", cli_adapters(args->words, 1), -1);
	if (!configs)
		return cli->error.code;
	params = cli_adapters(args->words, 1);
	json_set(params, "values", parse_values(cli, args, configs));
	if (args->opt[OPT_TEMPORARY])
		json_set_bool(params, "temporary", true);
	result = cli_call(cli, "config.set", params, -1);
	return result ? outcome_report(cli, result, done) : cli->error.code;
}

static const struct example set_examples[] = {
	{ "config set mydev0 temp.warn=60 led=off", "two keys at once, or none if one is refused" },
	{ "config set 'mydev*' label=rack-7", "on every adapter" },
	{ "config set mydev0 led=on --temporary", "until the profiles are applied again" },
	{ NULL },
};

const struct command command_config_set = {
	.name = "set",
	.args = "ADAPTER KEY=VALUE... [--temporary]",
	.summary = "set values on adapters and in their profiles",
	.about = "All keys of an adapter are set, or none. The adapter keeps them through power cycles, and\n"
		 "its profile /etc/mydev/profiles.d/90-SERIAL.conf wants them from now on.",
	.options = options,
	.methods = (const char *const[]){ "config.get", "config.set", NULL },
	.examples = set_examples,
	.min_words = 2,
	.max_words = 65,
	.words = { WORD_ADAPTER, WORD_VALUE },
	.run = run_set,
};

static int run_reset(struct cli *cli, const struct args *args)
{
	_free_cleanup_ char *done = done_text(args->n > 1 ? "reset" : "reset all keys", args->words + 1,
					      args->n - 1);
	json *params = cli_adapters(args->words, 1), *keys;
	_json_cleanup_ json *result = NULL;

	if (args->n > 1) {
		keys = json_array();
		for (unsigned int i = 1; i < args->n; i++)
			json_append(keys, json_string(args->words[i]));
		json_set(params, "keys", keys);
	}
	if (args->opt[OPT_TEMPORARY])
		json_set_bool(params, "temporary", true);
	result = cli_call(cli, "config.reset", params, -1);
	return result ? outcome_report(cli, result, done) : cli->error.code;
}

static const struct example reset_examples[] = {
	{ "config reset mydev0 temp.warn", "one key back to its default" },
	{ "config reset mydev0", "all of them" },
	{ NULL },
};

const struct command command_config_reset = {
	.name = "reset",
	.args = "ADAPTER [KEY...] [--temporary]",
	.summary = "set keys, or all, back to their defaults",
	.about = "Takes them out of the adapter's own profile too. What other profiles want of them shows\n"
		 "as drift, until it is applied.",
	.options = options,
	.methods = (const char *const[]){ "config.reset", NULL },
	.examples = reset_examples,
	.min_words = 1,
	.max_words = 65,
	.words = { WORD_ADAPTER, WORD_KEY },
	.run = run_reset,
};

/* Tells what was changed on each adapter; returns the exit code. */
static int report_applied(struct cli *cli, json *result)
{
	json *results = json_get(result, "results");
	struct tally t = { 0 };

	for (size_t i = 0; i < json_len(results); i++) {
		json *r = json_at(results, i), *error = json_get(r, "error");
		const char *adapter = json_str(json_get(r, "adapter"), "-");
		_free_cleanup_ char *changed = text_join(json_get(r, "changed"), ", ");

		if (!error && changed)
			cli_say(cli, "%s: set %s", adapter, changed);
		else if (!error)
			cli_say(cli, "%s: nothing to do", adapter);
		tally_add(&t, error ? outcome_error(cli, adapter, error) : RPC_OK);
	}
	return outcome_sum(cli, &t, result);
}

static int run_apply(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = cli_call(cli, "config.apply",
					       cli_adapters(args->words, args->n), -1);
	unsigned int problems;
	int ret;

	if (!result)
		return cli->error.code;
	ret = report_applied(cli, result);
	problems = profiles_complain(cli, json_get(result, "profiles"));
	if (!ret && problems) {
		ret = rpc_error_set(&cli->error, RPC_PARTIAL, "%u problem%s in profiles: what they say "
				    "wrongly was not applied", problems, problems > 1 ? "s" : "");
		json_set(result, "error", rpc_error_json(&cli->error));
		if (!cli->json)
			cli_print_error(cli, NULL, &cli->error);
	}
	if (cli->json)
		cli_json(cli, result);
	return ret;
}

static const struct example apply_examples[] = {
	{ "config apply", "after profiles were edited" },
	{ NULL },
};

const struct command command_config_apply = {
	.name = "apply",
	.args = "[ADAPTER...]",
	.summary = "read the profiles again and bring adapters to what they want",
	.about = "Exit code 9: profiles have errors, the rest was applied.",
	.methods = (const char *const[]){ "config.apply", NULL },
	.examples = apply_examples,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.run = run_apply,
};
