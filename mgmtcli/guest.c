// SPDX-License-Identifier: GPL-2.0
/* Adapters that the control domain of a Xen host lends to its guests. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/mydevif.h>

#include "lib/alloc.h"
#include "lib/table.h"
#include "mgmtcli/cli.h"
#include "mgmtcli/profiles.h"
#include "mgmtcli/style.h"
#include "mgmtcli/text.h"
#include "mgmtcli/verbs.h"

/* "web (domain 3)" */
static char *guest_of(json *device)
{
	const char *name = json_str(json_get(device, "name"), NULL);
	int64_t domain = json_num(json_get(device, "domain"), 0);

	return name ? xasprintf("%s (domain %" PRId64 ")", name, domain)
		    : xasprintf("domain %" PRId64, domain);
}

static char *rate_of(json *device)
{
	int64_t rate = json_num(json_get(device, "rate"), 0);
	_free_cleanup_ char *bytes = text_bytes(rate);

	return rate ? xasprintf("%s/s", bytes) : xstrdup("no limit");
}

/*
 * guest list
 */

static char *delivered(json *statistics)
{
	json *bytes = json_get(statistics, "entropy_bytes");

	return bytes ? text_bytes(text_int64(bytes, 0)) : NULL;
}

static void add_row(struct table *t, json *g)
{
	json *statistics = json_get(g, "statistics");
	_free_cleanup_ char *allowed = text_join(json_get(g, "allowed"), ",");
	_free_cleanup_ char *rate = rate_of(g), *bytes = delivered(statistics);
	const char *backend = json_str(json_get(g, "backend"), NULL);
	const char *frontend = json_str(json_get(g, "frontend"), NULL);
	const char *error = json_str(json_get(g, "error"), NULL);

	table_cellf(t, STYLE_PLAIN, "%" PRId64, json_num(json_get(g, "domain"), 0));
	table_cell(t, STYLE_PLAIN, json_str(json_get(g, "name"), NULL));
	table_cellf(t, STYLE_PLAIN, "%" PRId64, json_num(json_get(g, "device"), 0));
	/* One that is not there now is waited for. */
	table_cell(t, json_get(g, "adapter") ? STYLE_PLAIN : STYLE_WARN,
		   json_str(json_get(g, "serial"), NULL));
	table_cell(t, STYLE_PLAIN, allowed);
	table_cell(t, STYLE_PLAIN, rate);
	table_cell(t, style_of(backend), backend);
	table_cell(t, style_of(frontend), frontend);
	table_cell(t, STYLE_PLAIN, bytes);
	table_cell(t, STYLE_PLAIN, json_str(json_get(statistics, "denied"), NULL));
	table_cell(t, STYLE_PLAIN, json_str(json_get(g, "status"), error));
}

static void print_guests(struct cli *cli, json *guests)
{
	static const struct table_column columns[] = {
		{ "DOMAIN", .right = true }, { "NAME", .shrink = 8 }, { "DEVICE", .right = true },
		{ "ADAPTER" }, { "ALLOWED", .shrink = 7 }, { "RATE", .right = true, .drop = 1 },
		{ "BACKEND" }, { "FRONTEND" }, { "DELIVERED", .right = true, .drop = 2 },
		{ "DENIED", .right = true, .drop = 3 }, { "STATUS", .shrink = 10 },
	};
	_table_cleanup_ struct table *t = table_new(columns, 11);

	for (size_t i = 0; i < json_len(guests); i++)
		add_row(t, json_at(guests, i));
	if (json_len(guests))
		table_print(t, cli->out, 0, cli->columns, cli->color);
	else
		cli_say(cli, "No guest has an adapter.");
}

static int run_list(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = cli_call(cli, "guest.list", NULL, -1);

	if (!result)
		return cli->error.code;
	profiles_complain(cli, json_get(result, "policies"));
	if (cli->json)
		cli_json(cli, result);
	else
		print_guests(cli, json_get(result, "guests"));
	return RPC_OK;
}

static const struct example list_examples[] = {
	{ "guest list", "which guests have which adapters, and what is wrong in guests.d" },
	{ NULL },
};

static const struct command guest_list = {
	.name = "list",
	.args = "",
	.summary = "print what is lent to guests",
	.about = "BACKEND and FRONTEND are the states of this host's and the guest's side: both are connected\n"
		 "when the guest uses it. DELIVERED is the entropy that it got, DENIED how often it asked for\n"
		 "what is not allowed. Errors in /etc/mydev/guests.d are told, too.",
	.methods = (const char *const[]){ "guest.list", NULL },
	.examples = list_examples,
	.run = run_list,
};

/*
 * guest attach
 */

enum { OPT_ADAPTER, OPT_ALLOW, OPT_RATE, OPT_BURST };

static const struct option_desc attach_options[] = {
	[OPT_ADAPTER] = { "adapter", 'a', "ADAPTER", "this one; not needed when there is only one",
			  .word = WORD_ADAPTER },
	[OPT_ALLOW] = { "allow", 0, "CLASS,...", "of entropy, log, locate, selftest, config; "
						 "entropy unless said" },
	[OPT_RATE] = { "rate", 'r', "BYTES", "of entropy a second, 0: no limit; 65536 unless said",
		       .number = true, .min = 0, .max = MYDEVIF_RATE_MAX },
	[OPT_BURST] = { "burst", 0, "BYTES", "of entropy at once after a pause; as the rate unless said",
			.number = true, .min = MYDEV_HW_DATA_MAX, .max = MYDEVIF_RATE_MAX },
	{ NULL },
};

