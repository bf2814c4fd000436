// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/run.h"

#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/args.h"
#include "mgmtcli/help.h"

/* A verb, with the group that it is of, or NULL. */
struct verb {
	const struct command *group, *command;
};

static char *verb_name(const struct verb *v)
{
	return xasprintf("%s%s%s", v->group ? v->group->name : "", v->group ? " " : "",
			 v->command->name);
}

static int unknown_verb(struct cli *cli, const struct command *const *table, const char *group,
			const char *name)
{
	const char *guess = command_guess(table, name);
	const char *space = *group ? " " : "";

	rpc_error_set(&cli->error, RPC_USAGE, "%s%s%s: no such verb", group, space, name);
	if (guess)
		rpc_error_hint(&cli->error, "did you mean: mydevcli %s%s%s", group, space, guess);
	else
		rpc_error_hint(&cli->error, "the verbs are listed by: mydevcli help%s%s", space, group);
	return RPC_USAGE;
}

static int missing_verb(struct cli *cli, const struct command *group)
{
	rpc_error_set(&cli->error, RPC_USAGE, "%s%sa verb is missing", group ? group->name : "",
		      group ? ": " : "");
	rpc_error_hint(&cli->error, "the verbs are listed by: mydevcli help%s%s",
		       group ? " " : "", group ? group->name : "");
	return RPC_USAGE;
}

static void apply_globals(struct cli *cli, const struct parsed *p)
{
	if (p->global[GLOBAL_JSON])
		cli->json = true;
	if (p->global[GLOBAL_YES])
		cli->yes = true;
	if (p->global[GLOBAL_NO_COLOR])
		cli->color = false;
	if (p->global[GLOBAL_SOCKET])
		cli->socket = p->global[GLOBAL_SOCKET];
}

/*
 * Parses up to the verb, which is left in *v: NULL when --help or --version stands for it,
 * or a group when --help is all that follows. argc and argv are moved on to its name.
 */
static int find_verb(struct cli *cli, struct parsed *p, struct verb *v, int *argc, char ***argv)
{
	const struct command *const *table = commands;
	int ret;

	for (;;) {
		ret = args_parse(p, NULL, true, *argc, *argv, &cli->error);
		if (ret)
			return ret;
		if (!p->args.n || !*p->args.words[0]) {
			if (p->global[GLOBAL_HELP] || (p->global[GLOBAL_VERSION] && !v->command))
				return 0;
			return missing_verb(cli, v->command);
		}
		v->group = v->command;
		v->command = command_find(table, p->args.words[0]);
		if (!v->command)
			return unknown_verb(cli, table, v->group ? v->group->name : "",
					    p->args.words[0]);
		*argv = p->args.words;
		*argc = p->args.n;
		table = v->command->sub;
		if (!table)
			return 0;
	}
}

static int check_words(struct cli *cli, const struct verb *v, const struct args *args)
{
	const struct command *c = v->command;
	_free_cleanup_ char *name = NULL;

	unsigned int empty = 0;

	while (empty < args->n && *args->words[empty])
		empty++;
	if (args->n >= c->min_words && args->n <= c->max_words && empty == args->n)
		return 0;
	name = verb_name(v);
	if (empty < args->n)
		rpc_error_set(&cli->error, RPC_USAGE, "%s: argument %u is empty", name, empty + 1);
	else if (args->n < c->min_words)
		rpc_error_set(&cli->error, RPC_USAGE, "%s: too few arguments: %s", name, c->args);
	else
		rpc_error_set(&cli->error, RPC_USAGE, "%s: one argument too many: %s", name,
			      args->words[c->max_words]);
	return RPC_USAGE;
}

static int run_verb(struct cli *cli, struct parsed *p, const struct verb *v, int argc, char **argv)
{
	int ret = args_parse(p, v->command->options, false, argc, argv, &cli->error);

	apply_globals(cli, p);
	if (!ret && p->global[GLOBAL_HELP])
		return help_verb(cli, v->group, v->command);
	if (!ret)
		ret = check_words(cli, v, &p->args);
	if (!ret)
		ret = v->command->run(cli, &p->args);
	if (ret == RPC_USAGE && !cli->error.hint) {
		_free_cleanup_ char *name = verb_name(v);

		rpc_error_hint(&cli->error, "see: mydevcli %s --help", name);
	}
	return ret;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct parsed p = { 0 };
	struct verb v = { 0 };
	int ret;

	cli->json = args_want_json(argc, argv);
	ret = find_verb(cli, &p, &v, &argc, &argv);
	apply_globals(cli, &p);
	if (ret) {
		if (!cli->error.hint)
			rpc_error_hint(&cli->error, "see: mydevcli help");
		return ret;
	}
	if (!v.command && p.global[GLOBAL_HELP])
		return help_overview(cli);
	if (!v.command)
		return command_find(commands, "version")->run(cli, &p.args);
	if (v.command->sub)
		return help_verb(cli, v.group, v.command);
	return run_verb(cli, &p, &v, argc, argv);
}

/* Output that did not get out is a failure of whatever was done. */
static int check_output(struct cli *cli, int ret)
{
	if (!fflush(cli->out) && !ferror(cli->out))
		return ret;
	rpc_error_set(&cli->error, RPC_FAILED, "standard output: cannot be written");
	cli_print_error(cli, NULL, &cli->error);
	return ret ? ret : RPC_FAILED;
}

int cli_run(struct cli *cli, int argc, char **argv)
{
	int ret = run(cli, argc, argv);

	if (cli->error.code && ret && !cli->error_told) {
		if (cli->json) {
			_json_cleanup_ json *v = json_object();

			json_set(v, "error", rpc_error_json(&cli->error));
			cli_json_line(cli, v);
		} else {
			cli_print_error(cli, cli->error.adapter, &cli->error);
		}
	}
	return check_output(cli, ret);
}
