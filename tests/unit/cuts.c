// SPDX-License-Identifier: GPL-2.0
#include "tests/unit/cuts.h"

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/util.h"
#include "model/config.h"
#include "model/health.h"
#include "model/journal.h"

#define DEPTH_MAX	3
#define LOG_SURE	8	/* entries that have to be there, however many sectors are lost */

/* Ways to cut: before, the NOR_TEAR_ANY ways within, after. */
enum { BEFORE, WITHIN, AFTER = WITHIN + NOR_TEAR_ANY, WAYS };

static struct stage stages[DEPTH_MAX + 1];
static unsigned int depth;
static struct card_image images[VERSIONS];

/* What is being played; no scenario: nothing. */
static struct {
	const struct scenario *scenario;
	const struct round *round;
	unsigned int phase, cuts;
} playing;

static struct {
	unsigned long nth[DEPTH_MAX + 1], before, within, after;
	unsigned long old, new, trial;		/* image that runs after power-on */
	unsigned long config_old, config_new;	/* when one was being set */
	unsigned long log_there, log_not;	/* when an entry was being written */
} tally;

const struct card_image *cuts_image(int version)
{
	return &images[version];
}

void cuts_configure(struct stage *s, uint32_t n)
{
	const __le16 keys[] = { htole16(MODEL_KEY_LABEL), htole16(MODEL_KEY_TEMP_WARN) };
	struct mydev_hw_config_value v[2] = {
		{ .key = keys[0], .type = MYDEV_CONFIG_STRING },
		{ .key = keys[1], .type = MYDEV_CONFIG_UINT, .data.num = htole32(40 + n % 30) },
	};
	const struct card_reply *r;

	s->truth.config_tried = n;
	snprintf(v[0].data.str, sizeof(v[0].data.str), "%u", n);
	r = n ? card_command(&s->card, MYDEV_OP_CONFIG_SET, 0, v, sizeof(v)) :
		card_command(&s->card, MYDEV_OP_CONFIG_RESET, 0, keys, sizeof(keys));
	assert_int_equal(r->status, MYDEV_ST_OK);
	s->truth.config = n;
}

static uint32_t get_config(struct card *c)
{
	const struct card_reply *r = card_command(c, MYDEV_OP_CONFIG_GET, 0, NULL, 0);
	struct mydev_hw_config_value v;
	uint32_t n = UINT32_MAX, warn = 0;

	for (uint32_t off = 0; off < r->len; off += sizeof(v)) {
		memcpy(&v, r->data + off, sizeof(v));
		if (le16toh(v.key) == MODEL_KEY_LABEL)
			n = atoi(v.data.str);
		if (le16toh(v.key) == MODEL_KEY_TEMP_WARN)
			warn = le32toh(v.data.num);
	}
	assert_int_equal(warn, n ? 40 + n % 30 : 70);
	return n;
}

static void observe_config(struct stage *s)
{
	struct truth *t = &s->truth;
	struct mydev_hw_status st;
	uint32_t n = get_config(&s->card);

	if (n != t->config)
		assert_int_equal(n, t->config_tried);
	t->config = t->config_tried = n;
	card_status(&s->card, &st);
	assert_false(le32toh(st.alarms) & MYDEV_ALARM_NVRAM);
}

static void missing(const struct truth *t, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		if (from + LOG_SURE > t->log_last)
			assert_false(t->log[from % CUTS_LOG_KEPT].sure);
}

/* Every entry is one that was written, in order, and of those written for sure none lacks. */
static void observe_log(struct stage *s)
{
	struct truth *t = &s->truth;
	uint32_t next = t->log_last < CUTS_LOG_KEPT ? 1 : t->log_last - CUTS_LOG_KEPT + 1;
	const struct card_reply *r = card_command(&s->card, MYDEV_OP_LOG_READ, next, NULL, 0);
	struct mydev_hw_log_entry e;

	for (uint32_t off = 0; off < r->len; off += sizeof(e)) {
		memcpy(&e, r->data + off, sizeof(e));
		assert_in_range(le32toh(e.seq), next, t->log_last);
		missing(t, next, le32toh(e.seq));
		next = le32toh(e.seq);
		assert_memory_equal(&e, &t->log[next++ % CUTS_LOG_KEPT].entry, sizeof(e));
	}
	missing(t, next, t->log_last + 1);
}

