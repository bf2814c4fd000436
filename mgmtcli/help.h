/* SPDX-License-Identifier: GPL-2.0 */
/* What --help says, from the tables of command.h. */
#ifndef MGMTCLI_HELP_H
#define MGMTCLI_HELP_H

#include "mgmtcli/cli.h"
#include "mgmtcli/command.h"

/* All verbs. An exit code. */
int help_overview(struct cli *cli);
/* One verb, or the verbs of a group; `group`: that it is of, or NULL. */
int help_verb(struct cli *cli, const struct command *group, const struct command *command);

/* Prints a completion script for bash. */
int completion_bash(struct cli *cli);

#endif
