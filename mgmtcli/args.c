// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/args.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mgmtcli/text.h"
#include "lib/alloc.h"

const struct option_desc global_options[] = {
	[GLOBAL_JSON] = { "json", 'j', NULL, "print JSON on standard output, and nothing else" },
	[GLOBAL_SOCKET] = { "socket", 0, "PATH", "reach mydevd at this socket", .word = WORD_FILE },
	[GLOBAL_NO_COLOR] = { "no-color", 0, NULL, "no colors, as with NO_COLOR in the environment" },
	[GLOBAL_YES] = { "yes", 'y', NULL, "answer every question with yes" },
	[GLOBAL_HELP] = { "help", 'h', NULL, "explain, and do nothing" },
	[GLOBAL_VERSION] = { "version", 'V', NULL, "the same as the verb version" },
	{ NULL },
};

/* What getopt_long() returns for the long forms: beyond all letters. */
#define CODE_GLOBAL	0x100
#define CODE_VERB	0x200

#define LONG_MAX_COUNT	(GLOBAL_COUNT + OPTIONS_MAX + 1)
#define LETTERS_MAX	(2 + 2 * (GLOBAL_COUNT + OPTIONS_MAX) + 1)

struct tables {
	struct option longs[LONG_MAX_COUNT];
	char letters[LETTERS_MAX];
};

static void add_options(struct tables *t, const struct option_desc *o, int code)
{
	unsigned int n = 0;
	char *end = t->letters + strlen(t->letters);

	while (t->longs[n].name)
		n++;
	for (unsigned int i = 0; o && o[i].name; i++) {
		t->longs[n++] = (struct option){
			.name = o[i].name, .val = code + i,
			.has_arg = o[i].arg ? required_argument : no_argument,
		};
		if (o[i].letter)
			*end++ = o[i].letter;
		if (o[i].letter && o[i].arg)
			*end++ = ':';
	}
	*end = '\0';
}

/* The index of the option with the short form `letter`; -1: none. */
static int by_letter(const struct option_desc *o, int letter)
{
	for (int i = 0; o && o[i].name; i++)
		if (o[i].letter == letter)
			return i;
	return -1;
}

static int take_number(const struct option_desc *o, const char *value, int64_t *num,
		       struct rpc_error *e)
{
	long long n;
	char *end;

	errno = 0;
	n = strtoll(value, &end, 10);
	if (errno || end == value || *end || n < o->min || n > o->max)
		return rpc_error_set(e, RPC_USAGE, "--%s takes a number from %" PRId64 " to %" PRId64
				     ", not '%s'", o->name, o->min, o->max, value);
	*num = n;
	return 0;
}

/* Notes the option of that code, which one of the two tables has. */
static int take_option(struct parsed *p, const struct option_desc *options, int code,
		       struct rpc_error *e)
{
	const char *value = optarg ? optarg : "";
	bool is_letter = code < CODE_GLOBAL;
	int global = is_letter ? by_letter(global_options, code) : code - CODE_GLOBAL;
	int i = is_letter ? by_letter(options, code) : code - CODE_VERB;

	if (global >= 0 && global < GLOBAL_COUNT) {
		p->global[global] = value;
		return 0;
	}
	p->args.opt[i] = value;
	return options[i].number ? take_number(&options[i], value, &p->args.num[i], e) : 0;
}

/* After getopt_long() returned '?' or ':'. */
static int refuse_option(int code, char **argv, struct rpc_error *e)
{
	char letter[] = { '-', optopt, '\0' };
	const char *given = argv[optind - 1];

	/* Within a cluster of letters, getopt stays on it: name the letter instead. */
	if (optopt && optopt < CODE_GLOBAL)
		given = letter;
	if (code == ':')
		return rpc_error_set(e, RPC_USAGE, "%s takes a value", given);
	if (optopt >= CODE_GLOBAL)
		return rpc_error_set(e, RPC_USAGE, "%s: this option takes no value", given);
	return rpc_error_set(e, RPC_USAGE, "%s: no such option", given);
}

int args_parse(struct parsed *p, const struct option_desc *options, bool words_end, int argc,
	       char **argv, struct rpc_error *e)
{
	struct tables t = { .letters = "" };
	int code, ret;

	strcpy(t.letters, words_end ? "+:" : ":");
	add_options(&t, global_options, CODE_GLOBAL);
	add_options(&t, options, CODE_VERB);
	opterr = 0;
	optind = 0;	/* starts afresh, with the order of words too */
	while ((code = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1) {
		if (code == '?' || code == ':')
			return refuse_option(code, argv, e);
		ret = take_option(p, options, code, e);
		if (ret)
			return ret;
	}
	p->args.words = argv + optind;
	p->args.n = argc - optind;
	return 0;
}

bool args_want_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j"))
			return true;
	return false;
}
