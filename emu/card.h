/* SPDX-License-Identifier: GPL-2.0 */
/* The card behind its front end: the model with its surroundings, in a thread of its own. */
#ifndef EMU_CARD_H
#define EMU_CARD_H

#include <pthread.h>

#include "emu/flash.h"
#include "emu/link.h"
#include "lib/keyring.h"
#include "model/model.h"

struct card {
	struct model_card ident;
	struct knobs *knobs;
	struct link *link;
	struct flash *flash;
	const struct keyring *keys;
	pthread_t thread;
	atomic_ullong entropy;		/* bytes that were given */

	/* Of the thread alone. */
	struct model *model;
	u32 life;			/* the link's that it works for */
	bool booting;			/* until boot_end (ms) */
	u64 boot_end;
	bool ran[MYDEV_HW_SLOTS];	/* the image in that slot has run before */
	u64 counted;			/* bytes of KNOB_ENTROPY_COUNTER that were given */
	struct link_command command;
};

/*
 * The card whose ident, knobs, link, flash and keys are filled in. manufacture() makes the
 * flash of a fresh one bootable: 0 or what model_manufacture() says. start() begins its
 * thread: 0 or -errno; stop() ends it, and needs link_stop() before.
 */
void card_init(struct card *c);
void card_free(struct card *c);
int card_manufacture(struct card *c);
int card_start(struct card *c);
void card_stop(struct card *c);

#endif
