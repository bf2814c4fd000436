// SPDX-License-Identifier: GPL-2.0
/* What the flash does to the model: faults, rot, lost boot state, geometries. */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/card.h"

static void test_write_fault(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;
	struct nor *n = &c->flash;

	n->fault_from = c->card.geometry.slot_size + 4096 + 512;
	n->fault_to = n->fault_from + 1;
	n->fault = NOR_FAILS;
	assert_int_equal(card_write(c, &b->two), MYDEV_ST_MEDIA);
	assert_int_equal(card_count(c, MYDEV_EV_MEDIA, 0), 1);
	assert_int_equal(le32toh(c->events[(c->n_events - 1) % CARD_EVENTS].value), n->fault_from);

	/* The same place again, from its sector on. */
	n->fault = NOR_OK;
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 4096, b->two.data, 4096)->status,
			 MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 4096), MYDEV_ST_OK);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 4096, b->two.data + 4096, 4096)->status,
			 MYDEV_ST_OK);

	card_do(c, MYDEV_OP_FW_ABORT, 0);
	n->fault = NOR_LIES;
	assert_int_equal(card_write(c, &b->two), MYDEV_ST_VERIFY);
	card_do(c, MYDEV_OP_FW_ABORT, 0);
	n->fault_from -= 512;		/* the erase now, too */
	assert_int_equal(card_write(c, &b->two), MYDEV_ST_VERIFY);
	card_do(c, MYDEV_OP_FW_ABORT, 0);
	n->fault = NOR_OK;
	assert_int_equal(card_install(c, &b->two), MYDEV_ST_OK);
}

/* The boot state cannot be written: nothing is begun, committed or tried, and it runs on. */
static void test_boot_state_fault(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;
	struct nor *n = &c->flash;

	n->fault_from = 2 * c->card.geometry.slot_size;
	n->fault_to = n->fault_from + 2 * c->card.geometry.sector_size;
	n->fault = NOR_FAILS;
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, 5000), MYDEV_ST_MEDIA);
	card_assert_slots(c, 0, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_EMPTY);
	n->fault = NOR_OK;
	assert_int_equal(card_write(c, &b->two), MYDEV_ST_OK);
	n->fault = NOR_LIES;
	assert_int_equal(card_do(c, MYDEV_OP_FW_COMMIT, 0), MYDEV_ST_VERIFY);
	card_assert_slots(c, 0, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_WRITING);
	n->fault = NOR_OK;
	assert_int_equal(card_do(c, MYDEV_OP_FW_COMMIT, 0), MYDEV_ST_OK);
	n->fault = NOR_FAILS;
	assert_int_equal(card_do(c, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_OK);
	card_assert_slots(c, 0, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_PENDING);
	n->fault = NOR_OK;
	assert_int_equal(card_do(c, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_OK);
	card_assert_slots(c, 1, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_TRIAL);

	/* Nor confirmed: it goes back. */
	n->fault = NOR_FAILS;
	card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION);
	card_run(c, MYDEV_HW_TRIAL_MS);
	assert_int_equal(card_version(c), 1);
}

/* The active image rots: the one before it, which was confirmed, runs instead. */
static void test_active_damaged(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	card_install(c, &b->two);
	c->flash.mem[c->card.geometry.slot_size + 5000] ^= 1;
	card_on(c);
	assert_int_equal(card_version(c), 1);
	card_assert_slots(c, 0, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_EMPTY);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_IMAGE);
	assert_int_equal(card_install(c, &b->two), MYDEV_ST_OK);
	assert_int_equal(card_version(c), 2);

	c->bad_boot[0] = true;
	c->bad_boot[1] = true;
	assert_int_equal(card_try_on(c), -ENODEV);
	assert_int_equal(card_do(c, MYDEV_OP_STATUS, 0), MYDEV_ST_INTERNAL);
	assert_int_equal(model_tick(c->m), 0);
}

static void test_no_boot_state(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;
	uint32_t off = 2 * c->card.geometry.slot_size;

	memset(c->flash.mem + off, 0x55, 2 * c->card.geometry.sector_size);
	assert_int_equal(card_try_on(c), -ENODATA);
}

/* Geometries, and flash that is erased to zeros. */
static void test_geometries(void **state)
{
	static const struct model_geometry geometries[] = {
		{ .slot_size = 32768, .sector_size = 4096, .page_size = 64, .erased = 0xff },
		{ .slot_size = 32768, .sector_size = 32768, .page_size = 4096, .erased = 0xff },
		{ .slot_size = 65536, .sector_size = 65536, .page_size = 512, .erased = 0x00 },
		{ .slot_size = 30720, .sector_size = 15360, .page_size = 1024, .erased = 0x00 },
	};
	struct card_bench *b = *state;
	struct card c;
	unsigned int i, n;

	for (i = 0; i < sizeof(geometries) / sizeof(geometries[0]); i++) {
		card_init(&c, MYDEV_MODEL_MD2000, &geometries[i], &b->one);
		card_on(&c);
		for (n = 0; n < 20; n++) {
			assert_int_equal(card_install(&c, n % 2 ? &b->one : &b->two), MYDEV_ST_OK);
			assert_int_equal(card_version(&c), n % 2 ? 1 : 2);
			card_on(&c);
		}
		card_free(&c);
	}
}

static void test_bad_geometries(void **state)
{
	static const struct model_geometry geometries[] = {
		{ .slot_size = 0, .sector_size = 4096, .page_size = 256, .erased = 0xff },
		{ .slot_size = 32768, .sector_size = 4096, .page_size = 32, .erased = 0xff },
		{ .slot_size = 32768, .sector_size = 4096, .page_size = 8192, .erased = 0xff },
		{ .slot_size = 32768, .sector_size = 4096, .page_size = 192, .erased = 0xff },
		{ .slot_size = 32768, .sector_size = 4100, .page_size = 256, .erased = 0xff },
		{ .slot_size = 32768, .sector_size = 2048, .page_size = 256, .erased = 0xff },
		{ .slot_size = 32768, .sector_size = 4096, .page_size = 1024, .erased = 0xff },
		{ .slot_size = 30000, .sector_size = 4096, .page_size = 256, .erased = 0xff },
		{ .slot_size = 1U << 31, .sector_size = 4096, .page_size = 256, .erased = 0xff },
		{ .slot_size = 32768, .sector_size = 4096, .page_size = 256, .erased = 0x55 },
	};
	struct card_bench *b = *state;
	struct card *c = &b->card;
	unsigned int i;

	for (i = 0; i < sizeof(geometries) / sizeof(geometries[0]); i++) {
		assert_int_equal(model_flash_size(&geometries[i]), 0);
		c->card.geometry = geometries[i];
		assert_int_equal(model_power_on(c->m, &c->card, &c->ops, c), -EINVAL);
	}
	c->card.geometry = card_geometry;
	c->card.model = 0x0030;
	assert_int_equal(model_power_on(c->m, &c->card, &c->ops, c), -EINVAL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, card_bench_setup, card_bench_teardown)
	const struct CMUnitTest tests[] = {
		T(test_write_fault),
		T(test_boot_state_fault),
		T(test_active_damaged),
		T(test_no_boot_state),
		T(test_geometries),
		T(test_bad_geometries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
