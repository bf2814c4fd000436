/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verbs as data. Each verb is a `const struct command` in the file of its name; from these
 * come parsing, help, completion and the checks of the manual page. To add one: write its
 * file, name it in commands.c and in doc/mydevcli.8.
 */
#ifndef MGMTCLI_COMMAND_H
#define MGMTCLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct cli;

/* What a word of the command line is, for completion. */
enum word { WORD_NONE, WORD_ADAPTER, WORD_FIRMWARE, WORD_KEY, WORD_VALUE, WORD_FILE, WORD_VERB };

struct option_desc {
	const char *name;	/* without "--"; NULL ends a table */
	char letter;		/* of the short form; '\0': none */
	const char *arg;	/* what help calls its value; NULL: it has none */
	const char *help;
	bool number;		/* the value is an integer of min..max */
	int64_t min, max;
	enum word word;
	bool hidden;		/* in neither help nor completion */
};

#define OPTIONS_MAX 8	/* of a verb */

struct example {
	const char *line;	/* without "mydevcli "; NULL ends a table */
	const char *what;
};

struct args {
	char **words;			/* positional ones */
	unsigned int n;
	const char *opt[OPTIONS_MAX];	/* by index in the verb's table: value, "", NULL: not given */
	int64_t num[OPTIONS_MAX];	/* of those with a number */
};

#define WORDS_ANY 4096

struct command {
	const char *name;
	const char *args;	/* synopsis of words and options */
	const char *summary;	/* one line */
	const char *about;	/* what help says beyond */
	const struct option_desc *options;	/* or NULL */
	const char *const *methods;		/* that it calls; NULL-terminated, or NULL */
	const struct example *examples;
	const struct command *const *sub;	/* verbs of a group; NULL-terminated, or NULL */
	unsigned int min_words, max_words;
	enum word words[2];	/* of the first word, of those after it */
	bool stream;		/* with --json one object a line, else one object */
	/* Does it. An exit code (enum rpc_code, or EXIT_INTERRUPTED); why in cli->error. */
	int (*run)(struct cli *cli, const struct args *args);
};

#define EXIT_INTERRUPTED 130	/* Ctrl-C while something went on without us */

extern const struct command *const commands[];	/* NULL-terminated */
extern const struct option_desc global_options[];

/* The verb of that name in a NULL-terminated table; NULL: none. */
const struct command *command_find(const struct command *const *table, const char *name);
/* The name nearest to a mistyped one; NULL when none is near. */
const char *command_guess(const struct command *const *table, const char *name);

#endif
