// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/string.h>

#include "card.h"
#include "compat/sha256.h"
#include "env.h"
#include "knobs.h"

/* Whether flash offset `off` is in one of the slots, where the faults are; and in which. */
static bool in_slot(const struct sim_card *card, u32 off, u32 *slot)
{
	*slot = off / card->ident.geometry.slot_size;
	return *slot < MYDEV_HW_SLOTS;
}

static void take_time(struct sim_card *card)
{
	unsigned int us = sim_knob(card, SIM_FLASH_DELAY_US);

	if (us >= 20000)
		msleep(us / 1000);
	else if (us)
		usleep_range(us, us + us / 8 + 1);
}

static int flash_read(void *env, u32 off, void *buf, u32 len)
{
	struct sim_card *card = env;

	return sim_flash_read(&card->flash, off, buf, len);
}

static int flash_program(void *env, u32 off, const void *buf, u32 len)
{
	struct sim_card *card = env;
	u32 slot;
	int err;

	take_time(card);
	if (!in_slot(card, off, &slot))
		return sim_flash_program(&card->flash, off, buf, len);
	if (sim_knob(card, SIM_FLASH_WRITE_ERROR))
		return -EIO;
	err = sim_flash_program(&card->flash, off, buf, len);
	if (!err && sim_knob(card, SIM_FLASH_VERIFY_ERROR))
		sim_flash_flip(&card->flash, off);
	return err;
}

static int flash_erase(void *env, u32 off)
{
	struct sim_card *card = env;
	u32 slot;

	take_time(card);
	if (in_slot(card, off, &slot))
		card->ran[slot] = false;
	return sim_flash_erase(&card->flash, off);
}

static u64 now_ms(void *env)
{
	return ktime_to_ms(ktime_get_boottime());
}

static void noise(void *env, unsigned int channel, u8 *buf, u32 len)
{
	struct sim_card *card = env;
	u32 i;

	get_random_bytes(buf, len);
	switch (sim_knob(card, SIM_NOISE + channel)) {
	case SIM_NOISE_STUCK:
		memset(buf, 0x5a, len);
		break;
	case SIM_NOISE_BIASED:
		/* Every other sample is the same, which no repetition count test sees. */
		for (i = 0; i < len; i += 2)
			buf[i] = 0x5a;
		break;
	}
}

static s32 temperature(void *env)
{
	return sim_knob(env, SIM_TEMPERATURE);
}

static u32 voltage(void *env)
{
	return sim_knob(env, SIM_VOLTAGE);
}

static bool cable(void *env, unsigned int channel)
{
	return sim_knob(env, SIM_CABLE + channel);
}

static bool boots(void *env, unsigned int slot)
{
	struct sim_card *card = env;

	if (!card->ran[slot] && sim_knob(card, SIM_BAD_BOOT))
		return false;
	card->ran[slot] = true;
	return true;
}

static void digest_init(void *state)
{
	BUILD_BUG_ON(sizeof(struct sha256_state) > MODEL_SHA256_STATE);
	sha256_init(state);
}

static void digest_update(void *state, const void *data, u32 len)
{
	sha256_update(state, data, len);
}

static void digest_final(void *state, u8 digest[MYDEV_FWIMG_DIGEST_SIZE])
{
	sha256_final(state, digest);
}

static void event(void *env, const struct mydev_hw_event *ev)
{
	struct sim_card *card = env;

	/* Its first boot nobody sees. */
	if (card->adapter)
		mydev_adapter_event(card->adapter, ev);
}

/* Without verify(): the signature is left to who has the keys, which is mydevd. */
const struct model_ops sim_env_ops = {
	.flash_read = flash_read,
	.flash_program = flash_program,
	.flash_erase = flash_erase,
	.now_ms = now_ms,
	.noise = noise,
	.temperature = temperature,
	.voltage = voltage,
	.cable = cable,
	.boots = boots,
	.sha256_init = digest_init,
	.sha256_update = digest_update,
	.sha256_final = digest_final,
	.event = event,
};
