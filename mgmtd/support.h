/* SPDX-License-Identifier: GPL-2.0 */
/* What a vendor's support asks for first. */
#ifndef MGMTD_SUPPORT_H
#define MGMTD_SUPPORT_H

#include "mgmtd/dispatch.h"

void daemon_support(struct call *call);

/* The result of daemon.version. */
json *daemon_version_json(struct daemon *d);

#endif
