/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flash: where what lies, and operations that look at their own result.
 *
 * Everything that is stored goes by these rules, so that power may fail at any moment:
 * data go into a page once between two erases; an area is erased right before its use, even
 * if it reads as blank, since an erase or program that was cut leaves bits that read
 * differently from time to time; nothing counts as written before it was read back.
 */
#ifndef MODEL_FLASH_H
#define MODEL_FLASH_H

#include "model.h"

#define MODEL_SECTORS_BOOT	2
#define MODEL_SECTORS_CONFIG	2
#define MODEL_SECTORS_LOG	4

bool model_geometry_ok(const struct model_geometry *g);

/* Where the areas begin, in bytes from the start of the flash. */
u32 model_flash_slot(const struct model *m, unsigned int slot);
u32 model_flash_boot(const struct model *m);
u32 model_flash_config(const struct model *m);
u32 model_flash_log(const struct model *m);

/* 0 or -EIO. */
int model_flash_read(struct model *m, u32 off, void *buf, u32 len);

/*
 * Programs `len` bytes from a page's start on, page by page, and reads them back. 0, -EIO:
 * an operation failed, -EILSEQ: the flash holds something else. *done: bytes that are well.
 */
int model_flash_program(struct model *m, u32 off, const void *buf, u32 len, u32 *done);

/* Programs every bit of a page, whatever state it is in: it is not blank then. 0 or -EIO. */
int model_flash_spoil(struct model *m, u32 off);
/* Whether it reads as if that had been done. */
bool model_flash_spoilt(struct model *m, u32 off);

/* Erases the sector at `off` and checks that it is blank. 0, -EIO or -EILSEQ. */
int model_flash_erase(struct model *m, u32 off);

/* Whether every byte reads as erased; a read that fails says no. */
bool model_flash_blank(struct model *m, u32 off, u32 len);

#endif
