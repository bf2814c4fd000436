// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/imagefile.h"
#include "mgmtcli/text.h"
#include "mgmtcli/update.h"
#include "mgmtcli/verbs.h"

enum { OPT_ALL, OPT_DRY_RUN, OPT_NO_ACTIVATE, OPT_FORCE, OPT_ALLOW_DOWNGRADE };

static const struct option_desc options[] = {
	[OPT_ALL] = { "all", 'a', NULL, "every adapter of the image's model" },
	[OPT_DRY_RUN] = { "dry-run", 'n', NULL, "check everything, write nothing" },
	[OPT_NO_ACTIVATE] = { "no-activate", 0, NULL, "store the image, and let the old one run on" },
	[OPT_FORCE] = { "force", 'f', NULL, "also when this version runs already" },
	[OPT_ALLOW_DOWNGRADE] = { "allow-downgrade", 0, NULL, "also to a lower version" },
	{ NULL },
};

static json *request(const struct args *args, bool dry_run)
{
	json *params = image_params(args->words[0]);
	json *adapters = cli_adapters(args->words + 1, args->n - 1);

	if (args->n > 1)
		json_set(params, "adapters", json_ref(json_get(adapters, "adapters")));
	json_unref(adapters);
	if (args->opt[OPT_ALL])
		json_set_bool(params, "all", true);
	if (dry_run)
		json_set_bool(params, "dry_run", true);
	if (args->opt[OPT_NO_ACTIVATE])
		json_set_bool(params, "activate", false);
	if (args->opt[OPT_FORCE])
		json_set_bool(params, "force", true);
	if (args->opt[OPT_ALLOW_DOWNGRADE])
		json_set_bool(params, "allow_downgrade", true);
	return params;
}

/* A version as a number that compares as it does; 0 for what is none. */
static uint64_t version_rank(const char *version)
{
	unsigned int v[4] = { 0 };

	if (!version || sscanf(version, "%3u.%3u.%5u+%10u", &v[0], &v[1], &v[2], &v[3]) < 3)
		return 0;
	return (uint64_t)(v[0] & 0xff) << 56 | (uint64_t)(v[1] & 0xff) << 48 |
	       (uint64_t)(v[2] & 0xffff) << 32 | v[3];
}

#define NAMES_MAX 8	/* adapters that a question names */

/*
 * What a dry run would start: how many, their names, "mydev0, mydev1, ...", and whether some
 * would get a lower version.
 */
static unsigned int count_starts(json *result, char **names, bool *downgrade)
{
	_json_cleanup_ json *list = json_array();
	json *results = json_get(result, "results");
	unsigned int n = 0;

	for (size_t i = 0; i < json_len(results); i++) {
		json *r = json_at(results, i);

		if (strcmp(json_str(json_get(r, "action"), ""), "would-start"))
			continue;
		if (n++ < NAMES_MAX)
			json_append(list, json_string(json_str(json_get(r, "adapter"), "-")));
		if (version_rank(json_str(json_get(r, "to"), NULL)) <
		    version_rank(json_str(json_get(r, "from"), NULL)))
			*downgrade = true;
	}
	if (n > NAMES_MAX)
		json_append(list, json_string("..."));
	*names = text_join(list, ", ");
	return n;
}

/*
 * Asks before many adapters, or a downgrade, knowing from a dry run what would happen.
 * 0: go on. Else the code of cli->error.
 */
static int confirm(struct cli *cli, const struct args *args, int fd)
{
	_json_cleanup_ json *result = NULL;
	_free_cleanup_ char *names = NULL;
	bool downgrade = false;
	unsigned int n;

	if (cli->yes || args->opt[OPT_DRY_RUN] ||
	    (!args->opt[OPT_ALL] && !args->opt[OPT_ALLOW_DOWNGRADE]))
		return 0;
	if (args->opt[OPT_ALL] && (cli->json || !cli->ask))
		return cli_confirm(cli, "Flash %s to every adapter of its model?", args->words[0]);
	result = cli_call(cli, "firmware.flash", request(args, true), fd);
	/* mydevd shares the position of the descriptor. */
	if (!result || lseek(fd, 0, SEEK_SET) < 0)
		return cli->error.code;
	n = count_starts(result, &names, &downgrade);
	if (!n || (!args->opt[OPT_ALL] && !downgrade))
		return 0;
	return cli_confirm(cli, "Flash %s%s to %u adapter%s: %s?",
			   json_str(json_get(json_get(result, "image"), "version"), "it"),
			   downgrade ? ", a lower version than what runs now," : "", n,
			   n > 1 ? "s" : "", names);
}

static int run(struct cli *cli, const struct args *args)
{
	_close_cleanup_ int fd = -1;
	int ret;

	if (args->opt[OPT_ALL] && args->n > 1)
		return rpc_error_set(&cli->error, RPC_USAGE,
				     "flash: --all and naming adapters exclude each other");
	fd = image_open(cli, args->words[0]);
	if (fd < 0)
		return cli->error.code;
	ret = confirm(cli, args, fd);
	if (ret)
		return ret;
	return update_run(cli, "firmware.flash", request(args, args->opt[OPT_DRY_RUN]), fd);
}

static const struct example examples[] = {
	{ "flash firmware.bin", "the only adapter of the image's model" },
	{ "flash md4000-2.0.0.bin mydev1", "mydev1, with a file of /lib/firmware/mydev" },
	{ "flash md4000-2.0.0.bin --all --dry-run", "what would happen to all of the model" },
	{ "flash md4000-2.0.0.bin --all --yes", "all of the model, from a script" },
	{ "flash md4000-1.0.0.bin mydev1 --allow-downgrade", "back to an older version" },
	{ NULL },
};

const struct command command_flash = {
	.name = "flash",
	.args = "FILE [ADAPTER... | --all] [OPTION...]",
	.summary = "update the firmware of adapters",
	.about = "The image is checked, written into the slot that does not run, read back, tried, and\n"
		 "kept if it works; else the old one runs again. \"Done\" means that its version was read\n"
		 "back from the adapter. Cutting the power at any moment is harmless.\n\n"
		 "FILE is a path, else a name below /lib/firmware/mydev. Without ADAPTER, the only\n"
		 "adapter of the image's model is meant. Ctrl-C detaches: the update goes on.",
	.options = options,
	.methods = (const char *const[]){ "events.subscribe", "firmware.flash", "adapter.list", NULL },
	.examples = examples,
	.min_words = 1,
	.max_words = WORDS_ANY,
	.words = { WORD_FIRMWARE, WORD_ADAPTER },
	.stream = true,
	.run = run,
};
