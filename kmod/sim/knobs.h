/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can be done to a card from outside: a file each in /sys/kernel/debug/mydev_sim/simN.
 *
 *   cable0..         1: the noise source of that channel is connected, 0: not
 *   noise0..         what it gives: ok, stuck or biased
 *   temperature      1/1000 degree Celsius
 *   voltage          mV
 *   lose_commands    so many of the next commands are lost
 *   garble_replies   so many of the next replies are random
 *   flood_events     so many events are told at once
 *   reboots          so often the card restarts by itself
 *   hang             0: no; 1: until it is reset; 2: resets do not help
 *   flash_write_error   1: programming a slot fails
 *   flash_verify_error  1: a bit of each page programmed into a slot falls over
 *   bad_boot         1: an image that never ran does not start
 *   flash_delay_us   time that an erase or a programmed page takes
 *   boot_ms          time that a restart takes
 */
#ifndef MYDEV_SIM_KNOBS_H
#define MYDEV_SIM_KNOBS_H

#include <linux/types.h>
#include <mydev/hw.h>

struct sim_card;

enum sim_knob {
	SIM_CABLE,
	SIM_NOISE = SIM_CABLE + MYDEV_HW_CHANNELS_MAX,
	SIM_TEMPERATURE = SIM_NOISE + MYDEV_HW_CHANNELS_MAX,
	SIM_VOLTAGE,
	SIM_LOSE_COMMANDS,
	SIM_GARBLE_REPLIES,
	SIM_FLOOD_EVENTS,
	SIM_REBOOTS,
	SIM_HANG,
	SIM_FLASH_WRITE_ERROR,
	SIM_FLASH_VERIFY_ERROR,
	SIM_BAD_BOOT,
	SIM_FLASH_DELAY_US,
	SIM_BOOT_MS,
	SIM_KNOBS
};

enum sim_noise {
	SIM_NOISE_OK,
	SIM_NOISE_STUCK,
	SIM_NOISE_BIASED,
};

struct sim_knobs {
	atomic_t value[SIM_KNOBS];
	struct sim_knob_file *files;
	struct dentry *dir;
};

int sim_knobs_register(void);
void sim_knobs_unregister(void);

/* The knobs of a card with so many channels, as they are when nothing is wrong; or -ENOMEM. */
int sim_knobs_init(struct sim_card *card, unsigned int channels);
void sim_knobs_free(struct sim_card *card);

/* Makes the files, and takes them away, which waits for who is at one. */
void sim_knobs_show(struct sim_card *card, const char *dir);
void sim_knobs_hide(struct sim_card *card);

/* A knob's value; sets it; takes one from it unless it is 0, and tells whether it did. */
int sim_knob(struct sim_card *card, enum sim_knob knob);
void sim_knob_set(struct sim_card *card, enum sim_knob knob, int value);
bool sim_knob_take(struct sim_card *card, enum sim_knob knob);

#endif
