// SPDX-License-Identifier: GPL-2.0
/* What JSON texts are taken, and what comes of strings that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/json.h"

static json *parse(const char *text)
{
	const char *why;

	return json_parse(text, strlen(text), &why);
}

static void test_taken(void **state)
{
	static const struct {
		const char *text, *again;
	} cases[] = {
		{ "{}", "{}" },
		{ " [1, -2 ,3]\r\n", "[1,-2,3]" },
		{ "{\"b\":1,\"a\":{\"b\":null}}", "{\"b\":1,\"a\":{\"b\":null}}" },
		{ "7", "7" },
		{ "true", "true" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "\"\\u00e9\\ud83d\\ude00\"", "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "\"a\\n\\u001f\"", "\"a\\n\\u001f\"" },
		{ "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_json_cleanup_ json *v = parse(cases[i].text);

		assert_non_null(v);
		assert_string_equal(json_text(v, NULL), cases[i].again);
	}
}

/* Those that releases of json-c write in different ways. */
static void test_values_taken(void **state)
{
	_json_cleanup_ json *number = parse("-0.5e1"), *slash = parse("\"/lib\\/x\"");

	assert_true(json_double(number, 0) == -5);
	assert_string_equal(json_str(slash, ""), "/lib/x");
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "not a value" },
		{ " ", "not a value" },
		{ "{} {}", "something after the value" },
		{ "{\"a\":1,\"a\":2}", "two members with the same name" },
		{ "{\"a\":1,\"\\u0061\":2}", "two members with the same name" },
		{ "[{\"x\":{\"a\":1,\"a\":1}}]", "two members with the same name" },
		{ "{\"a\"}", "an object member without ':'" },
		{ "{a:1}", "an object member without a name" },
		{ "[1,]", "not a value" },
		{ "{\"a\":1,}", "an object member without a name" },
		{ "[1 2]", "a list without its end" },
		{ "[1", "a list without its end" },
		{ "'a'", "not a value" },
		{ "/**/1", "not a value" },
		{ "TRUE", "not a value" },
		{ "tru", "not a value" },
		{ "NaN", "not a value" },
		{ "-Infinity", "not a value" },
		{ "01", "something after the value" },
		{ "1.", "a number without digits after its point" },
		{ "1e", "an exponent without digits" },
		{ "1e999", "a number that is too large" },
		{ "9223372036854775808", "an integer beyond 64 bits" },
		{ "-9223372036854775809", "an integer beyond 64 bits" },
		{ "111111111111111111111111111111111111111111111111111111111111111111",
		  "a number that is too long" },
		{ "\"a", "a string without its end" },
		{ "\"a\\", "an unknown escape in a string" },
		{ "\"\\x41\"", "an unknown escape in a string" },
		{ "\"\\u12g4\"", "\\u without four hexadecimal digits" },
		{ "\"\\u0000\"", "a NUL in a string" },
		{ "\"\\ud800\"", "a lone surrogate" },
		{ "\"\\ud800\\u0041\"", "a lone surrogate" },
		{ "\"\\udc00\"", "a lone surrogate" },
		{ "\"a\nb\"", "a control character in a string" },
		{ "\"\xff\"", "not UTF-8" },
		{ "\"\xc0\x80\"", "not UTF-8" },
		{ "\"\xed\xa0\x80\"", "not UTF-8" },
		{ "\"\xf4\x90\x80\x80\"", "not UTF-8" },
		{ "\"\xe2\x82\"", "not UTF-8" },
		{ "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "nested too deeply" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = NULL;

		assert_null(json_parse(cases[i].text, strlen(cases[i].text), &why));
		assert_non_null(why);
		assert_string_equal(why, cases[i].why);
	}
}

static void test_nul_bytes(void **state)
{
	const char *why = NULL;

	assert_null(json_parse("[1]\0", 4, &why));
	assert_null(json_parse("\"a\0b\"", 5, &why));
	assert_null(json_parse("\0", 1, &why));
	assert_non_null(why);
}

