// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing that the card writes is believed: each value is read once, into our memory, and
 * checked there. A tag that was given to the card is not used again before the card has
 * answered, or was reset: a request that nobody waits for any more leaves it behind.
 */
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/jiffies.h>

#include "card.h"
#include "link.h"
#include "queue.h"

/* More interrupts in a second that bring no answer, and the card is broken. */
#define IDLE_IRQS_MAX	4000
/* An answer that lay there for so long has lost its interrupt. */
#define IRQ_LATE	(HZ / 2)

void mydev_queue_init(struct mydev_card *card)
{
	INIT_LIST_HEAD(&card->waiting);
	card->idle_second = jiffies;
}

/* It may have been entropy, which is nobody else's. */
static void wipe_out(struct mydev_card *card, unsigned int tag, u32 len)
{
	memset_io(card->window->buffers[tag].out, 0, min_t(u32, len, MYDEV_HW_DATA_MAX));
}

void mydev_queue_clear(struct mydev_card *card)
{
	unsigned int tag;

	lockdep_assert_held(&card->lock);
	for_each_set_bit(tag, card->busy, MYDEV_HW_TAGS)
		wipe_out(card, tag, MYDEV_HW_DATA_MAX);
	bitmap_zero(card->busy, MYDEV_HW_TAGS);
	card->sq_tail = 0;
	card->cq_head = 0;
	card->eq_head = 0;
	card->events_lost = 0;
}

void mydev_queue_end_all(struct mydev_card *card, int err)
{
	struct mydev_request *rq, *next;
	unsigned int tag;

	lockdep_assert_held(&card->lock);
	list_for_each_entry_safe(rq, next, &card->waiting, node) {
		list_del_init(&rq->node);
		mydev_complete(rq, NULL, err);
	}
	for (tag = 0; tag < MYDEV_HW_TAGS; tag++) {
		rq = card->rq[tag];
		card->rq[tag] = NULL;
		if (rq)
			mydev_complete(rq, NULL, err);
	}
}

static bool is_long(const struct mydev_request *rq)
{
	return le32_to_cpu(rq->cmd.in_len) > MYDEV_HW_DATA_MAX;
}

/* A tag for the request, or MYDEV_HW_TAGS: those with a bulk buffer are kept for who needs one. */
static unsigned int free_tag(struct mydev_card *card, const struct mydev_request *rq)
{
	unsigned int tag = MYDEV_HW_TAGS;

	if (!is_long(rq))
		tag = find_next_zero_bit(card->busy, MYDEV_HW_TAGS, MYDEV_HW_BULKS);
	if (tag < MYDEV_HW_TAGS)
		return tag;
	tag = find_first_zero_bit(card->busy, MYDEV_HW_BULKS);
	return tag < MYDEV_HW_BULKS ? tag : MYDEV_HW_TAGS;
}

/*
 * In words as large as can be, since a bus takes its time for each, and eight in a row, since a
 * loop around each would take as long again where writes are fast.
 */
static void copy_to_card(void __iomem *to, const void *from, u32 len)
{
	const u64 *word = from;
	u64 __iomem *card = to;

	for (; len >= 8 * sizeof(*word); len -= 8 * sizeof(*word)) {
		__raw_writeq(word[0], card);
		__raw_writeq(word[1], card + 1);
		__raw_writeq(word[2], card + 2);
		__raw_writeq(word[3], card + 3);
		__raw_writeq(word[4], card + 4);
		__raw_writeq(word[5], card + 5);
		__raw_writeq(word[6], card + 6);
		__raw_writeq(word[7], card + 7);
		word += 8;
		card += 8;
	}
	memcpy_toio(card, word, len);
}

static void send(struct mydev_card *card, unsigned int tag, struct mydev_request *rq)
{
	struct mydev_hw_window __iomem *w = card->window;
	struct mydev_hw_cmd cmd = rq->cmd;

	cmd.id = cpu_to_le16(MYDEV_HW_ID(card->generation, tag));
	copy_to_card(is_long(rq) ? w->bulk[tag] : w->buffers[tag].in, rq->in,
		     le32_to_cpu(cmd.in_len));
	memcpy_toio(&w->sq[card->sq_tail % MYDEV_HW_TAGS], &cmd, sizeof(cmd));
	card->sq_tail++;
	card->rq[tag] = rq;
	card->sent[tag] = jiffies;
	__set_bit(tag, card->busy);
}

