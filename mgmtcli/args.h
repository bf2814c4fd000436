/* SPDX-License-Identifier: GPL-2.0 */
/* The command line, by the tables of command.h. */
#ifndef MGMTCLI_ARGS_H
#define MGMTCLI_ARGS_H

#include "lib/rpc.h"
#include "mgmtcli/command.h"

/* Indices of global_options[]. */
enum { GLOBAL_JSON, GLOBAL_SOCKET, GLOBAL_NO_COLOR, GLOBAL_YES, GLOBAL_HELP, GLOBAL_VERSION,
       GLOBAL_COUNT };

struct parsed {
	struct args args;
	const char *global[GLOBAL_COUNT];	/* value, "", NULL: not given */
};

/*
 * Parses argv[1..], whose options are the global ones and those of `options` (or NULL).
 * `words_end`: the first word ends it, what follows it is not looked at. Adds to what
 * earlier calls left in `p`, except for words. 0, or RPC_USAGE and `e` set.
 */
int args_parse(struct parsed *p, const struct option_desc *options, bool words_end, int argc,
	       char **argv, struct rpc_error *e);

/* Whether --json is there, for errors met before everything is parsed. */
bool args_want_json(int argc, char **argv);

#endif
