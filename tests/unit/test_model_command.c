// SPDX-License-Identifier: GPL-2.0
/* Commands: lengths, unknown ones, identity, LED, log; and whatever a mad host may send. */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/card.h"

static int setup(void **state)
{
	*state = card_new(MYDEV_MODEL_MD4000, MYDEV_FEATURE_CONDITIONING);
	return 0;
}

static int teardown(void **state)
{
	card_delete(*state);
	return 0;
}

static void test_unknown(void **state)
{
	static const uint8_t known[] = {
		0x01, 0x02, 0x03, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19,
		0x20, 0x21, 0x22, 0x23, 0x30, 0x40, 0x41, 0x42, 0x50,
	};

	for (unsigned int op = 0; op < 256; op++)
		if (!memchr(known, op, sizeof(known)))
			assert_int_equal(card_do(*state, op, 0), MYDEV_ST_OPCODE);
}

/* Data for a command that takes none, and odd lengths for those that take some. */
static void test_lengths(void **state)
{
	static const uint8_t takes_none[] = {
		MYDEV_OP_IDENTIFY, MYDEV_OP_STATUS, MYDEV_OP_HELLO, MYDEV_OP_FW_INFO,
		MYDEV_OP_FW_BEGIN, MYDEV_OP_FW_ERASE, MYDEV_OP_FW_VERIFY, MYDEV_OP_FW_COMMIT,
		MYDEV_OP_FW_ABORT, MYDEV_OP_FW_ACTIVATE, MYDEV_OP_FW_ROLLBACK,
		MYDEV_OP_FW_UNPEND, MYDEV_OP_CONFIG_DESCRIBE, MYDEV_OP_CONFIG_GET,
		MYDEV_OP_LOG_READ, MYDEV_OP_LOCATE, MYDEV_OP_RESET, MYDEV_OP_SELFTEST,
		MYDEV_OP_ENTROPY,
	};
	static const uint32_t odd[] = { 1, 39, 41, 79, 4097, 0x80000000, 0xffffffff };
	static uint8_t data[MYDEV_HW_DATA_MAX];
	struct card *c = *state;

	for (size_t i = 0; i < sizeof(takes_none); i++)
		assert_int_equal(card_command(c, takes_none[i], 0, data, 1)->status,
				 MYDEV_ST_INVALID);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_int_equal(card_command(c, MYDEV_OP_CONFIG_SET, 0, data, odd[i])->status,
				 MYDEV_ST_INVALID);
		assert_int_equal(card_command(c, MYDEV_OP_CONFIG_RESET, 0, data, odd[i])->status,
				 MYDEV_ST_INVALID);
	}
	assert_int_equal(card_do(c, MYDEV_OP_CONFIG_SET, 0), MYDEV_ST_INVALID);
	assert_int_equal(card_do(c, MYDEV_OP_FW_WRITE, 0), MYDEV_ST_INVALID);
	assert_int_equal(card_command(c, MYDEV_OP_FW_WRITE, 0, data, MYDEV_HW_BULK_MAX + 1)->status,
			 MYDEV_ST_INVALID);
}

static uint16_t with_room(struct card *c, uint8_t opcode, void *out, uint32_t room, uint32_t *len)
{
	struct mydev_hw_cmd cmd = { .opcode = opcode, .out_max = htole32(room) };
	struct mydev_hw_cpl cpl;

	cmd.arg[0] = htole32(opcode == MYDEV_OP_ENTROPY ? 64 : 0);
	model_command(c->m, &cmd, NULL, out, &cpl);
	*len = le32toh(cpl.out_len);
	return le16toh(cpl.status);
}