static void observe_firmware(struct stage *s)
{
	struct card *c = &s->card;
	struct truth *t = &s->truth;
	const struct card_image *i;
	struct mydev_hw_fw_info info;
	uint32_t start, version;

	card_fw_info(c, &info);
	version = info.slot[info.running].version.major;
	assert_true(t->versions & BIT(version));
	i = &images[version];
	start = info.running * c->card.geometry.slot_size;
	assert_true(nor_sound(&c->flash, start, i->size));
	assert_memory_equal(c->flash.mem + start, i->data, i->size);

	assert_true(le32toh(info.counter) >= t->counter);
	t->counter = le32toh(info.counter);
	if (info.slot[info.running].state == MYDEV_SLOT_CONFIRMED && info.pending == MYDEV_HW_NONE)
		t->versions = BIT(version);
}

void cuts_observe(struct stage *s)
{
	observe_firmware(s);
	observe_config(s);
	observe_log(s);
}

static bool on_trial(struct card *c)
{
	struct mydev_hw_fw_info info;

	card_fw_info(c, &info);
	return info.slot[info.running].state == MYDEV_SLOT_TRIAL;
}

void cuts_commit(struct stage *s, int version)
{
	assert_int_equal(card_write(&s->card, &images[version]), MYDEV_ST_OK);
	s->truth.versions |= BIT(version);
	assert_int_equal(card_do(&s->card, MYDEV_OP_FW_COMMIT, 0), MYDEV_ST_OK);
}

void cuts_activate(struct stage *s)
{
	assert_int_equal(card_do(&s->card, MYDEV_OP_FW_ACTIVATE, 0), MYDEV_ST_OK);
}

void cuts_hello(struct stage *s)
{
	card_do(&s->card, MYDEV_OP_HELLO, MYDEV_HW_VERSION);
	card_run(&s->card, MYDEV_HW_TRIAL_MS);
}

void cuts_install(struct stage *s, int version)
{
	cuts_commit(s, version);
	cuts_activate(s);
	cuts_hello(s);
	cuts_observe(s);
	assert_int_equal(s->truth.versions, BIT(version));
}

static void count_cut(unsigned int nth, unsigned int way)
{
	tally.nth[nth]++;
	if (way == BEFORE)
		tally.before++;
	else if (way == AFTER)
		tally.after++;
	else
		tally.within++;
}

static bool log_has(struct card *c, const struct mydev_hw_log_entry *e)
{
	const struct card_reply *r = card_command(c, MYDEV_OP_LOG_READ, le32toh(e->seq), NULL, 0);

	return r->len && !memcmp(r->data, e, sizeof(*e));
}

/* How it ended, in comparison with what was `before` the power-on. */
static void count_outcome(struct stage *s, const struct truth *before)
{
	struct card *c = &s->card;

	if (on_trial(c))
		tally.trial++;
	else if (card_version(c) == (unsigned int)playing.scenario->from)
		tally.old++;
	else
		tally.new++;
	if (before->config != before->config_tried) {
		tally.config_old += s->truth.config == before->config;
		tally.config_new += s->truth.config == before->config_tried;
	}
	if (before->log_tried) {
		if (log_has(c, &before->log[before->log_last % CUTS_LOG_KEPT].entry))
			tally.log_there++;
		else
			tally.log_not++;
	}
}

/* Everything must be as if nothing had been. */
static void work(struct stage *s)
{
	struct card *c = &s->card;

	s->cuts = playing.round->next;
	c->temperature = 40000;
	c->bad_boot[1] = false;
	memset(c->cable, true, sizeof(c->cable));
	card_on(c);
	observe_firmware(s);
	observe_config(s);
	cuts_install(s, NEXT);
}

