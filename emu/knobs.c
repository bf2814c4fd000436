// SPDX-License-Identifier: GPL-2.0
#include "emu/knobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"

static const char *const off_on[] = { "off", "on", NULL };
static const char *const out_in[] = { "out", "in", NULL };
static const char *const noises[] = { "ok", "stuck", "biased", NULL };
static const char *const hangs[] = { "no", "reset", "forever", NULL };

static const struct row {
	const char *name;
	enum knob first;
	bool per_channel;
	int64_t min, max, start;
	const char *const *words;	/* of the values from 0 on, or NULL: numbers alone */
	const char *help;
} rows[] = {
	{ "cable", KNOB_CABLE, true, 0, 1, 1, out_in,
	  "the noise source of that channel is connected" },
	{ "noise", KNOB_NOISE, true, 0, NOISE_BIASED, NOISE_OK, noises,
	  "what the noise source of that channel gives" },
	{ "temperature", KNOB_TEMPERATURE, false, -55000, 150000, 41000, NULL,
	  "1/1000 degree Celsius" },
	{ "voltage", KNOB_VOLTAGE, false, 0, 6000, 3300, NULL, "mV" },
	{ "entropy_counter", KNOB_ENTROPY_COUNTER, false, KNOB_NONE, INT64_MAX, KNOB_NONE, NULL,
	  "instead of noise, a 64-bit little-endian counter is given, from that number on" },
	{ "lose_commands", KNOB_LOSE_COMMANDS, false, 0, 1000000, 0, NULL,
	  "so many of the next commands are lost" },
	{ "stuck_opcode", KNOB_STUCK_OPCODE, false, KNOB_NONE, 255, KNOB_NONE, NULL,
	  "the next command with that opcode never ends" },
	{ "hang", KNOB_HANG, false, 0, HANG_FOREVER, HANG_NO, hangs,
	  "nothing is done: until a reset, or whatever happens" },
	{ "deaf", KNOB_DEAF, false, 0, 1, 0, off_on, "resets are not even acknowledged" },
	{ "reboots", KNOB_REBOOTS, false, 0, 1000, 0, NULL,
	  "so often the card restarts by itself" },
	{ "boot_ms", KNOB_BOOT_MS, false, 0, 60000, 50, NULL, "time that a start takes" },
	{ "bad_boot", KNOB_BAD_BOOT, false, 0, 1, 0, off_on,
	  "an image that never ran does not start" },
	{ "lose_interrupts", KNOB_LOSE_INTERRUPTS, false, 0, 1000000, 0, NULL,
	  "so many of the next interrupts are lost" },
	{ "interrupt_delay_ms", KNOB_INTERRUPT_DELAY_MS, false, 0, 60000, 0, NULL,
	  "interrupts come so much later" },
	{ "garble_replies", KNOB_GARBLE_REPLIES, false, 0, 1000000, 0, NULL,
	  "so many of the next replies are random, but for their id" },
	{ "garble_indices", KNOB_GARBLE_INDICES, false, 0, 1000000, 0, NULL,
	  "so often a random number is written instead of an index" },
	{ "stray_completions", KNOB_STRAY_COMPLETIONS, false, 0, 1000000, 0, NULL,
	  "so many random completions come at once" },
	{ "flood_events", KNOB_FLOOD_EVENTS, false, 0, 1000000, 0, NULL,
	  "so many random events come at once" },
	{ "reply_id", KNOB_REPLY_ID, false, KNOB_NONE, UINT16_MAX, KNOB_NONE, NULL,
	  "the next completion has this id" },
	{ "reply_status", KNOB_REPLY_STATUS, false, KNOB_NONE, UINT16_MAX, KNOB_NONE, NULL,
	  "this status" },
	{ "reply_result", KNOB_REPLY_RESULT, false, KNOB_NONE, UINT32_MAX, KNOB_NONE, NULL,
	  "this result" },
	{ "reply_out_len", KNOB_REPLY_OUT_LEN, false, KNOB_NONE, UINT32_MAX, KNOB_NONE, NULL,
	  "this length of its data" },
	{ "flash_timing", KNOB_FLASH_TIMING, false, 0, 1, 0, off_on,
	  "flash operations take the time that they take" },
	{ "flash_delay_us", KNOB_FLASH_DELAY_US, false, 0, 10000000, 0, NULL,
	  "they take so much more" },
	{ "flash_write_error", KNOB_FLASH_WRITE_ERROR, false, 0, 1, 0, off_on,
	  "programming a slot fails" },
	{ "flash_verify_error", KNOB_FLASH_VERIFY_ERROR, false, 0, 1, 0, off_on,
	  "a bit of each page programmed into a slot falls over" },
	{ "worn_sector", KNOB_WORN_SECTOR, false, KNOB_NONE, UINT32_MAX, KNOB_NONE, NULL,
	  "erasing and programming the sector with this offset fails" },
	{ "power_cut_before", KNOB_POWER_CUT_BEFORE, false, 0, 1000000000, 0, NULL,
	  "power fails before that flash operation; 1 is the next erase or programmed page" },
	{ "power_cut_torn", KNOB_POWER_CUT_TORN, false, 0, 1000000000, 0, NULL,
	  "power fails within it: some of its bits changed" },
	{ "power_cut_after", KNOB_POWER_CUT_AFTER, false, 0, 1000000000, 0, NULL,
	  "power fails right after it" },
};

