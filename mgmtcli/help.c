// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/help.h"

#include <ctype.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/verbs.h"

#define NAME_WIDTH 22	/* of the column that options and verbs stand in */

/*
 * As JSON
 */

static json *options_json(const struct option_desc *o)
{
	json *list = json_array(), *v;

	for (; o && o->name; o++) {
		if (o->hidden)
			continue;
		v = json_object();
		json_set_strf(v, "name", "--%s", o->name);
		if (o->letter)
			json_set_strf(v, "letter", "-%c", o->letter);
		if (o->arg)
			json_set_str(v, "value", o->arg);
		json_set_str(v, "help", o->help);
		json_append(list, v);
	}
	return list;
}

static json *examples_json(const struct example *x)
{
	json *list = json_array(), *v;

	for (; x && x->line; x++) {
		v = json_object();
		json_set_strf(v, "line", "mydevcli %s", x->line);
		json_set_str(v, "what", x->what);
		json_append(list, v);
	}
	return list;
}

static json *command_json(const struct command *group, const struct command *c);

static json *commands_json(const struct command *group, const struct command *const *table)
{
	json *list = json_array();

	for (; *table; table++)
		json_append(list, command_json(group, *table));
	return list;
}

static json *command_json(const struct command *group, const struct command *c)
{
	json *v = json_object(), *methods = json_array();

	json_set_strf(v, "verb", "%s%s%s", group ? group->name : "", group ? " " : "", c->name);
	json_set_str(v, "arguments", c->args);
	json_set_str(v, "summary", c->summary);
	json_set_bool(v, "stream", c->stream);
	json_set(v, "options", options_json(c->options));
	json_set(v, "examples", examples_json(c->examples));
	for (const char *const *m = c->methods; m && *m; m++)
		json_append(methods, json_string(*m));
	json_set(v, "methods", methods);
	if (c->sub)
		json_set(v, "verbs", commands_json(c, c->sub));
	return v;
}

static int print_json(struct cli *cli, const char *key, json *value)
{
	_json_cleanup_ json *v = json_object();

	json_set(v, key, value);
	if (!strcmp(key, "verbs"))
		json_set(v, "options", options_json(global_options));
	cli_json(cli, v);
	return RPC_OK;
}

/*
 * For people
 */

static void print_options(FILE *out, const char *title, const struct option_desc *o)
{
	fprintf(out, "\n%s:\n", title);
	for (; o && o->name; o++) {
		_free_cleanup_ char *name = NULL;
		char letter[] = "-x, ";

		if (o->hidden)
			continue;
		letter[1] = o->letter;
		name = xasprintf("%s--%s%s%s", o->letter ? letter : "    ", o->name,
				 o->arg ? " " : "", o->arg ? o->arg : "");
		fprintf(out, "  %-*s %s\n", NAME_WIDTH, name, o->help);
	}
}

static void print_examples(FILE *out, const struct example *x)
{
	if (!x)
		return;
	fprintf(out, "\nExamples:\n");
	for (; x->line; x++)
		fprintf(out, "  mydevcli %s\n      %s\n", x->line, x->what);
}

static void print_verbs(FILE *out, const char *prefix, const struct command *const *table)
{
	for (; *table; table++) {
		const struct command *c = *table;

		if (c->sub) {
			print_verbs(out, c->name, c->sub);
			continue;
		}
		fprintf(out, "  %s%s%-*s %s\n", prefix, *prefix ? " " : "",
			NAME_WIDTH - (int)strlen(prefix) - (*prefix ? 1 : 0), c->name, c->summary);
	}
}

int help_overview(struct cli *cli)
{
	if (cli->json)
		return print_json(cli, "verbs", commands_json(NULL, commands));
	fprintf(cli->out, "mydevcli manages the MyDev adapters of this host, through mydevd.\n\n"
		"Usage: mydevcli [OPTION...] VERB [ARGUMENT...]\n\nVerbs:\n");
	print_verbs(cli->out, "", commands);
	print_options(cli->out, "Options of all verbs", global_options);
	fprintf(cli->out, "\nADAPTER is a name (mydev0), a serial number, a PCI address, or a glob of these.\n"
		"FILE of a firmware image is a path, or a name below %s.\n\n"
		"More: mydevcli help VERB, and mydevcli(8).\n", cli->firmware_dir);
	return RPC_OK;
}

