// SPDX-License-Identifier: GPL-2.0
/* Every fault that the emulator plays, seen from the host. */
#include <endian.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "tests/unit/emu.h"

#define SHORT_MS	100	/* for what must not come */

static int setup(void **state)
{
	static const char *const plain[] = { NULL };
	struct emu *e;

	emu_fixture_setup(state);
	e = *state;
	emu_start(e, plain);
	emu_plug(e);
	emu_wait_state(e, MYDEV_CARD_READY);
	emu_wait_event(e, MYDEV_EV_BOOT);
	/* Answered when all that comes with a boot is done. */
	emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0);
	return 0;
}

static uint16_t status_of(struct emu *e, uint8_t opcode, uint32_t arg)
{
	return emu_command(e, opcode, arg, NULL, 0)->status;
}

static void assert_mute(struct emu *e)
{
	assert_false(emu_completion(e, &(struct emu_reply){ 0 }, SHORT_MS));
}

static void assert_works(struct emu *e)
{
	emu_wait_state(e, MYDEV_CARD_READY);
	assert_int_equal(status_of(e, MYDEV_OP_STATUS, 0), MYDEV_ST_OK);
}

static void get_status(struct emu *e, struct mydev_hw_status *st)
{
	const struct emu_reply *r = emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0);

	assert_int_equal(r->status, MYDEV_ST_OK);
	memcpy(st, r->data, sizeof(*st));
}

static void test_surroundings(void **state)
{
	struct emu *e = *state;
	struct mydev_hw_status st;
	struct mydev_hw_event ev;

	emu_tell(e, "cable1 out");
	ev = emu_wait_event(e, MYDEV_EV_CABLE);
	assert_int_equal(ev.channel, 1);
	assert_int_equal(ev.value, 0);
	emu_tell(e, "cable1=in");
	assert_int_equal(emu_wait_event(e, MYDEV_EV_CABLE).value, htole32(1));
	emu_tell(e, "temperature -20000");
	emu_tell(e, "voltage 3000");
	emu_wait_event(e, MYDEV_EV_VOLTAGE);
	get_status(e, &st);
	assert_int_equal((int32_t)le32toh(st.temperature), -20000);
	assert_int_equal(le32toh(st.voltage), 3000);
	assert_true(le32toh(st.alarms) & MYDEV_ALARM_VOLTAGE);
}

static void test_noise(void **state)
{
	struct emu *e = *state;

	emu_tell(e, "noise0 stuck");
	assert_int_equal(emu_wait_event(e, MYDEV_EV_HEALTH).code, MYDEV_HEALTH_RCT);
	assert_int_equal(status_of(e, MYDEV_OP_ENTROPY, 64), MYDEV_ST_OK);
	emu_tell(e, "noise1 biased");
	assert_int_equal(emu_wait_event(e, MYDEV_EV_HEALTH).code, MYDEV_HEALTH_APT);
	assert_int_equal(status_of(e, MYDEV_OP_ENTROPY, 64), MYDEV_ST_HEALTH);
}

static void test_hang(void **state)
{
	struct emu *e = *state;

	emu_tell(e, "hang reset");
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_mute(e);
	emu_reset(e);
	assert_works(e);
}

/* Resets are acknowledged all the same, but nothing comes of it. */
static void test_hang_forever(void **state)
{
	struct emu *e = *state;
	struct mydev_hw_event ev;

	emu_tell(e, "hang forever");
	emu_reset(e);
	assert_false(emu_event(e, &ev, SHORT_MS));
	assert_int_equal(emu_state(e), MYDEV_CARD_BOOTING);
	emu_tell(e, "hang no");
	assert_works(e);
}

static void test_stuck(void **state)
{
	struct emu *e = *state;

	emu_tell(e, "stuck_opcode 0x40");
	assert_int_equal(status_of(e, MYDEV_OP_STATUS, 0), MYDEV_ST_OK);
	emu_submit(e, MYDEV_OP_LOCATE, 1, NULL, 0);
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_mute(e);
	emu_reset(e);
	assert_works(e);
	assert_int_equal(status_of(e, MYDEV_OP_LOCATE, 1), MYDEV_ST_OK);
}

/* Pulled out and plugged in while it is stuck, the card is as new. */
static void test_stuck_replug(void **state)
{
	struct emu *e = *state;

	emu_tell(e, "stuck_opcode 2");
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_mute(e);
	emu_unplug(e);
	emu_plug(e);
	assert_works(e);
}

