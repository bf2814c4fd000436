/* SPDX-License-Identifier: GPL-2.0 */
/* The log that an adapter keeps itself. Reading it commands the adapter. */
#ifndef MGMTD_ADAPTER_LOG_H
#define MGMTD_ADAPTER_LOG_H

#include "lib/json.h"
#include "mgmtd/command.h"

struct log_read {
	struct command command;		/* its done() is the caller's */
	uint32_t since;			/* entries after this number */
	struct mydev_hw_log_entry *entries; /* ascending; to be freed with free() */
	size_t n;
};

bool log_read_submit(struct daemon *d, struct adapter *a, struct log_read *lr);

json *log_entry_json(const struct mydev_hw_log_entry *entry);

#endif