/* Gives the card what waits, as long as there are tags. */
static void send_waiting(struct mydev_card *card)
{
	u32 sent = card->sq_tail;
	struct mydev_request *rq;
	unsigned int tag;

	while ((rq = list_first_entry_or_null(&card->waiting, struct mydev_request, node))) {
		tag = free_tag(card, rq);
		if (tag >= MYDEV_HW_TAGS)
			break;
		list_del_init(&rq->node);
		send(card, tag, rq);
	}
	if (sent == card->sq_tail)
		return;
	/* writel() comes behind what was written before. */
	writel(card->sq_tail, &card->window->host.sq_tail);
	writel(MYDEV_PCI_RING_SUBMIT, card->doorbell + MYDEV_PCI_DOORBELL);
}

static int refusal(struct mydev_card *card, struct mydev_adapter *a)
{
	switch (card->link) {
	case MYDEV_LINK_UP:
		return pci_channel_offline(card->pdev) ? -ENODEV : 0;
	case MYDEV_LINK_BROKEN:
		/* The core may not have been in a state to hear it. */
		mydev_adapter_broken(a, card->why);
		return -EHOSTDOWN;
	case MYDEV_LINK_DOWN:
		return -EHOSTDOWN;
	default:
		return -ENODEV;
	}
}

int mydev_queue_submit(struct mydev_adapter *a, struct mydev_request *rq)
{
	struct mydev_card *card = mydev_adapter_priv(a);
	int err;

	if (WARN_ON_ONCE(le32_to_cpu(rq->cmd.in_len) > MYDEV_HW_BULK_MAX ||
			 le32_to_cpu(rq->cmd.out_max) > MYDEV_HW_DATA_MAX))
		return -EINVAL;
	mutex_lock(&card->lock);
	err = refusal(card, a);
	if (!err) {
		list_add_tail(&rq->node, &card->waiting);
		send_waiting(card);
	}
	mutex_unlock(&card->lock);
	return err;
}

/* Takes one answer; false: it is none to anything that the card was asked. */
static bool take_answer(struct mydev_card *card, const struct mydev_hw_cpl *cpl)
{
	u16 id = le16_to_cpu(cpl->id);
	unsigned int tag = MYDEV_HW_ID_TAG(id);
	u32 len = le32_to_cpu(cpl->out_len);
	struct mydev_request *rq;

	/* From before the reset: whoever had asked was told so. */
	if (MYDEV_HW_ID_GENERATION(id) != (card->generation & 0xff))
		return true;
	if (tag >= MYDEV_HW_TAGS || !test_bit(tag, card->busy))
		return false;
	rq = card->rq[tag];
	if (rq) {
		memcpy_fromio(rq->out, card->window->buffers[tag].out,
			      min(len, le32_to_cpu(rq->cmd.out_max)));
		mydev_complete(rq, cpl, 0);
	}
	wipe_out(card, tag, len);
	card->rq[tag] = NULL;
	__clear_bit(tag, card->busy);
	return true;
}

/* Takes the answers there are; how many, or -EPROTO when the link broke. */
static int take_answers(struct mydev_card *card)
{
	struct mydev_hw_window __iomem *w = card->window;
	u32 n = readl(&w->card.cq_tail) - card->cq_head, i;
	struct mydev_hw_cpl cpl;

	if (n > MYDEV_HW_TAGS) {
		mydev_link_break(card, "impossible index of its completion queue");
		return -EPROTO;
	}
	for (i = 0; i < n; i++) {
		memcpy_fromio(&cpl, &w->cq[card->cq_head % MYDEV_HW_TAGS], sizeof(cpl));
		card->cq_head++;
		if (!take_answer(card, &cpl)) {
			mydev_link_break(card, "an answer to what it was not asked");
			return -EPROTO;
		}
	}
	if (!n)
		return 0;
	/* First: what is sent next may be answered into the room that this makes. */
	writel(card->cq_head, &w->host.cq_head);
	send_waiting(card);
	return n;
}

