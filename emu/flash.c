// SPDX-License-Identifier: GPL-2.0
#include "emu/flash.h"

#include <sys/mman.h>

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

int flash_program(struct flash *f, u32 off, const void *buf, u32 len)
{
	const u8 *from = buf;
	u32 i;

	if (!inside(f, off, len) || off % f->geometry.page_size + len > f->geometry.page_size)
		return -EINVAL;
	f->ops++;
	for (i = 0; i < len; i++) {
		if (f->geometry.erased)
			f->mem[off + i] &= from[i];
		else
			f->mem[off + i] |= from[i];
	}
	return 0;
}

int flash_erase(struct flash *f, u32 off)
{
	if (!inside(f, off, f->geometry.sector_size) || off % f->geometry.sector_size)
		return -EINVAL;
	f->ops++;
	memset(f->mem + off, f->geometry.erased, f->geometry.sector_size);
	return 0;
}
