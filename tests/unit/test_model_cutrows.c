// SPDX-License-Identifier: GPL-2.0
/*
 * Power fails many times in a row, at operations of the flash that chance or malice chooses.
 * (One, two and three cuts in a row are in test_model_cuts.c, at every operation there is.)
 */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/card.h"

static struct card_image one, two;

static void set_label(struct card *c, const char *label, uint32_t warn)
{
	struct mydev_hw_config_value v[2] = {
		{ .key = htole16(1), .type = MYDEV_CONFIG_STRING },
		{ .key = htole16(8), .type = MYDEV_CONFIG_UINT, .data.num = htole32(warn) },
	};

	strcpy(v[0].data.str, label);
	assert_int_equal(card_command(c, MYDEV_OP_CONFIG_SET, 0, v, sizeof(v))->status,
			 MYDEV_ST_OK);
}

static void update_and_confirm(struct card *c, void *arg)
{
	assert_int_equal(card_install(c, &two), MYDEV_ST_OK);
	assert_int_equal(card_version(c), 2);
}

static void update_and_revert(struct card *c, void *arg)
{
	assert_int_equal(card_update(c, &two), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_OK);
	card_run(c, MYDEV_HW_TRIAL_MS);
	assert_int_equal(card_version(c), 1);
}

static void configure(struct card *c, void *arg)
{
	/* More than a sector of snapshots, so that erases are cut as well. */
	set_label(c, "new", 75);
	for (int i = 0; i < 20; i++)
		set_label(c, i % 2 ? "old" : "new", i % 2 ? 65 : 75);
	set_label(c, "new", 75);
}

static void reset_often(struct card *c, void *arg)
{
	for (int i = 0; i < 18; i++)
		assert_int_equal(card_do(c, MYDEV_OP_RESET, 0), MYDEV_ST_OK);
}

static void power_on(struct card *c, void *arg)
{
	card_on(c);
}

/* One of the two configurations: whether it is the new one. */
static bool assert_config(struct card *c)
{
	const struct card_reply *r = card_command(c, MYDEV_OP_CONFIG_GET, 0, NULL, 0);
	struct mydev_hw_config_value v;
	struct mydev_hw_status st;
	char label[32] = "";
	uint32_t warn = 0;

	for (uint32_t off = 0; off < r->len; off += sizeof(v)) {
		memcpy(&v, r->data + off, sizeof(v));
		if (le16toh(v.key) == 1)
			memcpy(label, v.data.str, sizeof(label));
		if (le16toh(v.key) == 8)
			warn = le32toh(v.data.num);
	}
	if (strcmp(label, "old") || warn != 65) {
		assert_string_equal(label, "new");
		assert_int_equal(warn, 75);
	}
	card_status(c, &st);
	assert_false(le32toh(st.alarms) & MYDEV_ALARM_NVRAM);
	return warn == 75;
}

/* What a power-on found, the next ones find: no torn record comes and goes. */
static void assert_stays(struct card *c)
{
	bool new = assert_config(c);
	struct mydev_hw_fw_info before, now;

	card_fw_info(c, &before);
	for (int i = 0; i < 3; i++) {
		card_on(c);
		assert_int_equal(assert_config(c), new);
		card_fw_info(c, &now);
		if (before.slot[before.running].state == MYDEV_SLOT_CONFIRMED)
			assert_memory_equal(&before, &now, sizeof(now));
	}
}

static void assert_log(struct card *c)
{
	const struct card_reply *r = card_command(c, MYDEV_OP_LOG_READ, 0, NULL, 0);
	struct mydev_hw_log_entry e;
	uint32_t last = 0;

	assert_true(r->len);
	for (uint32_t off = 0; off < r->len; off += sizeof(e)) {
		memcpy(&e, r->data + off, sizeof(e));
		assert_true(le32toh(e.seq) > last);
		last = le32toh(e.seq);
	}
	assert_true(le32toh(e.boot) > 0);
}

/* The promise, after a cut. */
static void assert_well(struct card *c)
{
	unsigned int version = card_version(c);
	const struct card_image *next;

	assert_true(version == 1 || version == 2);
	assert_stays(c);
	assert_log(c);
	/* A trial that is under way confirms, or not; then the next update has its turn. */
	card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION);
	card_run(c, MYDEV_HW_TRIAL_MS);
	version = card_version(c);
	next = version == 1 ? &two : &one;
	assert_int_equal(card_install(c, next), MYDEV_ST_OK);
	assert_int_equal(card_version(c), version == 1 ? 2 : 1);
	card_on(c);
	assert_int_equal(card_version(c), version == 1 ? 2 : 1);
	assert_config(c);
}

