/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration: the table of keys, their values, and NVRAM.
 *
 * NVRAM keeps a snapshot of all values that are not the default. What it holds of keys that
 * the running firmware does not have (after a rollback) is kept as it is and not looked at.
 */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "command.h"
#include "journal.h"
#include "model.h"

/* The ids of the keys, for all times: a number is never used for another key. */
enum model_key {
	MODEL_KEY_LABEL			= 1,
	MODEL_KEY_CHANNEL_MASK		= 2,
	MODEL_KEY_ENTROPY_RATE		= 3,
	MODEL_KEY_CONDITIONING		= 4,
	MODEL_KEY_ALPHA			= 5,
	MODEL_KEY_SENSOR_INTERVAL	= 6,
	MODEL_KEY_TEMP_HYSTERESIS	= 7,
	MODEL_KEY_TEMP_WARN		= 8,
	MODEL_KEY_TEMP_CRITICAL		= 9,
	MODEL_KEY_LED			= 10,
};

#define MODEL_KEYS		10
#define MODEL_CONFIG_FOREIGN	128	/* bytes */

enum { MODEL_CONDITIONING_NONE = 0, MODEL_CONDITIONING_SHA256 = 1 };

struct model_config {
	struct model_journal journal;
	bool lost;		/* NVRAM held something that could not be used */
	u32 gen;
	u32 foreign_len;
	union mydev_hw_config_data value[MODEL_KEYS];	/* by id - 1 */
	union mydev_hw_config_data staged[MODEL_KEYS];	/* what a command is about to set */
	u8 foreign[MODEL_CONFIG_FOREIGN]; /* stored values of keys that this firmware lacks */
	u8 snapshot[MODEL_RECORD_MAX];
	u32 snapshot_len;
};

/* Writes a factory card's empty snapshot. */
int model_config_manufacture(struct model *m);

/* Reads NVRAM; defaults where it holds nothing. */
void model_config_start(struct model *m);

/* A value that is not a string. Of a key that the running firmware lacks: its default. */
u32 model_config_num(const struct model *m, enum model_key key);

/* How many keys the running firmware has. */
u16 model_config_keys(const struct model *m);

u16 model_config_describe(struct model *m, struct model_call *c);
u16 model_config_get(struct model *m, struct model_call *c);
u16 model_config_set(struct model *m, struct model_call *c);
u16 model_config_reset(struct model *m, struct model_call *c);

#endif
