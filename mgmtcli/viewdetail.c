// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/progress.h"
#include "mgmtcli/style.h"
#include "mgmtcli/text.h"
#include "mgmtcli/view.h"

/* "  label        text" */
static void line(struct cli *cli, const char *label, enum table_style style, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void line(struct cli *cli, const char *label, enum table_style style, const char *fmt, ...)
{
	bool color = cli->color && style != STYLE_PLAIN;
	va_list ap;

	fprintf(cli->out, "  %-13s%s", label, color ? style_begin(style) : "");
	va_start(ap, fmt);
	vfprintf(cli->out, fmt, ap);
	va_end(ap);
	fprintf(cli->out, "%s\n", color ? STYLE_END : "");
}

static void word_line(struct cli *cli, const char *label, json *word)
{
	const char *s = json_str(word, NULL);

	line(cli, label, style_of(s), "%s", s && *s ? s : "-");
}

/* A number of thousandths, or "-". */
static void milli_line(struct cli *cli, const char *label, json *v, const char *unit)
{
	if (v)
		line(cli, label, STYLE_PLAIN, "%.2f %s", json_num(v, 0) / 1000.0, unit);
	else
		line(cli, label, STYLE_PLAIN, "-");
}

static void list_line(struct cli *cli, const char *label, json *list)
{
	_free_cleanup_ char *all = text_join(list, ", ");

	line(cli, label, STYLE_PLAIN, "%s", all ? all : "-");
}

static void print_heading(struct cli *cli, json *a)
{
	cli_say(cli, "%s: %s, serial number %s, at %s (%s)", json_str(json_get(a, "name"), "-"),
		json_str(json_get(a, "model"), "unknown model"), json_str(json_get(a, "serial"), "unknown"),
		json_str(json_get(a, "address"), "-"), json_str(json_get(a, "transport"), "-"));
}

static void print_problems(struct cli *cli, json *a)
{
	json *problems = json_get(a, "problems");
	const char *health = json_str(json_get(a, "health"), NULL);

	for (size_t i = 0; i < json_len(problems); i++)
		line(cli, i ? "" : "problems", style_of(health), "%s",
		     json_str(json_at(problems, i), "-"));
}

static void print_status(struct cli *cli, json *a)
{
	json *age = json_get(a, "age_ms"), *locate = json_get(a, "locate_s");
	int64_t resets = json_num(json_get(a, "resets"), 0);
	_free_cleanup_ char *old = age ? text_duration(json_num(age, 0)) : NULL;
	_free_cleanup_ char *up = text_duration(text_int64(json_get(a, "uptime_ms"), 0));

	word_line(cli, "state", json_get(a, "state"));
	word_line(cli, "health", json_get(a, "health"));
	print_problems(cli, a);
	if (json_get(a, "uptime_ms"))
		line(cli, "up", STYLE_PLAIN, "%s, start %" PRId64 ", %" PRId64 " reset%s by the driver", up,
		     json_num(json_get(a, "boots"), 0), resets, resets == 1 ? "" : "s");
	milli_line(cli, "temperature", json_get(a, "temperature_mc"), "C");
	milli_line(cli, "voltage", json_get(a, "voltage_mv"), "V");
	if (json_num(locate, 0))
		line(cli, "locate LED", STYLE_PLAIN, "blinks for %" PRId64 " s", json_num(locate, 0));
	word_line(cli, "self-test", json_get(a, "selftest"));
	list_line(cli, "features", json_get(a, "features"));
	list_line(cli, "allowed", json_get(a, "allowed"));
	line(cli, "readings", STYLE_PLAIN, "%s%s", old ? old : "-", old ? " old" : "");
}

static void print_channels(struct cli *cli, json *channels)
{
	static const struct table_column columns[] = {
		{ "CHANNEL", .right = true }, { "HEALTH" }, { "CABLE" },
		{ "FAILURES", .right = true }, { "DELIVERED", .right = true },
	};
	_table_cleanup_ struct table *t = table_new(columns, 5);

	if (!json_len(channels))
		return;
	for (size_t i = 0; i < json_len(channels); i++) {
		json *c = json_at(channels, i);
		const char *health = json_str(json_get(c, "health"), NULL);
		_free_cleanup_ char *bytes = text_bytes(text_int64(json_get(c, "bytes"), 0));

		table_cellf(t, STYLE_PLAIN, "%" PRId64, json_num(json_get(c, "channel"), 0));
		table_cell(t, style_of(health), health);
		table_cell(t, STYLE_PLAIN, json_true(json_get(c, "cable")) ? "in" : "out");
		table_cellf(t, STYLE_PLAIN, "%" PRId64, json_num(json_get(c, "failures"), 0));
		table_cell(t, STYLE_PLAIN, bytes);
	}
	cli_say(cli, "\nNoise channels");
	table_print(t, cli->out, 2, 0, cli->color);
}

void view_slots(struct cli *cli, json *firmware, unsigned int indent)
{
	static const struct table_column columns[] = {
		{ "SLOT", .right = true }, { "STATE" }, { "VERSION" }, { "COUNTER", .right = true },
		{ "RUNS" }, { "DIGEST", .shrink = 12 },
	};
	_table_cleanup_ struct table *t = table_new(columns, 6);
	json *slots = json_get(firmware, "slots");

	for (size_t i = 0; i < json_len(slots); i++) {
		json *s = json_at(slots, i), *counter = json_get(s, "counter");
		_free_cleanup_ char *n = counter ? xstrdup(json_text(counter, NULL)) : NULL;

		table_cellf(t, STYLE_PLAIN, "%" PRId64, json_num(json_get(s, "slot"), i));
		table_cell(t, STYLE_PLAIN, json_str(json_get(s, "state"), NULL));
		table_cell(t, STYLE_PLAIN, json_str(json_get(s, "version"), NULL));
		table_cell(t, STYLE_PLAIN, n);
		table_cell(t, STYLE_PLAIN, json_true(json_get(s, "running")) ? "yes" : "no");
		table_cell(t, STYLE_PLAIN, json_str(json_get(s, "digest"), NULL));
	}
	if (json_len(slots))
		table_print(t, cli->out, indent, cli->columns, cli->color);
}

static void print_firmware(struct cli *cli, json *fw)
{
	cli_say(cli, "\nFirmware");
	word_line(cli, "running", json_get(fw, "running"));
	word_line(cli, "stored", json_get(fw, "stored"));
	word_line(cli, "pending", json_get(fw, "pending"));
	word_line(cli, "rollback to", json_get(fw, "rollback"));
	if (json_get(fw, "counter"))
		line(cli, "counter", STYLE_PLAIN, "%" PRId64, json_num(json_get(fw, "counter"), 0));
	if (json_get(fw, "reverted"))
		line(cli, "reverted", STYLE_WARN, "the last trial: %s",
		     json_str(json_get(fw, "reverted"), "-"));
	view_slots(cli, fw, 2);
}

static void print_flash(struct cli *cli, json *flash)
{
	_free_cleanup_ char *text = NULL;
	bool failed = json_get(flash, "error");

	if (!flash)
		return;
	text = progress_outcome(flash);
	cli_say(cli, "\nLast update");
	line(cli, "image", STYLE_PLAIN, "%s", json_str(json_get(flash, "image"), "-"));
	line(cli, "outcome", failed ? STYLE_BAD : STYLE_PLAIN, "%s", text);
}

static void print_config(struct cli *cli, json *a)
{
	_free_cleanup_ char *profile = view_profile(json_str(json_get(a, "profile"), NULL));

	cli_say(cli, "\nConfiguration");
	line(cli, "profile", STYLE_PLAIN, "%s", profile ? profile : "-");
	word_line(cli, "state", json_get(a, "config"));
	list_line(cli, "drift", json_get(a, "drift"));
}

void view_detail(struct cli *cli, json *adapter)
{
	print_heading(cli, adapter);
	print_status(cli, adapter);
	print_channels(cli, json_get(adapter, "channels"));
	print_firmware(cli, json_get(adapter, "firmware"));
	print_flash(cli, json_get(adapter, "flash"));
	print_config(cli, adapter);
}
