/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The link between host and card: a queue of requests, which the card takes copies of and
 * answers in its own time.
 */
#ifndef MYDEV_SIM_LINK_H
#define MYDEV_SIM_LINK_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include "mydev.h"

struct sim_card;

struct sim_link {
	spinlock_t lock;
	struct list_head queue;		/* not taken yet */
	struct list_head lost;		/* never to be answered */
	struct mydev_request *current_rq;	/* taken; NULL: the host does not wait any more */
	bool plugged;
	bool reset;			/* the host wants the card's front end reset */
};

extern const struct mydev_transport_ops sim_link_ops;

void sim_link_init(struct sim_link *link);
/* From here on the host's requests are refused, and the card is not woken any more. */
void sim_link_unplug(struct sim_link *link);

/* A command as the card sees it. */
struct sim_command {
	struct mydev_hw_cmd cmd;
	struct mydev_hw_cpl cpl;
	u8 in[MYDEV_HW_DATA_MAX];
	u8 out[MYDEV_HW_DATA_MAX];
};

/* The card takes the next command, false: there is none; and answers it. */
bool sim_link_take(struct sim_link *link, struct sim_command *c);
void sim_link_answer(struct sim_link *link, struct sim_command *c);

/* Whether the host wants a reset, which is taken note of. */
bool sim_link_take_reset(struct sim_link *link);

#endif
