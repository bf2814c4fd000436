// SPDX-License-Identifier: GPL-2.0
#include "update.h"
#include "boot.h"
#include "flash.h"
#include "slot.h"
#include "state.h"

#define VERIFY_STEP	(64U << 10)	/* bytes that one command checks */

/* What became of a flash operation at `off`. */
static u16 flash_status(struct model *m, int error, u32 off)
{
	if (!error)
		return MYDEV_ST_OK;
	model_tell_media(m, off);
	return error == -EILSEQ ? MYDEV_ST_VERIFY : MYDEV_ST_MEDIA;
}

/* What became of a change of the boot state, of which the boot part has told already. */
static u16 move_status(int error)
{
	switch (error) {
	case 0:
		return MYDEV_ST_OK;
	case -EINVAL:
		return MYDEV_ST_STATE;
	case -EILSEQ:
		return MYDEV_ST_VERIFY;
	default:
		return MYDEV_ST_MEDIA;
	}
}

static void restart_check(struct model_update *u)
{
	u->checked = 0;
	u->verified = false;
}

u16 model_update_info(struct model *m, struct model_call *c)
{
	struct mydev_hw_fw_info info;

	model_boot_info(m, &info);
	info.updating = m->update.open;
	model_reply(c, &info, sizeof(info));
	return MYDEV_ST_OK;
}

u16 model_update_begin(struct model *m, struct model_call *c)
{
	struct model_update *u = &m->update;
	u8 slot = !m->boot.running;
	int r;

	if (u->open)
		return MYDEV_ST_BUSY;
	if (m->boot.trial)
		return MYDEV_ST_STATE;	/* the other slot is what a revert needs */
	if (!c->arg[0])
		return MYDEV_ST_INVALID;
	if (c->arg[0] > m->card.geometry.slot_size)
		return MYDEV_ST_SIZE;

	r = model_boot_begin(m, slot, c->arg[0]);
	if (r)
		return move_status(r);
	memset(u, 0, sizeof(*u));
	u->open = true;
	u->slot = slot;
	u->size = c->arg[0];
	return MYDEV_ST_OK;
}

/*
 * Erases the next sector, or again one before it: a write that failed goes on from the start
 * of its sector.
 */
u16 model_update_erase(struct model *m, struct model_call *c)
{
	struct model_update *u = &m->update;
	u32 sector = m->card.geometry.sector_size;
	u32 start = model_flash_slot(m, u->slot);
	u32 off = c->arg[0];
	u16 st;

	if (!u->open)
		return MYDEV_ST_STATE;
	if (off % sector || off >= m->card.geometry.slot_size)
		return MYDEV_ST_INVALID;
	if (off > u->erased)
		return MYDEV_ST_STATE;

	restart_check(u);
	u->written = model_min(u->written, off);
	st = flash_status(m, model_flash_erase(m, start + off), start + off);
	u->erased = st ? off : model_max(u->erased, off + sector);
	return st;
}

static u16 write_allowed(const struct model *m, const struct model_call *c)
{
	const struct model_update *u = &m->update;
	u32 page = m->card.geometry.page_size;
	u32 off = c->arg[0];

	if (!u->open)
		return MYDEV_ST_STATE;
	if (off % page || off >= u->size || c->in_len > u->size - off)
		return MYDEV_ST_INVALID;
	if (c->in_len % page && off + c->in_len != u->size)
		return MYDEV_ST_INVALID;
	if (off != u->written || off + c->in_len > u->erased)
		return MYDEV_ST_STATE;
	return MYDEV_ST_OK;
}

u16 model_update_write(struct model *m, struct model_call *c)
{
	struct model_update *u = &m->update;
	u32 start, done;
	u16 st;
	int r;

	st = write_allowed(m, c);
	if (st)
		return st;
	restart_check(u);
	start = model_flash_slot(m, u->slot) + c->arg[0];
	r = model_flash_program(m, start, c->in, c->in_len, &done);
	st = flash_status(m, r, start + done);
	if (st)
		/* A page is programmed once: back to the sector's start, to erase it first. */
		u->erased = c->arg[0] - c->arg[0] % m->card.geometry.sector_size;
	else
		u->written += c->in_len;
	return st;
}

