/* SPDX-License-Identifier: GPL-2.0 */
/* The image in a slot, as the boot loader judges it. Status values are enum mydev_hw_st. */
#ifndef MODEL_SLOT_H
#define MODEL_SLOT_H

#include "model.h"

/*
 * Reads the structure of a slot's image into m->image. `size`: what the whole image must
 * have, 0: any. IMAGE or MEDIA when there is none.
 */
u16 model_slot_parse(struct model *m, unsigned int slot, u32 size);

/* Goes on with a digest over [from, to) of the slot. OK or MEDIA. */
u16 model_slot_hash(struct model *m, unsigned int slot, u32 from, u32 to, void *sha256);

/*
 * Whether the image in m->image, whose content has that digest, may run on this card:
 * IMAGE, SIGNATURE, MODEL, COUNTER (below `counter`) when not.
 */
u16 model_slot_judge(struct model *m, const u8 *digest, u32 counter);

/* All three at once. What was found is in m->image. */
u16 model_slot_check(struct model *m, unsigned int slot, u32 size, u32 counter);

#endif
