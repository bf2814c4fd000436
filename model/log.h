/* SPDX-License-Identifier: GPL-2.0 */
/* The adapter's own log. What cannot be written to it is lost, and nothing else stops. */
#ifndef MODEL_LOG_H
#define MODEL_LOG_H

#include "command.h"
#include "journal.h"
#include "model.h"

struct model_log {
	struct model_journal journal;
	u32 next;		/* sequence number of the next entry */
};

void model_log_open(struct model *m);

/* 0, -EIO or -EILSEQ. */
int model_log_append(struct model *m, const struct mydev_hw_event *ev);

u16 model_log_read(struct model *m, struct model_call *c);

#endif