typedef void scenario(struct card *, void *);

/* A card that runs `version`, with the old configuration. */
static void prepare(struct card *c, const struct model_geometry *g, int version)
{
	card_init(c, MYDEV_MODEL_MD2000, g, &one);
	card_on(c);
	set_label(c, "old", 65);
	if (version == 2)
		update_and_confirm(c, NULL);
}

static const struct model_geometry geometries[] = {
	{ .slot_size = 16384, .sector_size = 4096, .page_size = 256, .erased = 0xff },
	{ .slot_size = 16384, .sector_size = 4096, .page_size = 512, .erased = 0xff },
	{ .slot_size = 16384, .sector_size = 8192, .page_size = 1024, .erased = 0x00 },
};

#define GEOMETRIES (sizeof(geometries) / sizeof(geometries[0]))

#define ROUNDS	400

/* Nine cuts in a row, each wherever it falls: in an update, and in the power-ons after it. */
static void test_many_cuts(void **state)
{
	static scenario *const scenarios[] = {
		update_and_revert, configure, reset_often, power_on,
	};
	uint32_t random = 4711;
	struct card c;

	for (size_t i = 0; i < GEOMETRIES; i++) {
		prepare(&c, &geometries[i], 1);
		for (int n = 0; n < ROUNDS; n++) {
			scenario *fn = scenarios[nor_random(&random) % 4];

			if (fn == update_and_revert && card_version(&c) != 1)
				fn = configure;
			card_cut(&c, 1 + nor_random(&random) % 60, nor_random(&random) % NOR_CUTS,
				 fn, NULL);
			for (int tries = 0; tries < 8; tries++)
				card_cut(&c, 1 + nor_random(&random) % 12,
					 nor_random(&random) % NOR_CUTS, power_on, NULL);
			card_on(&c);
			if (n % 10 == 0)
				assert_well(&c);
			if (card_version(&c) == 2) {
				card_do(&c, MYDEV_OP_HELLO, MYDEV_HW_VERSION);
				card_run(&c, MYDEV_HW_TRIAL_MS);
			}
		}
		assert_well(&c);
		card_free(&c);
	}
}

static void copy(struct card *to, const struct card *from, uint32_t random)
{
	nor_copy(&to->flash, &from->flash);
	to->flash.random = random;
}

static bool tear(struct card *c, uint32_t at, enum nor_tear how)
{
	bool off;

	c->flash.tear = how;
	off = card_cut(c, at, NOR_CUT_TORN, power_on, NULL);
	c->flash.tear = NOR_TEAR_ANY;
	return off;
}

/*
 * The first record in a fresh sector is torn, but may read as whole; the power-on after it
 * sees none and erases the sector again, which is torn as well and erases nothing. The next
 * one may see the record, in a sector that is not erased.
 */
static void test_record_comes_back(void **state)
{
	uint32_t ops, erase, random;
	struct card base, c;

	prepare(&base, &geometries[0], 1);
	prepare(&c, &geometries[0], 1);
	for (int boots = 0; boots < 40; boots++) {
		card_on(&base);
		copy(&c, &base, 1);
		ops = c.flash.ops;
		c.flash.erased_at = 0;
		card_on(&c);
		if (c.flash.erased_at <= ops)
			continue;
		erase = c.flash.erased_at - ops;
		for (random = 1; random < 200; random++) {
			copy(&c, &base, random);
			assert_true(tear(&c, erase + 1, NOR_TEAR_ALL_BUT));
			for (uint32_t at = 1; at < 4; at++)
				tear(&c, at, NOR_TEAR_NONE_BUT);
			card_on(&c);
			assert_stays(&c);
		}
	}
	card_free(&base);
	card_free(&c);
}

static int setup(void **state)
{
	one = card_image(1, 1);
	two = card_image(2, 1);
	return 0;
}

static int teardown(void **state)
{
	card_image_free(&one);
	card_image_free(&two);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_cuts),
		cmocka_unit_test(test_record_comes_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
