/* SPDX-License-Identifier: GPL-2.0 */
/* The link to a card: whether its queues may be used, and how they come to be. */
#ifndef MYDEV_PCI_LINK_H
#define MYDEV_PCI_LINK_H

#include <linux/types.h>

struct mydev_card;

/* Uses the queues of a function that nobody has used yet; false: it needs a reset. */
bool mydev_link_adopt(struct mydev_card *card);

/*
 * Ends all requests with -EHOSTDOWN and resets the front end. 0: the link is up and the card
 * boots; -ETIMEDOUT: no acknowledgement; -EHOSTDOWN: the link is down; -ENODEV: it is gone.
 */
int mydev_link_reset(struct mydev_card *card);

/*
 * The card broke the rules, or is not there any more: nothing is done with it until a reset,
 * which the core is asked for. card->lock is held.
 */
void mydev_link_break(struct mydev_card *card, const char *why);

/*
 * From down to up the function is not touched, whatever is asked, and all requests end with
 * -EHOSTDOWN. Up again, it is to be reset: the reason is `why`.
 */
void mydev_link_down(struct mydev_card *card);
void mydev_link_up(struct mydev_card *card, const char *why);

/* The function is not there any more. */
void mydev_link_lose(struct mydev_card *card);

#endif
