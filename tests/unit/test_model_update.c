// SPDX-License-Identifier: GPL-2.0
/* Firmware update: slots, order, trial, confirm, revert, rollback, counter. */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/card.h"

static void test_factory(void **state)
{
	struct card_bench *b = *state;
	struct mydev_hw_fw_info info;
	struct mydev_hw_status st;

	card_fw_info(&b->card, &info);
	assert_int_equal(info.running, 0);
	assert_int_equal(info.pending, MYDEV_HW_NONE);
	assert_int_equal(info.updating, 0);
	assert_int_equal(le32toh(info.counter), 1);
	assert_int_equal(info.slot[0].state, MYDEV_SLOT_CONFIRMED);
	assert_int_equal(le32toh(info.slot[0].size), b->one.size);
	assert_int_equal(info.slot[1].state, MYDEV_SLOT_EMPTY);
	assert_int_equal(info.slot[1].size, 0);
	card_status(&b->card, &st);
	assert_int_equal(le32toh(st.boots), 1);
	assert_int_equal(st.alarms, 0);
	assert_int_equal(card_count(&b->card, MYDEV_EV_BOOT, 0), 1);
}

static void test_update(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;
	struct mydev_hw_fw_info info;

	assert_int_equal(card_update(c, &b->three), MYDEV_ST_OK);
	card_assert_slots(c, 0, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_PENDING);
	assert_int_equal(card_version(c), 1);

	assert_int_equal(card_do(c, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_OK);
	card_assert_slots(c, 1, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_TRIAL);
	card_fw_info(c, &info);
	assert_int_equal(le32toh(info.counter), 1);

	assert_int_equal(card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION), MYDEV_ST_OK);
	card_assert_slots(c, 1, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_TRIAL);
	card_run(c, 3000);
	card_assert_slots(c, 1, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_CONFIRMED);
	card_fw_info(c, &info);
	assert_int_equal(le32toh(info.counter), 2);
	assert_int_equal(info.revert_reason, MYDEV_REVERT_NONE);
	assert_int_equal(card_count(c, MYDEV_EV_FIRMWARE, MYDEV_SLOT_CONFIRMED), 1);
	assert_int_equal(card_count(c, MYDEV_EV_SELFTEST, MYDEV_SELFTEST_PASSED), 1);

	card_on(c);
	assert_int_equal(card_version(c), 3);
}

/* HELLO may come after the self-test, too. */
static void test_late_hello(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	assert_int_equal(card_update(c, &b->two), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_OK);
	card_run(c, MYDEV_HW_TRIAL_MS - 1);
	card_assert_slots(c, 1, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_TRIAL);
	assert_int_equal(card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION), MYDEV_ST_OK);
	card_assert_slots(c, 1, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_CONFIRMED);
	card_run(c, 2 * MYDEV_HW_TRIAL_MS);
	card_assert_slots(c, 1, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_CONFIRMED);
}

static void assert_reverted(struct card *c, uint8_t why)
{
	struct mydev_hw_fw_info info;
	struct mydev_hw_status st;

	card_fw_info(c, &info);
	assert_int_equal(info.running, 0);
	assert_int_equal(info.pending, MYDEV_HW_NONE);
	assert_int_equal(info.revert_reason, why);
	assert_int_equal(info.slot[0].state, MYDEV_SLOT_CONFIRMED);
	assert_int_equal(info.slot[1].state, MYDEV_SLOT_REVERTED);
	assert_int_equal(le32toh(info.counter), 1);
	card_status(c, &st);
	assert_true(le32toh(st.alarms) & MYDEV_ALARM_REVERTED);
	assert_int_equal(card_count(c, MYDEV_EV_FIRMWARE, MYDEV_SLOT_REVERTED), 1);
	/* It stays so, and cannot be rolled back to. */
	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_STATE);
	card_on(c);
	assert_int_equal(card_version(c), 1);
}

