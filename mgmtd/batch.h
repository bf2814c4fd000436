/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A request about several adapters: each has its own result, and the answer comes when all
 * are there, or at the deadline with what is there. Adapters do not wait for each
 * other.
 */
#ifndef MGMTD_BATCH_H
#define MGMTD_BATCH_H

#include "mgmtd/command.h"
#include "mgmtd/dispatch.h"

/* What the deadline grows by with each adapter; see doc/openrpc.json. */
#define BATCH_MS_EACH	20

struct batch;

/* Commands of a batch: embedded in what they carry, allocated with xzalloc(). */
struct batch_command {
	struct command command;
	struct batch *batch;
	size_t i;
	const char *not_done;		/* "was not reset" */
	/* The result of a command that went well; NULL: {adapter}. */
	json *(*result)(struct batch_command *bc);
	/* Before it is freed, whatever came of it; may be NULL. */
	void (*free)(struct batch_command *bc);
};

struct batch_ops {
	/* The result of one that failed. Both are borrowed. */
	json *(*failure)(const char *adapter, const struct rpc_error *e);
	/* Members of the answer beside `results`; may be NULL. */
	json *(*rest)(struct batch *b);
	/* At the end, before the caller's `arg` is freed; may be NULL. */
	void (*end)(struct batch *b);
};

/* Results {adapter, error}; `e` may be NULL. */
extern const struct batch_ops batch_outcomes;
json *batch_outcome(const char *adapter, const struct rpc_error *e);

/*
 * The adapters of a call: those that its parameter `adapters` selects, or all without it.
 * False: the call was answered that some do not exist. The list is the caller's to free.
 */
bool call_adapters(struct call *call, struct adapter ***list, size_t *n);

/* The one adapter that the parameter `adapter` selects; NULL: the call was answered. */
struct adapter *call_adapter(struct call *call);

/* `arg` is the caller's; freed with free() at the end. */
struct batch *batch_new(struct call *call, struct adapter *const *list, size_t n,
			const struct batch_ops *ops, void *arg);
void *batch_arg(const struct batch *b);
struct daemon *batch_daemon(const struct batch *b);

/* What becomes of the i-th adapter: a result (taken over), a failure, or a command. */
void batch_result(struct batch *b, size_t i, json *result);
void batch_failure(struct batch *b, size_t i, const struct rpc_error *e);
void batch_command(struct batch *b, size_t i, struct adapter *a, struct batch_command *bc);
/* Keeps the batch while something other than its commands will come back to it. */
void batch_hold(struct batch *b);
void batch_unhold(struct batch *b);
/* All of them have been given one. Nothing is answered before, and `b` may be gone after. */
void batch_go(struct batch *b);

#endif