/* An old host takes less than there is; a list wants room for one element. */
static void test_room(void **state)
{
	struct card *c = *state;
	struct mydev_hw_status st;
	uint8_t *out = malloc(64);
	uint32_t len;

	card_status(c, &st);
	assert_int_equal(with_room(c, MYDEV_OP_STATUS, out, 34, &len), MYDEV_ST_OK);
	assert_int_equal(len, 34);
	assert_memory_equal(out, &st, 16);
	assert_int_equal(with_room(c, MYDEV_OP_IDENTIFY, NULL, 0, &len), MYDEV_ST_OK);
	assert_int_equal(len, 0);
	assert_int_equal(with_room(c, MYDEV_OP_CONFIG_GET, out, 39, &len), MYDEV_ST_INVALID);
	assert_int_equal(with_room(c, MYDEV_OP_CONFIG_GET, out, 64, &len), MYDEV_ST_OK);
	assert_int_equal(len, 40);
	assert_int_equal(with_room(c, MYDEV_OP_CONFIG_DESCRIBE, out, 64, &len), MYDEV_ST_INVALID);
	assert_int_equal(with_room(c, MYDEV_OP_LOG_READ, out, 23, &len), MYDEV_ST_INVALID);
	assert_int_equal(with_room(c, MYDEV_OP_ENTROPY, out, 9, &len), MYDEV_ST_OK);
	assert_int_equal(len, 9);
	assert_int_equal(with_room(c, MYDEV_OP_ENTROPY, NULL, 0, &len), MYDEV_ST_INVALID);
	assert_int_equal(with_room(c, MYDEV_OP_STATUS, out, 4097, &len), MYDEV_ST_INVALID);
	assert_int_equal(len, 0);
	free(out);
}

static void test_identity(void **state)
{
	struct card *c = *state;
	const struct card_reply *r = card_command(c, MYDEV_OP_IDENTIFY, 0, NULL, 0);
	struct mydev_hw_identity id;

	assert_int_equal(r->len, sizeof(id));
	memcpy(&id, r->data, sizeof(id));
	assert_int_equal(le32toh(id.magic), MYDEV_HW_MAGIC);
	assert_int_equal(le16toh(id.version), MYDEV_HW_VERSION);
	assert_int_equal(le16toh(id.model), MYDEV_MODEL_MD4000);
	assert_int_equal(id.channels, 4);
	assert_string_equal(id.serial, "MD-TEST-1");
	assert_int_equal(le32toh(id.features), MYDEV_FEATURE_CONDITIONING);
	assert_int_equal(le32toh(id.caps), 0);
	assert_int_equal(le32toh(id.slot_size), card_geometry.slot_size);
	assert_int_equal(id.running.major, 1);
}

static void test_hello(void **state)
{
	assert_int_equal(card_do(*state, MYDEV_OP_HELLO, MYDEV_HW_VERSION), MYDEV_ST_OK);
	assert_int_equal(card_do(*state, MYDEV_OP_HELLO, MYDEV_HW_VERSION + 1), MYDEV_ST_OK);
	assert_int_equal(card_do(*state, MYDEV_OP_HELLO, MYDEV_HW_VERSION + 0x100), MYDEV_ST_INVALID);
	assert_int_equal(card_do(*state, MYDEV_OP_HELLO, 0), MYDEV_ST_INVALID);
}

static uint32_t locate_left(struct card *c)
{
	struct mydev_hw_status st;

	card_status(c, &st);
	return le32toh(st.locate_left);
}

static void test_locate(void **state)
{
	struct card *c = *state;

	assert_int_equal(card_do(c, MYDEV_OP_LOCATE, 86401), MYDEV_ST_INVALID);
	assert_int_equal(locate_left(c), 0);
	assert_int_equal(card_do(c, MYDEV_OP_LOCATE, 10), MYDEV_ST_OK);
	assert_int_equal(locate_left(c), 10);
	card_run(c, 9001);
	assert_int_equal(locate_left(c), 1);
	assert_int_equal(card_count(c, MYDEV_EV_LOCATE, 0), 1);
	card_run(c, 999);
	assert_int_equal(locate_left(c), 0);
	assert_int_equal(card_count(c, MYDEV_EV_LOCATE, 0), 2);
	card_do(c, MYDEV_OP_LOCATE, 86400);
	assert_int_equal(card_do(c, MYDEV_OP_LOCATE, 0), MYDEV_ST_OK);
	assert_int_equal(locate_left(c), 0);
}

