/* SPDX-License-Identifier: GPL-2.0 */
/* The boot loader: what each slot is worth, which one runs, trial, confirm and revert. */
#ifndef MODEL_BOOT_H
#define MODEL_BOOT_H

#include "journal.h"
#include "model.h"

/* What lies in the boot-state journal. */
struct model_boot_record {
	__le32 boots;		/* 0: since manufacture */
	__le32 counter;		/* 4: security counter */
	u8 active;		/* 8: the confirmed slot that boots when nothing is pending */
	u8 revert;		/* 9: enum mydev_hw_revert of the last trial */
	u8 reserved[2];		/* 10 */
	struct {
		__le32 size;	/* of the image, as the update announced it */
		u8 state;	/* enum mydev_hw_slot_state */
		u8 proven;	/* was confirmed once */
		u8 reserved[2];
	} slot[MYDEV_HW_SLOTS];	/* 12 */
};				/* 28 */

struct model_boot {
	struct model_journal journal;
	struct model_boot_record record;	/* as it is stored */
	struct mydev_hw_slot slot[MYDEV_HW_SLOTS]; /* what their images say; state is record's */
	u8 running;
	u8 unfit;		/* a bit for each slot that did not boot when it should have */
	bool trial;		/* the running image is on trial */
	bool hello;		/* a driver has said HELLO */
	u32 features;		/* MYDEV_FEATURE_* of the running image */
};

/* Makes the record of a factory card: the image in slot 0, confirmed. */
int model_boot_manufacture(struct model *m);

/* Chooses a slot and runs it. 0, -ENODATA: no boot state, -ENODEV: nothing that boots. */
int model_boot_start(struct model *m);

/*
 * Moves a slot to a state, whatever follows from it included, in one atomic record. 0;
 * -EINVAL: not from the state it is in; -EIO, -EILSEQ: could not be written.
 */
int model_boot_move(struct model *m, unsigned int slot, u8 state, u8 revert);

/* As move to WRITING, for an image of `size` bytes. */
int model_boot_begin(struct model *m, unsigned int slot, u32 size);

u8 model_boot_state(const struct model *m, unsigned int slot);
u8 model_boot_pending(const struct model *m);	/* slot or MYDEV_HW_NONE */

/* The driver's handshake came. */
void model_boot_hello(struct model *m);

/* Ends a trial when it is due. The wait until then, in ms; 0: none. */
u32 model_boot_tick(struct model *m);

/* Fills the reply but for `updating`. */
void model_boot_info(const struct model *m, struct mydev_hw_fw_info *info);

#endif