void knobs_init(struct knobs *k, unsigned int channels)
{
	unsigned int i, n;

	*k = (struct knobs){ .channels = channels };
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (n = 0; n < (rows[i].per_channel ? channels : 1); n++)
			k->value[rows[i].first + n] = rows[i].start;
}

int64_t knob(struct knobs *k, enum knob which)
{
	return k->value[which];
}

void knob_set(struct knobs *k, enum knob which, int64_t value)
{
	k->value[which] = value;
}

int64_t knob_take(struct knobs *k, enum knob which)
{
	long long v = k->value[which];

	while (v && !atomic_compare_exchange_weak(&k->value[which], &v, v - 1))
		;
	return v;
}

int64_t knob_take_value(struct knobs *k, enum knob which)
{
	return atomic_exchange(&k->value[which], KNOB_NONE);
}

/* Which knob that name, with its channel behind it, stands for; KNOBS: none. */
static enum knob find(const struct knobs *k, const char *name, const struct row **row)
{
	unsigned int i;
	size_t len;
	char digit;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		*row = &rows[i];
		len = strlen(rows[i].name);
		if (strncmp(name, rows[i].name, len))
			continue;
		if (!rows[i].per_channel && !name[len])
			return rows[i].first;
		digit = name[len];
		if (rows[i].per_channel && digit >= '0' &&
		    (unsigned int)digit < '0' + k->channels && !name[len + 1])
			return rows[i].first + (digit - '0');
	}
	return KNOBS;
}

static bool parse(const struct row *row, const char *text, int64_t *value)
{
	unsigned int i;
	char *end;

	for (i = 0; row->words && row->words[i]; i++) {
		if (!strcmp(text, row->words[i])) {
			*value = i;
			return true;
		}
	}
	if (row->min == KNOB_NONE && !strcmp(text, "none")) {
		*value = KNOB_NONE;
		return true;
	}
	if (row->min == KNOB_NONE && *text == '-')
		return false;
	errno = 0;
	*value = strtoll(text, &end, 0);
	return !errno && *text && !*end && *value >= row->min && *value <= row->max;
}

/* The values that it takes, to be freed. */
static char *values(const struct row *row)
{
	char *text, *longer;
	unsigned int i;

	if (!row->words)
		return row->min == KNOB_NONE ? xasprintf("none|0..%lld", (long long)row->max) :
		       xasprintf("%lld..%lld", (long long)row->min, (long long)row->max);
	text = xstrdup(row->words[0]);
	for (i = 1; row->words[i]; i++) {
		longer = xasprintf("%s|%s", text, row->words[i]);
		free(text);
		text = longer;
	}
	return text;
}

char *knobs_turn(struct knobs *k, const char *name, const char *value)
{
	_free_cleanup_ char *takes = NULL;
	const struct row *row;
	enum knob which = find(k, name, &row);
	int64_t v;

	if (which == KNOBS)
		return xasprintf("%s is no fault that this card can have; `help` lists them", name);
	takes = values(row);
	if (!value)
		return xasprintf("%s wants a value: %s", name, takes);
	if (!parse(row, value, &v))
		return xasprintf("%s is no value of %s, which takes %s", value, name, takes);
	knob_set(k, which, v);
	return NULL;
}

static json *value_json(const struct row *row, int64_t v)
{
	if (row->words)
		return json_string(row->words[v]);
	return row->min == KNOB_NONE && v == KNOB_NONE ? NULL : json_int(v);
}

json *knobs_json(struct knobs *k)
{
	json *all = json_object();
	char name[32];
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].per_channel)
			json_set(all, rows[i].name, value_json(&rows[i], knob(k, rows[i].first)));
		for (n = 0; rows[i].per_channel && n < k->channels; n++) {
			snprintf(name, sizeof(name), "%s%u", rows[i].name, n);
			json_set(all, name, value_json(&rows[i], knob(k, rows[i].first + n)));
		}
	}
	return all;
}

char *knobs_help(void)
{
	char *text = xstrdup(""), *longer;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_free_cleanup_ char *takes = values(&rows[i]);

		longer = xasprintf("%s  %s%s %s\n        %s\n", text, rows[i].name,
				   rows[i].per_channel ? "N" : "", takes, rows[i].help);
		free(text);
		text = longer;
	}
	return text;
}
