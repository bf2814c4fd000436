/* SPDX-License-Identifier: GPL-2.0 */
/* The queues of a card: requests and answers, events. */
#ifndef MYDEV_PCI_QUEUE_H
#define MYDEV_PCI_QUEUE_H

#include <linux/interrupt.h>
#include "mydev.h"

struct mydev_card;

void mydev_queue_init(struct mydev_card *card);

/* As in struct mydev_transport_ops. */
int mydev_queue_submit(struct mydev_adapter *a, struct mydev_request *rq);
void mydev_queue_abort(struct mydev_adapter *a, struct mydev_request *rq);

/* The thread of every vector. */
irqreturn_t mydev_queue_irq(int irq, void *card);

/* Takes whatever the card has put into its queues, as if it had interrupted. */
void mydev_queue_poll(struct mydev_card *card);

/* The card begins a life with empty queues. card->lock is held. */
void mydev_queue_clear(struct mydev_card *card);

/* Ends all requests; tags that the card has, it keeps. card->lock is held. */
void mydev_queue_end_all(struct mydev_card *card, int err);

#endif
