/* SPDX-License-Identifier: GPL-2.0 */
/* Firmware updates from their start to what became of them. */
#ifndef MGMTCLI_UPDATE_H
#define MGMTCLI_UPDATE_H

#include "mgmtcli/cli.h"

/*
 * Calls a method whose results are FlashResults, with `fd` unless it is -1; takes over the
 * reference to params. Follows what it started until all has ended, showing progress, and
 * tells what became of each adapter. With --json an object a line, the last of which has
 * everything. Returns the exit code; EXIT_INTERRUPTED when Ctrl-C detached us.
 */
int update_run(struct cli *cli, const char *method, json *params, int fd);

#endif
