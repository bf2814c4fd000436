/* SPDX-License-Identifier: GPL-2.0 */
/* A card behind a PCI function. */
#ifndef MYDEV_PCI_CARD_H
#define MYDEV_PCI_CARD_H

#include <linux/mutex.h>
#include <linux/pci.h>
#include "mydev.h"

/* What the driver thinks of the queues; see link.c. */
enum mydev_link {
	MYDEV_LINK_BROKEN,
	MYDEV_LINK_UP,
	MYDEV_LINK_DOWN,
	MYDEV_LINK_GONE,
};

struct mydev_card {
	struct pci_dev *pdev;
	void __iomem *doorbell;				/* BAR0 */
	struct mydev_hw_window __iomem *window;		/* BAR2 */
	unsigned int vectors;
	char irq_name[MYDEV_PCI_IRQS][40];		/* in /proc/interrupts */

	/*
	 * Of all below. A mutex, since whole buffers are copied under it; interrupts are
	 * handled in threads. The core's locks are taken inside of it.
	 */
	struct mutex lock;
	struct mydev_adapter *adapter;	/* who is told; NULL: nobody yet, or any more */
	enum mydev_link link;
	const char *why;		/* the link is broken */
	u32 state;			/* enum mydev_hw_card_state, as told last */
	u32 generation;
	u32 sq_tail;
	u32 cq_head;
	u32 eq_head;
	u32 events_lost;
	DECLARE_BITMAP(busy, MYDEV_HW_TAGS);	/* tags that the card has */
	struct mydev_request *rq[MYDEV_HW_TAGS];	/* NULL: nobody waits for it any more */
	unsigned long sent[MYDEV_HW_TAGS];	/* jiffies */
	struct list_head waiting;	/* requests without a tag */
	unsigned int idle_irqs;		/* interrupts without an answer in this second */
	unsigned long idle_second;	/* when that began, jiffies */
};

#endif
