/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The card's front end: the window with its registers and queues, doorbells and interrupts
 * (mydev/hw.h, "The PCI function"). It serves resets whatever the controller behind it does.
 *
 * One thread (serve.c) plugs, unplugs and passes on resets; another, the controller (card.c),
 * takes commands and answers. Each life of the link, from a power-on or reset to the next
 * reset or power-off, has a number of its own: what the controller does for an earlier life
 * has no effect.
 */
#ifndef EMU_LINK_H
#define EMU_LINK_H

#include <pthread.h>
#include <stdbool.h>

#include "emu/knobs.h"
#include "model/port.h"

struct link {
	struct knobs *knobs;
	int wake;			/* eventfd: the controller shall look again */
	int ring[MYDEV_PCI_IRQS];	/* eventfds: the doorbells, by MYDEV_PCI_RING_* */
	int irq[MYDEV_PCI_IRQS];	/* eventfds: the interrupts, by MYDEV_PCI_IRQ_* */

	pthread_mutex_t lock;		/* of what follows */
	struct mydev_hw_window *window;	/* NULL: not plugged */
	bool stopped;
	u32 life;
	u32 state;			/* enum mydev_hw_card_state */
	u32 generation;
	u32 sq_head, cq_tail, eq_tail, events_lost;
	u8 answered[MYDEV_HW_TAGS];	/* the tag of each entry of the completion queue */
	u64 late[MYDEV_PCI_IRQS];	/* when (ms) a delayed interrupt is due; 0: none */
	u64 commands, completions, events, resets;	/* since the start, for the curious */
};

/* A command as the card sees it: a copy that the host cannot change any more. */
struct link_command {
	struct mydev_hw_cmd cmd;
	struct mydev_hw_cpl cpl;
	u8 in[MYDEV_HW_BULK_MAX];
	u8 out[MYDEV_HW_DATA_MAX];
};

/* 0 or -errno. */
int link_init(struct link *l, struct knobs *knobs);
void link_free(struct link *l);

/*
 * Plugs the card into a host: the window's memory as a descriptor, which is the caller's to
 * close, or -errno. Then power is on, until the card is unplugged.
 */
int link_plug(struct link *l);
void link_unplug(struct link *l);

/* The host rang for a reset: obeys, if there is one to obey. */
void link_reset(struct link *l);

/* Ends the controller's life for good. */
void link_stop(struct link *l);

/* The controller shall look again: its surroundings changed. */
void link_wake(struct link *l);

/* Adds what is to know about it. */
void link_json(struct link *l, json *j);

/* Writes a number into the window at `off` (a multiple of 4). False: there is no such place. */
bool link_poke(struct link *l, u32 off, u32 value);
/* Raises an interrupt for nothing. False: not plugged in, or there is no such vector. */
bool link_interrupt(struct link *l, u32 vector);

/* The rest is for the controller. */

enum link_power { LINK_OFF, LINK_ON, LINK_STOPPED };

/* The life that the card now has, and whether it has power. */
enum link_power link_life(struct link *l, u32 *life);

/* Waits until something may be to do, or for so many ms; -1: however long it takes. */
void link_wait(struct link *l, int ms);

/* Takes the next command; false: there is none for this life. */
bool link_take(struct link *l, u32 life, struct link_command *c);
/* Answers it, and wipes what was answered. */
void link_answer(struct link *l, u32 life, struct link_command *c);
/* Nonsense into the completion queue, if there is room; false: there is none. */
bool link_stray(struct link *l, u32 life);
void link_event(struct link *l, u32 life, const struct mydev_hw_event *ev);
void link_state(struct link *l, u32 life, enum mydev_hw_card_state state);

#endif
