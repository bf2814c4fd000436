/* SPDX-License-Identifier: GPL-2.0 */
/* The firmware files that people name. */
#ifndef MGMTCLI_IMAGEFILE_H
#define MGMTCLI_IMAGEFILE_H

#include "mgmtcli/cli.h"

/*
 * Opens the firmware file that `name` means: the path, else that below cli->firmware_dir;
 * RPC_REFUSED when both are there and differ. A descriptor of a regular file, open for
 * reading; -1 and cli->error set.
 */
int image_open(struct cli *cli, const char *name);

/* {"name": what the file is called} for a request. */
json *image_params(const char *name);

#endif
