// SPDX-License-Identifier: GPL-2.0
/* rpc.discover and daemon.*: what the daemon says about itself. */
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/kernel.h"
#include "mgmtd/methods.h"
#include "mgmtd/skew.h"
#include "mgmtd/support.h"

static void rpc_discover(struct call *call)
{
	size_t len;
	_free_cleanup_ char *text = openrpc_text(&len);
	struct evbuffer *buf = evbuffer_new();

	if (!buf || evbuffer_add(buf, text, len) < 0)
		xalloc_failed();
	call_reply_text(call, buf);
	evbuffer_free(buf);
}

json *daemon_version_json(struct daemon *d)
{
	const struct mdnl_version *version;
	json *v = json_object();

	kernel_catch_up(d->kernel);
	version = kernel_version(d->kernel);
	json_set_str(v, "daemon", MYDEV_VERSION);
	json_set(v, "modules", skew_modules());
	json_set(v, "netlink_level", version ? json_int(version->level) : NULL);
	json_set_int(v, "netlink_level_known", MYDEV_GENL_LEVEL);
	json_set(v, "limits", skew_limits(version));
	return v;
}

static void daemon_version(struct call *call)
{
	call_reply(call, daemon_version_json(call->daemon));
}

const struct method rpc_daemon_methods[] = {
	{ "rpc.discover", rpc_discover },
	{ "daemon.version", daemon_version },
	{ "daemon.support", daemon_support },
	{ NULL }
};
