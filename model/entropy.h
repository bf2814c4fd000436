/* SPDX-License-Identifier: GPL-2.0 */
/* Delivery: the healthy channels in turn, as fast as the configuration allows. */
#ifndef MODEL_ENTROPY_H
#define MODEL_ENTROPY_H

#include "command.h"
#include "model.h"

struct model_entropy {
	u8 next;		/* channel whose turn it is */
	u64 credit;		/* that the rate limit leaves, in 1/125 byte */
	u64 counted_ms;		/* uptime when it was counted */
};

u16 model_entropy_read(struct model *m, struct model_call *c);

#endif
