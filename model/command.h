/* SPDX-License-Identifier: GPL-2.0 */
/* The command table, and a command on its way through a handler. */
#ifndef MODEL_COMMAND_H
#define MODEL_COMMAND_H

#include "model.h"

struct model_call {
	u32 arg[3];
	const u8 *in;
	u32 in_len;		/* as the table allows */
	u8 *out;
	u32 out_max;		/* at most MYDEV_HW_DATA_MAX */
	u32 out_len;		/* bytes that the handler gave */
	u32 result;
};

/* Puts a reply into the call: the part of it that the host takes. */
void model_reply(struct model_call *c, const void *reply, u32 len);

/* How many elements of that size can still be appended, and appending one. */
bool model_reply_has_room(const struct model_call *c, u32 len);
void model_reply_append(struct model_call *c, const void *element, u32 len);

#endif
