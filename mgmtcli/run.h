/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MGMTCLI_RUN_H
#define MGMTCLI_RUN_H

#include "mgmtcli/cli.h"

/* Runs a command line: its exit code. Errors were told, on `err` or as JSON on `out`. */
int cli_run(struct cli *cli, int argc, char **argv);

#endif
