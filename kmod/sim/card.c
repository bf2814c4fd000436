// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bus.h"
#include "card.h"
#include "env.h"
#include "factory.h"

static const struct model_geometry geometry = {
	.slot_size = 256 * 1024,
	.sector_size = 4096,
	.page_size = 256,
	.erased = 0xff,
};

#define BOARD_REV	2

static struct workqueue_struct *sim_wq;

int sim_cards_register(void)
{
	sim_wq = alloc_workqueue("mydev_sim", WQ_UNBOUND, WQ_MAX_ACTIVE);
	return sim_wq ? 0 : -ENOMEM;
}

void sim_cards_unregister(void)
{
	destroy_workqueue(sim_wq);
}

void sim_card_wake(struct sim_card *card)
{
	unsigned long flags;

	spin_lock_irqsave(&card->link.lock, flags);
	if (card->started && card->link.plugged)
		mod_delayed_work(sim_wq, &card->run, 0);
	spin_unlock_irqrestore(&card->link.lock, flags);
}

/* From `run`, which may have been woken again already: that is not put off. */
static void wake_in(struct sim_card *card, unsigned int ms)
{
	spin_lock_irq(&card->link.lock);
	if (card->started && card->link.plugged)
		queue_delayed_work(sim_wq, &card->run, msecs_to_jiffies(ms));
	spin_unlock_irq(&card->link.lock);
}

/* The first time that power comes on, the card comes from the factory. */
static void power_on(struct sim_card *card)
{
	int err = 0;

	if (!card->manufactured)
		err = model_manufacture(card->model, &card->ident, &sim_env_ops, card);
	card->manufactured = !err;
	if (!err)
		err = model_power_on(card->model, &card->ident, &sim_env_ops, card);
	card->alive = !err;
}

static void begin_boot(struct sim_card *card)
{
	card->booting = true;
	card->boot_end = jiffies + msecs_to_jiffies(sim_knob(card, SIM_BOOT_MS));
}

/* Whether the card is up; it may just have come up. */
static bool boot(struct sim_card *card)
{
	if (sim_link_take_reset(&card->link))
		begin_boot(card);
	if (card->booting) {
		if (time_before(jiffies, card->boot_end)) {
			wake_in(card, jiffies_to_msecs(card->boot_end - jiffies));
			return false;
		}
		card->booting = false;
		power_on(card);
	}
	return card->alive;
}

/* Makes nonsense of an answer: of all of it, or of what a plausible one has in it. */
static void garble(struct sim_command *c)
{
	u32 out_len;

	get_random_bytes(&c->cpl, sizeof(c->cpl));
	get_random_bytes(c->out, sizeof(c->out));
	out_len = le32_to_cpu(c->cpl.out_len);
	if (out_len & 1) {
		c->cpl.status = cpu_to_le16(MYDEV_ST_OK);
		c->cpl.out_len = cpu_to_le32(out_len % (le32_to_cpu(c->cmd.out_max) + 1));
	}
}

static void answer_all(struct sim_card *card)
{
	struct sim_command *c = &card->command;

	while (!model_wants_restart(card->model) && !sim_knob(card, SIM_HANG) &&
	       sim_link_take(&card->link, c)) {
		model_command(card->model, &c->cmd, c->in, c->out, &c->cpl);
		if (sim_knob_take(card, SIM_GARBLE_REPLIES))
			garble(c);
		sim_link_answer(&card->link, c);
	}
}

static void flood(struct sim_card *card)
{
	struct mydev_hw_event ev;

	while (sim_knob_take(card, SIM_FLOOD_EVENTS)) {
		get_random_bytes(&ev, sizeof(ev));
		/* Not that it booted: that would excuse it. */
		ev.type = MYDEV_EV_VOLTAGE;
		mydev_adapter_event(card->adapter, &ev);
	}
}

static void run(struct work_struct *work)
{
	struct sim_card *card = container_of(work, struct sim_card, run.work);
	u32 ms;

	if (sim_knob(card, SIM_HANG) || !boot(card))
		return;
	answer_all(card);
	flood(card);
	if (model_wants_restart(card->model) || sim_knob_take(card, SIM_REBOOTS)) {
		begin_boot(card);
		sim_card_wake(card);
		return;
	}
	ms = model_tick(card->model);
	if (ms)
		wake_in(card, ms);
}

static unsigned int channels_of(u16 model)
{
	return model == MYDEV_MODEL_MD2000 ? 2 : 4;
}

static int card_init(struct sim_card *card, struct sim_device *sim)
{
	const struct sim_factory *factory;
	int err;

	card->ident = (struct model_card){
		.model = sim->model,
		.board_rev = BOARD_REV,
		.geometry = geometry,
	};
	memcpy(card->ident.serial, sim->serial, sizeof(card->ident.serial));
	sim_link_init(&card->link);
	INIT_DELAYED_WORK(&card->run, run);
	factory = sim_factory_get(&sim->dev, sim->model, geometry.sector_size,
				  geometry.slot_size);
	if (IS_ERR(factory))
		return PTR_ERR(factory);
	err = sim_flash_init(&card->flash, model_flash_size(&geometry), geometry.sector_size,
			     factory);
	if (err)
		return err;
	/*
	 * It is up before a driver sees it: a thousand that boot at a time would want more CPU
	 * time than the deadlines of their first commands give. A mute one never gets so far.
	 */
	card->booting = sim_knob(card, SIM_HANG);
	card->boot_end = jiffies;
	if (!card->booting)
		power_on(card);
	return 0;
}

static void start(struct sim_card *card)
{
	spin_lock_irq(&card->link.lock);
	card->started = true;
	spin_unlock_irq(&card->link.lock);
	sim_card_wake(card);
}

struct sim_card *sim_card_plug(struct sim_device *sim)
{
	struct sim_card *card;
	int err = -ENOMEM;

	card = kvzalloc(sizeof(*card), GFP_KERNEL);
	if (!card)
		return ERR_PTR(-ENOMEM);
	card->model = kvzalloc(model_sizeof(), GFP_KERNEL);
	if (!card->model)
		goto err_card;
	err = sim_knobs_init(card, channels_of(sim->model));
	if (err)
		goto err_model;
	if (sim->mute)
		sim_knob_set(card, SIM_HANG, 2);
	err = card_init(card, sim);
	if (err)
		goto err_knobs;
	card->adapter = mydev_adapter_register(&sim->dev, &sim_link_ops, false, card);
	if (IS_ERR(card->adapter)) {
		err = PTR_ERR(card->adapter);
		goto err_flash;
	}
	sim_knobs_show(card, dev_name(&sim->dev));
	start(card);
	return card;

err_flash:
	sim_flash_free(&card->flash);
err_knobs:
	sim_knobs_free(card);
err_model:
	kvfree(card->model);
err_card:
	kvfree(card);
	return ERR_PTR(err);
}

void sim_card_unplug(struct sim_card *card)
{
	sim_link_unplug(&card->link);
	cancel_delayed_work_sync(&card->run);
	sim_knobs_hide(card);
	mydev_adapter_unregister(card->adapter);
	sim_flash_free(&card->flash);
	sim_knobs_free(card);
	/* It has entropy that nobody was given. */
	kvfree_sensitive(card->model, model_sizeof());
	kvfree(card);
}
