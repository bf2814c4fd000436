/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulated card: the model with what surrounds it, run by one work, so in one thread at
 * a time, which sleeps while nothing is asked of it.
 */
#ifndef MYDEV_SIM_CARD_H
#define MYDEV_SIM_CARD_H

#include <linux/workqueue.h>
#include <model/model.h>

#include "flash.h"
#include "knobs.h"
#include "link.h"

struct sim_device;

struct sim_card {
	struct mydev_adapter *adapter;
	struct model_card ident;
	struct sim_knobs knobs;
	struct sim_link link;
	struct delayed_work run;
	bool started;			/* `run` may be queued; under the link's lock */

	/* Of `run` alone. */
	struct model *model;
	struct sim_flash flash;
	bool manufactured;
	bool alive;			/* an image runs */
	bool booting;			/* until boot_end (jiffies) */
	unsigned long boot_end;
	bool ran[MYDEV_HW_SLOTS];	/* the image in that slot has run before */
	struct sim_command command;
};

int sim_cards_register(void);
void sim_cards_unregister(void);

/* Plugs a card into that place of the bus, or ERR_PTR; and out again. */
struct sim_card *sim_card_plug(struct sim_device *sim);
void sim_card_unplug(struct sim_card *card);

/* Something is there for the card to do, or its surroundings changed. Any context. */
void sim_card_wake(struct sim_card *card);

#endif
