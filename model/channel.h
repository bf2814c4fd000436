/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The noise channels: their health, and the bytes they give.
 *
 * Samples are taken a window at a time, and the window is tested as a whole before any of it
 * goes into the channel's pool. With conditioning the pool gets SHA-256 of each 128 samples
 * instead: 128 * MODEL_HEALTH_ENTROPY = 512 bits of entropy for 256 bits of output.
 */
#ifndef MODEL_CHANNEL_H
#define MODEL_CHANNEL_H

#include "health.h"
#include "model.h"

struct model_channel {
	u8 health;		/* enum mydev_hw_health */
	bool cable;		/* as it was told */
	u16 from, to;		/* what of the pool is still to be given */
	u32 failures;
	u64 bytes;		/* given since boot */
	u64 retry_ms;		/* uptime of the next start-up test, when one failed */
	struct model_health test;
	u8 pool[MODEL_HEALTH_WINDOW];
};

void model_channel_start(struct model *m);

/*
 * Looks at cables, configuration and noise sources, and tests what failed again when its
 * time has come. The wait in ms until the next such test; 0: none.
 */
u32 model_channel_tick(struct model *m);

/* Forgets what the pools hold: it was made under another configuration. */
void model_channel_flush(struct model *m);

/* Runs the start-up test of every channel that should work: whether all passed. */
bool model_channel_selftest(struct model *m);

bool model_channel_alarm(const struct model *m);
void model_channel_status(const struct model *m, struct mydev_hw_status *st);

/* Whether the channel may give bytes now. Looks at its cable. */
bool model_channel_usable(struct model *m, unsigned int i);

/* Takes up to `len` bytes out of a usable channel, each once: how many, 0 when it failed. */
u32 model_channel_take(struct model *m, unsigned int i, u8 *out, u32 len);

#endif
