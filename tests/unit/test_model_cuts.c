// SPDX-License-Identifier: GPL-2.0
/*
 * Power fails before, within and after each flash operation of an update, its activation,
 * its confirmation or revert, a rollback, and a change of the configuration. After it the
 * card boots the old or the new image, whole; the configuration is the old or the new one;
 * the log is in order; and the next update succeeds.
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

/*
 * How much is tried: MYDEV_ALL_CUTS in the environment (make check-long) asks for all, which
 * takes minutes under sanitizers; every commit gets what takes seconds.
 */
static struct {
	int seeds;		/* torn operations are torn in as many ways */
	size_t geometries;
	int rounds;		/* of cuts in a row */
} effort = { .seeds = 1, .geometries = 1, .rounds = 100 };

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

static void rollback(struct card *c, void *arg)
{
	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_OK);
	card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION);
	card_run(c, 3000);
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

static void cut_everywhere(scenario *fn, const struct model_geometry *g, int version)
{
	struct card base, c;
	uint32_t at, ops;
	int cut, seed;

	prepare(&base, g, version);
	prepare(&c, g, version);
	card_on(&c);
	ops = c.flash.ops;
	fn(&c, NULL);
	ops = c.flash.ops - ops;
	assert_true(ops);

	for (at = 1; at <= ops; at++) {
		for (cut = 0; cut < NOR_CUTS; cut++) {
			for (seed = 1; seed <= (cut == NOR_CUT_TORN ? effort.seeds : 1); seed++) {
				nor_copy(&c.flash, &base.flash);
				card_on(&c);
				c.flash.random = at * 7919 + seed;
				assert_true(card_cut(&c, at, cut, fn, NULL));
				card_on(&c);
				assert_well(&c);
			}
		}
	}
	card_free(&base);
	card_free(&c);
}

static const struct model_geometry geometries[] = {
	{ .slot_size = 16384, .sector_size = 4096, .page_size = 256, .erased = 0xff },
	{ .slot_size = 16384, .sector_size = 4096, .page_size = 512, .erased = 0xff },
	{ .slot_size = 16384, .sector_size = 8192, .page_size = 1024, .erased = 0x00 },
};

#define GEOMETRIES (sizeof(geometries) / sizeof(geometries[0]))

static void test_update(void **state)
{
	for (size_t i = 0; i < effort.geometries; i++)
		cut_everywhere(update_and_confirm, &geometries[i], 1);
}

static void test_revert(void **state)
{
	for (size_t i = 0; i < effort.geometries; i++)
		cut_everywhere(update_and_revert, &geometries[i], 1);
}

static void test_rollback(void **state)
{
	for (size_t i = 0; i < effort.geometries; i++)
		cut_everywhere(rollback, &geometries[i], 2);
}

static void test_config(void **state)
{
	for (size_t i = 0; i < effort.geometries; i++)
		cut_everywhere(configure, &geometries[i], 1);
}

static void test_resets(void **state)
{
	for (size_t i = 0; i < effort.geometries; i++)
		cut_everywhere(reset_often, &geometries[i], 1);
}

/* Nine cuts in a row, each wherever it falls: in an update, and in the power-ons after it. */
static void test_many_cuts(void **state)
{
	static scenario *const scenarios[] = {
		update_and_revert, configure, reset_often, power_on,
	};
	uint32_t random = 4711;
	struct card c;

	for (size_t i = 0; i < effort.geometries; i++) {
		prepare(&c, &geometries[i], 1);
		for (int n = 0; n < effort.rounds; n++) {
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
	if (getenv("MYDEV_ALL_CUTS")) {
		effort.seeds = 5;
		effort.geometries = GEOMETRIES;
		effort.rounds = 400;
	}
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
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_revert),
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_resets),
		cmocka_unit_test(test_many_cuts),
		cmocka_unit_test(test_record_comes_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