static void test_reset(void **state)
{
	struct card *c = *state;
	struct mydev_hw_status st;

	card_do(c, MYDEV_OP_LOCATE, 100);
	c->now_ms += 1000;
	assert_int_equal(card_do(c, MYDEV_OP_RESET, 0), MYDEV_ST_OK);
	card_status(c, &st);
	assert_int_equal(le32toh(st.boots), 2);
	assert_int_equal(le64toh(st.uptime_ms), 0);
	assert_int_equal(le32toh(st.locate_left), 0);
	assert_int_equal(card_count(c, MYDEV_EV_BOOT, 0), 2);
}

/* More boots than the log has room for: the latest are there, in order, and readable in parts. */
static void test_log(void **state)
{
	struct card *c = *state;
	const struct card_reply *r;
	struct mydev_hw_log_entry e;
	uint32_t seq = 0, n = 0;

	for (int i = 0; i < 200; i++)
		card_do(c, MYDEV_OP_RESET, 0);
	for (;;) {
		r = card_command(c, MYDEV_OP_LOG_READ, seq + 1, NULL, 0);
		assert_int_equal(r->status, MYDEV_ST_OK);
		if (!r->len)
			break;
		for (uint32_t off = 0; off < r->len; off += sizeof(e), n++) {
			memcpy(&e, r->data + off, sizeof(e));
			assert_true(n == 0 || le32toh(e.seq) == seq + 1);
			seq = le32toh(e.seq);
			assert_int_equal(e.event.type, MYDEV_EV_BOOT);
			assert_int_equal(le32toh(e.boot), seq);
		}
	}
	assert_int_equal(seq, 201);
	/* Three sectors of four at least; each boot spoils a page, and writes its last entry anew. */
	assert_true(n >= 3 * 16 / 3);
	assert_int_equal(card_command(c, MYDEV_OP_LOG_READ, 0xffffffff, NULL, 0)->len, 0);
}

/* The log cannot be written: all goes on, and that is told once a try. */
static void test_log_fault(void **state)
{
	struct card *c = *state;

	c->flash.fault_from = 2 * c->card.geometry.slot_size + 4 * c->card.geometry.sector_size;
	c->flash.fault_to = c->flash.size;
	c->flash.fault = NOR_FAILS;
	card_forget(c);
	assert_int_equal(card_do(c, MYDEV_OP_RESET, 0), MYDEV_ST_OK);
	assert_int_equal(card_count(c, MYDEV_EV_BOOT, 0), 1);
	assert_int_equal(card_count(c, MYDEV_EV_MEDIA, 0), 1);
	c->flash.fault = NOR_OK;
	card_do(c, MYDEV_OP_RESET, 0);
	assert_int_equal(card_command(c, MYDEV_OP_LOG_READ, 2, NULL, 0)->len,
			 sizeof(struct mydev_hw_log_entry));
}

static uint32_t small_or_wild(uint32_t *random)
{
	uint32_t r = nor_random(random);

	switch (r % 4) {
	case 0:
		return 0;
	case 1:
		return (r >> 8) % 16 * 4096;
	case 2:
		return (r >> 8) % 20000;
	default:
		return r;
	}
}

/* Commands at random, data at random: nothing that the sanitizers or the flash object to. */
static void test_mad_host(void **state)
{
	static uint8_t data[MYDEV_HW_DATA_MAX];
	struct card *c = *state;
	uint32_t random = 99;

	for (int n = 0; n < 20000; n++) {
		static const uint32_t lengths[] = { 0, 0, 2, 40, 80, 256, 4096, 77 };
		uint8_t op = (nor_random(&random) >> 8) % 0x58;
		uint32_t len = lengths[nor_random(&random) % 8];

		for (uint32_t i = 0; i < len; i++)
			data[i] = (nor_random(&random) >> 16) % 12;
		card_command(c, op, small_or_wild(&random), data, len);
		if (n % 64 == 0)
			card_run(c, nor_random(&random) % 3000);
	}
	assert_int_equal(card_version(c), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_unknown),
		T(test_lengths),
		T(test_room),
		T(test_identity),
		T(test_hello),
		T(test_locate),
		T(test_reset),
		T(test_log),
		T(test_log_fault),
		T(test_mad_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
