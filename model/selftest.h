/* SPDX-License-Identifier: GPL-2.0 */
/* The self-test: on request, and of an image on trial. Takes about 2 s, through ticks. */
#ifndef MODEL_SELFTEST_H
#define MODEL_SELFTEST_H

#include "command.h"
#include "model.h"

struct model_selftest {
	u8 result;		/* enum mydev_hw_selftest */
	u8 step;		/* that comes next */
	u16 failed;		/* MYDEV_SELFTEST_* */
	u64 due_ms;		/* uptime when */
};

void model_selftest_start(struct model *m);

/* The wait in ms until the next step; 0: none. */
u32 model_selftest_tick(struct model *m);

u16 model_selftest_command(struct model *m, struct model_call *c);

#endif
