// SPDX-License-Identifier: GPL-2.0
/* The emulator's front end, from the host's side: plugging, queues, resets. */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/util.h"
#include "tests/unit/emu.h"
#include "tests/unit/nor.h"

static const char *const plain[] = { NULL };

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
			assert_true(emu_completion(e, &r, EMU_WAIT_MS));
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

/* The host broke a rule: the card stops, says so, and a reset mends it. */
static void assert_fault(struct emu *e)
{
	emu_wait_state(e, MYDEV_CARD_FAULT);
	emu_reset(e);
	emu_wait_state(e, MYDEV_CARD_READY);
	assert_int_equal(emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0)->status, MYDEV_ST_OK);
}

static void break_rule(struct emu *e, __le32 *reg, uint32_t value, unsigned int ring)
{
	*reg = htole32(value);
	emu_ring(e, ring);
}

static void test_too_much_submitted(void **state)
{
	struct emu *e = *state;
	static const uint32_t tails[] = { MYDEV_HW_TAGS + 1, 0x80000000, 0xffffffff };
	size_t i;

	start(e);
	for (i = 0; i < ARRAY_SIZE(tails); i++) {
		break_rule(e, &e->window->host.sq_tail, tails[i], MYDEV_PCI_RING_SUBMIT);
		assert_fault(e);
	}
}

/* Puts an id into the next entry, which emu_submit() would not. */
static void submit_id(struct emu *e, uint16_t id)
{
	struct mydev_hw_cmd *cmd = &e->window->sq[e->sq_tail % MYDEV_HW_TAGS];

	*cmd = (struct mydev_hw_cmd){ .opcode = MYDEV_OP_STATUS, .id = htole16(id) };
	break_rule(e, &e->window->host.sq_tail, ++e->sq_tail, MYDEV_PCI_RING_SUBMIT);
}

static void test_bad_ids(void **state)
{
	struct emu *e = *state;

	start(e);
	submit_id(e, MYDEV_HW_ID(0, MYDEV_HW_TAGS));
	assert_fault(e);
	submit_id(e, MYDEV_HW_ID(e->generation, 0xff));
	assert_fault(e);
	submit_id(e, MYDEV_HW_ID(e->generation - 1, 0));
	assert_fault(e);
}

static void test_tag_in_use(void **state)
{
	struct emu *e = *state;

	start(e);
	submit_id(e, MYDEV_HW_ID(0, 5));
	submit_id(e, MYDEV_HW_ID(0, 6));
	submit_id(e, MYDEV_HW_ID(0, 5));
	emu_wait_state(e, MYDEV_CARD_FAULT);
	/* The first two were answered. */
	assert_int_equal(le32toh(e->window->card.cq_tail), 2);
	assert_fault(e);
}

static void test_bad_heads(void **state)
{
	struct emu *e = *state;

	start(e);
	e->window->host.cq_head = htole32(7);
	emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_fault(e);
	e->window->host.eq_head = htole32(0x12345678);
	emu_submit(e, MYDEV_OP_LOCATE, 5, NULL, 0);
	assert_fault(e);
}

/* A host that submits, but does not take what is answered. */
static void test_nothing_consumed(void **state)
{
	struct emu *e = *state;
	unsigned int i;

	start(e);
	for (i = 0; i <= MYDEV_HW_TAGS; i++)
		emu_submit(e, MYDEV_OP_STATUS, 0, NULL, 0);
	assert_fault(e);
}

static void test_lengths(void **state)
{
	struct emu *e = *state;
	struct mydev_hw_cmd *cmd;
	struct emu_reply r;

	start(e);
	cmd = &e->window->sq[0];
	*cmd = (struct mydev_hw_cmd){
		.opcode = MYDEV_OP_FW_WRITE, .in_len = htole32(0xffffffff),
	};
	e->window->host.sq_tail = htole32(++e->sq_tail);
	emu_ring(e, MYDEV_PCI_RING_SUBMIT);
	assert_true(emu_completion(e, &r, EMU_WAIT_MS));
	assert_int_equal(r.status, MYDEV_ST_INVALID);
	cmd++;
	*cmd = (struct mydev_hw_cmd){
		.opcode = MYDEV_OP_STATUS, .out_max = htole32(0xffffffff),
	};
	e->window->host.sq_tail = htole32(++e->sq_tail);
	emu_ring(e, MYDEV_PCI_RING_SUBMIT);
	assert_true(emu_completion(e, &r, EMU_WAIT_MS));
	assert_int_equal(r.status, MYDEV_ST_INVALID);
}

