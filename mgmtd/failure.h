/* SPDX-License-Identifier: GPL-2.0 */
/* Errors of the kernel and the adapter in the words and codes of the RPC document. */
#ifndef MGMTD_FAILURE_H
#define MGMTD_FAILURE_H

#include <stdint.h>

#include "lib/netlink.h"
#include "lib/rpc.h"

/*
 * `err` is a positive errno, `cause` what the kernel said about it (NULL or "": nothing),
 * `what` what was not done: "mydev0 was not reset" (NULL: the cause says it). Returns the code.
 */
int failure_errno(struct rpc_error *e, int err, const char *cause, const char *adapter,
		  const char *what);
int failure_netlink(struct rpc_error *e, const struct mdnl_error *err, const char *adapter,
		    const char *what);

struct adapter;

/*
 * RPC_OK, or that this host may not use a class of commands (MYDEV_CLASS_*): in a guest, dom0
 * says what it may. `not_done`: "was not reset".
 */
int failure_denied(struct rpc_error *e, const struct adapter *a, uint32_t class,
		   const char *not_done);

#endif
