// SPDX-License-Identifier: GPL-2.0
#include "boot.h"
#include "flash.h"
#include "slot.h"
#include "state.h"

#define RETRY_MS	1000		/* of a confirmation that could not be written */

_Static_assert(sizeof(struct model_boot_record) == 28, "the boot state");
/* One page, of any geometry. */
_Static_assert(sizeof(struct model_journal_header) + sizeof(struct model_boot_record) <= 64,
	       "the boot state");

static int store(struct model *m, const struct model_boot_record *record)
{
	int r;

	r = model_journal_append(m, &m->boot.journal, record, sizeof(*record));
	if (r)
		model_tell_media(m, m->boot.journal.start);
	return r;
}

u8 model_boot_state(const struct model *m, unsigned int slot)
{
	return m->boot.record.slot[slot].state;
}

u8 model_boot_pending(const struct model *m)
{
	u8 slot;

	for (slot = 0; slot < MYDEV_HW_SLOTS; slot++)
		if (model_boot_state(m, slot) == MYDEV_SLOT_PENDING)
			return slot;
	return MYDEV_HW_NONE;
}

/* Keeps what the image in m->image says, for those who ask later. */
static void describe(struct model *m, unsigned int slot)
{
	struct mydev_hw_slot *s = &m->boot.slot[slot];

	s->size = cpu_to_le32(m->image.total);
	s->version = m->image.version;
	s->counter = cpu_to_le32(m->image.counter);
	memcpy(s->digest, m->image.digest, sizeof(s->digest));
}

static void look(struct model *m, unsigned int slot)
{
	u8 state = model_boot_state(m, slot);
	u32 size = le32_to_cpu(m->boot.record.slot[slot].size);

	memset(&m->boot.slot[slot], 0, sizeof(m->boot.slot[slot]));
	if (state != MYDEV_SLOT_EMPTY && state != MYDEV_SLOT_WRITING &&
	    model_slot_parse(m, slot, size) == MYDEV_ST_OK)
		describe(m, slot);
}

static void tell(struct model *m, unsigned int slot, u8 state, u8 revert)
{
	struct model_notice n = {
		.type = MYDEV_EV_FIRMWARE,
		.severity = state == MYDEV_SLOT_REVERTED || state == MYDEV_SLOT_EMPTY ?
			    MYDEV_SEV_ERROR : MYDEV_SEV_INFO,
		.channel = slot,
		.code = state,
		.value = revert,
		.note = state != MYDEV_SLOT_WRITING,
	};

	model_tell(m, &n);
}

/*
 * A slot's life. `*` is where a slot that was confirmed before goes, and stays eligible.
 *
 *      EMPTY ----------.
 *      REVERTED -------|            .------ rollback ------.
 *      CONFIRMED ------| begin      |                      |
 *                      v            v                      |
 *      .------------> WRITING --> PENDING --> TRIAL --> CONFIRMED
 *      |   begin            commit  | |  power-on |  self-test    ^
 *      '------ unpend --------------' |           |  and HELLO    |
 *                * unpend ------------|-----------|---------------'
 *                                     v           v
 *                                     REVERTED <--'
 */
static bool may_move(u8 from, u8 to, bool proven)
{
	switch (to) {
	case MYDEV_SLOT_WRITING:
		return from != MYDEV_SLOT_TRIAL;
	case MYDEV_SLOT_PENDING:
		return from == MYDEV_SLOT_WRITING || from == MYDEV_SLOT_CONFIRMED;
	case MYDEV_SLOT_TRIAL:
		return from == MYDEV_SLOT_PENDING;
	case MYDEV_SLOT_CONFIRMED:
		return from == MYDEV_SLOT_TRIAL || (from == MYDEV_SLOT_PENDING && proven);
	case MYDEV_SLOT_REVERTED:
		return from == MYDEV_SLOT_TRIAL || from == MYDEV_SLOT_PENDING;
	default:
		return false;
	}
}

