// SPDX-License-Identifier: GPL-2.0
#include "flash.h"
#include "state.h"

#define PAGE_MIN	64
#define PAGE_MAX	4096
#define SECTOR_MIN	4096		/* and at least so many pages: see journal.h */
#define SECTOR_PAGES	8
#define SECTOR_MAX	(1U << 20)
#define SLOT_MAX	(1U << 24)

bool model_geometry_ok(const struct model_geometry *g)
{
	if (g->page_size < PAGE_MIN || g->page_size > PAGE_MAX ||
	    (g->page_size & (g->page_size - 1)))
		return false;
	if (g->sector_size < SECTOR_MIN || g->sector_size > SECTOR_MAX ||
	    g->sector_size % g->page_size || g->sector_size / g->page_size < SECTOR_PAGES)
		return false;
	if (!g->slot_size || g->slot_size > SLOT_MAX || g->slot_size % g->sector_size)
		return false;
	return g->erased == 0xff || g->erased == 0x00;
}

u32 model_flash_slot(const struct model *m, unsigned int slot)
{
	return slot * m->card.geometry.slot_size;
}

u32 model_flash_boot(const struct model *m)
{
	return MYDEV_HW_SLOTS * m->card.geometry.slot_size;
}

u32 model_flash_config(const struct model *m)
{
	return model_flash_boot(m) + MODEL_SECTORS_BOOT * m->card.geometry.sector_size;
}

u32 model_flash_log(const struct model *m)
{
	return model_flash_config(m) + MODEL_SECTORS_CONFIG * m->card.geometry.sector_size;
}

u32 model_flash_size(const struct model_geometry *g)
{
	if (!model_geometry_ok(g))
		return 0;
	return MYDEV_HW_SLOTS * g->slot_size +
	       (MODEL_SECTORS_BOOT + MODEL_SECTORS_CONFIG + MODEL_SECTORS_LOG) * g->sector_size;
}

int model_flash_read(struct model *m, u32 off, void *buf, u32 len)
{
	return m->ops->flash_read(m->env, off, buf, len) ? -EIO : 0;
}

static int page_program(struct model *m, u32 off, const u8 *buf, u32 len)
{
	if (m->ops->flash_program(m->env, off, buf, len))
		return -EIO;
	if (model_flash_read(m, off, m->io, len))
		return -EIO;
	return memcmp(m->io, buf, len) ? -EILSEQ : 0;
}

int model_flash_program(struct model *m, u32 off, const void *buf, u32 len, u32 *done)
{
	u32 n;
	int r;

	for (*done = 0; *done < len; *done += n) {
		n = model_min(len - *done, m->card.geometry.page_size);
		r = page_program(m, off + *done, (const u8 *)buf + *done, n);
		if (r)
			return r;
	}
	return 0;
}

int model_flash_spoil(struct model *m, u32 off)
{
	u32 page = m->card.geometry.page_size;

	memset(m->io, (u8)~m->card.geometry.erased, page);
	return m->ops->flash_program(m->env, off, m->io, page) ? -EIO : 0;
}

int model_flash_erase(struct model *m, u32 off)
{
	if (m->ops->flash_erase(m->env, off))
		return -EIO;
	return model_flash_blank(m, off, m->card.geometry.sector_size) ? 0 : -EILSEQ;
}

static bool filled(struct model *m, u32 off, u32 len, u8 value)
{
	u32 n;

	for (; len; off += n, len -= n) {
		n = model_min(len, sizeof(m->io));
		if (model_flash_read(m, off, m->io, n) || m->io[0] != value ||
		    memcmp(m->io, m->io + 1, n - 1))
			return false;
	}
	return true;
}

bool model_flash_blank(struct model *m, u32 off, u32 len)
{
	return filled(m, off, len, m->card.geometry.erased);
}

bool model_flash_spoilt(struct model *m, u32 off)
{
	return filled(m, off, m->card.geometry.page_size, ~m->card.geometry.erased);
}