static json *words_of(const char *list)
{
	_free_cleanup_ char *copy = xstrdup(list);
	json *words = json_array();
	char *save, *word;

	for (word = strtok_r(copy, ", ", &save); word; word = strtok_r(NULL, ", ", &save))
		json_append(words, json_string(word));
	return words;
}

static json *attach_params(const struct args *args)
{
	json *params = json_object();

	json_set_str(params, "domain", args->words[0]);
	if (args->opt[OPT_ADAPTER])
		json_set_str(params, "adapter", args->opt[OPT_ADAPTER]);
	if (args->opt[OPT_ALLOW])
		json_set(params, "allow", words_of(args->opt[OPT_ALLOW]));
	if (args->opt[OPT_RATE])
		json_set_int(params, "rate", args->num[OPT_RATE]);
	if (args->opt[OPT_BURST])
		json_set_int(params, "burst", args->num[OPT_BURST]);
	return params;
}

static int run_attach(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = cli_call(cli, "guest.attach", attach_params(args), -1);
	_free_cleanup_ char *guest = NULL, *allowed = NULL, *rate = NULL;

	if (!result)
		return cli->error.code;
	if (cli->json)
		cli_json(cli, result);
	guest = guest_of(result);
	allowed = text_join(json_get(result, "allowed"), ", ");
	rate = rate_of(result);
	cli_say(cli, "%s: %s is device %" PRId64 "; allowed: %s; entropy: %s", guest,
		json_str(json_get(result, "serial"), "-"), json_num(json_get(result, "device"), 0),
		allowed ? allowed : "-", rate);
	return RPC_OK;
}

static const struct example attach_examples[] = {
	{ "guest attach web1", "the only adapter, to be looked at and for entropy" },
	{ "guest attach 3 --adapter SN4000-0001 --rate 1000000", "a megabyte a second" },
	{ "guest attach web1 --allow entropy,log,locate", "and two things more" },
	{ NULL },
};

static const struct command guest_attach = {
	.name = "attach",
	.args = "DOMAIN [--adapter ADAPTER] [--allow CLASS,...] [--rate BYTES] [--burst BYTES]",
	.summary = "lend an adapter to a guest",
	.about = "DOMAIN is the id, the name or the UUID of a guest that runs. The guest sees the adapter\n"
		 "as one of its own: mydevcli there, and /dev/hwrng. To look at it is always allowed, to\n"
		 "restart it or change its firmware never. It ends with the guest: what guests are lent\n"
		 "whenever they start is said in /etc/mydev/guests.d, see mydev.conf(5).",
	.options = attach_options,
	.methods = (const char *const[]){ "guest.attach", NULL },
	.examples = attach_examples,
	.min_words = 1,
	.max_words = 1,
	.run = run_attach,
};

/*
 * guest detach
 */

/* The number of a device; -1: it is none. */
static int64_t device_number(const char *word)
{
	char *end;
	long n = strtol(word, &end, 10);

	return end == word || *end || n < 0 || n > INT32_MAX ? -1 : n;
}

static json *detach_params(const struct args *args)
{
	json *params = json_object();

	json_set_str(params, "domain", args->words[0]);
	if (args->n > 1)
		json_set_int(params, "device", device_number(args->words[1]));
	return params;
}

static int run_detach(struct cli *cli, const struct args *args)
{
	_json_cleanup_ json *result = NULL;
	_free_cleanup_ char *guest = NULL;

	if (args->n > 1 && device_number(args->words[1]) < 0)
		return rpc_error_set(&cli->error, RPC_USAGE, "guest detach: '%s' is no number of a device",
				     args->words[1]);
	result = cli_call(cli, "guest.detach", detach_params(args), -1);
	if (!result)
		return cli->error.code;
	if (cli->json)
		cli_json(cli, result);
	guest = guest_of(result);
	cli_say(cli, "%s: device %" PRId64 " (%s) was taken back", guest,
		json_num(json_get(result, "device"), 0), json_str(json_get(result, "serial"), "-"));
	if (json_true(json_get(result, "forced")))
		cli_note(cli, "%s: it did not close the device in time, which was taken away", guest);
	return RPC_OK;
}

static const struct example detach_examples[] = {
	{ "guest detach web1", "the only adapter that it has" },
	{ "guest detach 3 1", "device 1 of domain 3" },
	{ NULL },
};

static const struct command guest_detach = {
	.name = "detach",
	.args = "DOMAIN [DEVICE]",
	.summary = "take an adapter back from a guest",
	.about = "The guest is asked to close it, and has ten seconds for that; then it is taken away. DEVICE,\n"
		 "as in the list, is needed when the guest has several.",
	.methods = (const char *const[]){ "guest.detach", NULL },
	.examples = detach_examples,
	.min_words = 1,
	.max_words = 2,
	.run = run_detach,
};

const struct command command_guest = {
	.name = "guest",
	.args = "VERB [ARGUMENT...]",
	.summary = "lend adapters to the guests of a Xen host",
	.about = "In the control domain, dom0. Each guest sees the adapter as far as it is allowed to, and\n"
		 "gets entropy from it up to its rate; none can disturb the others, or this host.",
	.sub = (const struct command *const[]){
		&guest_list, &guest_attach, &guest_detach, NULL,
	},
};
