// SPDX-License-Identifier: GPL-2.0
/* The configuration: descriptions, ranges, all or none, NVRAM, firmware that lacks a key. */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/card.h"

#define FEATURES (MYDEV_FEATURE_CONDITIONING | MYDEV_FEATURE_TEMP_HYSTERESIS)

/* The ids are for all times, so they are written here once more. */
enum {
	LABEL = 1, MASK, RATE, CONDITIONING, ALPHA, INTERVAL, HYSTERESIS, WARN, CRITICAL, LED,
	KEYS = LED,
};

static int setup(void **state)
{
	*state = card_new(MYDEV_MODEL_MD4000, FEATURES);
	return 0;
}

static int teardown(void **state)
{
	card_delete(*state);
	return 0;
}

static struct mydev_hw_config_value number(uint16_t key, uint8_t type, uint32_t n)
{
	return (struct mydev_hw_config_value){
		.key = htole16(key), .type = type, .data.num = htole32(n),
	};
}

static struct mydev_hw_config_value string(const char *s)
{
	struct mydev_hw_config_value v = {
		.key = htole16(LABEL), .type = MYDEV_CONFIG_STRING,
	};

	memcpy(v.data.str, s, strnlen(s, sizeof(v.data.str)));
	return v;
}

static uint16_t set(struct card *c, const struct mydev_hw_config_value *v, unsigned int n,
		    uint32_t *culprit)
{
	const struct card_reply *r = card_command(c, MYDEV_OP_CONFIG_SET, 0, v, n * sizeof(*v));

	if (culprit)
		*culprit = r->result;
	return r->status;
}

static uint16_t set_number(struct card *c, uint16_t key, uint32_t n)
{
	struct mydev_hw_config_value v = number(key, MYDEV_CONFIG_UINT, n);

	return set(c, &v, 1, NULL);
}

static bool get(struct card *c, uint16_t key, struct mydev_hw_config_value *v)
{
	const struct card_reply *r = card_command(c, MYDEV_OP_CONFIG_GET, 0, NULL, 0);

	for (uint32_t off = 0; off < r->len; off += sizeof(*v)) {
		memcpy(v, r->data + off, sizeof(*v));
		if (le16toh(v->key) == key)
			return true;
	}
	return false;
}

static uint32_t get_number(struct card *c, uint16_t key)
{
	struct mydev_hw_config_value v;

	assert_true(get(c, key, &v));
	return le32toh(v.data.num);
}

static uint32_t generation(struct card *c)
{
	struct mydev_hw_status st;

	card_status(c, &st);
	return le32toh(st.config_gen);
}

static bool nvram_alarm(struct card *c)
{
	struct mydev_hw_status st;

	card_status(c, &st);
	return le32toh(st.alarms) & MYDEV_ALARM_NVRAM;
}

static void test_describe(void **state)
{
	struct card *c = *state;
	struct mydev_hw_config_desc d;
	uint32_t index = 0;
	uint16_t last = 0;

	for (;;) {
		const struct card_reply *r = card_command(c, MYDEV_OP_CONFIG_DESCRIBE, index,
							  NULL, 0);

		assert_int_equal(r->status, MYDEV_ST_OK);
		assert_int_equal(r->len % sizeof(d), 0);
		if (!r->len)
			break;
		memcpy(&d, r->data, sizeof(d));
		assert_true(le16toh(d.key) > last);
		last = le16toh(d.key);
		assert_int_equal(d.name[sizeof(d.name) - 1], 0);
		assert_int_equal(d.choices[sizeof(d.choices) - 1], 0);
		assert_true(d.name[0]);
		if (d.type != MYDEV_CONFIG_STRING) {
			assert_true(le32toh(d.def.num) >= le32toh(d.min));
			assert_true(le32toh(d.def.num) <= le32toh(d.max));
			assert_int_equal(get_number(c, last), le32toh(d.def.num));
		}
		if (last == MASK)
			assert_int_equal(le32toh(d.max), 15);
		if (last == CONDITIONING)
			assert_string_equal(d.choices, "none,sha256");
		index++;
	}
	assert_int_equal(index, KEYS);
	assert_int_equal(card_command(c, MYDEV_OP_CONFIG_GET, KEYS - 1, NULL, 0)->len,
			 sizeof(struct mydev_hw_config_value));
	assert_int_equal(card_command(c, MYDEV_OP_CONFIG_GET, 0xffffffff, NULL, 0)->len, 0);
}

