// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/imagefile.h"
#include "mgmtcli/outcome.h"
#include "mgmtcli/style.h"
#include "mgmtcli/text.h"
#include "mgmtcli/update.h"
#include "mgmtcli/verbs.h"
#include "mgmtcli/view.h"

/*
 * firmware list
 */

/* What is wrong with a file, without its name, which stands beside it. */
static const char *problem_of(json *file)
{
	const char *name = json_str(json_get(file, "file"), "");
	const char *problem = json_str(json_get(file, "problem"), NULL);
	size_t n = strlen(name);

	return problem && !strncmp(problem, name, n) && problem[n] == ' ' ? problem + n + 1 : problem;
}

static void print_files(struct cli *cli, json *files)
{
	static const struct table_column columns[] = {
		{ "FILE" }, { "MODEL" }, { "VERSION" }, { "COUNTER", .right = true },
		{ "SIZE", .right = true }, { "SIGNED BY" }, { "PROBLEM" },
	};
	_table_cleanup_ struct table *t = table_new(columns, 7);

	for (size_t i = 0; i < json_len(files); i++) {
		json *f = json_at(files, i), *counter = json_get(f, "counter"), *size = json_get(f, "size");
		_free_cleanup_ char *n = counter ? xstrdup(json_text(counter, NULL)) : NULL;
		_free_cleanup_ char *bytes = size ? text_bytes(json_num(size, 0)) : NULL;

		table_cell(t, STYLE_PLAIN, json_str(json_get(f, "file"), NULL));
		table_cell(t, STYLE_PLAIN, json_str(json_get(f, "model"), NULL));
		table_cell(t, STYLE_PLAIN, json_str(json_get(f, "version"), NULL));
		table_cell(t, STYLE_PLAIN, n);
		table_cell(t, STYLE_PLAIN, bytes);
		table_cell(t, STYLE_PLAIN, json_str(json_get(f, "key"), NULL));
		table_cell(t, json_get(f, "problem") ? STYLE_BAD : STYLE_PLAIN, problem_of(f));
	}
	cli_say(cli, "Files");
	if (json_len(files))
		table_print(t, cli->out, 2, 0, cli->color);
	else
		cli_say(cli, "  none below %s", cli->firmware_dir);
}

static int run_list(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = cli_call(cli, "firmware.list",
					       cli_adapters(args->words, args->n), -1);
	json *adapters = json_get(result, "adapters");

	if (!result)
		return cli->error.code;
	if (cli->json) {
		cli_json(cli, result);
		return RPC_OK;
	}
	for (size_t i = 0; i < json_len(adapters); i++) {
		json *a = json_at(adapters, i);

		cli_say(cli, "%s (%s)", json_str(json_get(a, "adapter"), "-"),
			json_str(json_get(a, "model"), "unknown model"));
		view_slots(cli, json_get(a, "firmware"), 2);
	}
	print_files(cli, json_get(result, "files"));
	return RPC_OK;
}

static const struct example list_examples[] = {
	{ "firmware list", "slots of all adapters, and files that could be flashed" },
	{ NULL },
};

static const struct command command_list = {
	.name = "list",
	.args = "[ADAPTER...]",
	.summary = "list firmware slots and files",
	.methods = (const char *const[]){ "firmware.list", NULL },
	.examples = list_examples,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.run = run_list,
};

/*
 * firmware verify
 */

static void print_image(struct cli *cli, json *image)
{
	_free_cleanup_ char *features = text_join(json_get(image, "features"), ", ");
	_free_cleanup_ char *size = text_bytes(json_num(json_get(image, "size"), 0));

	cli_say(cli, "%s: %s", json_str(json_get(image, "file"), "-"),
		json_true(json_get(image, "valid")) ? "valid" : "NOT valid");
	cli_say(cli, "  model      %s", json_str(json_get(image, "model"), "-"));
	cli_say(cli, "  version    %s", json_str(json_get(image, "version"), "-"));
	cli_say(cli, "  counter    %" PRId64, json_num(json_get(image, "counter"), 0));
	cli_say(cli, "  size       %s", size);
	cli_say(cli, "  digest     %s", json_str(json_get(image, "digest"), "-"));
	cli_say(cli, "  signed by  %s", json_str(json_get(image, "key"), "-"));
	cli_say(cli, "  features   %s", features ? features : "-");
}