static void test_revert_no_hello(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	card_update(c, &b->three);
	card_do(c, MYDEV_OP_FW_ACTIVATE, 0);
	card_run(c, MYDEV_HW_TRIAL_MS);
	assert_reverted(c, MYDEV_REVERT_HELLO);
	/* The next update takes the alarm away. */
	assert_int_equal(card_install(c, &b->two), MYDEV_ST_OK);
	card_assert_slots(c, 1, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_CONFIRMED);
}

/* Too late is too late, even when nobody has looked at the clock yet. */
static void test_revert_hello_too_late(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	card_update(c, &b->three);
	card_do(c, MYDEV_OP_FW_ACTIVATE, 0);
	card_run(c, 3000);
	c->now_ms += MYDEV_HW_TRIAL_MS;
	assert_int_equal(card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION), MYDEV_ST_OK);
	card_run(c, 0);
	assert_reverted(c, MYDEV_REVERT_HELLO);
}

static void test_revert_reset(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	card_update(c, &b->three);
	card_do(c, MYDEV_OP_FW_ACTIVATE, 0);
	card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION);
	card_do(c, MYDEV_OP_RESET, 0);
	assert_reverted(c, MYDEV_REVERT_RESET);
}

static void test_revert_bad_boot(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	card_update(c, &b->three);
	c->bad_boot[1] = true;
	card_do(c, MYDEV_OP_FW_ACTIVATE, 0);
	assert_reverted(c, MYDEV_REVERT_BOOT);
}

static void test_revert_selftest(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;
	struct fwbuild spec = { .version.major = 3, .counter = 2, .code_crc_flip = 1 };
	struct card_image bad = card_build(&spec);

	assert_int_equal(card_update(c, &bad), MYDEV_ST_OK);
	card_do(c, MYDEV_OP_FW_ACTIVATE, 0);
	card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION);
	card_run(c, 3000);
	assert_reverted(c, MYDEV_REVERT_SELFTEST);
	card_image_free(&bad);
}

/* The image rots between commit and activation: it never runs. */
static void test_pending_damaged(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	card_update(c, &b->three);
	c->flash.mem[c->card.geometry.slot_size + 5000] ^= 1;
	card_do(c, MYDEV_OP_FW_ACTIVATE, 0);
	assert_reverted(c, MYDEV_REVERT_BOOT);
}

static void test_rollback(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_STATE);
	assert_int_equal(card_install(c, &b->two), MYDEV_ST_OK);
	assert_int_equal(card_version(c), 2);

	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_OK);
	card_assert_slots(c, 1, MYDEV_SLOT_PENDING, MYDEV_SLOT_CONFIRMED);
	assert_int_equal(card_do(c, MYDEV_OP_FW_UNPEND, 0), MYDEV_ST_OK);
	card_assert_slots(c, 1, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_CONFIRMED);

	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_OK);
	card_assert_slots(c, 0, MYDEV_SLOT_TRIAL, MYDEV_SLOT_CONFIRMED);
	card_do(c, MYDEV_OP_HELLO, MYDEV_HW_VERSION);
	card_run(c, 3000);
	card_assert_slots(c, 0, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_CONFIRMED);
	assert_int_equal(card_version(c), 1);
}

/* Not below the counter: neither by rollback nor by writing the old image again. */
static void test_counter(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	assert_int_equal(card_install(c, &b->three), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_COUNTER);
	assert_int_equal(card_write(c, &b->two), MYDEV_ST_COUNTER);
	assert_int_equal(card_do(c, MYDEV_OP_FW_COMMIT, 0), MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ABORT, 0), MYDEV_ST_OK);
	card_assert_slots(c, 1, MYDEV_SLOT_WRITING, MYDEV_SLOT_CONFIRMED);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_STATE);
}

/* A part of an image, at its place: the status of what failed first. */
static uint16_t write_part(struct card *c, const struct card_image *i, uint32_t off, uint32_t len)
{
	uint16_t st = card_do(c, MYDEV_OP_FW_ERASE, off);

	return st ? st : card_command(c, MYDEV_OP_FW_WRITE, off, i->data + off, len)->status;
}

