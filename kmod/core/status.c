// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/kernel.h>
#include <mydev/hw.h>

#include "status.h"

static const struct {
	int err;
	const char *text;
} statuses[] = {
	[MYDEV_ST_OK] = { 0, "done" },
	[MYDEV_ST_OPCODE] = { -EOPNOTSUPP, "the adapter's firmware does not know the command" },
	[MYDEV_ST_INVALID] = { -EINVAL, "the adapter refuses the arguments" },
	[MYDEV_ST_DENIED] = { -EACCES, "the adapter does not allow that class of commands" },
	[MYDEV_ST_BUSY] = { -EBUSY, "the adapter is busy with something of the kind" },
	[MYDEV_ST_STATE] = { -ENOENT, "the adapter has nothing to do that with" },
	[MYDEV_ST_KEY] = { -ENOENT, "no such configuration key" },
	[MYDEV_ST_RANGE] = { -ERANGE, "value out of range, or of the wrong type" },
	[MYDEV_ST_CONFLICT] = { -EINVAL, "the values contradict each other" },
	[MYDEV_ST_MEDIA] = { -EIO, "the adapter's flash failed" },
	[MYDEV_ST_VERIFY] = { -EIO, "what the adapter read back is not what was written" },
	[MYDEV_ST_IMAGE] = { -EBADMSG, "not a firmware image, or a damaged one" },
	[MYDEV_ST_MODEL] = { -EMEDIUMTYPE, "the image is for another model or board" },
	[MYDEV_ST_SIGNATURE] = { -EKEYREJECTED, "the image's signature is not a trusted one" },
	[MYDEV_ST_COUNTER] = { -ESTALE, "the image's security counter is below the adapter's" },
	[MYDEV_ST_SIZE] = { -EFBIG, "the image is larger than the slot" },
	[MYDEV_ST_AGAIN] = { -EAGAIN, "not now: try again" },
	[MYDEV_ST_HEALTH] = { -ENODATA, "no noise channel is healthy" },
	[MYDEV_ST_INTERNAL] = { -EREMOTEIO, "an error within the adapter" },
};

int mydev_status_errno(u16 status)
{
	return status < ARRAY_SIZE(statuses) ? statuses[status].err : -EPROTO;
}

const char *mydev_status_text(u16 status)
{
	return status < ARRAY_SIZE(statuses) ? statuses[status].text :
					       "the adapter answered with an unknown status";
}

const char *mydev_unanswered_text(int err)
{
	switch (err) {
	case -ETIMEDOUT:
		return "the adapter missed the command's deadline and is being reset";
	case -EHOSTDOWN:
		return "the adapter does not respond, or is being reset";
	case -ENODEV:
		return "the adapter was removed";
	case -EPROTO:
		return "the adapter answered with garbage and is being reset";
	case -EBUSY:
		return "too many commands are under way at the adapter";
	case -EINTR:
		return "interrupted";
	case -ENOMEM:
		return "out of memory";
	}
	return NULL;
}
