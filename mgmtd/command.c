// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/command.h"

#include <errno.h>
#include <string.h>

#include "lib/util.h"
#include "mgmtd/failure.h"
#include "mgmtd/kernel.h"

/* The number may have passed on to another adapter while the command waited. */
static int check_same(struct command *c, struct mdnl *n)
{
	struct mdnl_adapter now;
	int rc = mdnl_adapter(n, c->index, &now, &c->error);

	if (rc < 0)
		return rc;
	if (!c->serial[0] || !now.serial[0] || !strcmp(now.serial, c->serial))
		return 0;
	c->error = (struct mdnl_error){ .code = ENODEV };
	snprintf(c->error.text, sizeof(c->error.text), "another adapter has taken its place");
	return -ENODEV;
}

static void command_run(struct job *job)
{
	struct command *c = container_of(job, struct command, job);
	__attribute__((cleanup(mdnl_closep))) struct mdnl *n = NULL;
	struct mdnl_error ignored;

	c->result = mdnl_open(&n, &c->error);
	if (!c->result)
		c->result = check_same(c, n);
	if (!c->result)
		c->result = c->run(c, n);
	if (n)
		c->has_after = !mdnl_adapter(n, c->index, &c->after, &ignored);
}

static void command_done(struct job *job)
{
	struct command *c = container_of(job, struct command, job);

	if (job->cancelled) {
		c->result = -ENODEV;
		c->error = (struct mdnl_error){ .code = ENODEV };
		snprintf(c->error.text, sizeof(c->error.text), "it was removed");
	}
	if (c->has_after && command_adapter(c))
		kernel_took(c->daemon->kernel, &c->after);
	c->done(c);
}

bool command_submit(struct daemon *d, struct adapter *a, struct command *c)
{
	c->daemon = d;
	c->instance = a->instance;
	c->index = a->info.index;
	memcpy(c->name, a->info.name, sizeof(c->name));
	memcpy(c->serial, a->info.serial, sizeof(c->serial));
	c->job.run = command_run;
	c->job.done = command_done;
	return job_submit(a->queue, &c->job);
}

bool command_cancel(struct command *c)
{
	return job_cancel(&c->job);
}

struct adapter *command_adapter(const struct command *c)
{
	struct adapter *a = adapters_find(&c->daemon->adapters, c->index);

	return a && a->instance == c->instance ? a : NULL;
}

int command_failure(const struct command *c, struct rpc_error *e, const char *what)
{
	return c->result ? failure_netlink(e, &c->error, c->name, what) : RPC_OK;
}