static void recover(struct stage *s)
{
	const struct truth before = s->truth;

	s->truth.log_tried = false;
	s->cuts = true;
	card_on(&s->card);
	cuts_observe(s);
	count_outcome(s, &before);
	if (on_trial(&s->card)) {
		cuts_hello(s);
		observe_firmware(s);
	}
	work(s);
}

static void take_over(struct stage *next, const struct stage *s)
{
	nor_copy(&next->card.flash, &s->card.flash);
	next->card.now_ms = s->card.now_ms;
	next->card.temperature = s->card.temperature;
	memcpy(next->card.cable, s->card.cable, sizeof(s->card.cable));
	memcpy(next->card.bad_boot, s->card.bad_boot, sizeof(s->card.bad_boot));
	next->truth = s->truth;
	next->op = 0;
}

static void log_written(struct truth *t)
{
	if (t->log_tried)
		t->log[t->log_last % CUTS_LOG_KEPT].sure = true;
	t->log_tried = false;
}

/* Power fails at this operation, in that way, and the next stage has to live with it. */
static void cut(struct stage *s, const struct nor_op *op, unsigned int way)
{
	struct stage *next = s + 1;

	s->way = way;
	take_over(next, s);
	next->card.flash.random = s->card.flash.random ^ (s->op * 7919 + way) * 2654435761U;
	if (!next->card.flash.random)
		next->card.flash.random = 1;
	if (way == AFTER) {
		nor_do(&next->card.flash, op);
		log_written(&next->truth);
	} else if (way != BEFORE) {
		nor_tear(&next->card.flash, op, way - WITHIN);
	}
	count_cut(next - stages, way);
	playing.cuts++;
	recover(next);
	playing.cuts--;
}

/* The entry that is being written, if one is. */
static void note_log(struct stage *s, const struct nor_op *op)
{
	const struct model_geometry *g = &s->card.card.geometry;
	const struct model_journal_header *h = (const void *)op->data;
	struct truth *t = &s->truth;
	struct mydev_hw_log_entry e, *known;
	bool *sure;

	if (op->off < model_flash_size(g) - 4 * g->sector_size || op->len != sizeof(*h) + sizeof(e))
		return;
	memcpy(&e, h + 1, sizeof(e));
	t->log_last = le32toh(e.seq);
	known = &t->log[t->log_last % CUTS_LOG_KEPT].entry;
	sure = &t->log[t->log_last % CUTS_LOG_KEPT].sure;
	/* One that is made firm is there already. */
	*sure = *sure && !memcmp(known, &e, sizeof(e));
	*known = e;
	t->log_tried = true;
}

static void at_operation(void *arg, const struct nor_op *op)
{
	struct stage *s = arg;
	unsigned int way;

	s->op++;
	log_written(&s->truth);
	if (s->cuts && s < stages + depth)
		cut(s, op, BEFORE);
	note_log(s, op);
	if (s->cuts && s < stages + depth)
		for (way = WITHIN; way < WAYS; way++)
			cut(s, op, way);
}

static uint8_t samples[MODEL_HEALTH_WINDOW];

/* Good enough for the health tests, and made in no time. */
static void quick_noise(void *env, unsigned int channel, u8 *buf, u32 len)
{
	memcpy(buf, samples, len);
}

/* Start-up tests take most of the time; those of one channel do. */
static void use_one_channel(struct card *c)
{
	const struct mydev_hw_config_value v = {
		.key = htole16(MODEL_KEY_CHANNEL_MASK), .type = MYDEV_CONFIG_UINT,
		.data.num = htole32(1),
	};

	assert_int_equal(card_command(c, MYDEV_OP_CONFIG_SET, 0, &v, sizeof(v))->status,
			 MYDEV_ST_OK);
}

