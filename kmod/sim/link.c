// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include <linux/string.h>

#include "card.h"
#include "knobs.h"
#include "link.h"

void sim_link_init(struct sim_link *link)
{
	spin_lock_init(&link->lock);
	INIT_LIST_HEAD(&link->queue);
	INIT_LIST_HEAD(&link->lost);
	link->plugged = true;
}

void sim_link_unplug(struct sim_link *link)
{
	spin_lock_irq(&link->lock);
	link->plugged = false;
	spin_unlock_irq(&link->lock);
}

static int submit(struct mydev_adapter *a, struct mydev_request *rq)
{
	struct sim_card *card = mydev_adapter_priv(a);
	struct sim_link *link = &card->link;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&link->lock, flags);
	if (!link->plugged)
		err = -ENODEV;
	else if (sim_knob_take(card, SIM_LOSE_COMMANDS))
		list_add_tail(&rq->node, &link->lost);
	else
		list_add_tail(&rq->node, &link->queue);
	spin_unlock_irqrestore(&link->lock, flags);
	if (!err)
		sim_card_wake(card);
	return err;
}

static void forget(struct mydev_adapter *a, struct mydev_request *rq)
{
	struct sim_card *card = mydev_adapter_priv(a);
	struct sim_link *link = &card->link;

	spin_lock_irq(&link->lock);
	list_del_init(&rq->node);
	if (link->current_rq == rq)
		link->current_rq = NULL;
	spin_unlock_irq(&link->lock);
}

static void end_all(struct list_head *list)
{
	struct mydev_request *rq, *next;

	list_for_each_entry_safe(rq, next, list, node) {
		list_del_init(&rq->node);
		mydev_complete(rq, NULL, -EHOSTDOWN);
	}
}

static int reset(struct mydev_adapter *a)
{
	struct sim_card *card = mydev_adapter_priv(a);
	struct sim_link *link = &card->link;
	int err = 0;

	spin_lock_irq(&link->lock);
	end_all(&link->queue);
	end_all(&link->lost);
	if (link->current_rq)
		mydev_complete(link->current_rq, NULL, -EHOSTDOWN);
	link->current_rq = NULL;
	if (link->plugged)
		link->reset = true;
	else
		err = -ENODEV;
	spin_unlock_irq(&link->lock);
	if (err)
		return err;
	if (sim_knob(card, SIM_HANG) == 1)
		sim_knob_set(card, SIM_HANG, 0);
	sim_card_wake(card);
	return 0;
}

const struct mydev_transport_ops sim_link_ops = {
	.id = MYDEV_TRANSPORT_SIM,
	.write_max = MYDEV_HW_DATA_MAX,
	.submit = submit,
	.abort = forget,
	.reset = reset,
};

bool sim_link_take(struct sim_link *link, struct sim_command *c)
{
	struct mydev_request *rq;
	u32 in_len;

	spin_lock_irq(&link->lock);
	rq = list_first_entry_or_null(&link->queue, struct mydev_request, node);
	if (rq) {
		list_del_init(&rq->node);
		link->current_rq = rq;
		c->cmd = rq->cmd;
		in_len = min_t(u32, le32_to_cpu(c->cmd.in_len), sizeof(c->in));
		memcpy(c->in, rq->in, in_len);
	}
	spin_unlock_irq(&link->lock);
	return rq;
}

void sim_link_answer(struct sim_link *link, struct sim_command *c)
{
	u32 out_len = min3(le32_to_cpu(c->cpl.out_len), le32_to_cpu(c->cmd.out_max),
			   (u32)sizeof(c->out));

	spin_lock_irq(&link->lock);
	if (link->current_rq) {
		memcpy(link->current_rq->out, c->out, out_len);
		mydev_complete(link->current_rq, &c->cpl, 0);
	}
	link->current_rq = NULL;
	spin_unlock_irq(&link->lock);
	/* It may have been entropy. */
	memzero_explicit(c->out, out_len);
}

bool sim_link_take_reset(struct sim_link *link)
{
	bool reset;

	spin_lock_irq(&link->lock);
	reset = link->reset;
	link->reset = false;
	spin_unlock_irq(&link->lock);
	return reset;
}
