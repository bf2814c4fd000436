/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands to an adapter. Each waits for the adapter, so it runs as a job of its queue; in
 * the loop it ends with done(), which frees it, whether the adapter is still there or not.
 */
#ifndef MGMTD_COMMAND_H
#define MGMTD_COMMAND_H

#include "lib/netlink.h"
#include "lib/rpc.h"
#include "mgmtd/daemon.h"
#include "mgmtd/worker.h"

struct command {
	/* To be set before command_submit(). */
	int (*run)(struct command *c, struct mdnl *n);	/* on a thread; -errno and c->error */
	void (*done)(struct command *c);		/* in the loop */

	struct job job;
	struct daemon *daemon;
	uint64_t instance;
	uint32_t index;
	char name[MYDEV_NAME_MAX];
	char serial[MYDEV_HW_SERIAL_LEN + 1];
	int result;			/* of run() */
	struct mdnl_error error;
	bool has_after;
	struct mdnl_adapter after;	/* as the kernel knew it afterwards */
};

/* False: too much waits for this adapter already, and nothing was taken. */
bool command_submit(struct daemon *d, struct adapter *a, struct command *c);
/* Takes it back unless it has begun; then its done() is called now. */
bool command_cancel(struct command *c);

/* The adapter it was meant for, NULL: it is gone. */
struct adapter *command_adapter(const struct command *c);

/* Whether it was not done, and why; `what`: "mydev0 was not reset". Returns the code. */
int command_failure(const struct command *c, struct rpc_error *e, const char *what);

#endif
