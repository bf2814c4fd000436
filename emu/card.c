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
		return;		/* READY since the model told of its boot */
	say("no firmware starts (%s): the card is dead", r == -ENODATA ? "no boot state" :
	    "no valid image in a slot that may boot");
	link_state(c->link, c->life, MYDEV_CARD_DEAD);
}

/* Puts a running counter in the place of noise, so that each byte is known by its value. */
static void count(struct card *c, u8 *out, u32 len)
{
	int64_t start = knob(c->knobs, KNOB_ENTROPY_COUNTER);
	u64 n;

	for (; start != KNOB_NONE && len; len--, c->counted++) {
		n = start + c->counted / sizeof(n);
		*out++ = n >> 8 * (c->counted % sizeof(n));
	}
}

/* Makes nonsense of an answer: of all of it, or of what a plausible one has in it. */
static void garble(struct link_command *k)
{
	__le16 id = k->cpl.id;
	u32 out_len;

	env_random_bytes(&k->cpl, sizeof(k->cpl));
	env_random_bytes(k->out, sizeof(k->out));
	k->cpl.id = id;
	out_len = le32_to_cpu(k->cpl.out_len);
	if (out_len & 1) {
		k->cpl.status = cpu_to_le16(MYDEV_ST_OK);
		k->cpl.out_len = cpu_to_le32(out_len % (le32_to_cpu(k->cmd.out_max) + 1ULL));
	}
}

static void override(struct card *c, struct mydev_hw_cpl *cpl)
{
	int64_t v;

	v = knob_take_value(c->knobs, KNOB_REPLY_ID);
	if (v != KNOB_NONE)
		cpl->id = cpu_to_le16(v);
	v = knob_take_value(c->knobs, KNOB_REPLY_STATUS);
	if (v != KNOB_NONE)
		cpl->status = cpu_to_le16(v);
	v = knob_take_value(c->knobs, KNOB_REPLY_RESULT);
	if (v != KNOB_NONE)
		cpl->result = cpu_to_le32(v);
	v = knob_take_value(c->knobs, KNOB_REPLY_OUT_LEN);
	if (v != KNOB_NONE)
		cpl->out_len = cpu_to_le32(v);
}

static void answer(struct card *c, struct link_command *k)
{
	u32 len;

	model_command(c->model, &k->cmd, k->in, k->out, &k->cpl);
	len = le32_to_cpu(k->cpl.out_len);
	if (k->cmd.opcode == MYDEV_OP_ENTROPY && len) {
		count(c, k->out, len);
		c->entropy += len;
	}
	if (knob_take(c->knobs, KNOB_GARBLE_REPLIES))
		garble(k);
	override(c, &k->cpl);
	link_answer(c->link, c->life, k);
}

/* Whether this is the command that the card gets stuck in; then its life is over. */
static bool stuck(struct card *c, const struct mydev_hw_cmd *cmd)
{
	u32 life;

	if (knob(c->knobs, KNOB_STUCK_OPCODE) != cmd->opcode)
		return false;
	knob_set(c->knobs, KNOB_STUCK_OPCODE, KNOB_NONE);
	while (link_life(c->link, &life), life == c->life)
		link_wait(c->link, -1);
	return true;
}

static void answer_all(struct card *c)
{
	struct link_command *k = &c->command;

	while (!model_wants_restart(c->model) && !knob(c->knobs, KNOB_HANG) &&
	       link_take(c->link, c->life, k))
		if (!stuck(c, &k->cmd))
			answer(c, k);
}

/* What nobody asked for. */
static void make_noise(struct card *c)
{
	struct mydev_hw_event ev;

	while (knob(c->knobs, KNOB_STRAY_COMPLETIONS) && link_stray(c->link, c->life))
		knob_take(c->knobs, KNOB_STRAY_COMPLETIONS);
	while (knob_take(c->knobs, KNOB_FLOOD_EVENTS)) {
		env_random_bytes(&ev, sizeof(ev));
		/* Not that it booted: that would excuse it. */
		ev.type = MYDEV_EV_VOLTAGE;
		link_event(c->link, c->life, &ev);
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
	make_noise(c);
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