static void take_events(struct mydev_card *card)
{
	struct mydev_hw_window __iomem *w = card->window;
	u32 n = readl(&w->card.eq_tail) - card->eq_head, i, lost;
	struct mydev_hw_event ev;

	if (n > MYDEV_HW_EVENTS) {
		mydev_link_break(card, "impossible index of its event queue");
		return;
	}
	for (i = 0; i < n; i++) {
		memcpy_fromio(&ev, &w->eq[card->eq_head % MYDEV_HW_EVENTS], sizeof(ev));
		card->eq_head++;
		mydev_adapter_event(card->adapter, &ev);
	}
	if (n)
		writel(card->eq_head, &w->host.eq_head);
	lost = readl(&w->card.events_lost);
	if (lost != card->events_lost)
		mydev_adapter_events_lost(card->adapter);
	card->events_lost = lost;
}

static void take_state(struct mydev_card *card)
{
	u32 state = readl(&card->window->card.state);

	if (state == card->state)
		return;
	card->state = state;
	switch (state) {
	case MYDEV_CARD_BOOTING:
	case MYDEV_CARD_READY:
		break;
	case MYDEV_CARD_DEAD:
		dev_err_ratelimited(&card->pdev->dev, "no firmware of the adapter boots\n");
		break;
	case MYDEV_CARD_FAULT:
		mydev_link_break(card, "it says that a rule of its queues was broken");
		break;
	default:
		mydev_link_break(card, "a state that there is not");
	}
}

/* Takes all there is in the queues of a link that is up; how many answers. */
static int take_all(struct mydev_card *card)
{
	int answers = take_answers(card);

	/* Events stay until there is somebody to tell. */
	if (answers < 0 || !card->adapter)
		return answers;
	take_events(card);
	if (card->link == MYDEV_LINK_UP)
		take_state(card);
	return answers;
}

static void count_idle_irq(struct mydev_card *card)
{
	if (time_after_eq(jiffies, card->idle_second + HZ)) {
		card->idle_second = jiffies;
		card->idle_irqs = 0;
	}
	if (++card->idle_irqs > IDLE_IRQS_MAX)
		mydev_link_break(card, "it floods us with interrupts");
}

irqreturn_t mydev_queue_irq(int irq, void *data)
{
	struct mydev_card *card = data;

	mutex_lock(&card->lock);
	if (card->link == MYDEV_LINK_UP && !take_all(card))
		count_idle_irq(card);
	mutex_unlock(&card->lock);
	return IRQ_HANDLED;
}

void mydev_queue_poll(struct mydev_card *card)
{
	mutex_lock(&card->lock);
	if (card->link == MYDEV_LINK_UP)
		take_all(card);
	mutex_unlock(&card->lock);
}

/* The tag under which the card has the request, or MYDEV_HW_TAGS. */
static unsigned int tag_of(struct mydev_card *card, struct mydev_request *rq)
{
	unsigned int tag;

	for (tag = 0; tag < MYDEV_HW_TAGS; tag++)
		if (card->rq[tag] == rq)
			break;
	return tag;
}

void mydev_queue_abort(struct mydev_adapter *a, struct mydev_request *rq)
{
	struct mydev_card *card = mydev_adapter_priv(a);
	unsigned int tag;

	mutex_lock(&card->lock);
	tag = tag_of(card, rq);
	if (tag < MYDEV_HW_TAGS && card->link == MYDEV_LINK_UP) {
		unsigned long late = card->sent[tag] + IRQ_LATE;

		if (take_all(card) > 0 && card->rq[tag] != rq && time_after(jiffies, late))
			dev_warn_ratelimited(&card->pdev->dev,
					     "answered, but its interrupt did not come\n");
	}
	if (tag < MYDEV_HW_TAGS && card->rq[tag] == rq)
		card->rq[tag] = NULL;
	list_del_init(&rq->node);
	mutex_unlock(&card->lock);
}
