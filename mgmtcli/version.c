// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "mgmtcli/verbs.h"
#include "mgmtcli/cli.h"

static void print(struct cli *cli, json *v)
{
	json *modules = json_get(v, "modules"), *limits = json_get(v, "limits");

	cli_say(cli, "mydevd    %s (schema %" PRId64 ")", json_str(json_get(v, "daemon"), "-"),
		json_num(json_get(v, "schema"), 0));
	for (size_t i = 0; i < json_len(modules); i++)
		cli_say(cli, "%-9s %s (module)", json_str(json_get(json_at(modules, i), "name"), "-"),
			json_str(json_get(json_at(modules, i), "version"), "-"));
	if (!json_len(modules))
		cli_say(cli, "no module is loaded");
	for (size_t i = 0; i < json_len(limits); i++)
		cli_say(cli, "limit: %s", json_str(json_at(limits, i), "-"));
}

static int run(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *v = NULL;

	/* At once: this much is known whatever becomes of the rest. */
	cli_say(cli, "mydevcli  " MYDEV_VERSION);
	v = cli_call(cli, "daemon.version", NULL, -1);
	if (v && !cli->json)
		print(cli, v);
	if (!cli->json)
		return cli->error.code;
	cli->error_told = true;
	if (!v) {
		v = json_object();
		json_set(v, "error", rpc_error_json(&cli->error));
	}
	json_set_str(v, "cli", MYDEV_VERSION);
	cli_json(cli, v);
	return cli->error.code;
}

static const struct example examples[] = {
	{ "version", "what runs here, and what it cannot do together" },
	{ NULL },
};

const struct command command_version = {
	.name = "version",
	.args = "",
	.summary = "print the versions of mydevcli, mydevd and the modules, and what limits them",
	.methods = (const char *const[]){ "daemon.version", NULL },
	.examples = examples,
	.run = run,
};
