/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MGMTCLI_HOST_H
#define MGMTCLI_HOST_H

#include "lib/json.h"

/*
 * What this host is and says about mydev, as far as it can be had: system, kernel, modules
 * and their parameters, kernel log, journal of mydevd, packages. What cannot be had is an
 * object {"error": why} in its place.
 */
json *host_facts(void);

#endif