static void test_features_bring_keys(void **state)
{
	struct card *c = card_new(MYDEV_MODEL_MD2000, 0);
	const struct card_reply *r = card_command(c, MYDEV_OP_CONFIG_GET, 0, NULL, 0);
	struct mydev_hw_config_value v = number(CONDITIONING, MYDEV_CONFIG_ENUM, 0);
	struct mydev_hw_identity id;

	assert_int_equal(r->len / sizeof(v), KEYS - 2);
	r = card_command(c, MYDEV_OP_IDENTIFY, 0, NULL, 0);
	memcpy(&id, r->data, sizeof(id));
	assert_int_equal(le16toh(id.config_keys), KEYS - 2);
	assert_int_equal(set(c, &v, 1, NULL), MYDEV_ST_KEY);
	assert_int_equal(get_number(c, MASK), 3);
	card_delete(c);
}

static void test_set(void **state)
{
	struct card *c = *state;
	uint32_t gen = generation(c);
	struct mydev_hw_config_value v[] = {
		string("rack 7, left"),
		number(MASK, MYDEV_CONFIG_UINT, 5),
		number(LED, MYDEV_CONFIG_ENUM, 1),
		number(WARN, MYDEV_CONFIG_UINT, 85),
		number(CRITICAL, MYDEV_CONFIG_UINT, 86),
	};

	assert_int_equal(set(c, v, 5, NULL), MYDEV_ST_OK);
	assert_true(generation(c) != gen);
	assert_int_equal(card_count(c, MYDEV_EV_CONFIG, 0), 1);
	gen = generation(c);
	for (int i = 0; i < 2; i++) {
		assert_true(get(c, LABEL, &v[0]));
		assert_string_equal(v[0].data.str, "rack 7, left");
		assert_int_equal(get_number(c, MASK), 5);
		assert_int_equal(get_number(c, LED), 1);
		assert_int_equal(get_number(c, WARN), 85);
		assert_int_equal(get_number(c, CRITICAL), 86);
		assert_int_equal(generation(c), gen);
		assert_false(nvram_alarm(c));
		card_on(c);
	}
}

/* What changes nothing writes nothing. */
static void test_set_same(void **state)
{
	struct card *c = *state;
	uint32_t ops, gen;

	assert_int_equal(set_number(c, WARN, 60), MYDEV_ST_OK);
	ops = c->flash.ops;
	gen = generation(c);
	assert_int_equal(set_number(c, WARN, 60), MYDEV_ST_OK);
	assert_int_equal(c->flash.ops, ops);
	assert_int_equal(generation(c), gen);
}

