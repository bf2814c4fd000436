/* SPDX-License-Identifier: GPL-2.0 */
/* Requests for several adapters: what became of each, and of all. */
#ifndef MGMTCLI_OUTCOME_H
#define MGMTCLI_OUTCOME_H

#include "mgmtcli/cli.h"

/* Counts outcomes to an exit code. Start with zeroes. */
struct tally {
	unsigned int done, failed;
	int code;	/* of those that failed, RPC_FAILED when they differ */
};

void tally_add(struct tally *t, int code);
/* RPC_OK; the code of all that failed; RPC_PARTIAL when some were done. */
int tally_code(const struct tally *t);

/* Tells about one adapter's error on `err` (nothing with --json), and returns its code. */
int outcome_error(struct cli *cli, const char *adapter, json *error);

/*
 * Ends the telling: gives `result` the member `error` and cli->error its content when `t`
 * says that something failed. Returns tally_code().
 */
int outcome_sum(struct cli *cli, const struct tally *t, json *result);

/*
 * The whole of it for results of Outcome: "ADAPTER: `done`" on `out` for each that was
 * done. Returns the exit code.
 */
int outcome_report(struct cli *cli, json *result, const char *done);

#endif
