/* SPDX-License-Identifier: GPL-2.0 */
/* What verbs share: the connection to mydevd, output, errors, questions. */
#ifndef MGMTCLI_CLI_H
#define MGMTCLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/rpcclient.h"

struct cli {
	FILE *out, *err, *in;
	const char *socket;
	const char *firmware_dir;
	bool json;		/* nothing but JSON on `out` */
	bool yes;		/* every question is answered so */
	bool color;		/* escape sequences for colors on `out` */
	bool tty;		/* `out` is a terminal: bars, redrawing */
	bool ask;		/* somebody is there to answer questions */
	unsigned int columns, rows;	/* of the terminal; 0: there is none, or not known */

	struct rpc_client client;
	struct rpc_error error;	/* why the verb failed */
	bool error_told;	/* the verb has said so itself */
};

/* A cli on the standard streams, for this terminal and environment. */
void cli_init(struct cli *cli);
void cli_free(struct cli *cli);
/* Looks how large the terminal is now. */
void cli_window(struct cli *cli);

/*
 * Calls a method of mydevd, connecting first when that is not done yet. Takes over the
 * reference to params; sends `fd` unless it is -1. The result; NULL and cli->error set.
 * Strings in it have no control characters, unless --json passes them on as they came.
 */
json *cli_call(struct cli *cli, const char *method, json *params, int fd);

/* How long mydevd may take for a method, in ms, as doc/openrpc.json says. */
int cli_deadline(const char *method);

/* Whether a method changes something, so that to ask again may do it twice. */
bool cli_changes(const char *method);

/* Prints one JSON document, or one object of a stream as a line. */
void cli_json(struct cli *cli, json *v);
void cli_json_line(struct cli *cli, json *v);

/*
 * Prints a line for people on `out`, or on `err`; nothing with --json. Strings that come
 * from elsewhere than mydevd go through text_clean() first.
 */
void cli_say(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cli_note(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints an error for people on `err`, with `what` (or NULL) before its message. */
void cli_print_error(struct cli *cli, const char *what, const struct rpc_error *e);

/*
 * Asks a question that --yes answers. 0: yes. Else cli->error is set: RPC_REFUSED when the
 * answer is no or nobody is there to ask.
 */
int cli_confirm(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* {"adapters": [words]} for a request; without words {}. */
json *cli_adapters(char **words, unsigned int n);

#endif
