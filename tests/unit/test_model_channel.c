// SPDX-License-Identifier: GPL-2.0
/* Noise channels and entropy: health tests, cables, conditioning, rate; sensors, self-test. */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/crypto.h"
#include "model/health.h"
#include "tests/unit/card.h"

enum { MASK = 2, RATE = 3, CONDITIONING = 4, INTERVAL = 6, HYSTERESIS = 7, WARN = 8 };

#define FEATURES (MYDEV_FEATURE_CONDITIONING | MYDEV_FEATURE_TEMP_HYSTERESIS)

static int setup(void **state)
{
	*state = card_new(MYDEV_MODEL_MD2000, 0);
	return 0;
}

static int setup_features(void **state)
{
	*state = card_new(MYDEV_MODEL_MD2000, FEATURES);
	return 0;
}

static int teardown(void **state)
{
	card_delete(*state);
	return 0;
}

static void set(struct card *c, uint16_t key, uint8_t type, uint32_t n)
{
	struct mydev_hw_config_value v = {
		.key = htole16(key), .type = type, .data.num = htole32(n),
	};

	assert_int_equal(card_command(c, MYDEV_OP_CONFIG_SET, 0, &v, sizeof(v))->status,
			 MYDEV_ST_OK);
}

static const struct card_reply *entropy(struct card *c, uint32_t want)
{
	return card_command(c, MYDEV_OP_ENTROPY, want, NULL, 0);
}

static uint8_t health(struct card *c, unsigned int channel)
{
	struct mydev_hw_status st;

	card_status(c, &st);
	return st.channel[channel].health;
}

static uint32_t alarms(struct card *c)
{
	struct mydev_hw_status st;

	card_status(c, &st);
	return le32toh(st.alarms);
}

static void test_cutoffs(void **state)
{
	assert_int_equal(model_health_rct_cutoff(20), 6);
	assert_int_equal(model_health_rct_cutoff(30), 9);
	assert_int_equal(model_health_rct_cutoff(40), 11);
	assert_int_equal(model_health_apt_cutoff(20), 62);
	assert_int_equal(model_health_apt_cutoff(30), 71);
	assert_int_equal(model_health_apt_cutoff(40), 78);
}

static uint8_t judge(struct model_health *h, const uint8_t *w)
{
	return model_health_test(h, w, 30);
}

/* Exactly at the cut-offs, and a repetition that goes on in the next window. */
static void test_windows(void **state)
{
	struct model_health h = { 0 };
	uint8_t w[MODEL_HEALTH_WINDOW];

	for (int i = 0; i < MODEL_HEALTH_WINDOW; i++)
		w[i] = i;
	memset(w + 100, 7, 8);
	assert_int_equal(judge(&h, w), MYDEV_HEALTH_OK);
	w[108] = 7;
	assert_int_equal(judge(&h, w), MYDEV_HEALTH_RCT);

	for (int i = 0; i < MODEL_HEALTH_WINDOW; i++)
		w[i] = i | 1;
	memset(w + MODEL_HEALTH_WINDOW - 4, 9, 4);
	h.run = 0;
	assert_int_equal(judge(&h, w), MYDEV_HEALTH_OK);
	memset(w, 9, 5);
	w[MODEL_HEALTH_WINDOW - 1] = 0;
	assert_int_equal(judge(&h, w), MYDEV_HEALTH_RCT);

	for (int i = 0; i < MODEL_HEALTH_WINDOW; i++)
		w[i] = i % 7 && i ? 1 + i % 200 : 0;
	for (int i = 0, n = 0; i < MODEL_HEALTH_WINDOW; i++)
		if (!w[i] && ++n > 70)
			w[i] = 255;
	h.run = 0;
	assert_int_equal(judge(&h, w), MYDEV_HEALTH_OK);
	w[MODEL_HEALTH_WINDOW - 1] = 0;
	assert_int_equal(judge(&h, w), MYDEV_HEALTH_APT);
}

/* 50 MB of a good source, without one false alarm at the strictest setting. */
static void test_good_source(void **state)
{
	struct model_health h = { 0 };
	uint8_t w[MODEL_HEALTH_WINDOW];
	uint32_t random = 12345;

	for (int n = 0; n < 100000; n++) {
		for (int i = 0; i < MODEL_HEALTH_WINDOW; i++)
			w[i] = nor_random(&random) >> 24;
		assert_int_equal(model_health_test(&h, w, 20), MYDEV_HEALTH_OK);
	}
}

