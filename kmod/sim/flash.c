// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "factory.h"
#include "flash.h"

#define ERASED	0xff

static bool shared(const struct sim_flash *f, const u8 *sector)
{
	const u8 *start = f->factory->data;

	return sector >= start && sector < start + f->factory->sectors * f->sector_size;
}

static void drop(struct sim_flash *f, u32 n)
{
	if (!shared(f, f->sector[n]))
		kfree(f->sector[n]);
	f->sector[n] = NULL;
}

int sim_flash_init(struct sim_flash *f, u32 size, u32 sector_size,
		   const struct sim_factory *factory)
{
	u32 n;

	f->sector_size = sector_size;
	f->sectors = size / sector_size;
	f->factory = factory;
	f->sector = kvcalloc(f->sectors, sizeof(*f->sector), GFP_KERNEL);
	if (!f->sector)
		return -ENOMEM;
	for (n = 0; n < factory->sectors; n++)
		f->sector[n] = factory->data + n * sector_size;
	return 0;
}

void sim_flash_free(struct sim_flash *f)
{
	u32 n;

	for (n = 0; n < f->sectors; n++)
		drop(f, n);
	kvfree(f->sector);
}

static bool inside(const struct sim_flash *f, u32 off, u32 len)
{
	u32 size = f->sectors * f->sector_size;

	return off <= size && len <= size - off;
}

int sim_flash_read(const struct sim_flash *f, u32 off, void *buf, u32 len)
{
	u32 part, at;

	if (!inside(f, off, len))
		return -EINVAL;
	for (; len; off += part, buf += part, len -= part) {
		const u8 *sector = f->sector[off / f->sector_size];

		at = off % f->sector_size;
		part = min(len, f->sector_size - at);
		if (sector)
			memcpy(buf, sector + at, part);
		else
			memset(buf, ERASED, part);
	}
	return 0;
}

/* The sector as one of our own, or NULL: no memory. */
static u8 *own(struct sim_flash *f, u32 n)
{
	u8 *old = f->sector[n], *sector;

	if (old && !shared(f, old))
		return old;
	sector = kmalloc(f->sector_size, GFP_KERNEL);
	if (!sector)
		return NULL;
	if (old)
		memcpy(sector, old, f->sector_size);
	else
		memset(sector, ERASED, f->sector_size);
	f->sector[n] = sector;
	return sector;
}

int sim_flash_program(struct sim_flash *f, u32 off, const void *buf, u32 len)
{
	u32 at = off % f->sector_size, i;
	const u8 *from = buf;
	u8 *sector;

	if (!inside(f, off, len) || len > f->sector_size - at)
		return -EINVAL;
	sector = own(f, off / f->sector_size);
	if (!sector)
		return -ENOMEM;
	for (i = 0; i < len; i++)
		sector[at + i] &= from[i];
	return 0;
}

int sim_flash_erase(struct sim_flash *f, u32 off)
{
	if (!inside(f, off, f->sector_size) || off % f->sector_size)
		return -EINVAL;
	drop(f, off / f->sector_size);
	return 0;
}

void sim_flash_flip(struct sim_flash *f, u32 off)
{
	f->sector[off / f->sector_size][off % f->sector_size] ^= 1;
}