/* Every prefix of a text is refused, and read no further than its end. */
static void test_prefixes(void **state)
{
	static const char text[] = "{\"a\":[1,2.5e+3,\"\\u00e9\xc3\xa9\",{\"b\":null}],\"c\":false}";
	const char *why;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		_free_cleanup_ char *copy = xmalloc(n);

		memcpy(copy, text, n);
		assert_null(json_parse(copy, n, &why));
		assert_non_null(why);
	}
}

static void test_null_is_a_value(void **state)
{
	const char *why = "unset";

	assert_null(json_parse("null", 4, &why));
	assert_null(why);
}

static void test_strings_are_mended(void **state)
{
	_json_cleanup_ json *v = json_array();

	json_append(v, json_string("serial\xff\xc3"));
	json_append(v, json_string_len("a\0b", 3));
	json_append(v, json_string("\x1b[2J"));
	json_append(v, json_string(NULL));
	assert_string_equal(json_text(v, NULL), "[\"serial\xef\xbf\xbd\xef\xbf\xbd\","
			    "\"a\xef\xbf\xbd" "b\",\"\\u001b[2J\",null]");
}

static void test_hex(void **state)
{
	static const uint8_t data[] = { 0x00, 0x1f, 0xa0, 0xff };
	_json_cleanup_ json *v = json_object();

	json_set_hex(v, "all", data, sizeof(data));
	json_set_hex(v, "none", data, 0);
	assert_string_equal(json_text(v, NULL), "{\"all\":\"001fa0ff\",\"none\":\"\"}");
}

static void test_reading_is_safe(void **state)
{
	_json_cleanup_ json *v = parse("{\"s\":\"x\",\"n\":5,\"d\":1.5,\"z\":null,\"a\":[1]}");

	assert_string_equal(json_str(json_get(v, "s"), "-"), "x");
	assert_string_equal(json_str(json_get(v, "n"), "-"), "-");
	assert_string_equal(json_str(json_get(NULL, "n"), "-"), "-");
	assert_int_equal(json_num(json_get(v, "s"), -1), -1);
	assert_int_equal(json_num(json_get(v, "d"), -1), -1);
	assert_true(json_has(v, "z") && !json_get(v, "z"));
	assert_false(json_has(v, "y") || json_has(NULL, "y"));
	assert_null(json_at(json_get(v, "a"), 1));
	assert_null(json_at(v, 0));
	assert_int_equal(json_len(json_get(v, "s")), 0);
	assert_false(json_true(json_get(v, "n")));
}

static void test_copy_and_equal(void **state)
{
	_json_cleanup_ json *a = parse("{\"s\":\"x\",\"l\":[1,2.5,true,null,{\"k\":0}]}");
	_json_cleanup_ json *b = json_copy(a);
	_json_cleanup_ json *other = parse("{\"l\":[1,2.5,true,null,{\"k\":1}],\"s\":\"x\"}");
	_json_cleanup_ json *order = parse("{\"l\":[1,2.5,true,null,{\"k\":0}],\"s\":\"x\"}");

	assert_true(json_equal(a, b));
	assert_true(json_equal(a, order));
	assert_false(json_equal(a, other));
	json_set_int(b, "s", 1);
	assert_false(json_equal(a, b));
	assert_string_equal(json_str(json_get(a, "s"), ""), "x");
}

static int append_key(const char *key, json *value, void *arg)
{
	json_append(arg, json_string(key));
	return !strcmp(key, "b") ? 42 : 0;
}

static void test_members_in_order(void **state)
{
	_json_cleanup_ json *v = parse("{\"z\":1,\"b\":null,\"a\":3}"), *keys = json_array();

	assert_int_equal(json_each(v, append_key, keys), 42);
	assert_string_equal(json_text(keys, NULL), "[\"z\",\"b\"]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_values_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_null_is_a_value),
		cmocka_unit_test(test_strings_are_mended),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_reading_is_safe),
		cmocka_unit_test(test_copy_and_equal),
		cmocka_unit_test(test_members_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