static void test_delivery(void **state)
{
	struct card *c = *state;
	struct mydev_hw_status st;
	const struct card_reply *r;
	uint8_t first[4096];

	r = entropy(c, 4096);
	assert_int_equal(r->status, MYDEV_ST_OK);
	assert_int_equal(r->len, 4096);
	memcpy(first, r->data, sizeof(first));
	r = entropy(c, 4096);
	assert_memory_not_equal(first, r->data, sizeof(first));
	assert_int_equal(entropy(c, 7)->len, 7);
	assert_int_equal(entropy(c, 0)->status, MYDEV_ST_INVALID);
	assert_int_equal(entropy(c, 4097)->status, MYDEV_ST_INVALID);
	card_status(c, &st);
	assert_int_equal(le64toh(st.channel[0].bytes) + le64toh(st.channel[1].bytes), 8199);
	assert_true(le64toh(st.channel[0].bytes) > 3000 && le64toh(st.channel[1].bytes) > 3000);
}

/* Nothing that was given lies about in the adapter. */
static void test_wiped(void **state)
{
	struct card *c = *state;
	uint8_t bytes[64];

	memcpy(bytes, entropy(c, sizeof(bytes))->data, sizeof(bytes));
	assert_null(memmem(c->m, model_sizeof(), bytes, 16));
	assert_null(memmem(c->m, model_sizeof(), bytes + 48, 16));
}

static void test_stuck(void **state)
{
	const uint8_t as = MYDEV_HEALTH_RCT;
	struct card *c = *state;

	c->noise[1] = NOISE_STUCK;
	card_forget(c);
	card_run(c, 1000);
	assert_int_equal(health(c, 1), as);
	assert_int_equal(health(c, 0), MYDEV_HEALTH_OK);
	assert_int_equal(card_count(c, MYDEV_EV_HEALTH, as), 1);
	assert_true(alarms(c) & MYDEV_ALARM_CHANNEL);
	/* The other one goes on. */
	assert_int_equal(entropy(c, 4096)->len, 4096);
	assert_int_equal(entropy(c, 4096)->len, 4096);
	card_run(c, 20000);
	assert_int_equal(health(c, 1), as);
	assert_int_equal(card_count(c, MYDEV_EV_HEALTH, as), 1);

	c->noise[1] = NOISE_GOOD;
	card_run(c, 6000);
	assert_int_equal(health(c, 1), MYDEV_HEALTH_OK);
	assert_int_equal(card_count(c, MYDEV_EV_HEALTH, MYDEV_HEALTH_OK), 1);
	assert_false(alarms(c) & MYDEV_ALARM_CHANNEL);
	assert_int_equal(c->wait_ms, 0);
}

/* The APT sees a bias only in windows that begin with it: now and then one passes. */
static void test_biased(void **state)
{
	struct card *c = *state;
	int failed = 0;

	c->noise[1] = NOISE_BIASED;
	for (int i = 0; i < 50; i++) {
		card_run(c, 5000);
		failed += health(c, 1) == MYDEV_HEALTH_APT;
	}
	assert_in_range(failed, 40, 50);
	assert_int_equal(health(c, 0), MYDEV_HEALTH_OK);
	c->noise[1] = NOISE_GOOD;
	card_run(c, 5000);
	assert_int_equal(health(c, 1), MYDEV_HEALTH_OK);
}

/* Without a tick in between: the failure is noticed by the delivery itself. */
static void test_failure_while_reading(void **state)
{
	struct card *c = *state;
	const struct card_reply *r;

	entropy(c, 4096);
	c->noise[0] = NOISE_STUCK;
	c->noise[1] = NOISE_STUCK;
	c->stuck_at = 0xee;
	r = entropy(c, 4096);
	/* What was tested before may come; of the failed windows there is nothing. */
	assert_true(r->status == MYDEV_ST_HEALTH || r->len <= 2 * MODEL_HEALTH_WINDOW);
	if (r->status == MYDEV_ST_OK)
		assert_null(memmem(r->data, r->len, "\xee\xee\xee\xee\xee\xee\xee\xee\xee", 9));
	assert_int_equal(entropy(c, 4096)->status, MYDEV_ST_HEALTH);
	assert_int_equal(entropy(c, 4096)->len, 0);
	c->noise[0] = NOISE_GOOD;
	assert_int_equal(entropy(c, 1)->status, MYDEV_ST_HEALTH);
	card_run(c, 5000);
	assert_int_equal(entropy(c, 1)->status, MYDEV_ST_OK);
}

static void test_start_up(void **state)
{
	struct card *c = *state;

	c->noise[0] = NOISE_STUCK;
	card_on(c);
	assert_int_equal(health(c, 0), MYDEV_HEALTH_RCT);
	assert_int_equal(health(c, 1), MYDEV_HEALTH_OK);
}

