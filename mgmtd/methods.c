// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/methods.h"

#include "lib/util.h"

const struct method *const method_tables[] = {
	rpc_daemon_methods, rpc_adapter_methods, rpc_firmware_methods,
	rpc_config_methods, rpc_events_methods, rpc_guest_methods,
};

const size_t n_method_tables = ARRAY_SIZE(method_tables);