static void test_deaf(void **state)
{
	struct emu *e = *state;

	emu_tell(e, "deaf on");
	e->window->host.reset = htole32(99);
	emu_ring(e, MYDEV_PCI_RING_RESET);
	usleep(SHORT_MS * 1000);
	assert_int_equal(le32toh(e->window->card.generation), 0);
	emu_tell(e, "deaf off");
	e->generation = 99;
	emu_reset(e);
	assert_works(e);
}

static void test_lose_commands(void **state)
{
	struct emu *e = *state;
	struct emu_reply r;
	uint16_t id;

	emu_tell(e, "lose_commands 2");
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	id = emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_true(emu_completion(e, &r, EMU_WAIT_MS));
	assert_int_equal(r.id, id);
	assert_mute(e);
}

static void drain_interrupts(struct emu *e, unsigned int vector)
{
	while (emu_interrupt(e, vector, 0))
		;
}

static void test_interrupt_lost(void **state)
{
	struct emu *e = *state;

	drain_interrupts(e, MYDEV_PCI_IRQ_COMPLETION);
	emu_tell(e, "lose_interrupts 1");
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_false(emu_interrupt(e, MYDEV_PCI_IRQ_COMPLETION, SHORT_MS));
	assert_true(emu_completion(e, &(struct emu_reply){ 0 }, 0));
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_true(emu_interrupt(e, MYDEV_PCI_IRQ_COMPLETION, EMU_WAIT_MS));
}

static void test_interrupt_late(void **state)
{
	struct emu *e = *state;

	drain_interrupts(e, MYDEV_PCI_IRQ_COMPLETION);
	emu_tell(e, "interrupt_delay_ms 300");
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_false(emu_interrupt(e, MYDEV_PCI_IRQ_COMPLETION, SHORT_MS));
	assert_true(emu_interrupt(e, MYDEV_PCI_IRQ_COMPLETION, EMU_WAIT_MS));
	assert_true(emu_completion(e, &(struct emu_reply){ 0 }, 0));
}

static void test_interrupt_for_nothing(void **state)
{
	struct emu *e = *state;

	drain_interrupts(e, MYDEV_PCI_IRQ_COMPLETION);
	emu_tell(e, "interrupt 0");
	assert_true(emu_interrupt(e, MYDEV_PCI_IRQ_COMPLETION, EMU_WAIT_MS));
	assert_false(emu_completion(e, &(struct emu_reply){ 0 }, 0));
}

static void test_garbled_replies(void **state)
{
	struct emu *e = *state;
	unsigned int odd = 0, i;
	struct emu_reply r;
	uint16_t id;

	emu_tell(e, "garble_replies 100");
	for (i = 0; i < 100; i++) {
		id = emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
		assert_true(emu_completion(e, &r, EMU_WAIT_MS));
		assert_int_equal(r.id, id);
		odd += r.len != sizeof(struct mydev_hw_status);
	}
	assert_true(odd > 90);
	assert_works(e);
}

static void test_replies_by_field(void **state)
{
	struct emu *e = *state;
	struct emu_reply r;

	emu_tell(e, "reply_id 0xbeef");
	emu_tell(e, "reply_status 999");
	emu_tell(e, "reply_result 0xffffffff");
	emu_tell(e, "reply_out_len 4097");
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_true(emu_completion(e, &r, EMU_WAIT_MS));
	assert_int_equal(r.id, 0xbeef);
	assert_int_equal(r.status, 999);
	assert_int_equal(r.result, 0xffffffff);
	assert_int_equal(r.len, 4097);
	assert_works(e);
}

static void test_stray_completions(void **state)
{
	struct emu *e = *state;
	unsigned int i;

	emu_tell(e, "stray_completions 40");
	for (i = 0; i < 40; i++) {
		assert_true(emu_completion(e, &(struct emu_reply){ 0 }, EMU_WAIT_MS));
		/* The card looks whether there is room again. */
		emu_ring(e, MYDEV_PCI_RING_SUBMIT);
	}
	assert_works(e);
}

static void test_flood(void **state)
{
	struct emu *e = *state;

	emu_tell(e, "flood_events 1000");
	while (le32toh(e->window->card.eq_tail) - e->eq_head < MYDEV_HW_EVENTS)
		assert_true(emu_interrupt(e, MYDEV_PCI_IRQ_EVENT, EMU_WAIT_MS));
	/* It is one thing after the other. */
	emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_int_equal(le32toh(e->window->card.eq_tail) - e->eq_head, MYDEV_HW_EVENTS);
	assert_true(le32toh(e->window->card.events_lost) > 900);
}

