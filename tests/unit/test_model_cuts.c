// SPDX-License-Identifier: GPL-2.0
/*
 * Power fails at every operation of the flash that an update, its activation, confirmation,
 * revert or rollback, a change of the configuration or an entry of the log takes: before it,
 * after it, and within it in every way of enum nor_tear; and again, in all these ways, at
 * every operation of the recovery from each. After it the card boots the old or the new image,
 * whole; the configuration is the old or the new one; every entry that the log got is in it,
 * the one being written whole or not at all; and the next update succeeds.
 *
 * MYDEV_CUTS in the environment says how much is tried: `quick` takes seconds, `more` minutes,
 * `all` half an hour.
 */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/util.h"
#include "tests/unit/cuts.h"

/* What is tried with every commit, with make check, and with make check-long. */
static const struct round quick[] = {
	{ { 8192, 4096, 256, 0xff }, 0, 1, 1 },
	{ { 8192, 4096, 512, 0x00 }, 1, 1, 1 },
};

static const struct round more[] = {
	{ { 8192, 4096, 256, 0xff }, 0, 1, 2 },
	{ { 8192, 4096, 512, 0x00 }, 1, 1, 2 },
	{ { 8192, 8192, 1024, 0xff }, 2, 1, 2 },
	{ { 8192, 4096, 64, 0x00 }, 3, 1, 1 },
	{ { 32768, 32768, 4096, 0xff }, 4, 1, 1 },
	{ { 65536, 65536, 256, 0xff }, 5, 1, 1 },
};

static const struct round all[] = {
	{ { 8192, 4096, 256, 0xff }, 0, 8, 2 },
	{ { 8192, 4096, 512, 0x00 }, 0, 8, 2 },
	{ { 8192, 4096, 128, 0xff }, 0, 4, 2 },
	{ { 8192, 8192, 1024, 0xff }, 0, 4, 2 },
	{ { 8192, 4096, 64, 0x00 }, 0, 2, 2 },
	{ { 16384, 16384, 2048, 0x00 }, 0, 2, 2 },
	{ { 32768, 32768, 4096, 0xff }, 0, 4, 1 },
	{ { 65536, 65536, 256, 0xff }, 0, 4, 1 },
	{ { 8192, 4096, 256, 0xff }, 9, 1, 2, .next = true },
	{ { 8192, 4096, 512, 0x00 }, 9, 1, 2, .next = true },
	{ { 8192, 4096, 512, 0xff }, 0, 1, 3, .only = "update" },
};

static const struct round *rounds = quick;
static size_t n_rounds = ARRAY_SIZE(quick);

static void update(struct stage *s)
{
	cuts_install(s, NEW);
	cuts_configure(s, 2);
}

static void update_raising_counter(struct stage *s)
{
	cuts_install(s, RAISED);
	assert_int_equal(s->truth.counter, 2);
	cuts_configure(s, 2);
}

/* Broken off twice, with and without saying so, before it succeeds. */
static void update_after_all(struct stage *s)
{
	struct card *c = &s->card;

	assert_int_equal(card_write(c, cuts_image(NEW)), MYDEV_ST_OK);
	card_do(c, MYDEV_OP_FW_ABORT, 0);
	assert_int_equal(card_do(c, MYDEV_OP_FW_BEGIN, cuts_image(NEW)->size), MYDEV_ST_OK);
	assert_int_equal(card_do(c, MYDEV_OP_FW_ERASE, 0), MYDEV_ST_OK);
	card_do(c, MYDEV_OP_RESET, 0);
	cuts_install(s, NEW);
}

static void unpend(struct stage *s)
{
	cuts_commit(s, NEW);
	assert_int_equal(card_do(&s->card, MYDEV_OP_FW_UNPEND, 0), MYDEV_ST_OK);
	s->truth.versions = BIT(OLD);
	cuts_configure(s, 2);
}

static void reverted(struct stage *s)
{
	cuts_observe(s);
	assert_int_equal(s->truth.versions, BIT(OLD));
	cuts_configure(s, 2);
}

