// SPDX-License-Identifier: GPL-2.0
/* Tables, and strings and numbers as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <string.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/table.h"
#include "mgmtcli/text.h"

static const struct table_column columns[] = {
	{ "NAME" }, { "N", .right = true }, { "NOTE", .shrink = 6 }, { "AGE", .drop = 1 },
};

static struct table *example(void)
{
	struct table *t = table_new(columns, 4);

	table_cell(t, STYLE_PLAIN, "card-0");
	table_cellf(t, STYLE_PLAIN, "%d", 7);
	table_cell(t, STYLE_BAD, "broken and old");
	table_cell(t, STYLE_PLAIN, "3s");
	table_cell(t, STYLE_PLAIN, "m");
	table_cellf(t, STYLE_PLAIN, "%d", 100);
	table_cell(t, STYLE_PLAIN, NULL);
	table_cell(t, STYLE_PLAIN, "");
	return t;
}

static char *print(const struct table *t, unsigned int width, bool color)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	table_print(t, out, 0, width, color);
	fclose(out);
	return text;
}

static void test_whole(void **state)
{
	_table_cleanup_ struct table *t = example();
	_free_cleanup_ char *text = print(t, 0, false);

	assert_string_equal(text,
			    "NAME      N  NOTE            AGE\n"
			    "card-0    7  broken and old  3s\n"
			    "m       100  -               -\n");
}

static void test_fitted(void **state)
{
	_table_cleanup_ struct table *t = example();
	_free_cleanup_ char *dropped = print(t, 30, false), *cut = print(t, 22, false);
	_free_cleanup_ char *hopeless = print(t, 5, false);

	assert_string_equal(dropped,
			    "NAME      N  NOTE\n"
			    "card-0    7  broken and old\n"
			    "m       100  -\n");
	assert_string_equal(cut,
			    "NAME      N  NOTE\n"
			    "card-0    7  broken a~\n"
			    "m       100  -\n");
	assert_non_null(strstr(hopeless, "broke~\n"));
}

static void test_color_takes_no_room(void **state)
{
	_table_cleanup_ struct table *t = example();
	_free_cleanup_ char *text = print(t, 0, true);

	assert_non_null(strstr(text, "card-0    7  \x1b[31mbroken and old\x1b[0m  3s\n"));
	assert_non_null(strstr(text, "m       100  -               -\n"));
}

static void test_empty_and_many(void **state)
{
	_table_cleanup_ struct table *t = table_new(columns, 4);
	_free_cleanup_ char *text = print(t, 0, false), *many = NULL;

	assert_string_equal(text, "NAME  N  NOTE  AGE\n");
	for (int i = 0; i < 4 * 1000; i++)
		table_cellf(t, STYLE_PLAIN, "%d", i);
	many = print(t, 0, false);
	assert_non_null(strstr(many, "3996  3997  3998  3999\n"));
}

static void test_width(void **state)
{
	assert_int_equal(text_width("abc", 2), 2);
	assert_int_equal(text_width("\xc3\xa9", 2), 1);
	assert_int_equal(text_width("a\xff" "b", 3), 3);
	if (setlocale(LC_CTYPE, "C.UTF-8"))
		assert_int_equal(text_width("\xe6\xbc\xa2", 3), 2);
}

static void assert_clean(const char *s, const char *want)
{
	_free_cleanup_ char *clean = text_clean(s), *again = text_clean(clean);

	assert_string_equal(clean, want);
	assert_string_equal(again, want);
}

static void test_clean(void **state)
{
	assert_clean("plain \xc3\xa9 text", "plain \xc3\xa9 text");
	assert_clean("\x1b[2J\r\n\t\x7f", "\\u001b[2J\\u000d\\u000a\\u0009\\u007f");
	assert_clean("\xc2\x9b" "31m", "\\u009b31m");
	assert_clean("a\xe2\x80\xae" "b", "a\\u202eb");
	assert_clean("\xf3\xa0\x80\x81", "\\ue0001");
	assert_clean("\xff\xc3", "\\xff\\xc3");
}

static void test_clean_json(void **state)
{
	const char *why, *dirty = "{\"a\\u001b\":[\"ok\",{\"b\":\"x\\ny\"}],\"n\":5,\"z\":null}";
	json *v = text_clean_json(json_parse(dirty, strlen(dirty), &why));

	assert_string_equal(json_text(v, NULL), "{\"a\\\\u001b\":[\"ok\",{\"b\":\"x\\\\u000ay\"}],"
			    "\"n\":5,\"z\":null}");
	json_unref(v);
}

static void assert_duration(int64_t ms, const char *want, const char *age)
{
	_free_cleanup_ char *text = text_duration(ms), *brief = text_age(ms);

	assert_string_equal(text, want);
	assert_string_equal(brief, age);
}

static void test_durations(void **state)
{
	assert_duration(0, "0.0 s", "0.0s");
	assert_duration(420, "0.4 s", "0.4s");
	assert_duration(9949, "9.9 s", "9.9s");
	assert_duration(9950, "9 s", "9s");
	assert_duration(200000, "3 min 20 s", "3m");
	assert_duration(7500000, "2 h 5 min", "2h");
	assert_duration(273600000, "3 d 4 h", "76h");
	assert_duration(8640000000, "100 d 0 h", "100d");
}

static void test_bytes(void **state)
{
	static const struct {
		uint64_t n;
		const char *want;
	} cases[] = {
		{ 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1 KiB" }, { 1536, "1.5 KiB" },
		{ 262144, "256 KiB" }, { 5 << 20, "5 MiB" }, { UINT64_MAX, "16 EiB" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *text = text_bytes(cases[i].n);

		assert_string_equal(text, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_fitted),
		cmocka_unit_test(test_color_takes_no_room),
		cmocka_unit_test(test_empty_and_many),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_clean_json),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
