/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can be done to a card from outside, at its start (--fault) and at any time (--control);
 * as the simulator's (kmod/sim/knobs.h), and more. The table in knobs.c has their values and
 * meanings. Any thread may read, set and take.
 */
#ifndef EMU_KNOBS_H
#define EMU_KNOBS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <mydev/hw.h>

#include "lib/json.h"

enum knob {
	KNOB_CABLE,
	KNOB_NOISE = KNOB_CABLE + MYDEV_HW_CHANNELS_MAX,
	KNOB_TEMPERATURE = KNOB_NOISE + MYDEV_HW_CHANNELS_MAX,
	KNOB_VOLTAGE,
	KNOB_ENTROPY_COUNTER,
	KNOB_LOSE_COMMANDS,
	KNOB_STUCK_OPCODE,
	KNOB_HANG,
	KNOB_DEAF,
	KNOB_REBOOTS,
	KNOB_BOOT_MS,
	KNOB_BAD_BOOT,
	KNOB_LOSE_INTERRUPTS,
	KNOB_INTERRUPT_DELAY_MS,
	KNOB_GARBLE_REPLIES,
	KNOB_GARBLE_INDICES,
	KNOB_STRAY_COMPLETIONS,
	KNOB_FLOOD_EVENTS,
	KNOB_REPLY_ID,
	KNOB_REPLY_STATUS,
	KNOB_REPLY_RESULT,
	KNOB_REPLY_OUT_LEN,
	KNOB_FLASH_TIMING,
	KNOB_FLASH_DELAY_US,
	KNOB_FLASH_WRITE_ERROR,
	KNOB_FLASH_VERIFY_ERROR,
	KNOB_WORN_SECTOR,
	KNOB_POWER_CUT_BEFORE,
	KNOB_POWER_CUT_TORN,
	KNOB_POWER_CUT_AFTER,
	KNOBS
};

enum { NOISE_OK, NOISE_STUCK, NOISE_BIASED };
enum { HANG_NO, HANG_UNTIL_RESET, HANG_FOREVER };

#define KNOB_NONE	(-1)

struct knobs {
	atomic_llong value[KNOBS];
	unsigned int channels;
};

/* All as they are when nothing is wrong, for a card with so many channels. */
void knobs_init(struct knobs *k, unsigned int channels);

int64_t knob(struct knobs *k, enum knob which);
void knob_set(struct knobs *k, enum knob which, int64_t value);
/* Takes one from it unless it is 0: how many there were. */
int64_t knob_take(struct knobs *k, enum knob which);
/* Takes the value of one that is none (-1) otherwise, which it then is. */
int64_t knob_take_value(struct knobs *k, enum knob which);

/* Sets one by its name and a value in words. NULL, or what is wrong (to be freed). */
char *knobs_turn(struct knobs *k, const char *name, const char *value);

/* All of them, by name. */
json *knobs_json(struct knobs *k);

/* The table for people, to be freed. */
char *knobs_help(void);

#endif
