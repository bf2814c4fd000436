// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/failure.h"

#include <errno.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/adapters.h"
#include "mgmtd/words.h"

static const struct {
	int err;
	int code;
	const char *hint;
} failures[] = {
	{ ENODEV, RPC_NOT_FOUND, "mydevcli show lists the adapters that are there" },
	{ EHOSTDOWN, RPC_FAILED, "it is tried again by itself; mydevcli show tells its state" },
	{ ETIMEDOUT, RPC_TIMED_OUT, "it is being reset; mydevcli show tells its state" },
	{ EBUSY, RPC_BUSY, "mydevcli show tells what it does" },
	{ EPERM, RPC_NOT_PERMITTED, "mydevd itself lacks CAP_NET_ADMIN: see its unit" },
	{ EACCES, RPC_REFUSED, "the adapter's owner does not grant this to this host" },
	{ EOPNOTSUPP, RPC_REFUSED, "newer firmware or kernel modules may know it: "
	  "see mydevcli version" },
	{ ERANGE, RPC_REFUSED, "mydevcli config show tells the ranges" },
	{ EINVAL, RPC_REFUSED, NULL },
	{ ENODATA, RPC_FAILED, "it has not told its configuration yet; try again" },
	{ ECANCELED, RPC_FAILED, NULL },
	{ EIO, RPC_FAILED, "see mydevcli log; the adapter may need to be replaced" },
	{ EBADMSG, RPC_REFUSED, "get the image again" },
	{ EMEDIUMTYPE, RPC_REFUSED, "flash an image of the adapter's model" },
	{ EKEYREJECTED, RPC_REFUSED, NULL },
	{ ESTALE, RPC_REFUSED, "flash an image with a higher security counter" },
	{ EFBIG, RPC_REFUSED, NULL },
};

int failure_errno(struct rpc_error *e, int err, const char *cause, const char *adapter,
		  const char *what)
{
	int code = RPC_FAILED;
	const char *hint = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		if (failures[i].err != err)
			continue;
		code = failures[i].code;
		hint = failures[i].hint;
	}
	rpc_error_set(e, code, "%s%s%s", what ? what : "", what ? ": " : "",
		      cause && cause[0] ? cause : strerror(err));
	rpc_error_adapter(e, adapter);
	if (hint)
		rpc_error_hint(e, "%s", hint);
	return code;
}

int failure_netlink(struct rpc_error *e, const struct mdnl_error *err, const char *adapter,
		    const char *what)
{
	if (err->code == ENOENT && !err->from_kernel) {
		rpc_error_set(e, RPC_FAILED, "%s: mydev.ko is not loaded", what);
		rpc_error_hint(e, "load the driver: modprobe mydev_pci, or mydev_sim");
		rpc_error_adapter(e, adapter);
		return RPC_FAILED;
	}
	return failure_errno(e, err->code, err->text, adapter, what);
}

int failure_denied(struct rpc_error *e, const struct adapter *a, uint32_t class,
		   const char *not_done)
{
	_free_cleanup_ char *word = classes_text(class);
	bool borrowed = a->info.transport == MYDEV_TRANSPORT_XEN;

	if (adapter_allows(a, class))
		return RPC_OK;
	rpc_error_set(e, RPC_REFUSED, borrowed ? "%s %s: dom0 does not allow this guest the class %s"
					       : "%s %s: it does not allow this host the class %s",
		      a->info.name, not_done, word);
	rpc_error_adapter(e, a->info.name);
	if (!borrowed)
		rpc_error_hint(e, "do it from the host that owns it");
	else if (class & (MYDEV_CLASS_RESET | MYDEV_CLASS_FIRMWARE))
		rpc_error_hint(e, "no guest may: do it in dom0");
	else
		rpc_error_hint(e, "whoever administers dom0 can: mydevcli guest attach has --allow");
	return e->code;
}
