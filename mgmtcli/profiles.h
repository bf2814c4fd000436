/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MGMTCLI_PROFILES_H
#define MGMTCLI_PROFILES_H

#include "mgmtcli/cli.h"

/* Tells on `err` what is wrong in profiles, an array of Profile. How many problems. */
unsigned int profiles_complain(struct cli *cli, json *profiles);

#endif