static void test_cable(void **state)
{
	struct card *c = *state;

	c->cable[0] = false;
	card_changed(c);
	assert_int_equal(health(c, 0), MYDEV_HEALTH_CABLE);
	assert_int_equal(card_count(c, MYDEV_EV_CABLE, 0), 1);
	assert_int_equal(card_count(c, MYDEV_EV_HEALTH, MYDEV_HEALTH_CABLE), 1);
	assert_true(alarms(c) & MYDEV_ALARM_CHANNEL);
	assert_int_equal(entropy(c, 4096)->len, 4096);
	c->cable[1] = false;		/* seen although nobody ticks */
	assert_int_equal(entropy(c, 4096)->status, MYDEV_ST_HEALTH);
	c->cable[0] = true;
	card_changed(c);
	assert_int_equal(health(c, 0), MYDEV_HEALTH_OK);
	assert_int_equal(entropy(c, 4096)->len, 4096);
}

static void test_mask(void **state)
{
	struct card *c = *state;

	set(c, MASK, MYDEV_CONFIG_UINT, 2);
	assert_int_equal(health(c, 0), MYDEV_HEALTH_DISABLED);
	c->cable[0] = false;
	card_changed(c);
	assert_false(alarms(c) & MYDEV_ALARM_CHANNEL);
	c->cable[0] = true;
	c->noise[1] = NOISE_STUCK;
	card_run(c, 1000);
	assert_int_equal(entropy(c, 1)->status, MYDEV_ST_HEALTH);
	set(c, MASK, MYDEV_CONFIG_UINT, 3);
	assert_int_equal(health(c, 0), MYDEV_HEALTH_OK);
	assert_int_equal(entropy(c, 1)->status, MYDEV_ST_OK);
}

/* Conditioned output is SHA-256 of the raw samples, four to one. */
static void test_conditioning(void **state)
{
	struct card *c = *state;
	uint32_t random;
	uint8_t raw[128], digest[CRYPTO_DIGEST_SIZE];
	uint64_t before;

	set(c, MASK, MYDEV_CONFIG_UINT, 1);
	/* The pool is full: the next window is taken behind its 128 bytes. */
	assert_int_equal(entropy(c, 128)->len, 128);
	random = c->random;
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = nor_random(&random) >> 24;
	crypto_sha256(raw, sizeof(raw), digest);
	before = c->samples;
	assert_memory_equal(entropy(c, 128)->data, digest, sizeof(digest));
	assert_int_equal(c->samples - before, 512);

	set(c, CONDITIONING, MYDEV_CONFIG_ENUM, 0);
	assert_int_equal(entropy(c, 512)->len, 512);
	random = c->random;
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = nor_random(&random) >> 24;
	assert_memory_equal(entropy(c, 512)->data, raw, sizeof(raw));
}

static void test_rate(void **state)
{
	struct card *c = *state;
	uint32_t total = 0;

	set(c, RATE, MYDEV_CONFIG_UINT, 10);
	while (entropy(c, 4096)->status == MYDEV_ST_OK)
		;
	for (int i = 0; i < 1000; i++) {
		const struct card_reply *r;

		c->now_ms += 10;
		r = entropy(c, 4096);
		assert_true(r->status == MYDEV_ST_OK || r->status == MYDEV_ST_AGAIN);
		total += r->len;
	}
	assert_in_range(total, 102400 - 200, 102400);
	c->now_ms += 1000000000000ULL;
	assert_int_equal(entropy(c, 4096)->len, 4096);
	assert_int_equal(entropy(c, 4096)->status, MYDEV_ST_AGAIN);
	set(c, RATE, MYDEV_CONFIG_UINT, 0);
	assert_int_equal(entropy(c, 4096)->len, 4096);
}

static void test_temperature(void **state)
{
	struct card *c = *state;

	set(c, INTERVAL, MYDEV_CONFIG_UINT, 10);
	card_forget(c);
	c->temperature += 1999;
	card_changed(c);
	assert_int_equal(c->n_events, 0);
	c->now_ms += 10000;
	c->temperature += 1;
	card_changed(c);
	assert_int_equal(card_count(c, MYDEV_EV_TEMPERATURE, 0), 1);
	c->temperature += 5000;		/* told when the interval is over, not before */
	card_run(c, 9999);
	assert_int_equal(card_count(c, MYDEV_EV_TEMPERATURE, 0), 1);
	assert_int_equal(c->wait_ms, 1);
	card_run(c, 1);
	assert_int_equal(card_count(c, MYDEV_EV_TEMPERATURE, 0), 2);

	c->temperature = 70000;
	card_changed(c);
	assert_int_equal(card_count(c, MYDEV_EV_TEMPERATURE, 1), 1);
	assert_int_equal(alarms(c), MYDEV_ALARM_TEMP_WARN);
	c->temperature = 85000;
	card_changed(c);
	assert_int_equal(alarms(c), MYDEV_ALARM_TEMP_WARN | MYDEV_ALARM_TEMP_CRITICAL);
	assert_int_equal(c->events[c->n_events - 1].severity, MYDEV_SEV_ERROR);
	assert_int_equal(entropy(c, 16)->status, MYDEV_ST_HEALTH);
	c->temperature = 69999;
	card_changed(c);
	assert_int_equal(alarms(c), 0);
	assert_int_equal(card_count(c, MYDEV_EV_TEMPERATURE, 2), 1);
	assert_int_equal(entropy(c, 16)->status, MYDEV_ST_OK);
	set(c, WARN, MYDEV_CONFIG_UINT, 60);
	assert_int_equal(alarms(c), MYDEV_ALARM_TEMP_WARN);
}