/* As many long writes under way as there can be: each finds what the last one has written. */
static void test_bulk(void **state)
{
	static uint8_t data[MYDEV_HW_BULK_MAX];
	struct emu *e = *state;
	struct emu_reply r;
	unsigned int i;

	start(e);
	memset(data, 0x5a, sizeof(data));
	emu_command(e, MYDEV_OP_FW_BEGIN, MYDEV_HW_BULKS * MYDEV_HW_BULK_MAX, NULL, 0);
	for (i = 0; i < MYDEV_HW_BULKS * MYDEV_HW_BULK_MAX; i += 4096)
		assert_int_equal(emu_command(e, MYDEV_OP_FW_ERASE, i, NULL, 0)->status,
				 MYDEV_ST_OK);
	for (i = 0; i < MYDEV_HW_BULKS; i++)
		emu_submit(e, MYDEV_OP_FW_WRITE, i * MYDEV_HW_BULK_MAX, data, sizeof(data));
	for (i = 0; i < MYDEV_HW_BULKS; i++) {
		assert_true(emu_completion(e, &r, EMU_WAIT_MS));
		assert_int_equal(r.status, MYDEV_ST_OK);
	}
	/* The same once more: what is written is not written over. */
	assert_int_equal(emu_command(e, MYDEV_OP_FW_WRITE, 0, data, sizeof(data))->status,
			 MYDEV_ST_STATE);
}

/* A tag that has no bulk buffer; and a command that takes no such data. */
static void test_no_bulk(void **state)
{
	static const uint8_t data[MYDEV_HW_DATA_MAX + 1];
	struct emu *e = *state;
	struct emu_reply r;

	start(e);
	assert_int_equal(emu_command(e, MYDEV_OP_CONFIG_SET, 0, data, sizeof(data))->status,
			 MYDEV_ST_INVALID);
	e->window->sq[e->sq_tail % MYDEV_HW_TAGS] = (struct mydev_hw_cmd){
		.opcode = MYDEV_OP_FW_WRITE,
		.id = htole16(MYDEV_HW_ID(e->generation, MYDEV_HW_BULKS)),
		.in_len = htole32(sizeof(data)),
	};
	e->window->host.sq_tail = htole32(++e->sq_tail);
	emu_ring(e, MYDEV_PCI_RING_SUBMIT);
	assert_true(emu_completion(e, &r, EMU_WAIT_MS));
	assert_int_equal(r.status, MYDEV_ST_INVALID);
}

/* Nobody takes events: they are counted, and the card goes on. */
static void test_events_lost(void **state)
{
	struct emu *e = *state;
	unsigned int i;

	start(e);
	for (i = 0; i < MYDEV_HW_EVENTS + 10; i++)
		emu_command(e, MYDEV_OP_LOCATE, i % 2, NULL, 0);
	/* One is the boot. */
	assert_int_equal(le32toh(e->window->card.eq_tail), MYDEV_HW_EVENTS);
	assert_int_equal(le32toh(e->window->card.events_lost), 11);
	emu_reset(e);
	emu_wait_state(e, MYDEV_CARD_READY);
	assert_int_equal(le32toh(e->window->card.events_lost), 0);
}

/* Rings for nothing, and a reset to the number that was obeyed, change nothing. */
static void test_idle_rings(void **state)
{
	struct emu *e = *state;
	_json_cleanup_ json *j = NULL;
	unsigned int i;

	start(e);
	emu_reset(e);
	emu_wait_state(e, MYDEV_CARD_READY);
	for (i = 0; i < 1000; i++)
		emu_ring(e, i % MYDEV_PCI_IRQS);
	e->window->host.reset = 0;
	emu_ring(e, MYDEV_PCI_RING_RESET);
	assert_int_equal(emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0)->status, MYDEV_ST_OK);
	j = emu_status(e);
	assert_int_equal(json_num(json_get(j, "resets"), 0), 1);
}

