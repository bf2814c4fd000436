// SPDX-License-Identifier: GPL-2.0
/* The emulator's front end, from the host's side: plugging, queues, resets. */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/util.h"
#include "tests/unit/emu.h"

static const char *const plain[] = { NULL };

static int setup(void **state)
{
	static struct emu e;

	emu_setup(&e);
	*state = &e;
	return 0;
}

static int teardown(void **state)
{
	emu_teardown(*state);
	return 0;
}

static void start(struct emu *e)
{
	emu_start(e, plain);
	emu_plug(e);
	emu_wait_state(e, MYDEV_CARD_READY);
}

static void test_registers(void **state)
{
	struct emu *e = *state;
	struct mydev_hw_card_regs regs;

	start(e);
	regs = e->window->card;
	assert_int_equal(le32toh(regs.magic), MYDEV_HW_MAGIC);
	assert_int_equal(le16toh(regs.version), MYDEV_HW_VERSION);
	assert_int_equal(le32toh(regs.window_size), MYDEV_HW_WINDOW_SIZE);
	assert_int_equal(le32toh(regs.generation), 0);
	assert_int_equal(emu_wait_event(e, MYDEV_EV_BOOT).value, htole32(1));
}

static void test_identify(void **state)
{
	struct emu *e = *state;
	struct mydev_hw_identity id;
	const struct emu_reply *r;

	start(e);
	r = emu_command(e, MYDEV_OP_IDENTIFY, 0, NULL, 0);
	assert_int_equal(r->status, MYDEV_ST_OK);
	assert_int_equal(r->len, sizeof(id));
	memcpy(&id, r->data, sizeof(id));
	assert_int_equal(le16toh(id.model), MYDEV_MODEL_MD2000);
	assert_int_equal(le32toh(id.caps), MYDEV_CAP_VERIFIES_SIGNATURE);
	assert_memory_equal(id.serial, "EMU", 3);
}

static void test_many_at_once(void **state)
{
	struct emu *e = *state;
	uint16_t ids[MYDEV_HW_TAGS];
	struct emu_reply r;
	unsigned int i, round;

	start(e);
	for (round = 0; round < 100; round++) {
		for (i = 0; i < MYDEV_HW_TAGS; i++)
			ids[i] = emu_submit(e, MYDEV_OP_ENTROPY, 64 + i, NULL, 0);
		for (i = 0; i < MYDEV_HW_TAGS; i++) {
			assert_true(emu_completion(e, &r, 10000));
			assert_int_equal(r.id, ids[i]);
			assert_int_equal(r.status, MYDEV_ST_OK);
			assert_int_equal(r.len, 64 + i);
		}
	}
}

static void test_reset(void **state)
{
	struct emu *e = *state;
	unsigned int i;

	start(e);
	for (i = 0; i < 5; i++) {
		emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0);
		emu_reset(e);
		emu_wait_state(e, MYDEV_CARD_READY);
		assert_int_equal(emu_wait_event(e, MYDEV_EV_BOOT).value, htole32(i + 2));
	}
	assert_int_equal(emu_command(e, MYDEV_OP_HELLO, MYDEV_HW_VERSION, NULL, 0)->status,
			 MYDEV_ST_OK);
}

/* The firmware restarts: the completion comes first, and the queues stay as they are. */
static void test_restart(void **state)
{
	struct emu *e = *state;

	start(e);
	emu_wait_event(e, MYDEV_EV_BOOT);
	assert_int_equal(emu_command(e, MYDEV_OP_RESET, 0, NULL, 0)->status, MYDEV_ST_OK);
	assert_int_equal(emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0)->status, MYDEV_ST_OK);
	assert_int_equal(emu_state(e), MYDEV_CARD_READY);
	assert_int_equal(emu_wait_event(e, MYDEV_EV_BOOT).value, htole32(2));
}

/* Each plugging is a power-on, and what is stored stays. */
static void test_replug(void **state)
{
	struct emu *e = *state;
	unsigned int i;

	emu_start(e, plain);
	for (i = 1; i <= 20; i++) {
		emu_plug(e);
		emu_wait_state(e, MYDEV_CARD_READY);
		assert_int_equal(emu_wait_event(e, MYDEV_EV_BOOT).value, htole32(i));
		emu_unplug(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_registers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_identify, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replug, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
