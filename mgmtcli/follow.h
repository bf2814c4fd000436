/* SPDX-License-Identifier: GPL-2.0 */
/* Events from mydevd as they come, across restarts of it. */
#ifndef MGMTCLI_FOLLOW_H
#define MGMTCLI_FOLLOW_H

#include "mgmtcli/cli.h"

struct follow {
	struct cli *cli;
	json *adapters;		/* only those of these names, borrowed; NULL: all */
	bool progress;		/* progress of updates too */
	int64_t since;		/* number of the newest event seen; -1: from now on */
	/* Called from follow_start() and follow_wait(); NULL: not wanted. */
	void (*on_event)(json *event, void *arg);
	void (*on_progress)(const char *adapter, json *flash, void *arg);
	void (*on_lost)(int64_t events, void *arg);
	void (*on_restarted)(int64_t newest, void *arg);	/* numbers begin anew */
	void (*on_connection)(bool lost, void *arg);	/* lost, or back */
	void *arg;
};

/*
 * Subscribes: 0, or the code of cli->error. From now on Ctrl-C does not end the process, but
 * follow_wait(); until follow_stop(), which is called after a failure too.
 */
int follow_start(struct follow *f);

/*
 * Waits for timeout_ms (-1: for ever) and calls back. When mydevd is gone, tries to reach
 * it again for FOLLOW_PATIENCE_MS, and goes on where it was. 0 when something may have come,
 * -ETIMEDOUT, -EINTR on Ctrl-C (or SIGTERM); the code of cli->error when it stays gone.
 */
int follow_wait(struct follow *f, int timeout_ms);

#define FOLLOW_PATIENCE_MS 30000

/* Ends it: no more callbacks, Ctrl-C ends the process again. */
void follow_stop(struct follow *f);

#endif
