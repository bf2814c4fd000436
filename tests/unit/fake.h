/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A daemon that replays replies, and a mydevcli run against it: for what the CLI makes of
 * replies. What mydevd really says is tested in the machine.
 */
#ifndef TESTS_UNIT_FAKE_H
#define TESTS_UNIT_FAKE_H

#include "mgmtcli/cli.h"

struct fake_reply {
	const char *method;	/* NULL ends a table */
	const char *result;	/* JSON; NULL: `error` it is */
	const char *error;	/* JSON of an Error */
	const char *after;	/* lines sent behind the answer, or NULL */
	bool hang_up;		/* closes the connection then */
	int signal;		/* sent to the CLI then; 0: none */
};

struct fake;

/* Each reply answers one call of its method, in order; the last one of a method all others. */
struct fake *fake_start(const struct fake_reply *replies);
const char *fake_path(struct fake *f);
/* The params of the nth call of a method so far; NULL: there was none. Borrowed. */
json *fake_params(struct fake *f, const char *method, unsigned int n);
/* What the descriptor sent last had in it. */
const char *fake_file(struct fake *f);
void fake_stop(struct fake *f);

struct run {
	int code;
	char *out, *err;
};

struct run_setup {
	const char *socket;		/* NULL: nobody listens */
	const char *answers;		/* what is typed; NULL: nobody is there to ask */
	const char *firmware_dir;	/* NULL: one that does not exist */
	unsigned int columns;		/* of a terminal; 0: there is none */
	bool color;
};

/* Runs "mydevcli LINE", of words between blanks; '' is an empty one. */
struct run run_cli(const struct run_setup *setup, const char *line);
void run_free(struct run *r);
#define _run_cleanup_ __attribute__((cleanup(run_free)))

/* Asserts that `text` contains `part`, or prints both. */
void assert_contains(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);

/* An Adapter with everything in it, in JSON. */
extern const char fake_adapter[];

#endif
