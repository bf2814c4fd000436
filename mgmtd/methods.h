/* SPDX-License-Identifier: GPL-2.0 */
/* The methods of doc/openrpc.json: a table for each of the files that do them. */
#ifndef MGMTD_METHODS_H
#define MGMTD_METHODS_H

#include "mgmtd/dispatch.h"

extern const struct method *const method_tables[];
extern const size_t n_method_tables;

extern const struct method rpc_daemon_methods[];
extern const struct method rpc_adapter_methods[];
extern const struct method rpc_firmware_methods[];
extern const struct method rpc_config_methods[];
extern const struct method rpc_events_methods[];
extern const struct method rpc_guest_methods[];

#endif