static void test_refused(void **state)
{
	static const char too_long[] = "12345678901234567890123456789012";
	struct card *c = *state;
	const struct {
		struct mydev_hw_config_value v[3];
		unsigned int n;
		uint16_t status;
		uint32_t culprit;
	} cases[] = {
		{ { number(0, MYDEV_CONFIG_UINT, 1) }, 1, MYDEV_ST_KEY, 0 },
		{ { number(RATE, MYDEV_CONFIG_UINT, 1), number(11, MYDEV_CONFIG_UINT, 1) }, 2,
		  MYDEV_ST_KEY, 1 },
		{ { number(0xffff, MYDEV_CONFIG_UINT, 1) }, 1, MYDEV_ST_KEY, 0 },
		{ { number(RATE, MYDEV_CONFIG_UINT, 1), number(WARN, MYDEV_CONFIG_UINT, 60),
		    number(MASK, MYDEV_CONFIG_UINT, 0) }, 3, MYDEV_ST_RANGE, 2 },
		{ { number(MASK, MYDEV_CONFIG_UINT, 16) }, 1, MYDEV_ST_RANGE, 0 },
		{ { number(RATE, MYDEV_CONFIG_UINT, 1048577) }, 1, MYDEV_ST_RANGE, 0 },
		{ { number(RATE, MYDEV_CONFIG_ENUM, 1) }, 1, MYDEV_ST_RANGE, 0 },
		{ { number(LABEL, MYDEV_CONFIG_UINT, 1) }, 1, MYDEV_ST_RANGE, 0 },
		{ { number(LED, MYDEV_CONFIG_ENUM, 3) }, 1, MYDEV_ST_RANGE, 0 },
		{ { string(too_long) }, 1, MYDEV_ST_RANGE, 0 },
		{ { string("a\tb") }, 1, MYDEV_ST_RANGE, 0 },
		{ { string("caf\xc3\xa9") }, 1, MYDEV_ST_RANGE, 0 },
		{ { number(RATE, MYDEV_CONFIG_UINT, 1), number(WARN, MYDEV_CONFIG_UINT, 85) }, 2,
		  MYDEV_ST_CONFLICT, 1 },
		{ { number(CRITICAL, MYDEV_CONFIG_UINT, 70), number(RATE, MYDEV_CONFIG_UINT, 1) }, 2,
		  MYDEV_ST_CONFLICT, 0 },
		{ { number(RATE, MYDEV_CONFIG_UINT, 1), number(RATE, MYDEV_CONFIG_UINT, 2) }, 2,
		  MYDEV_ST_CONFLICT, 1 },
	};
	uint32_t gen = generation(c);
	uint32_t ops = c->flash.ops;
	uint32_t culprit;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(set(c, cases[i].v, cases[i].n, &culprit), cases[i].status);
		assert_int_equal(culprit, cases[i].culprit);
	}
	assert_int_equal(c->flash.ops, ops);
	assert_int_equal(generation(c), gen);
	assert_int_equal(get_number(c, RATE), 0);
	assert_int_equal(card_count(c, MYDEV_EV_CONFIG, 0), 0);
}

static void test_string(void **state)
{
	struct card *c = *state;
	struct mydev_hw_config_value v = string("1234567890123456789012345678901");

	assert_int_equal(set(c, &v, 1, NULL), MYDEV_ST_OK);
	card_on(c);
	assert_true(get(c, LABEL, &v));
	assert_string_equal(v.data.str, "1234567890123456789012345678901");

	/* What is behind the NUL is not looked at, and does not come back. */
	v = string("short");
	memcpy(v.data.str + 6, "\xff\x01junk", 6);
	assert_int_equal(set(c, &v, 1, NULL), MYDEV_ST_OK);
	assert_true(get(c, LABEL, &v));
	for (size_t i = 5; i < sizeof(v.data.str); i++)
		assert_int_equal(v.data.str[i], 0);
}

static void test_reset(void **state)
{
	struct card *c = *state;
	__le16 ids[3] = { htole16(WARN), htole16(RATE), htole16(99) };
	const struct card_reply *r;

	set_number(c, WARN, 45);
	set_number(c, CRITICAL, 60);
	set_number(c, RATE, 100);
	set_number(c, INTERVAL, 60);
	r = card_command(c, MYDEV_OP_CONFIG_RESET, 0, ids, 6);
	assert_int_equal(r->status, MYDEV_ST_KEY);
	assert_int_equal(r->result, 2);
	r = card_command(c, MYDEV_OP_CONFIG_RESET, 0, ids, 4);
	assert_int_equal(r->status, MYDEV_ST_CONFLICT);
	assert_int_equal(r->result, 0);
	assert_int_equal(get_number(c, RATE), 100);

	assert_int_equal(card_command(c, MYDEV_OP_CONFIG_RESET, 0, ids + 1, 2)->status, MYDEV_ST_OK);
	assert_int_equal(get_number(c, RATE), 0);
	assert_int_equal(get_number(c, INTERVAL), 60);
	assert_int_equal(card_do(c, MYDEV_OP_CONFIG_RESET, 0), MYDEV_ST_OK);
	card_on(c);
	assert_int_equal(get_number(c, WARN), 70);
	assert_int_equal(get_number(c, CRITICAL), 85);
	assert_int_equal(get_number(c, INTERVAL), 10);
}