/* Nothing but an image of the counter boots, now and after a power-on. */
static void assert_only_three(struct card *c)
{
	struct mydev_hw_fw_info info;

	assert_int_equal(card_do(c, MYDEV_OP_FW_COMMIT, 0), MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_BUSY);
	card_on(c);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_STATE);
	assert_int_equal(card_version(c), 3);
	card_fw_info(c, &info);
	assert_int_equal(le32toh(info.counter), 2);
}

/* An image below the counter cannot be put together from two updates, of which each looks right. */
static void test_counter_half_updates(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;
	uint32_t sector = c->card.geometry.sector_size;
	uint32_t rest = b->two.size - sector;

	assert_true(rest > 0 && b->two.size == b->three.size);
	assert_int_equal(card_install(c, &b->three), MYDEV_ST_OK);

	/* The old image lies in slot 0, as it was written: announced again, but not written. */
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, b->one.size), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_VERIFY, 0), MYDEV_ST_STATE);
	assert_only_three(c);

	/* Its first half in one update, the second one in the next. */
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, b->two.size), MYDEV_ST_OK);
	assert_int_equal(write_part(c, &b->two, 0, sector), MYDEV_ST_OK);
	card_do(c, MYDEV_OP_FW_ABORT, 0);
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, b->two.size), MYDEV_ST_OK);
	assert_int_equal(write_part(c, &b->two, sector, model_min(rest, sector)), MYDEV_ST_STATE);
	assert_only_three(c);

	/* A good one is verified, then its first half is exchanged. */
	assert_int_equal(card_write(c, &b->three), MYDEV_ST_OK);
	assert_int_equal(write_part(c, &b->two, 0, sector), MYDEV_ST_OK);
	assert_only_three(c);

	/* A good one is pending, and the next update begins to write over it. */
	assert_int_equal(card_update(c, &b->three), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, b->two.size), MYDEV_ST_OK);
	assert_int_equal(write_part(c, &b->two, 0, sector), MYDEV_ST_OK);
	assert_only_three(c);
}

static void test_unpend(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	assert_int_equal(card_do(c, MYDEV_OP_FW_UNPEND, 0), MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_STATE);
	card_update(c, &b->two);
	assert_int_equal(card_do(c, MYDEV_OP_FW_UNPEND, 0), MYDEV_ST_OK);
	card_assert_slots(c, 0, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_WRITING);
	card_on(c);
	assert_int_equal(card_version(c), 1);
}

/* A new update takes the pending mark away before anything else. */
static void test_begin_over_pending(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	card_update(c, &b->two);
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, 5000), MYDEV_ST_OK);
	card_assert_slots(c, 0, MYDEV_SLOT_CONFIRMED, MYDEV_SLOT_WRITING);
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, 5000), MYDEV_ST_BUSY);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_BUSY);
	card_on(c);
	assert_int_equal(card_version(c), 1);
	assert_int_equal(card_install(c, &b->two), MYDEV_ST_OK);
}

/* The other slot is what a revert needs. */
static void test_trial_protects_confirmed(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	card_update(c, &b->two);
	card_do(c, MYDEV_OP_FW_ACTIVATE, 0);
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, 5000), MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_STATE);
}

