// SPDX-License-Identifier: GPL-2.0
#include "emu/flash.h"

#include <sys/mman.h>
#include <unistd.h>

#include "emu/env.h"
#include "emu/log.h"

int flash_open(struct flash *f, int fd, const struct model_geometry *g, struct knobs *knobs)
{
	*f = (struct flash){ .geometry = *g, .knobs = knobs, .size = model_flash_size(g) };
	f->mem = mmap(NULL, f->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return f->mem == MAP_FAILED ? -errno : 0;
}

void flash_close(struct flash *f)
{
	munmap(f->mem, f->size);
}

static bool inside(const struct flash *f, u32 off, u32 len)
{
	return off <= f->size && len <= f->size - off;
}

int flash_read(const struct flash *f, u32 off, void *buf, u32 len)
{
	if (!inside(f, off, len))
		return -EINVAL;
	memcpy(buf, f->mem + off, len);
	return 0;
}

enum cut { CUT_NO, CUT_TORN, CUT_AFTER };

static void power_off(struct flash *f)
{
	say("power cut at flash operation %llu", f->ops);
	_exit(FLASH_EXIT_CUT);
}

/* Begins an operation; where in it power fails. */
static enum cut begin_op(struct flash *f)
{
	f->ops++;
	if (knob_take(f->knobs, KNOB_POWER_CUT_BEFORE) == 1)
		power_off(f);
	if (knob_take(f->knobs, KNOB_POWER_CUT_TORN) == 1)
		return CUT_TORN;
	return knob_take(f->knobs, KNOB_POWER_CUT_AFTER) == 1 ? CUT_AFTER : CUT_NO;
}

static void end_op(struct flash *f, enum cut cut)
{
	if (cut)
		power_off(f);
}

static bool worn(struct flash *f, u32 off)
{
	int64_t at = knob(f->knobs, KNOB_WORN_SECTOR);

	return at >= 0 && at / f->geometry.sector_size == off / f->geometry.sector_size;
}

static bool in_slot(const struct flash *f, u32 off)
{
	return off / f->geometry.slot_size < MYDEV_HW_SLOTS;
}

/* What becomes of cells that are to change; if power fails, some of the bits that differ have. */
static u64 changed(u64 cells, u64 to, enum cut cut)
{
	u64 reached = ~0ULL;

	if (cut == CUT_TORN)
		env_random_bytes(&reached, sizeof(reached));
	return cells ^ ((cells ^ to) & reached);
}

static u64 programmed(const struct flash *f, u64 cells, u64 value, enum cut cut)
{
	return changed(cells, f->geometry.erased ? cells & value : cells | value, cut);
}

/* In words: it is most of what a write costs. */
static void program(struct flash *f, u32 off, const u8 *from, u32 len, enum cut cut)
{
	u8 *at = f->mem + off;
	u64 cells, value;
	u32 i;

	for (i = 0; i + sizeof(cells) <= len; i += sizeof(cells)) {
		memcpy(&cells, at + i, sizeof(cells));
		memcpy(&value, from + i, sizeof(value));
		cells = programmed(f, cells, value, cut);
		memcpy(at + i, &cells, sizeof(cells));
	}
	for (; i < len; i++)
		at[i] = programmed(f, at[i], from[i], cut);
	if (in_slot(f, off) && knob(f->knobs, KNOB_FLASH_VERIFY_ERROR))
		at[0] ^= 1;
}

int flash_program(struct flash *f, u32 off, const void *buf, u32 len)
{
	enum cut cut;
	int err = 0;

	if (!inside(f, off, len) || off % f->geometry.page_size + len > f->geometry.page_size)
		return -EINVAL;
	cut = begin_op(f);
	if (worn(f, off) || (in_slot(f, off) && knob(f->knobs, KNOB_FLASH_WRITE_ERROR)))
		err = -EIO;
	else
		program(f, off, buf, len, cut);
	end_op(f, cut);
	return err;
}

int flash_erase(struct flash *f, u32 off)
{
	u32 i, size = f->geometry.sector_size;
	enum cut cut;
	int err = 0;

	if (!inside(f, off, size) || off % size)
		return -EINVAL;
	cut = begin_op(f);
	if (worn(f, off))
		err = -EIO;
	for (i = 0; !err && i < size; i++)
		f->mem[off + i] = changed(f->mem[off + i], f->geometry.erased, cut);
	end_op(f, cut);
	return err;
}
