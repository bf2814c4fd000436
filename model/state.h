/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct model, put together from what each part keeps. Private to model/; the environment
 * only needs to know its size.
 */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include "model.h"
#include "boot.h"
#include "channel.h"
#include "config.h"
#include "entropy.h"
#include "image.h"
#include "journal.h"
#include "log.h"
#include "selftest.h"
#include "sensor.h"
#include "update.h"

struct model {
	const struct model_ops *ops;
	void *env;
	struct model_card card;
	u8 channels;			/* of that model; entries of channel[] that are used */
	bool alive;			/* an image runs */
	bool restart;			/* the environment shall call model_restart() */
	u64 boot_ms;			/* ops->now_ms() at power-on */
	u64 probe_ms;			/* uptime from when on working channels are tested again */
	u64 locate_end_ms;		/* the LED blinks until then; 0: it does not */

	struct model_boot boot;
	struct model_update update;
	struct model_config config;
	struct model_log log;
	struct model_selftest selftest;
	struct model_sensor temperature, voltage;
	struct model_entropy entropy;
	struct model_channel channel[MYDEV_HW_CHANNELS_MAX];

	/* Scratch, each of one function at a time; in here because kernel stacks are small. */
	struct fwimg_info image;
	u64 sha256[MODEL_SHA256_STATE / sizeof(u64)];
	u8 record[MODEL_RECORD_BYTES];	/* a journal's record */
	u8 io[4096];			/* what flash or a noise source gave */
};

/* ops->now_ms(), since power-on. */
u64 model_uptime_ms(const struct model *m);

/* The earlier of two waits in ms, of which 0 means none. */
u32 model_wait(u32 a, u32 b);

/* What is left in ms, at least 1, until `end_ms` of uptime. */
u32 model_until(const struct model *m, u64 end_ms);

/* What happened: `note` puts it into the adapter's log as well. */
struct model_notice {
	u8 type;		/* enum mydev_hw_event_type */
	u8 severity;		/* enum mydev_hw_severity */
	u8 channel;
	u8 code;
	s32 value;
	bool note;
};

void model_tell(struct model *m, const struct model_notice *notice);

/* Tells of a flash operation at `off` that failed. */
void model_tell_media(struct model *m, u32 off);

#endif