static void revert_without_hello(struct stage *s)
{
	cuts_commit(s, NEW);
	cuts_activate(s);
	card_run(&s->card, MYDEV_HW_TRIAL_MS);
	reverted(s);
}

static void revert_by_selftest(struct stage *s)
{
	cuts_commit(s, NEW);
	cuts_activate(s);
	s->card.temperature = 500000;
	cuts_hello(s);
	reverted(s);
}

static void revert_by_reset(struct stage *s)
{
	cuts_commit(s, NEW);
	cuts_activate(s);
	card_do(&s->card, MYDEV_OP_RESET, 0);
	reverted(s);
}

static void revert_bad_boot(struct stage *s)
{
	cuts_commit(s, NEW);
	s->truth.versions = BIT(OLD);
	s->card.bad_boot[1] = true;
	cuts_activate(s);
	reverted(s);
}

static void rollback(struct stage *s)
{
	s->truth.versions |= BIT(OLD);
	assert_int_equal(card_do(&s->card, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_OK);
	cuts_activate(s);
	cuts_hello(s);
	reverted(s);
}

static void rollback_reverted(struct stage *s)
{
	s->truth.versions |= BIT(OLD);
	assert_int_equal(card_do(&s->card, MYDEV_OP_FW_ROLLBACK, 0), MYDEV_ST_OK);
	cuts_activate(s);
	card_run(&s->card, MYDEV_HW_TRIAL_MS);
	cuts_observe(s);
	assert_int_equal(s->truth.versions, BIT(NEW));
	cuts_configure(s, 2);
}

static void configure(struct stage *s)
{
	for (uint32_t n = 2; n < 12; n++)
		cuts_configure(s, n % 5 ? n : 0);
}

static void log_entries(struct stage *s)
{
	for (int i = 0; i < 20; i++) {
		s->card.cable[0] = !s->card.cable[0];
		card_changed(&s->card);
	}
}

static void resets(struct stage *s)
{
	for (int i = 0; i < 4; i++)
		card_do(&s->card, MYDEV_OP_RESET, 0);
}

static const struct scenario scenarios[] = {
	{ "update", update, OLD },
	{ "update raising the counter", update_raising_counter, OLD },
	{ "update after all", update_after_all, OLD },
	{ "unpend", unpend, OLD },
	{ "revert without hello", revert_without_hello, OLD },
	{ "revert by self-test", revert_by_selftest, OLD },
	{ "revert by reset", revert_by_reset, OLD },
	{ "revert of a bad boot", revert_bad_boot, OLD },
	{ "rollback", rollback, NEW },
	{ "rollback reverted", rollback_reverted, NEW },
	{ "configuration", configure, OLD },
	{ "log", log_entries, OLD },
	{ "resets", resets, OLD },
};

static void test_scenario(void **state)
{
	const struct scenario *sc = *state;

	for (size_t i = 0; i < n_rounds; i++)
		if (!rounds[i].only || !strcmp(rounds[i].only, sc->name))
			cuts_play(sc, &rounds[i]);
}

#ifdef __SANITIZE_ADDRESS__
#define EFFORT	"quick"
#else
#define EFFORT	"more"
#endif

static void choose_rounds(const char *effort)
{
	if (!strcmp(effort, "more")) {
		rounds = more;
		n_rounds = ARRAY_SIZE(more);
	} else if (!strcmp(effort, "all")) {
		rounds = all;
		n_rounds = ARRAY_SIZE(all);
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(scenarios)];

	choose_rounds(getenv("MYDEV_CUTS") ?: EFFORT);
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++)
		tests[i] = (struct CMUnitTest){
			.name = scenarios[i].name,
			.test_func = test_scenario,
			.teardown_func = cuts_test_teardown,
			.initial_state = (void *)&scenarios[i],
		};
	return cmocka_run_group_tests(tests, cuts_setup, cuts_report);
}