static void test_garbled_index(void **state)
{
	struct emu *e = *state;

	drain_interrupts(e, MYDEV_PCI_IRQ_COMPLETION);
	/* The head of the submission queue, and the completion's tail. */
	emu_tell(e, "garble_indices 2");
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_true(emu_interrupt(e, MYDEV_PCI_IRQ_COMPLETION, EMU_WAIT_MS));
	assert_int_not_equal(le32toh(e->window->card.sq_head), e->sq_tail);
	assert_int_not_equal(le32toh(e->window->card.cq_tail), e->sq_tail);
	emu_reset(e);
	assert_works(e);
}

static void test_poke(void **state)
{
	struct emu *e = *state;
	_free_cleanup_ char *beyond = NULL, *odd = NULL;

	emu_tell(e, "poke 0 0x12345678");
	assert_int_equal(le32toh(e->window->card.magic), 0x12345678);
	emu_tell(e, "poke 0x7fffc 1");
	beyond = emu_ask(e, "poke 0x80000 1");
	assert_non_null(strstr(beyond, "error: "));
	odd = emu_ask(e, "poke 2 1");
	assert_non_null(strstr(odd, "error: "));
}

static void test_reboots(void **state)
{
	struct emu *e = *state;

	emu_tell(e, "boot_ms 1");
	emu_tell(e, "reboots 3");
	assert_int_equal(emu_wait_event(e, MYDEV_EV_BOOT).value, htole32(2));
	assert_int_equal(emu_wait_event(e, MYDEV_EV_BOOT).value, htole32(3));
	assert_int_equal(emu_wait_event(e, MYDEV_EV_BOOT).value, htole32(4));
	assert_works(e);
}

static void test_boot_time(void **state)
{
	struct emu *e = *state;
	struct mydev_hw_event ev;

	emu_tell(e, "boot_ms 400");
	emu_reset(e);
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_false(emu_event(e, &ev, SHORT_MS));
	assert_int_equal(emu_state(e), MYDEV_CARD_BOOTING);
	assert_int_equal(le32toh(e->window->card.sq_head), 0);
	assert_true(emu_completion(e, &(struct emu_reply){ 0 }, EMU_WAIT_MS));
}

static void test_flash_errors(void **state)
{
	struct emu *e = *state;

	emu_tell(e, "flash_write_error on");
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_MEDIA);
	emu_wait_event(e, MYDEV_EV_MEDIA);
	emu_tell(e, "flash_write_error off");
	emu_tell(e, "flash_verify_error on");
	assert_int_equal(status_of(e, MYDEV_OP_FW_ABORT, 0), MYDEV_ST_OK);
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_VERIFY);
	emu_tell(e, "flash_verify_error off");
	emu_tell(e, "worn_sector 0x41000");
	assert_int_equal(status_of(e, MYDEV_OP_FW_ABORT, 0), MYDEV_ST_OK);
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_MEDIA);
	assert_int_equal(le32toh(emu_wait_event(e, MYDEV_EV_MEDIA).value) & ~0xfffU, 0x40000);
	emu_tell(e, "worn_sector none");
	assert_int_equal(status_of(e, MYDEV_OP_FW_ABORT, 0), MYDEV_ST_OK);
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_OK);
}

static void assert_running(struct emu *e, unsigned int minor)
{
	const struct emu_reply *r = emu_command(e, MYDEV_OP_IDENTIFY, 0, NULL, 0);
	struct mydev_hw_identity id;

	assert_int_equal(r->len, sizeof(id));
	memcpy(&id, r->data, sizeof(id));
	assert_int_equal(id.running.major, 1);
	assert_int_equal(id.running.minor, minor);
}

static void activate(struct emu *e)
{
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_OK);
	assert_int_equal(status_of(e, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_OK);
	emu_wait_event(e, MYDEV_EV_BOOT);
}

static void test_update(void **state)
{
	struct emu *e = *state;

	activate(e);
	assert_running(e, 1);
	assert_int_equal(status_of(e, MYDEV_OP_HELLO, MYDEV_HW_VERSION), MYDEV_ST_OK);
	while (emu_wait_event(e, MYDEV_EV_FIRMWARE).code != MYDEV_SLOT_CONFIRMED)
		;
	emu_unplug(e);
	emu_plug(e);
	emu_wait_state(e, MYDEV_CARD_READY);
	assert_running(e, 1);
}