static void test_order(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;
	uint8_t data[MYDEV_HW_DATA_MAX] = { 0 };

	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 0), MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_VERIFY, 0), MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_COMMIT, 0), MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ABORT, 0), MYDEV_ST_OK);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 0, data, 256)->status, MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, 0), MYDEV_ST_INVALID);
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, 32769), MYDEV_ST_SIZE);

	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, 10000), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 100), MYDEV_ST_INVALID);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 32768), MYDEV_ST_INVALID);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 0xfffff000), MYDEV_ST_INVALID);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 4096), MYDEV_ST_STATE);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 0, data, 256)->status, MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 0), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 4096), MYDEV_ST_OK);

	assert_int_equal(card_do(c, MYDEV_OP_FW_WRITE, 0), MYDEV_ST_INVALID);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 1, data, 256)->status, MYDEV_ST_INVALID);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 0, data, 255)->status, MYDEV_ST_INVALID);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 256, data, 256)->status, MYDEV_ST_STATE);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 0, data, 4096)->status, MYDEV_ST_OK);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 0, data, 256)->status, MYDEV_ST_STATE);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 4096, data, 4096)->status, MYDEV_ST_OK);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 8192, data, 4096)->status, MYDEV_ST_INVALID);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 8192, data, 1808)->status, MYDEV_ST_STATE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 8192), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_VERIFY, 0), MYDEV_ST_STATE);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 8192, data, 1808)->status, MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_VERIFY, 0), MYDEV_ST_IMAGE);
	assert_int_equal(card_do(c, MYDEV_OP_FW_COMMIT, 0), MYDEV_ST_STATE);
}

static uint16_t write_spec(struct card *c, const struct fwbuild *spec)
{
	struct card_image i = card_build(spec);
	uint16_t st = card_write(c, &i);

	assert_int_equal(card_do(c, MYDEV_OP_FW_ABORT, 0), MYDEV_ST_OK);
	card_image_free(&i);
	return st;
}

static void test_refused_images(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;
	struct fwbuild spec = { .version.major = 2, .counter = 1 };
	struct card_image i;

	assert_int_equal(write_spec(c, &spec), MYDEV_ST_OK);
	spec.model = MYDEV_MODEL_MD4000;
	assert_int_equal(write_spec(c, &spec), MYDEV_ST_MODEL);
	spec = (struct fwbuild){ .version.major = 2 };
	assert_int_equal(write_spec(c, &spec), MYDEV_ST_COUNTER);
	spec = (struct fwbuild){ .counter = 1, .board_rev_min = 2 };
	assert_int_equal(write_spec(c, &spec), MYDEV_ST_MODEL);
	spec = (struct fwbuild){ .counter = 1, .no_manifest = true };
	assert_int_equal(write_spec(c, &spec), MYDEV_ST_IMAGE);

	i = card_image(2, 1);
	i.data[i.size / 2] ^= 0x10;
	assert_int_equal(card_write(c, &i), MYDEV_ST_IMAGE);
	card_do(c, MYDEV_OP_FW_ABORT, 0);
	i.data[i.size / 2] ^= 0x10;
	i.size -= 1;
	assert_int_equal(card_write(c, &i), MYDEV_ST_IMAGE);
	card_image_free(&i);
}

static int refuse(void *env, const u8 key_hash[32], const u8 *sig, u32 sig_len, const u8 digest[32])
{
	return -1;
}

static int accept(void *env, const u8 key_hash[32], const u8 *sig, u32 sig_len, const u8 digest[32])
{
	return sig_len < MYDEV_FWIMG_SIG_MAX - 4;
}

static void test_signature(void **state)
{
	struct card_bench *b = *state;
	struct card *c = &b->card;

	c->ops.verify = accept;
	assert_int_equal(card_install(c, &b->two), MYDEV_ST_OK);
	c->ops.verify = refuse;
	assert_int_equal(card_write(c, &b->two), MYDEV_ST_SIGNATURE);
	/* Whoever runs without being genuine, does not: also at power-on. */
	assert_int_equal(card_try_on(c), -ENODEV);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, card_bench_setup, card_bench_teardown)
	const struct CMUnitTest tests[] = {
		T(test_factory),
		T(test_update),
		T(test_late_hello),
		T(test_revert_no_hello),
		T(test_revert_hello_too_late),
		T(test_revert_reset),
		T(test_revert_bad_boot),
		T(test_revert_selftest),
		T(test_pending_damaged),
		T(test_rollback),
		T(test_counter),
		T(test_counter_half_updates),
		T(test_unpend),
		T(test_begin_over_pending),
		T(test_trial_protects_confirmed),
		T(test_order),
		T(test_refused_images),
		T(test_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
