/* SPDX-License-Identifier: GPL-2.0 */
/* Firmware update: the FW_* commands. All return enum mydev_hw_st. */
#ifndef MODEL_UPDATE_H
#define MODEL_UPDATE_H

#include "command.h"
#include "model.h"

struct model_update {
	bool open;
	bool verified;
	u8 slot;
	u32 size;		/* of the image */
	u32 erased;		/* bytes from the slot's start that are erased or written */
	u32 written;		/* bytes from there that are well written */
	u32 checked;		/* bytes that are in the digest */
	u32 covered;		/* bytes that belong into it */
	u64 sha256[MODEL_SHA256_STATE / sizeof(u64)];
};

u16 model_update_info(struct model *m, struct model_call *c);
u16 model_update_begin(struct model *m, struct model_call *c);
u16 model_update_erase(struct model *m, struct model_call *c);
u16 model_update_write(struct model *m, struct model_call *c);
u16 model_update_verify(struct model *m, struct model_call *c);
u16 model_update_commit(struct model *m, struct model_call *c);
u16 model_update_abort(struct model *m, struct model_call *c);
u16 model_update_activate(struct model *m, struct model_call *c);
u16 model_update_rollback(struct model *m, struct model_call *c);
u16 model_update_unpend(struct model *m, struct model_call *c);

#endif