static void test_media(void **state)
{
	struct card *c = *state;
	struct nor *n = &c->flash;
	uint32_t gen = generation(c);

	n->fault_from = 2 * c->card.geometry.slot_size + 2 * c->card.geometry.sector_size;
	n->fault_to = n->fault_from + 2 * c->card.geometry.sector_size;
	n->fault = NOR_FAILS;
	assert_int_equal(set_number(c, WARN, 60), MYDEV_ST_MEDIA);
	n->fault = NOR_LIES;
	assert_int_equal(set_number(c, WARN, 60), MYDEV_ST_VERIFY);
	assert_int_equal(get_number(c, WARN), 70);
	assert_int_equal(generation(c), gen);
	assert_int_equal(card_count(c, MYDEV_EV_MEDIA, 0), 2);
	for (int i = 0; i < 40; i++)
		assert_int_equal(set_number(c, WARN, 60), MYDEV_ST_VERIFY);
	n->fault = NOR_OK;
	card_on(c);
	assert_int_equal(get_number(c, WARN), 70);
	assert_false(nvram_alarm(c));
	assert_int_equal(set_number(c, WARN, 60), MYDEV_ST_OK);

	/* Some pages are bad: the snapshot goes into the next good one. */
	n->fault = NOR_LIES;
	n->fault_from += c->card.geometry.page_size;
	n->fault_to = n->fault_from + 3 * c->card.geometry.page_size;
	for (int i = 0; i < 100; i++)
		assert_int_equal(set_number(c, WARN, 50 + i % 20), MYDEV_ST_OK);
	card_on(c);
	assert_int_equal(get_number(c, WARN), 69);
}

static void test_lost(void **state)
{
	struct card *c = *state;
	uint32_t off = 2 * c->card.geometry.slot_size + 2 * c->card.geometry.sector_size;

	set_number(c, WARN, 60);
	memset(c->flash.mem + off, 0x5a, 2 * c->card.geometry.sector_size);
	card_on(c);
	assert_true(nvram_alarm(c));
	assert_int_equal(get_number(c, WARN), 70);
	assert_int_equal(set_number(c, WARN, 60), MYDEV_ST_OK);
	assert_false(nvram_alarm(c));
	card_on(c);
	assert_int_equal(get_number(c, WARN), 60);
	assert_false(nvram_alarm(c));
}

static void install(struct card *c, unsigned int major, uint32_t features)
{
	struct fwbuild b = {
		.model = MYDEV_MODEL_MD4000, .version.major = major, .counter = 1,
		.features = features,
	};
	struct card_image i = card_build(&b);

	assert_int_equal(card_install(c, &i), MYDEV_ST_OK);
	assert_int_equal(card_version(c), major);
	card_image_free(&i);
}

/* Values of keys that only newer firmware has live through a rollback. */
static void test_rollback_keeps(void **state)
{
	struct card *c = *state;
	struct mydev_hw_config_value v = number(CONDITIONING, MYDEV_CONFIG_ENUM, 0);

	assert_int_equal(set(c, &v, 1, NULL), MYDEV_ST_OK);
	assert_int_equal(set_number(c, HYSTERESIS, 7), MYDEV_ST_OK);
	install(c, 2, 0);
	assert_false(get(c, HYSTERESIS, &v));
	assert_int_equal(set_number(c, HYSTERESIS, 8), MYDEV_ST_KEY);
	assert_int_equal(set_number(c, WARN, 60), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_CONFIG_RESET, 0), MYDEV_ST_OK);
	assert_false(nvram_alarm(c));
	install(c, 3, FEATURES);
	assert_int_equal(get_number(c, HYSTERESIS), 7);
	assert_int_equal(get_number(c, CONDITIONING), 0);
	assert_int_equal(get_number(c, WARN), 70);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_describe),
		cmocka_unit_test(test_features_bring_keys),
		T(test_set),
		T(test_set_same),
		T(test_refused),
		T(test_string),
		T(test_reset),
		T(test_media),
		T(test_lost),
		T(test_rollback_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
