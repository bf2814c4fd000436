/* SPDX-License-Identifier: GPL-2.0 */
/* The progress of firmware updates: values of the schema Flash, of any number of adapters. */
#ifndef MGMTCLI_PROGRESS_H
#define MGMTCLI_PROGRESS_H

#include "mgmtcli/cli.h"

/* What became of an update, or where it is, in words. For free(). */
char *progress_outcome(json *flash);

/* Why an update that ended is not done; false: it is done. `e` may be NULL. */
bool progress_failed(json *flash, struct rpc_error *e);

struct progress;

struct progress *progress_new(struct cli *cli);
void progress_free(struct progress *p);		/* NULL is fine */

/*
 * Shows where the update of an adapter is: as a bar on a terminal, elsewhere as a line for
 * each stage and each 10 %; with --json as an object a line.
 */
void progress_show(struct progress *p, const char *adapter, json *flash);

/* Lets time go on in the bars. */
void progress_tick(struct progress *p);

/* Takes all bars away, so that something can be printed; progress_show() and
 * progress_tick() bring them back. */
void progress_hide(struct progress *p);

/* Ends an adapter's bar, and hides the others. */
void progress_end(struct progress *p, const char *adapter);

#endif