static void test_bad_boot(void **state)
{
	struct emu *e = *state;

	emu_tell(e, "bad_boot on");
	activate(e);
	assert_running(e, 0);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void test_flash_time(void **state)
{
	struct emu *e = *state;
	uint64_t begin;

	assert_int_equal(status_of(e, MYDEV_OP_FW_BEGIN, 100000), MYDEV_ST_OK);
	emu_tell(e, "flash_timing on");
	emu_tell(e, "flash_delay_us 50000");
	begin = now_ms();
	assert_int_equal(status_of(e, MYDEV_OP_FW_ERASE, 0), MYDEV_ST_OK);
	assert_true(now_ms() - begin >= 95);
}

/* A reset is acknowledged while the flash is at work, and ends that. */
static void test_reset_during_erase(void **state)
{
	struct emu *e = *state;

	assert_int_equal(status_of(e, MYDEV_OP_FW_BEGIN, 100000), MYDEV_ST_OK);
	emu_tell(e, "flash_delay_us 10000000");
	emu_submit(e, MYDEV_OP_FW_ERASE, 0, NULL, 0);
	assert_mute(e);
	emu_tell(e, "flash_delay_us 0");
	emu_reset(e);
	assert_works(e);
	assert_mute(e);
}

static void test_entropy_counter(void **state)
{
	struct emu *e = *state;
	const struct emu_reply *r;
	uint64_t byte = 0, n;
	unsigned int i, k;

	emu_tell(e, "entropy_counter 1000");
	for (i = 1; i <= 50; i++) {
		r = emu_command(e, MYDEV_OP_ENTROPY, i, NULL, 0);
		assert_int_equal(r->len, i);
		for (k = 0; k < i; k++, byte++) {
			n = 1000 + byte / 8;
			assert_int_equal(r->data[k], (uint8_t)(n >> 8 * (byte % 8)));
		}
	}
	json *j = emu_status(e);

	assert_int_equal(json_num(json_get(j, "entropy_bytes"), 0), byte);
	json_unref(j);
}

static void test_control_teaches(void **state)
{
	static const char *const wrong[] = {
		"", "nothing", "cable0", "cable0 maybe", "cable2 in", "cable in", "temperature 1e3",
		"temperature 150001", "boot_ms -1", "boot_ms 1 2", "poke", "poke x 1", "interrupt 2",
		"hang none", "reply_id -1", "voltage ", "cable99999999999 in",
	};
	struct emu *e = *state;
	char longest[600];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		_free_cleanup_ char *answer = emu_ask(e, wrong[i]);

		assert_int_equal(strncmp(answer, "error: ", 7), 0);
		assert_true(strlen(answer) > 20);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	_free_cleanup_ char *answer = emu_ask(e, longest);

	assert_non_null(strstr(answer, "too long"));
	_free_cleanup_ char *help = emu_ask(e, "help");

	assert_non_null(strstr(help, "power_cut_torn"));
	emu_tell(e, "hang 0");
}

static void test_status(void **state)
{
	struct emu *e = *state;
	_json_cleanup_ json *j = emu_status(e);

	assert_string_equal(json_str(json_get(j, "model"), ""), "md2000");
	assert_string_equal(json_str(json_get(j, "state"), ""), "ready");
	assert_true(json_true(json_get(j, "plugged")));
	assert_int_equal(json_num(json_get(j, "pid"), 0), e->pid);
	assert_string_equal(json_str(json_get(json_get(j, "faults"), "cable1"), ""), "in");
	assert_false(json_has(json_get(j, "faults"), "cable2"));
}

static int assert_described(const char *name, json *value, void *arg)
{
	_free_cleanup_ char *word = xstrdup(name);
	size_t len = strlen(word);

	/* Of each channel: without its number. */
	if (word[len - 1] == '0' || word[len - 1] == '1')
		word[len - 1] = '\0';
	if (!strstr(arg, word))
		fail_msg("%s is not in the manual", word);
	return 0;
}

static void test_manual(void **state)
{
	struct emu *e = *state;
	_json_cleanup_ json *j = emu_status(e);
	_free_cleanup_ char *manual = xzalloc(65536);
	_close_cleanup_ int fd = open("doc/mydev-emu.8", O_RDONLY);

	assert_true(read(fd, manual, 65535) > 0);
	json_each(json_get(j, "faults"), assert_described, manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_surroundings, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_noise, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_hang, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_hang_forever, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stuck, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stuck_replug, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_deaf, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_lose_commands, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_interrupt_lost, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_interrupt_late, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_interrupt_for_nothing, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_garbled_replies, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_replies_by_field, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_stray_completions, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_flood, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_garbled_index, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_poke, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_reboots, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_boot_time, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_flash_errors, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_update, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bad_boot, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_flash_time, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_reset_during_erase, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_entropy_counter, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_control_teaches, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_status, setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_manual, setup, emu_fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
