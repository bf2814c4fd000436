/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A card's NOR flash: erased by sectors, programmed by clearing bits. Only what was
 * programmed takes memory, and cards share the image that they left the factory with.
 */
#ifndef MYDEV_SIM_FLASH_H
#define MYDEV_SIM_FLASH_H

#include <linux/types.h>

struct sim_factory;

struct sim_flash {
	u32 sector_size;
	u32 sectors;
	const struct sim_factory *factory;
	u8 **sector;		/* NULL: erased; within the factory's image; or our own */
};

/* `size` bytes, with the factory's image at 0. 0 or -ENOMEM. */
int sim_flash_init(struct sim_flash *f, u32 size, u32 sector_size,
		   const struct sim_factory *factory);
void sim_flash_free(struct sim_flash *f);

/* Offsets and lengths in bytes; 0, -EINVAL (out of the device) or -ENOMEM. */
int sim_flash_read(const struct sim_flash *f, u32 off, void *buf, u32 len);
/* Within a sector. */
int sim_flash_program(struct sim_flash *f, u32 off, const void *buf, u32 len);
int sim_flash_erase(struct sim_flash *f, u32 off);
/* A cell that fell over: the lowest bit of that byte. Of a sector of our own. */
void sim_flash_flip(struct sim_flash *f, u32 off);

#endif
