// SPDX-License-Identifier: GPL-2.0
#include "emu/env.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "emu/card.h"
#include "lib/crypto.h"

#define STUCK_AT	0x5a
/* Typical of serial NOR flash: a page, a sector of 4 KiB. */
#define PROGRAM_US	700
#define ERASE_US	45000

_Static_assert(CRYPTO_SHA256_STATE <= MODEL_SHA256_STATE, "a digest's state");

u64 env_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void env_random_bytes(void *buf, size_t len)
{
	u8 *at = buf;
	ssize_t n;

	for (; len; at += n, len -= n) {
		n = getrandom(at, len, 0);
		if (n < 0 && errno != EINTR)
			abort();
		n = n < 0 ? 0 : n;
	}
}

u32 env_random(void)
{
	u32 n;

	env_random_bytes(&n, sizeof(n));
	return n;
}

/* The time that a flash operation takes, unless the card's life ends meanwhile. */
static void take_time(struct card *c, u64 typical_us)
{
	u64 us = knob(c->knobs, KNOB_FLASH_DELAY_US);
	struct timespec rest;
	u64 now, end;
	u32 life;

	if (knob(c->knobs, KNOB_FLASH_TIMING))
		us += typical_us;
	if (!us)
		return;
	end = env_now_ms() + us / 1000;
	while (now = env_now_ms(), now < end) {
		link_life(c->link, &life);
		if (life != c->life)
			return;
		link_wait(c->link, end - now);
	}
	rest = (struct timespec){ .tv_nsec = us % 1000 * 1000 };
	nanosleep(&rest, NULL);
}

static int read_flash(void *env, u32 off, void *buf, u32 len)
{
	struct card *c = env;

	return flash_read(c->flash, off, buf, len);
}

static int program_flash(void *env, u32 off, const void *buf, u32 len)
{
	struct card *c = env;

	take_time(c, PROGRAM_US);
	return flash_program(c->flash, off, buf, len);
}

static int erase_flash(void *env, u32 off)
{
	struct card *c = env;
	u32 slot = off / c->ident.geometry.slot_size;

	if (slot < MYDEV_HW_SLOTS)
		c->ran[slot] = false;
	take_time(c, ERASE_US);
	return flash_erase(c->flash, off);
}

static u64 now_ms(void *env)
{
	return env_now_ms();
}

static void noise(void *env, unsigned int channel, u8 *buf, u32 len)
{
	struct card *c = env;
	u32 i;

	env_random_bytes(buf, len);
	switch (knob(c->knobs, KNOB_NOISE + channel)) {
	case NOISE_STUCK:
		memset(buf, STUCK_AT, len);
		break;
	case NOISE_BIASED:
		/* Every other sample is the same, which no repetition count test sees. */
		for (i = 0; i < len; i += 2)
			buf[i] = STUCK_AT;
		break;
	}
}

static s32 temperature(void *env)
{
	struct card *c = env;

	return knob(c->knobs, KNOB_TEMPERATURE);
}

static u32 voltage(void *env)
{
	struct card *c = env;

	return knob(c->knobs, KNOB_VOLTAGE);
}

static bool cable(void *env, unsigned int channel)
{
	struct card *c = env;

	return knob(c->knobs, KNOB_CABLE + channel);
}

static bool boots(void *env, unsigned int slot)
{
	struct card *c = env;

	if (!c->ran[slot] && knob(c->knobs, KNOB_BAD_BOOT))
		return false;
	c->ran[slot] = true;
	return true;
}

static int verify(void *env, const u8 key_hash[32], const u8 *sig, u32 sig_len,
		  const u8 digest[MYDEV_FWIMG_DIGEST_SIZE])
{
	struct card *c = env;
	const char *file;

	return keyring_verify(c->keys, key_hash, digest, sig, sig_len, &file) == KEYRING_TRUSTED ?
	       0 : -1;
}

static void event(void *env, const struct mydev_hw_event *ev)
{
	struct card *c = env;

	if (ev->type == MYDEV_EV_BOOT)
		link_state(c->link, c->life, MYDEV_CARD_READY);
	link_event(c->link, c->life, ev);
}

const struct model_ops env_ops = {
	.flash_read = read_flash,
	.flash_program = program_flash,
	.flash_erase = erase_flash,
	.now_ms = now_ms,
	.noise = noise,
	.temperature = temperature,
	.voltage = voltage,
	.cable = cable,
	.boots = boots,
	.sha256_init = crypto_sha256_init,
	.sha256_update = crypto_sha256_update,
	.sha256_final = crypto_sha256_final,
	.verify = verify,
	.event = event,
};
