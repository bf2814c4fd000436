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
	KNOB_HANG,
	KNOB_REBOOTS,
	KNOB_BAD_BOOT,
	KNOB_BOOT_MS,
	KNOBS
};

enum { NOISE_OK, NOISE_STUCK, NOISE_BIASED };
enum { HANG_NO, HANG_UNTIL_RESET, HANG_FOREVER };

struct knobs {
	atomic_llong value[KNOBS];
	unsigned int channels;
};

/* All as they are when nothing is wrong, for a card with so many channels. */
void knobs_init(struct knobs *k, unsigned int channels);

int64_t knob(struct knobs *k, enum knob which);
void knob_set(struct knobs *k, enum knob which, int64_t value);
/* Takes one from it unless it is 0, and tells whether it did. */
bool knob_take(struct knobs *k, enum knob which);

/* Sets one by its name and a value in words. NULL, or what is wrong (to be freed). */
char *knobs_turn(struct knobs *k, const char *name, const char *value);

/* All of them, by name. */
json *knobs_json(struct knobs *k);

/* The table for people, to be freed. */
char *knobs_help(void);

#endif