static void follow(const struct model *m, struct model_boot_record *rec, unsigned int slot,
		   u8 from, u8 to, u8 revert)
{
	rec->slot[slot].state = to;
	switch (to) {
	case MYDEV_SLOT_WRITING:
		rec->slot[slot].proven = 0;
		/* The other slot runs, even if this one was to. */
		rec->active = m->boot.running;
		break;
	case MYDEV_SLOT_TRIAL:
		rec->revert = MYDEV_REVERT_NONE;
		break;
	case MYDEV_SLOT_CONFIRMED:
		if (from != MYDEV_SLOT_TRIAL)
			break;
		rec->slot[slot].proven = 1;
		rec->active = slot;
		rec->counter = cpu_to_le32(model_max(le32_to_cpu(rec->counter),
						     le32_to_cpu(m->boot.slot[slot].counter)));
		break;
	case MYDEV_SLOT_REVERTED:
		rec->slot[slot].proven = 0;
		rec->revert = revert;
		break;
	default:
		break;
	}
}

static int move(struct model *m, unsigned int slot, u8 to, u8 revert, u32 size)
{
	struct model_boot_record rec = m->boot.record;
	u8 from = rec.slot[slot].state;
	int r;

	if (!may_move(from, to, rec.slot[slot].proven))
		return -EINVAL;
	follow(m, &rec, slot, from, to, revert);
	rec.slot[slot].size = cpu_to_le32(size);
	r = store(m, &rec);
	if (r)
		return r;
	m->boot.record = rec;
	m->boot.unfit &= ~(1U << slot);
	look(m, slot);
	tell(m, slot, to, revert);
	return 0;
}

int model_boot_move(struct model *m, unsigned int slot, u8 state, u8 revert)
{
	return move(m, slot, state, revert, le32_to_cpu(m->boot.record.slot[slot].size));
}

int model_boot_begin(struct model *m, unsigned int slot, u32 size)
{
	return move(m, slot, MYDEV_SLOT_WRITING, MYDEV_REVERT_NONE, size);
}

int model_boot_manufacture(struct model *m)
{
	struct model_boot_record *rec = &m->boot.record;

	if (model_slot_check(m, 0, 0, 0))
		return -EINVAL;
	memset(rec, 0, sizeof(*rec));
	rec->counter = cpu_to_le32(m->image.counter);
	rec->slot[0].size = cpu_to_le32(m->image.total);
	rec->slot[0].state = MYDEV_SLOT_CONFIRMED;
	rec->slot[0].proven = 1;
	model_journal_format(m, &m->boot.journal);
	return store(m, rec);
}

/* Whether the slot's image may run, and does. */
static bool run(struct model *m, unsigned int slot, u32 features)
{
	if (!m->ops->boots(m->env, slot))
		return false;
	m->boot.running = slot;
	m->boot.features = features;
	return true;
}

static bool check(struct model *m, unsigned int slot, u32 *features)
{
	const struct model_boot_record *rec = &m->boot.record;

	if (model_slot_check(m, slot, le32_to_cpu(rec->slot[slot].size),
			     le32_to_cpu(rec->counter)))
		return false;
	describe(m, slot);
	*features = le32_to_cpu(m->image.manifest.features);
	return true;
}

static bool run_confirmed(struct model *m, unsigned int slot)
{
	u32 features;

	if (model_boot_state(m, slot) != MYDEV_SLOT_CONFIRMED)
		return false;
	if (check(m, slot, &features) && run(m, slot, features))
		return true;
	m->boot.unfit |= 1U << slot;
	tell(m, slot, MYDEV_SLOT_EMPTY, MYDEV_REVERT_BOOT);
	return false;
}

/*
 * Runs what is pending, on trial. That the trial has begun is on record before; when it
 * cannot be, the image does not run: a crash of it would not be known as one.
 */
