/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The card's NOR flash in a file: erased by sectors, programmed within a page by clearing
 * bits (or setting them, where an erased byte is 0x00). What was written is in the file
 * at once, so the process may be killed at any moment.
 */
#ifndef EMU_FLASH_H
#define EMU_FLASH_H

#include <stdatomic.h>

#include "emu/knobs.h"
#include "model/model.h"

#define FLASH_EXIT_CUT	3		/* exit status of a process whose power was cut */

struct flash {
	struct model_geometry geometry;
	struct knobs *knobs;
	u8 *mem;			/* the file, mapped */
	u32 size;
	atomic_ullong ops;		/* programs and erases since the start */
};

/* Maps a file that has model_flash_size() bytes. 0 or -errno. */
int flash_open(struct flash *f, int fd, const struct model_geometry *g, struct knobs *knobs);
void flash_close(struct flash *f);

/* 0, -EINVAL (out of the flash, or against the rules of NOR) or -EIO (a fault). */
int flash_read(const struct flash *f, u32 off, void *buf, u32 len);
int flash_program(struct flash *f, u32 off, const void *buf, u32 len);
int flash_erase(struct flash *f, u32 off);

#endif
