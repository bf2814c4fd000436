// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/adapter_log.h"

#include <endian.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/translate.h"
#include "mgmtd/words.h"

#define LOG_PART	256
#define LOG_MAX		4096

static int log_run(struct command *c, struct mdnl *n)
{
	struct log_read *lr = container_of(c, struct log_read, command);
	size_t part;
	int rc;

	do {
		lr->entries = xrealloc(lr->entries, lr->n + LOG_PART, sizeof(*lr->entries));
		rc = mdnl_log(n, c->index, lr->since, &lr->entries[lr->n], LOG_PART, &part,
			      &c->error);
		if (rc < 0 || !part)
			return rc;
		lr->n += part;
		/* One that does not go on would keep us here. */
		if (le32toh(lr->entries[lr->n - 1].seq) <= lr->since)
			return 0;
		lr->since = le32toh(lr->entries[lr->n - 1].seq);
	} while (lr->n < LOG_MAX);
	return 0;
}

json *log_entry_json(const struct mydev_hw_log_entry *entry)
{
	_free_cleanup_ char *words = translate_hw_event(&entry->event);
	json *v = json_object();

	json_set_int(v, "seq", le32toh(entry->seq));
	json_set_int(v, "boot", le32toh(entry->boot));
	json_set_u64(v, "uptime_ms", le64toh(entry->event.time_ms));
	json_set_str(v, "severity", word_severity(entry->event.severity));
	json_set_str(v, "message", words);
	json_set_str(v, "type", word_hw_event(entry->event.type));
	return v;
}

bool log_read_submit(struct daemon *d, struct adapter *a, struct log_read *lr)
{
	lr->command.run = log_run;
	return command_submit(d, a, &lr->command);
}