/* Resets at any moment, with a queue full of commands: no answer to an earlier life comes. */
static void test_resets_under_load(void **state)
{
	struct emu *e = *state;
	struct emu_reply r;
	unsigned int i, n;

	start(e);
	emu_tell(e, "boot_ms 0");
	for (i = 0; i < 300; i++) {
		for (n = 0; n < MYDEV_HW_TAGS; n++)
			emu_submit(e, MYDEV_OP_ENTROPY, MYDEV_HW_DATA_MAX, NULL, 0);
		for (n = 0; n < i % MYDEV_HW_TAGS; n++) {
			assert_true(emu_completion(e, &r, EMU_WAIT_MS));
			assert_int_equal(MYDEV_HW_ID_GENERATION(r.id), e->generation & 0xff);
		}
		emu_reset(e);
	}
	assert_int_equal(emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0)->status, MYDEV_ST_OK);
}

/* Writes anything into what is the host's of the window, and rings. */
static void play(struct emu *e, uint32_t *random)
{
	struct mydev_hw_window *w = e->window;
	struct mydev_hw_cmd *cmd = &w->sq[nor_random(random) % MYDEV_HW_TAGS];
	uint32_t generation = le32toh(w->card.generation);

	switch (nor_random(random) % 8) {
	case 0:
		w->host.sq_tail = htole32(nor_random(random) % 32);
		break;
	case 1:
		w->host.cq_head = htole32(nor_random(random) % 32);
		break;
	case 2:
		w->host.eq_head = htole32(nor_random(random) % 128);
		break;
	case 3:
		w->host.reset = htole32(nor_random(random) % 4);
		emu_ring(e, MYDEV_PCI_RING_RESET);
		break;
	default:
		/* Nothing that restarts the controller, which would take its time. */
		cmd->opcode = nor_random(random) % 16;
		cmd->id = htole16(MYDEV_HW_ID(generation, nor_random(random) % MYDEV_HW_TAGS));
		cmd->arg[0] = htole32(nor_random(random) >> nor_random(random) % 32);
		cmd->in_len = htole32(nor_random(random) >> nor_random(random) % 32);
		cmd->out_max = htole32(nor_random(random) >> nor_random(random) % 32);
		w->host.sq_tail = htole32(le32toh(w->card.sq_head) + 1);
		emu_ring(e, MYDEV_PCI_RING_SUBMIT);
	}
}

static void test_any_host(void **state)
{
	struct emu *e = *state;
	uint32_t random = 1;
	unsigned int i;

	start(e);
	emu_tell(e, "boot_ms 0");
	for (i = 0; i < 100000; i++)
		play(e, &random);
	e->generation = 1000;
	emu_reset(e);
	emu_wait_state(e, MYDEV_CARD_READY);
	assert_int_equal(emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0)->status, MYDEV_ST_OK);
}

/* A host that fills what the card signals into. */
static void test_full_signal(void **state)
{
	struct emu *e = *state;

	start(e);
	assert_int_equal(eventfd_write(e->irq[MYDEV_PCI_IRQ_COMPLETION], UINT64_MAX - 1), 0);
	assert_int_equal(emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0)->status, MYDEV_ST_OK);
	emu_unplug(e);
	emu_plug(e);
	assert_false(emu_interrupt(e, MYDEV_PCI_IRQ_COMPLETION, 0));
	emu_wait_state(e, MYDEV_CARD_READY);
}

/* A second host is turned away, and the first does not notice. */
static void test_second_host(void **state)
{
	struct emu *e = *state;
	struct emu other = { .socket = -1 };
	char byte;

	start(e);
	strcpy(other.dir, e->dir);
	other.socket = emu_connect(e, "card.sock");
	assert_true(other.socket >= 0);
	assert_int_equal(read(other.socket, &byte, 1), 0);
	close(other.socket);
	assert_int_equal(emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0)->status, MYDEV_ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_registers, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_identify, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_many_at_once, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_reset, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_restart, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_replug, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_too_much_submitted, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bad_ids, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_tag_in_use, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bad_heads, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_nothing_consumed, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_lengths, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bulk, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_no_bulk, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_events_lost, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_idle_rings, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_resets_under_load, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_any_host, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_full_signal, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_second_host, emu_fixture_setup, emu_fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