static u16 verify_first(struct model *m)
{
	struct model_update *u = &m->update;
	u16 st;

	st = model_slot_parse(m, u->slot, u->size);
	if (st)
		return st;
	u->covered = m->image.covered;
	m->ops->sha256_init(u->sha256);
	return MYDEV_ST_OK;
}

/* The image is parsed once more: m->image may be another one's by now. */
static u16 verify_last(struct model *m)
{
	struct model_update *u = &m->update;
	u8 digest[MYDEV_FWIMG_DIGEST_SIZE];
	u16 st;

	m->ops->sha256_final(u->sha256, digest);
	st = model_slot_parse(m, u->slot, u->size);
	if (!st)
		st = model_slot_judge(m, digest, le32_to_cpu(m->boot.record.counter));
	u->verified = !st;
	return st;
}

static u16 verify_step(struct model *m)
{
	struct model_update *u = &m->update;
	u32 end;
	u16 st;

	if (!u->checked) {
		st = verify_first(m);
		if (st)
			return st;
	}
	end = u->checked + model_min(u->covered - u->checked, VERIFY_STEP);
	st = model_slot_hash(m, u->slot, u->checked, end, u->sha256);
	if (st)
		return st;
	u->checked = end;
	return end == u->covered ? verify_last(m) : MYDEV_ST_OK;
}

u16 model_update_verify(struct model *m, struct model_call *c)
{
	struct model_update *u = &m->update;
	u16 st;

	if (!u->open || u->written != u->size)
		return MYDEV_ST_STATE;
	st = u->verified ? MYDEV_ST_OK : verify_step(m);
	if (st)
		restart_check(u);
	else
		c->result = u->verified ? u->size : u->checked;
	return st;
}

u16 model_update_commit(struct model *m, struct model_call *c)
{
	struct model_update *u = &m->update;
	u16 st;

	if (!u->open || !u->verified)
		return MYDEV_ST_STATE;
	st = move_status(model_boot_move(m, u->slot, MYDEV_SLOT_PENDING, MYDEV_REVERT_NONE));
	if (!st)
		u->open = false;
	return st;
}

u16 model_update_abort(struct model *m, struct model_call *c)
{
	m->update.open = false;
	return MYDEV_ST_OK;
}

u16 model_update_activate(struct model *m, struct model_call *c)
{
	if (model_boot_pending(m) == MYDEV_HW_NONE)
		return MYDEV_ST_STATE;
	m->restart = true;
	return MYDEV_ST_OK;
}

u16 model_update_rollback(struct model *m, struct model_call *c)
{
	u8 slot = !m->boot.running;
	u16 st;

	if (m->update.open)
		return MYDEV_ST_BUSY;
	if (m->boot.trial || model_boot_state(m, slot) != MYDEV_SLOT_CONFIRMED)
		return MYDEV_ST_STATE;
	st = model_slot_check(m, slot, le32_to_cpu(m->boot.record.slot[slot].size),
			      le32_to_cpu(m->boot.record.counter));
	if (st)
		return st;
	return move_status(model_boot_move(m, slot, MYDEV_SLOT_PENDING, MYDEV_REVERT_NONE));
}

u16 model_update_unpend(struct model *m, struct model_call *c)
{
	u8 slot = model_boot_pending(m);
	u8 back;

	if (slot == MYDEV_HW_NONE)
		return MYDEV_ST_STATE;
	back = m->boot.record.slot[slot].proven ? MYDEV_SLOT_CONFIRMED : MYDEV_SLOT_WRITING;
	return move_status(model_boot_move(m, slot, back, MYDEV_REVERT_NONE));
}
