// SPDX-License-Identifier: GPL-2.0
#include "emu/card.h"

#include "emu/env.h"
#include "emu/log.h"
#include "lib/alloc.h"

void card_init(struct card *c)
{
	c->model = xzalloc(model_sizeof());
}

void card_free(struct card *c)
{
	/* It has entropy that nobody was given. */
	model_wipe(c->model, model_sizeof());
	free(c->model);
}

int card_manufacture(struct card *c)
{
	return model_manufacture(c->model, &c->ident, &env_ops, c);
}

static void begin_boot(struct card *c)
{
	link_state(c->link, c->life, MYDEV_CARD_BOOTING);
	c->booting = true;
	c->boot_end = env_now_ms() + knob(c->knobs, KNOB_BOOT_MS);
}

static void end_boot(struct card *c)
{
	int r;

	c->booting = false;
	r = model_power_on(c->model, &c->ident, &env_ops, c);
	if (!r)
		return;
	say("no firmware starts (%s): the card is dead", r == -ENODATA ? "no boot state" :
	    "no valid image in a slot that may boot");
	link_state(c->link, c->life, MYDEV_CARD_DEAD);
}

static void answer_all(struct card *c)
{
	struct link_command *k = &c->command;

	while (!model_wants_restart(c->model) && !knob(c->knobs, KNOB_HANG) &&
	       link_take(c->link, c->life, k)) {
		model_command(c->model, &k->cmd, k->in, k->out, &k->cpl);
		link_answer(c->link, c->life, k);
	}
}

/* Does what there is to do with power on: in how many ms again, -1: when something happens. */
static int work(struct card *c)
{
	u64 now = env_now_ms();
	u32 ms;

	if (knob(c->knobs, KNOB_HANG))
		return -1;
	if (c->booting && now < c->boot_end)
		return c->boot_end - now;
	if (c->booting)
		end_boot(c);
	answer_all(c);
	ms = model_tick(c->model);
	if (model_wants_restart(c->model) || knob_take(c->knobs, KNOB_REBOOTS)) {
		begin_boot(c);
		return 0;
	}
	return ms ? (int)ms : -1;
}

static void *run(void *arg)
{
	struct card *c = arg;
	enum link_power power;
	u32 life;

	while ((power = link_life(c->link, &life)) != LINK_STOPPED) {
		if (life != c->life) {
			c->life = life;
			begin_boot(c);
		}
		link_wait(c->link, power == LINK_ON ? work(c) : -1);
	}
	return NULL;
}

int card_start(struct card *c)
{
	return -pthread_create(&c->thread, NULL, run, c);
}

void card_stop(struct card *c)
{
	pthread_join(c->thread, NULL);
}
