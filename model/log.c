// SPDX-License-Identifier: GPL-2.0
#include "log.h"
#include "state.h"

/*
 * The latest entry is made firm: its number would otherwise be given again, should it have
 * been read from a torn page. Nobody waits for the log, so a failure is left at that.
 */
void model_log_open(struct model *m)
{
	struct mydev_hw_log_entry last;

	m->log.next = 1;
	if (model_journal_open(m, &m->log.journal, &last, sizeof(last)) == sizeof(last)) {
		m->log.next = le32_to_cpu(last.seq) + 1;
		model_journal_append(m, &m->log.journal, &last, sizeof(last));
	}
}

int model_log_append(struct model *m, const struct mydev_hw_event *ev)
{
	struct mydev_hw_log_entry e = {
		.seq = cpu_to_le32(m->log.next),
		.boot = m->boot.record.boots,
		.event = *ev,
	};
	int r;

	r = model_journal_append(m, &m->log.journal, &e, sizeof(e));
	if (!r)
		m->log.next++;
	return r;
}

/*
 * An entry can be there twice: made firm, or torn by a power cut and its number gone to
 * another one, but readable at times. The later one counts.
 */
u16 model_log_read(struct model *m, struct model_call *c)
{
	struct mydev_hw_log_entry held, e;
	struct model_journal_pos pos = { 0 };
	const void *data;
	u32 len, last = 0;

	while ((len = model_journal_next(m, &m->log.journal, &pos, &data))) {
		memcpy(&e, data, sizeof(e));
		if (len != sizeof(e) || le32_to_cpu(e.seq) < c->arg[0] || le32_to_cpu(e.seq) < last)
			continue;
		if (last && le32_to_cpu(e.seq) != last) {
			if (!model_reply_has_room(c, 2 * sizeof(e)))
				break;
			model_reply_append(c, &held, sizeof(held));
		}
		held = e;
		last = le32_to_cpu(e.seq);
	}
	if (last && model_reply_has_room(c, sizeof(held)))
		model_reply_append(c, &held, sizeof(held));
	return MYDEV_ST_OK;
}