/* Moves the ends of all three journals on. */
static void go_on(struct stage *s, unsigned int phase)
{
	for (unsigned int i = 0; i < phase; i++) {
		card_on(&s->card);
		if (i % 2) {
			cuts_configure(s, i);
			card_do(&s->card, MYDEV_OP_FW_BEGIN, 1);
		}
	}
	card_on(&s->card);
	cuts_configure(s, 1);
}

static void prepare(struct stage *s, const struct scenario *sc, unsigned int phase)
{
	memset(&s->truth, 0, sizeof(s->truth));
	s->truth.versions = BIT(OLD);
	s->truth.counter = 1;
	s->cuts = false;
	card_on(&s->card);
	use_one_channel(&s->card);
	go_on(s, phase);
	if (sc->from != OLD)
		cuts_install(s, sc->from);
	cuts_observe(s);
	s->op = 0;
	s->cuts = true;
}

static void play(const struct scenario *sc, const struct round *r, unsigned int phase)
{
	depth = r->depth;
	playing.scenario = sc;
	playing.round = r;
	playing.phase = phase;
	for (unsigned int i = 0; i <= depth; i++) {
		card_init(&stages[i].card, MYDEV_MODEL_MD2000, &r->geometry, &images[OLD]);
		stages[i].card.ops.noise = quick_noise;
		stages[i].card.flash.tap = at_operation;
		stages[i].card.flash.tap_arg = &stages[i];
	}
	prepare(&stages[0], sc, phase);
	sc->play(&stages[0]);
	for (unsigned int i = 0; i <= depth; i++)
		card_free(&stages[i].card);
	playing.scenario = NULL;
}

void cuts_play(const struct scenario *sc, const struct round *r)
{
	for (unsigned int n = 0; n < r->phases; n++)
		play(sc, r, r->phase + n);
}

/* Where a test ended, when it did not end well. */
int cuts_test_teardown(void **state)
{
	static const char *const ways[] = {
		"before", "within: few bits", "within: half of the bits", "within: most bits",
		"within: nothing but a bit", "within: all but a bit", "within: the first part",
		"within: the last part", "after",
	};

	if (!playing.scenario)
		return 0;
	printf("# %s, geometry %u/%u/0x%02x, phase %u:\n", playing.scenario->name,
	       playing.round->geometry.sector_size, playing.round->geometry.page_size,
	       playing.round->geometry.erased, playing.phase);
	for (unsigned int i = 0; i < playing.cuts; i++)
		printf("# cut at operation %u, %s\n", stages[i].op, ways[stages[i].way]);
	playing.scenario = NULL;
	playing.cuts = 0;
	return 0;
}

int cuts_setup(void **state)
{
	for (size_t i = 0; i < sizeof(samples); i++)
		samples[i] = i;
	for (unsigned int v = OLD; v < VERSIONS; v++) {
		struct fwbuild b = {
			.version.major = v,
			.counter = v < RAISED ? 1 : 2,
			.features = MYDEV_FEATURE_CONDITIONING | MYDEV_FEATURE_TEMP_HYSTERESIS,
			.code_size = 4096 + 100 * v,
		};

		images[v] = card_build(&b);
	}
	return 0;
}

/* Lines that a TAP reader shows as they are. */
int cuts_report(void **state)
{
	unsigned long cuts = tally.before + tally.within + tally.after;

	printf("# power cuts: %lu: %lu before an operation, %lu within, %lu after; first %lu",
	       cuts, tally.before, tally.within, tally.after, tally.nth[1]);
	for (unsigned int n = 2; n <= DEPTH_MAX; n++)
		printf(", then %lu", tally.nth[n]);
	printf("\n# of these %lu booted the image before, %lu the new one, %lu that on trial; all "
	       "whole, and updated since\n", tally.old, tally.new, tally.trial);
	printf("# configuration being set: %lu the one before, %lu the new one; log entry being "
	       "written: %lu not there, %lu whole\n", tally.config_old, tally.config_new,
	       tally.log_not, tally.log_there);
	for (unsigned int v = OLD; v < VERSIONS; v++)
		card_image_free(&images[v]);
	return 0;
}

