// SPDX-License-Identifier: GPL-2.0
/* The schema checker, and the document that it works on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "mgmtd/openrpc.h"
#include "mgmtd/schema.h"

/* Single quotes stand for double ones. */
static json *parse(const char *text)
{
	_free_cleanup_ char *copy = xstrdup(text);
	const char *why;
	json *v;

	for (char *p = copy; (p = strchr(p, '\'')); p++)
		*p = '"';
	v = json_parse(copy, strlen(copy), &why);
	if (why)
		fail_msg("%s: %s", why, text);
	return v;
}

static void test_keywords(void **state)
{
	static const struct {
		const char *schema, *value, *why;	/* NULL: it fits */
	} cases[] = {
		{ "{}", "null", NULL },
		{ "{'type':'integer'}", "1", NULL },
		{ "{'type':'integer'}", "1.5", "v is not of type integer" },
		{ "{'type':'integer'}", "'1'", "v is not of type integer" },
		{ "{'type':'number'}", "1.5", NULL },
		{ "{'type':'boolean'}", "0", "not of type boolean" },
		{ "{'type':['string','null']}", "null", NULL },
		{ "{'type':['string','null']}", "{}", "v is of none of the types" },
		{ "{'enum':['a',2,null]}", "2", NULL },
		{ "{'enum':['a',2,null]}", "'b'", "v is not one of" },
		{ "{'minimum':2,'maximum':3}", "2", NULL },
		{ "{'minimum':2,'maximum':3}", "1", "v is 1, less than 2" },
		{ "{'minimum':2,'maximum':3}", "4", "v is 4, more than 3" },
		{ "{'minLength':1,'maxLength':2}", "'\xc3\xa9\xc3\xa9'", NULL },
		{ "{'minLength':1,'maxLength':2}", "'abc'", "v's length is 3, more than 2" },
		{ "{'pattern':'^[0-9]+$'}", "'12'", NULL },
		{ "{'pattern':'^[0-9]+$'}", "'1a'", "v does not match" },
		{ "{'items':{'type':'integer'}}", "[1,2]", NULL },
		{ "{'items':{'type':'integer'}}", "[1,'a']", "v[1] is not of type integer" },
		{ "{'minItems':1}", "[]", "v's length is 0" },
		{ "{'maxItems':1}", "[1,2]", "v's length is 2" },
		{ "{'required':['a']}", "{'a':null}", NULL },
		{ "{'required':['a']}", "{}", "v.a is missing" },
		{ "{'properties':{'a':{'type':'string'}}}", "{'a':1}", "v.a is not of type string" },
		{ "{'properties':{'a':{}}}", "{'b':1}", NULL },
		{ "{'properties':{'a':{}},'additionalProperties':false}", "{'b':1}", "v.b is not known" },
		{ "{'additionalProperties':{'type':'integer'}}", "{'b':'x'}", "v.b is not of type" },
		{ "{'minProperties':1}", "{}", "v's size is 0" },
		{ "{'maxProperties':1}", "{'a':1,'b':2}", "v's size is 2" },
		{ "{'anyOf':[{'type':'null'},{'minimum':5}]}", "null", NULL },
		{ "{'anyOf':[{'type':'null'},{'minimum':5}]}", "6", NULL },
		{ "{'anyOf':[{'type':'null'},{'minimum':5}]}", "4", "less than 5" },
		{ "{'$ref':'#/defs/list'}", "[[],[[]]]", NULL },
		{ "{'$ref':'#/defs/list'}", "[[],[1]]", "v[1][0] is not of type array" },
		{ "{'$ref':'#/defs/none'}", "1", "there is no #/defs/none" },
		{ "{'$ref':'#/defs/loop'}", "1", "nested too deeply" },
	};
	_json_cleanup_ json *root = parse("{'defs':{'list':{'type':'array',"
					  "'items':{'$ref':'#/defs/list'}},"
					  "'loop':{'anyOf':[{'$ref':'#/defs/loop'}]}}}");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_json_cleanup_ json *schema = parse(cases[i].schema), *value = parse(cases[i].value);
		_free_cleanup_ char *why = schema_check(root, schema, value, "v");

		if (!why != !cases[i].why || (why && !strstr(why, cases[i].why)))
			fail_msg("%s, %s: %s", cases[i].schema, cases[i].value, why ? why : "fits");
	}
}

/* All schemas of a value are within what the checker knows. */
static void check_known(json *v)
{
	static const char *const refused[] = { "oneOf", "allOf", "not", "if", "const", "format",
					       "patternProperties", "exclusiveMinimum",
					       "exclusiveMaximum", "multipleOf", "uniqueItems" };

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (json_has(v, refused[i]))
			fail_msg("%s is not checked", refused[i]);
	for (size_t i = 0; json_kind(v) == JSON_ARRAY && i < json_len(v); i++)
		check_known(json_at(v, i));
}

static int check_member(const char *key, json *v, void *arg)
{
	check_known(v);
	return json_each(v, check_member, NULL);
}

static void test_document(void **state)
{
	size_t len;
	_free_cleanup_ char *text = openrpc_text(&len);
	const char *why;
	_json_cleanup_ json *document = json_parse(text, len, &why);
	struct openrpc rpc;

	assert_null(strchr(text, '\n'));
	assert_non_null(document);
	json_each(document, check_member, NULL);
	openrpc_init(&rpc);
	assert_int_equal(rpc.n, json_len(json_get(document, "methods")));
	for (size_t i = 0; i < rpc.n; i++) {
		/* Of time for an answer there is always some. */
		assert_true(rpc.methods[i].deadline_ms >= 1000);
		assert_true(rpc.methods[i].permission != PERMIT_NONE);
	}
	assert_int_equal(openrpc_find(&rpc, "adapter.list")->permission, PERMIT_READ);
	assert_int_equal(openrpc_find(&rpc, "firmware.flash")->permission, PERMIT_CHANGE);
	assert_true(openrpc_find(&rpc, "firmware.flash")->descriptor);
	assert_null(openrpc_find(&rpc, "adapter"));
	openrpc_clear(&rpc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