static bool run_pending(struct model *m)
{
	u8 slot = model_boot_pending(m);
	u32 features;

	if (slot == MYDEV_HW_NONE)
		return false;
	if (check(m, slot, &features)) {
		if (model_boot_move(m, slot, MYDEV_SLOT_TRIAL, MYDEV_REVERT_NONE))
			return false;
		if (run(m, slot, features)) {
			m->boot.trial = true;
			return true;
		}
	}
	model_boot_move(m, slot, MYDEV_SLOT_REVERTED, MYDEV_REVERT_BOOT);
	return false;
}

static bool record_ok(const struct model *m)
{
	const struct model_boot_record *rec = &m->boot.record;
	unsigned int i;

	for (i = 0; i < MYDEV_HW_SLOTS; i++)
		if (rec->slot[i].state > MYDEV_SLOT_REVERTED ||
		    le32_to_cpu(rec->slot[i].size) > m->card.geometry.slot_size)
			return false;
	return rec->active < MYDEV_HW_SLOTS;
}

int model_boot_start(struct model *m)
{
	struct model_boot_record *rec = &m->boot.record;
	unsigned int slot;
	int r;

	r = model_journal_open(m, &m->boot.journal, rec, sizeof(*rec));
	if (r != sizeof(*rec) || !record_ok(m))
		return -ENODATA;

	/* Counts the boot, and makes firm what may have been read from a torn page. */
	rec->boots = cpu_to_le32(le32_to_cpu(rec->boots) + 1);
	store(m, rec);

	for (slot = 0; slot < MYDEV_HW_SLOTS; slot++) {
		look(m, slot);
		if (model_boot_state(m, slot) == MYDEV_SLOT_TRIAL)
			model_boot_move(m, slot, MYDEV_SLOT_REVERTED, MYDEV_REVERT_RESET);
	}
	if (run_pending(m) || run_confirmed(m, rec->active) || run_confirmed(m, !rec->active))
		return 0;
	return -ENODEV;
}

/*
 * Ends the trial by going back. Should the record fail, the restart will find a trial that
 * was begun and not confirmed, which comes to the same.
 */
static void revert(struct model *m, u8 why)
{
	m->boot.trial = false;
	m->restart = true;
	model_boot_move(m, m->boot.running, MYDEV_SLOT_REVERTED, why);
}

static bool trial_over(const struct model *m)
{
	return model_uptime_ms(m) >= MYDEV_HW_TRIAL_MS;
}

u32 model_boot_tick(struct model *m)
{
	struct model_boot *b = &m->boot;
	bool passed = m->selftest.result == MYDEV_SELFTEST_PASSED;

	if (!b->trial)
		return 0;
	if (m->selftest.result == MYDEV_SELFTEST_FAILED) {
		revert(m, MYDEV_REVERT_SELFTEST);
	} else if (passed && b->hello) {
		if (!model_boot_move(m, b->running, MYDEV_SLOT_CONFIRMED, MYDEV_REVERT_NONE))
			b->trial = false;
		else if (trial_over(m))
			revert(m, MYDEV_REVERT_BOOT);
		else
			return RETRY_MS;
	} else if (trial_over(m)) {
		revert(m, passed ? MYDEV_REVERT_HELLO : MYDEV_REVERT_SELFTEST);
	}
	return b->trial ? model_until(m, MYDEV_HW_TRIAL_MS) : 0;
}

void model_boot_hello(struct model *m)
{
	if (m->boot.trial && trial_over(m))
		return;			/* too late, though nobody has looked yet */
	m->boot.hello = true;
	model_boot_tick(m);
}

void model_boot_info(const struct model *m, struct mydev_hw_fw_info *info)
{
	const struct model_boot *b = &m->boot;
	unsigned int slot;

	memset(info, 0, sizeof(*info));
	info->running = b->running;
	info->pending = model_boot_pending(m);
	info->revert_reason = b->record.revert;
	info->counter = b->record.counter;
	for (slot = 0; slot < MYDEV_HW_SLOTS; slot++) {
		info->slot[slot] = b->slot[slot];
		info->slot[slot].state = b->unfit & (1U << slot) ? MYDEV_SLOT_EMPTY :
					 model_boot_state(m, slot);
	}
}