int help_verb(struct cli *cli, const struct command *group, const struct command *c)
{
	if (cli->json)
		return print_json(cli, "verb", command_json(group, c));
	fprintf(cli->out, "Usage: mydevcli %s%s%s%s%s\n\n%c%s.\n", group ? group->name : "",
		group ? " " : "", c->name, *c->args ? " " : "", c->args, toupper(c->summary[0]),
		c->summary + 1);
	if (c->about)
		fprintf(cli->out, "\n%s\n", c->about);
	if (c->sub) {
		fprintf(cli->out, "\nVerbs:\n");
		print_verbs(cli->out, c->name, c->sub);
	}
	if (c->options)
		print_options(cli->out, "Options", c->options);
	print_examples(cli->out, c->examples);
	fprintf(cli->out, "\nOptions of all verbs, and exit codes: mydevcli help, mydevcli(8).\n");
	return RPC_OK;
}

/*
 * The verb help
 */

enum { OPT_COMPLETION, OPT_ADAPTERS, OPT_KEYS };

static const struct option_desc options[] = {
	[OPT_COMPLETION] = { "completion", 0, "SHELL", "print a completion script for SHELL (bash)" },
	/* What that script asks. */
	[OPT_ADAPTERS] = { "complete-adapters", 0, NULL, "names and serial numbers", .hidden = true },
	[OPT_KEYS] = { "complete-keys", 0, NULL, "configuration keys", .hidden = true },
	{ NULL },
};

/* Prints the strings `field` of all elements of `list`. */
static void print_fields(struct cli *cli, json *list, const char *field)
{
	for (size_t i = 0; i < json_len(list); i++) {
		const char *s = json_str(json_get(json_at(list, i), field), NULL);

		if (s)
			fprintf(cli->out, "%s\n", s);
	}
}

/* Completion is silent about failures: there is a line being typed. */
static int complete_adapters(struct cli *cli)
{
	json *params = json_object();
	_json_cleanup_ json *v = NULL;

	json_set_bool(params, "brief", true);
	v = cli_call(cli, "adapter.list", params, -1);
	print_fields(cli, json_get(v, "adapters"), "name");
	print_fields(cli, json_get(v, "adapters"), "serial");
	return RPC_OK;
}

static int complete_keys(struct cli *cli)
{
	_json_cleanup_ json *v = cli_call(cli, "config.get", NULL, -1);
	json *results = json_get(v, "results");

	for (size_t i = 0; i < json_len(results); i++)
		print_fields(cli, json_get(json_at(results, i), "keys"), "key");
	return RPC_OK;
}

static int help_of_words(struct cli *cli, const struct args *args)
{
	const struct command *const *table = commands;
	const struct command *group = NULL, *c = NULL;

	for (unsigned int i = 0; i < args->n; i++) {
		group = c;
		c = table ? command_find(table, args->words[i]) : NULL;
		if (!c) {
			rpc_error_set(&cli->error, RPC_USAGE, "help: %s: no such verb", args->words[i]);
			rpc_error_hint(&cli->error, "the verbs are listed by: mydevcli help");
			return RPC_USAGE;
		}
		table = c->sub;
	}
	return help_verb(cli, group, c);
}

static int run(struct cli *cli, const struct args *args)
{
	const char *shell = args->opt[OPT_COMPLETION];

	if (cli->json && (shell || args->opt[OPT_ADAPTERS] || args->opt[OPT_KEYS]))
		return rpc_error_set(&cli->error, RPC_USAGE, "help: a completion is not JSON: leave --json out");
	if (args->opt[OPT_ADAPTERS])
		return complete_adapters(cli);
	if (args->opt[OPT_KEYS])
		return complete_keys(cli);
	if (shell && strcmp(shell, "bash"))
		return rpc_error_set(&cli->error, RPC_USAGE, "help: completion is made for bash only");
	if (shell)
		return completion_bash(cli);
	return args->n ? help_of_words(cli, args) : help_overview(cli);
}

static const struct example examples[] = {
	{ "help flash", "what flash does, with its options and examples" },
	{ "help config set", "the same as: mydevcli config set --help" },
	{ NULL },
};

const struct command command_help = {
	.name = "help",
	.args = "[VERB...] [--completion SHELL]",
	.summary = "explain verbs",
	.options = options,
	.examples = examples,
	.max_words = 2,
	.words = { WORD_VERB, WORD_VERB },
	.run = run,
};
