/* SPDX-License-Identifier: GPL-2.0 */
/* The command line of mydevd. */
#ifndef MGMTD_OPTIONS_H
#define MGMTD_OPTIONS_H

#include "mgmtd/daemon.h"

/* -1: go on; else the exit status, and everything has been said. */
int options_parse(struct options *o, int argc, char **argv);

#endif
