// SPDX-License-Identifier: GPL-2.0
#include "tests/unit/card.h"

#include <endian.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/crypto.h"
#include "lib/util.h"

const struct model_geometry card_geometry = {
	.slot_size = 32768, .sector_size = 4096, .page_size = 256, .erased = 0xff,
};

static int flash_read(void *env, u32 off, void *buf, u32 len)
{
	return nor_read(&((struct card *)env)->flash, off, buf, len);
}

static int flash_program(void *env, u32 off, const void *buf, u32 len)
{
	return nor_program(&((struct card *)env)->flash, off, buf, len);
}

static int flash_erase(void *env, u32 off)
{
	return nor_erase(&((struct card *)env)->flash, off);
}

static u64 now_ms(void *env)
{
	return ((struct card *)env)->now_ms;
}

static void noise(void *env, unsigned int channel, u8 *buf, u32 len)
{
	struct card *c = env;
	u32 i, r;

	c->samples += len;
	for (i = 0; i < len; i++) {
		r = nor_random(&c->random);
		buf[i] = r >> 24;
		if (c->noise[channel] == NOISE_STUCK ||
		    (c->noise[channel] == NOISE_BIASED && r % 3 == 0))
			buf[i] = c->stuck_at;
	}
}

static s32 temperature(void *env)
{
	return ((struct card *)env)->temperature;
}

static u32 voltage(void *env)
{
	return ((struct card *)env)->voltage;
}

static bool cable(void *env, unsigned int channel)
{
	return ((struct card *)env)->cable[channel];
}

static bool boots(void *env, unsigned int slot)
{
	return !((struct card *)env)->bad_boot[slot];
}

static void event(void *env, const struct mydev_hw_event *ev)
{
	struct card *c = env;

	c->events[c->n_events++ % CARD_EVENTS] = *ev;
}

static const struct model_ops ops = {
	.flash_read = flash_read,
	.flash_program = flash_program,
	.flash_erase = flash_erase,
	.now_ms = now_ms,
	.noise = noise,
	.temperature = temperature,
	.voltage = voltage,
	.cable = cable,
	.boots = boots,
	.sha256_init = crypto_sha256_init,
	.sha256_update = crypto_sha256_update,
	.sha256_final = crypto_sha256_final,
	.event = event,
};

struct card_image card_build(const struct fwbuild *b)
{
	_crypto_key_cleanup_ struct crypto_key *key = NULL;
	_close_cleanup_ int fd = open("firmware/test-key.pem", O_RDONLY);
	struct fwbuild full = *b;
	struct card_image i = { .data = NULL };

	assert_true(fd >= 0);
	assert_int_equal(crypto_key_read(fd, true, &key), 0);
	if (!full.model)
		full.model = MYDEV_MODEL_MD2000;
	if (!full.code_size)
		full.code_size = 9000;
	assert_int_equal(fwbuild(&full, key, &i.data, &i.size), 0);
	return i;
}

struct card_image card_image(unsigned int major, uint32_t counter)
{
	struct fwbuild b = {
		.version.major = major,
		.counter = counter,
		.features = MYDEV_FEATURE_CONDITIONING | MYDEV_FEATURE_TEMP_HYSTERESIS,
	};

	return card_build(&b);
}

void card_image_free(struct card_image *i)
{
	free(i->data);
}

static void put_factory_image(struct card *c, const struct card_image *i)
{
	uint32_t page = c->card.geometry.page_size;
	uint32_t off;

	for (off = 0; off < i->size; off += page)
		assert_int_equal(nor_program(&c->flash, off, i->data + off,
					     i->size - off < page ? i->size - off : page), 0);
}

void card_init(struct card *c, uint16_t model, const struct model_geometry *g,
	       const struct card_image *factory)
{
	*c = (struct card){
		.card = { .model = model, .board_rev = 1, .serial = "MD-TEST-1" },
		.ops = ops,
		.now_ms = 123456789,
		.temperature = 40000,
		.voltage = 3300,
		.random = 1,
		.stuck_at = 0x5a,
	};
	c->card.geometry = g ? *g : card_geometry;
	memset(c->cable, true, sizeof(c->cable));
	nor_init(&c->flash, &c->card.geometry);
	c->m = xzalloc(model_sizeof());
	put_factory_image(c, factory);
	assert_int_equal(model_manufacture(c->m, &c->card, &c->ops, c), 0);
}

void card_free(struct card *c)
{
	nor_free(&c->flash);
	free(c->m);
}

struct card *card_new(uint16_t model, uint32_t features)
{
	struct card *c = xzalloc(sizeof(*c));
	struct fwbuild b = {
		.model = model, .version.major = 1, .counter = 1, .features = features,
	};
	struct card_image i = card_build(&b);

	card_init(c, model, NULL, &i);
	card_image_free(&i);
	card_on(c);
	return c;
}

void card_delete(struct card *c)
{
	card_free(c);
	free(c);
}

int card_try_on(struct card *c)
{
	/* Nothing of what memory held survives. */
	memset(c->m, 0xa5, model_sizeof());
	c->power = model_power_on(c->m, &c->card, &c->ops, c);
	return c->power;
}

void card_on(struct card *c)
{
	assert_int_equal(card_try_on(c), 0);
}

static void restart_if_wanted(struct card *c)
{
	if (!model_wants_restart(c->m))
		return;
	c->power = model_restart(c->m);
	assert_int_equal(c->power, 0);
	assert_false(model_wants_restart(c->m));
}

void card_changed(struct card *c)
{
	c->wait_ms = model_tick(c->m);
	restart_if_wanted(c);
}