static int run_verify(struct cli *cli, const struct args *args)
{
	_close_cleanup_ int fd = image_open(cli, args->words[0]);
	_json_cleanup_ json *result = NULL;
	json *image;

	if (fd < 0)
		return cli->error.code;
	result = cli_call(cli, "firmware.verify", image_params(args->words[0]), fd);
	if (!result)
		return cli->error.code;
	image = json_get(result, "image");
	if (!json_true(json_get(image, "valid")))
		rpc_error_set(&cli->error, RPC_REFUSED, "%s",
			      json_str(json_get(image, "problem"), "the file is not valid"));
	if (!cli->json) {
		print_image(cli, image);
		return cli->error.code;
	}
	if (cli->error.code)
		json_set(result, "error", rpc_error_json(&cli->error));
	cli->error_told = true;
	cli_json(cli, result);
	return cli->error.code;
}

static const struct example verify_examples[] = {
	{ "firmware verify firmware.bin", "would it be flashed, and to what?" },
	{ NULL },
};

static const struct command command_verify = {
	.name = "verify",
	.args = "FILE",
	.summary = "check a firmware file as flash does",
	.about = "Checks format, digest, signature and key, and writes nothing. Exit code 4: not valid.",
	.methods = (const char *const[]){ "firmware.verify", NULL },
	.examples = verify_examples,
	.min_words = 1,
	.max_words = 1,
	.words = { WORD_FIRMWARE },
	.run = run_verify,
};

/*
 * firmware activate, rollback, cancel
 */

static int run_activate(struct cli *cli, const struct args *args)
{
	return update_run(cli, "firmware.activate", cli_adapters(args->words, args->n), -1);
}

static const struct example activate_examples[] = {
	{ "firmware activate mydev0", "after: mydevcli flash firmware.bin mydev0 --no-activate" },
	{ NULL },
};

static const struct command command_activate = {
	.name = "activate",
	.args = "ADAPTER...",
	.summary = "restart adapters into their pending image",
	.about = "The image is tried, and kept if it works; else the old one runs again.",
	.methods = (const char *const[]){ "events.subscribe", "firmware.activate", "adapter.list", NULL },
	.examples = activate_examples,
	.min_words = 1,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.stream = true,
	.run = run_activate,
};

enum { OPT_NO_ACTIVATE };

static const struct option_desc rollback_options[] = {
	[OPT_NO_ACTIVATE] = { "no-activate", 0, NULL, "mark the other image pending, and no more" },
	{ NULL },
};

static int run_rollback(struct cli *cli, const struct args *args)
{
	json *params = cli_adapters(args->words, args->n);

	if (args->opt[OPT_NO_ACTIVATE])
		json_set_bool(params, "activate", false);
	return update_run(cli, "firmware.rollback", params, -1);
}

static const struct example rollback_examples[] = {
	{ "firmware rollback mydev0", "back to what ran before the last update" },
	{ NULL },
};

static const struct command command_rollback = {
	.name = "rollback",
	.args = "ADAPTER... [--no-activate]",
	.summary = "go back to the image in the other slot",
	.about = "Refused when that image is older than the security counter of the adapter allows.",
	.options = rollback_options,
	.methods = (const char *const[]){ "events.subscribe", "firmware.rollback", "adapter.list", NULL },
	.examples = rollback_examples,
	.min_words = 1,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.stream = true,
	.run = run_rollback,
};

static int run_cancel(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = cli_call(cli, "firmware.cancel",
					       cli_adapters(args->words, args->n), -1);

	if (!result)
		return cli->error.code;
	return outcome_report(cli, result, "cancelled");
}

static const struct example cancel_examples[] = {
	{ "firmware cancel mydev0", "stop the update of mydev0" },
	{ NULL },
};

static const struct command command_cancel = {
	.name = "cancel",
	.args = "ADAPTER...",
	.summary = "cancel updates, or take a pending mark away",
	.about = "Works until the new image is marked pending; after that, the adapter is busy (exit code 7).",
	.methods = (const char *const[]){ "firmware.cancel", NULL },
	.examples = cancel_examples,
	.min_words = 1,
	.max_words = WORDS_ANY,
	.words = { WORD_ADAPTER, WORD_ADAPTER },
	.run = run_cancel,
};

const struct command command_firmware = {
	.name = "firmware",
	.args = "VERB [ARGUMENT...]",
	.summary = "look after firmware images and slots",
	.sub = (const struct command *const[]){
		&command_list, &command_verify, &command_activate, &command_rollback,
		&command_cancel, NULL,
	},
};
