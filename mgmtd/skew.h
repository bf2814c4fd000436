/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Versions that differ: the daemon, the modules that are loaded and the command line are
 * updated at different times. What each level of the netlink family brought stands here.
 */
#ifndef MGMTD_SKEW_H
#define MGMTD_SKEW_H

#include "lib/json.h"
#include "lib/netlink.h"
#include "lib/rpc.h"

/* What cannot be done, in words: an array of strings. `v` is NULL without mydev.ko. */
json *skew_limits(const struct mdnl_version *v);

/* The loaded modules {name, version}. */
json *skew_modules(void);

/* Whether the loaded mydev.ko lacks what a method needs; then `e` says so. */
bool skew_refused(const struct mdnl_version *v, const char *method, struct rpc_error *e);

#endif