void card_run(struct card *c, uint32_t ms)
{
	uint32_t step;

	for (;;) {
		card_changed(c);
		if (!ms)
			return;
		step = c->wait_ms && c->wait_ms < ms ? c->wait_ms : ms;
		c->now_ms += step;
		ms -= step;
	}
}

const struct card_reply *card_command(struct card *c, uint8_t opcode, uint32_t arg, const void *in,
				      uint32_t in_len)
{
	struct card_reply *r = &c->reply;
	struct mydev_hw_cmd cmd = {
		.opcode = opcode,
		.id = htole16(0x1234),
		.arg = { htole32(arg) },
		.in_len = htole32(in_len),
		.out_max = htole32(sizeof(r->data)),
	};
	struct mydev_hw_cpl cpl;

	model_command(c->m, &cmd, in, r->data, &cpl);
	assert_int_equal(le16toh(cpl.id), 0x1234);
	r->status = le16toh(cpl.status);
	r->result = le32toh(cpl.result);
	r->len = le32toh(cpl.out_len);
	assert_true(r->len <= sizeof(r->data));
	restart_if_wanted(c);
	return r;
}

uint16_t card_do(struct card *c, uint8_t opcode, uint32_t arg)
{
	return card_command(c, opcode, arg, NULL, 0)->status;
}

void card_fw_info(struct card *c, struct mydev_hw_fw_info *info)
{
	const struct card_reply *r = card_command(c, MYDEV_OP_FW_INFO, 0, NULL, 0);

	assert_int_equal(r->status, MYDEV_ST_OK);
	assert_int_equal(r->len, sizeof(*info));
	memcpy(info, r->data, sizeof(*info));
}

void card_status(struct card *c, struct mydev_hw_status *st)
{
	const struct card_reply *r = card_command(c, MYDEV_OP_STATUS, 0, NULL, 0);

	assert_int_equal(r->status, MYDEV_ST_OK);
	assert_int_equal(r->len, sizeof(*st));
	memcpy(st, r->data, sizeof(*st));
}

static uint16_t erase_and_write(struct card *c, const struct card_image *i)
{
	uint32_t sector = c->card.geometry.sector_size;
	uint32_t off, n;
	uint16_t st;

	for (off = 0; off < i->size; off += sector) {
		st = card_do(c, MYDEV_OP_FW_ERASE, off);
		if (st)
			return st;
	}
	for (off = 0; off < i->size; off += n) {
		n = i->size - off < MYDEV_HW_DATA_MAX ? i->size - off : MYDEV_HW_DATA_MAX;
		st = card_command(c, MYDEV_OP_FW_WRITE, off, i->data + off, n)->status;
		if (st)
			return st;
	}
	return MYDEV_ST_OK;
}

uint16_t card_write(struct card *c, const struct card_image *i)
{
	const struct card_reply *r;
	uint16_t st;

	st = card_do(c, MYDEV_OP_FW_BEGIN, i->size);
	if (!st)
		st = erase_and_write(c, i);
	if (st)
		return st;
	do {
		r = card_command(c, MYDEV_OP_FW_VERIFY, 0, NULL, 0);
	} while (!r->status && r->result < i->size);
	return r->status;
}

uint16_t card_update(struct card *c, const struct card_image *i)
{
	uint16_t st = card_write(c, i);

	return st ? st : card_do(c, MYDEV_OP_FW_COMMIT, 0);
}

uint16_t card_install(struct card *c, const struct card_image *i)
{
	uint16_t st = card_update(c, i);

	if (!st)
		st = card_do(c, MYDEV_OP_FW_ACTIVATE, 0);
	if (st)
		return st;
	st = card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION);
	card_run(c, 3000);
	return st;
}

unsigned int card_version(struct card *c)
{
	struct mydev_hw_fw_info info;

	card_fw_info(c, &info);
	return info.slot[info.running].version.major;
}

unsigned int card_count(const struct card *c, uint8_t type, uint8_t code)
{
	unsigned int i, n = 0;

	for (i = 0; i < c->n_events && i < CARD_EVENTS; i++)
		n += c->events[i].type == type && c->events[i].code == code;
	return n;
}

void card_forget(struct card *c)
{
	memset(c->events, 0, sizeof(c->events));
	c->n_events = 0;
}

bool card_cut(struct card *c, uint32_t at, enum nor_cut cut, void (*fn)(struct card *, void *),
	      void *arg)
{
	jmp_buf off;

	c->flash.cut_at = c->flash.ops + at;
	c->flash.cut = cut;
	c->flash.off = &off;
	if (setjmp(off)) {
		c->flash.cut_at = 0;
		return true;
	}
	fn(c, arg);
	c->flash.cut_at = 0;
	return false;
}

void card_assert_slots(struct card *c, uint8_t running, uint8_t state0, uint8_t state1)
{
	struct mydev_hw_fw_info info;

	card_fw_info(c, &info);
	assert_int_equal(info.running, running);
	assert_int_equal(info.slot[0].state, state0);
	assert_int_equal(info.slot[1].state, state1);
}

int card_bench_setup(void **state)
{
	struct card_bench *b = xzalloc(sizeof(*b));

	b->one = card_image(1, 1);
	b->two = card_image(2, 1);
	b->three = card_image(3, 2);
	card_init(&b->card, MYDEV_MODEL_MD2000, NULL, &b->one);
	card_on(&b->card);
	*state = b;
	return 0;
}

int card_bench_teardown(void **state)
{
	struct card_bench *b = *state;

	card_free(&b->card);
	card_image_free(&b->one);
	card_image_free(&b->two);
	card_image_free(&b->three);
	free(b);
	return 0;
}
