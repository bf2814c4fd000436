// SPDX-License-Identifier: GPL-2.0
/*
 *                  reset acknowledged
 *   -> BROKEN ----------------------------> UP     interrupts are enabled here alone
 *       ^  ^                                |
 *       |  +-- garbage, flood, reset begun -+
 *       |                                   |
 *   up  |                                   |
 *       +---- DOWN <------------------------+      suspended, PCI error, function reset, removed
 *
 *   any of them --- not on the bus any more ---> GONE
 */
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>

#include "card.h"
#include "link.h"
#include "queue.h"

/*
 * For the acknowledgement of a reset, us. Ten times what a card may take: one that is
 * emulated may be waiting for a processor.
 */
#define RESET_TIMEOUT	(10 * MYDEV_HW_RESET_MS * 1000)
#define RESET_POLL	100

static void enable_irqs(struct mydev_card *card, bool on)
{
	unsigned int i;

	for (i = 0; i < card->vectors; i++) {
		if (on)
			enable_irq(pci_irq_vector(card->pdev, i));
		else
			disable_irq_nosync(pci_irq_vector(card->pdev, i));
	}
}

static void set_link(struct mydev_card *card, enum mydev_link next)
{
	enum mydev_link last = card->link;

	lockdep_assert_held(&card->lock);
	if (last == next)
		return;
	card->link = next;
	if (last == MYDEV_LINK_UP)
		enable_irqs(card, false);
	if (next == MYDEV_LINK_UP)
		enable_irqs(card, true);
}

static void begin(struct mydev_card *card, u32 generation)
{
	mydev_queue_clear(card);
	card->generation = generation;
	card->state = MYDEV_CARD_BOOTING;
	set_link(card, MYDEV_LINK_UP);
}

bool mydev_link_adopt(struct mydev_card *card)
{
	struct mydev_hw_window __iomem *w = card->window;
	u32 generation = readl(&w->card.generation);
	bool unused;

	unused = readl(&w->host.reset) == generation && !readl(&w->host.sq_tail) &&
		 !readl(&w->host.cq_head) && !readl(&w->host.eq_head) && !readl(&w->card.cq_tail);
	if (!unused)
		return false;
	mutex_lock(&card->lock);
	begin(card, generation);
	mutex_unlock(&card->lock);
	return true;
}

static void lose(struct mydev_card *card)
{
	set_link(card, MYDEV_LINK_GONE);
	mydev_queue_end_all(card, -ENODEV);
}

void mydev_link_lose(struct mydev_card *card)
{
	mutex_lock(&card->lock);
	lose(card);
	mutex_unlock(&card->lock);
}

void mydev_link_break(struct mydev_card *card, const char *why)
{
	lockdep_assert_held(&card->lock);
	if (!pci_device_is_present(card->pdev)) {
		lose(card);
		return;
	}
	set_link(card, MYDEV_LINK_BROKEN);
	card->why = why;
	mydev_queue_end_all(card, -EHOSTDOWN);
	if (card->adapter)
		mydev_adapter_broken(card->adapter, why);
}

void mydev_link_down(struct mydev_card *card)
{
	mutex_lock(&card->lock);
	if (card->link != MYDEV_LINK_GONE)
		set_link(card, MYDEV_LINK_DOWN);
	mydev_queue_end_all(card, -EHOSTDOWN);
	mutex_unlock(&card->lock);
}

void mydev_link_up(struct mydev_card *card, const char *why)
{
	mutex_lock(&card->lock);
	if (card->link == MYDEV_LINK_DOWN)
		mydev_link_break(card, why);
	mutex_unlock(&card->lock);
}

/* Why the card must not be touched, or 0. */
static int refusal(const struct mydev_card *card)
{
	switch (card->link) {
	case MYDEV_LINK_GONE:
		return -ENODEV;
	case MYDEV_LINK_DOWN:
		return -EHOSTDOWN;
	default:
		return 0;
	}
}

/* Another number than the last one, neither 0 nor what reads of a lost function yield. */
static u32 next_generation(struct mydev_card *card)
{
	u32 last = readl(&card->window->host.reset);
	u32 obeyed = readl(&card->window->card.generation);

	do {
		last++;
	} while (!last || last == U32_MAX || last == obeyed);
	return last;
}

static int begin_reset(struct mydev_card *card, u32 *generation)
{
	struct mydev_hw_host_regs __iomem *host = &card->window->host;
	int err;

	mutex_lock(&card->lock);
	err = refusal(card);
	if (!err) {
		set_link(card, MYDEV_LINK_BROKEN);
		card->why = "it is being reset";
		mydev_queue_end_all(card, -EHOSTDOWN);
		*generation = next_generation(card);
		writel(0, &host->sq_tail);
		writel(0, &host->cq_head);
		writel(0, &host->eq_head);
		writel(*generation, &host->reset);
		writel(MYDEV_PCI_RING_RESET, card->doorbell + MYDEV_PCI_DOORBELL);
	}
	mutex_unlock(&card->lock);
	return err;
}

static int end_reset(struct mydev_card *card, u32 generation, int err)
{
	int refused;

	mutex_lock(&card->lock);
	refused = refusal(card);
	if (!refused && err && !pci_device_is_present(card->pdev)) {
		lose(card);
		refused = -ENODEV;
	}
	if (!refused && !err)
		begin(card, generation);
	mutex_unlock(&card->lock);
	return refused ?: err;
}

int mydev_link_reset(struct mydev_card *card)
{
	u32 generation, seen;
	int err = begin_reset(card, &generation);

	if (err)
		return err;
	/* Without the lock: meanwhile others are refused, but never wait. */
	err = readl_poll_timeout(&card->window->card.generation, seen, seen == generation,
				 RESET_POLL, RESET_TIMEOUT);
	return end_reset(card, generation, err);
}