static void test_hysteresis(void **state)
{
	struct card *c = *state;

	set(c, HYSTERESIS, MYDEV_CONFIG_UINT, 5);
	c->temperature = 70000;
	card_changed(c);
	assert_int_equal(alarms(c), MYDEV_ALARM_TEMP_WARN);
	c->temperature = 65000;
	card_changed(c);
	assert_int_equal(alarms(c), MYDEV_ALARM_TEMP_WARN);
	c->temperature = 64999;
	card_changed(c);
	assert_int_equal(alarms(c), 0);
	c->temperature = 69999;
	card_changed(c);
	assert_int_equal(alarms(c), 0);
}

static void test_voltage(void **state)
{
	struct card *c = *state;

	c->voltage = 3465;
	card_changed(c);
	assert_int_equal(alarms(c), 0);
	c->voltage = 3466;
	card_changed(c);
	assert_int_equal(alarms(c), MYDEV_ALARM_VOLTAGE);
	c->voltage = 3134;
	card_changed(c);
	assert_int_equal(alarms(c), MYDEV_ALARM_VOLTAGE);
	c->voltage = 3135;
	card_changed(c);
	assert_int_equal(alarms(c), 0);
	assert_int_equal(card_count(c, MYDEV_EV_VOLTAGE, 1), 1);
	assert_int_equal(card_count(c, MYDEV_EV_VOLTAGE, 2), 1);
	c->voltage = 0xffffffff;
	c->temperature = INT32_MIN;
	card_changed(c);
	c->temperature = INT32_MAX;
	card_changed(c);
}

static uint16_t selftest(struct card *c)
{
	struct mydev_hw_status st;

	assert_int_equal(card_do(c, MYDEV_OP_SELFTEST, 0), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_SELFTEST, 0), MYDEV_ST_BUSY);
	card_status(c, &st);
	assert_int_equal(st.selftest, MYDEV_SELFTEST_RUNNING);
	card_run(c, 2000);
	card_status(c, &st);
	assert_int_equal(st.selftest, st.selftest_failed ? MYDEV_SELFTEST_FAILED :
							    MYDEV_SELFTEST_PASSED);
	assert_true(card_count(c, MYDEV_EV_SELFTEST, st.selftest));
	return le16toh(st.selftest_failed);
}

static void test_selftest(void **state)
{
	struct card *c = *state;

	assert_int_equal(selftest(c), 0);
	c->temperature = 200000;
	assert_int_equal(selftest(c), MYDEV_SELFTEST_SENSOR);
	c->temperature = 40000;
	c->noise[0] = NOISE_STUCK;
	assert_int_equal(selftest(c), MYDEV_SELFTEST_CHANNEL);
	c->noise[0] = NOISE_GOOD;
	c->cable[0] = false;		/* no source is no bad source */
	assert_int_equal(selftest(c), 0);
	c->flash.mem[1000] ^= 1;
	assert_int_equal(selftest(c), MYDEV_SELFTEST_FLASH);
	c->flash.mem[1000] ^= 1;
	c->flash.fault_from = 2 * c->card.geometry.slot_size + 2 * c->card.geometry.sector_size;
	c->flash.fault_to = c->flash.fault_from + 2 * c->card.geometry.sector_size;
	c->flash.unreadable = true;
	assert_int_equal(selftest(c), MYDEV_SELFTEST_NVRAM);
}

/* Nothing to do costs nothing: no timer, and a tick changes nothing. */
static void test_idle(void **state)
{
	struct card *c = *state;
	uint32_t ops;

	card_run(c, 1000);
	ops = c->flash.ops;
	card_forget(c);
	assert_int_equal(c->wait_ms, 0);
	card_run(c, 3600000);
	assert_int_equal(c->wait_ms, 0);
	assert_int_equal(c->n_events, 0);
	assert_int_equal(c->flash.ops, ops);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TF(name) cmocka_unit_test_setup_teardown(name, setup_features, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cutoffs),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_good_source),
		T(test_delivery),
		T(test_wiped),
		TF(test_wiped),
		T(test_stuck),
		T(test_biased),
		TF(test_biased),
		T(test_failure_while_reading),
		T(test_start_up),
		T(test_cable),
		T(test_mask),
		TF(test_conditioning),
		T(test_rate),
		T(test_temperature),
		TF(test_hysteresis),
		T(test_voltage),
		T(test_selftest),
		T(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
