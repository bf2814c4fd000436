// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* json-c has types of the names that two functions of ours have. */
#define json_object	json_value
#define json_bool	json_c_bool
#include <json-c/json.h>
#undef json_object
#undef json_bool

#include "lib/json.h"

#include "lib/alloc.h"
#include "lib/jsonscan.h"
#include "lib/utf8.h"

/* Newer than 0.11: without it, '/' is written as "\/", which is the same value. */
#ifdef JSON_C_TO_STRING_NOSLASHESCAPE
#define TEXT_FLAGS	(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
#define PRETTY_FLAGS	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)
#else
#define TEXT_FLAGS	JSON_C_TO_STRING_PLAIN
#define PRETTY_FLAGS	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED)
#endif

#define for_each_member(object, it)							\
	for (struct json_object_iterator it = json_object_iter_begin(object),		\
					 it##_end = json_object_iter_end(object);	\
	     !json_object_iter_equal(&it, &it##_end); json_object_iter_next(&it))

static void *need(const void *p)
{
	if (!p)
		xalloc_failed();
	return (void *)p;
}

/*
 * Parsing
 */

static size_t members_of(json *v)
{
	size_t n = 0;

	if (json_kind(v) == JSON_ARRAY)
		for (size_t i = 0; i < json_len(v); i++)
			n += members_of(json_at(v, i));
	if (json_kind(v) != JSON_OBJECT)
		return n;
	for_each_member(v, it)
		n += 1 + members_of(json_object_iter_peek_value(&it));
	return n;
}

/* The text has passed json_scan(). */
static json *parse_checked(const char *text, int len, const char **why)
{
	/* json-c counts two levels more than there are brackets. */
	struct json_tokener *tok = need(json_tokener_new_ex(JSON_DEPTH_MAX + 2));
	enum json_tokener_error error;
	json *v;

	v = json_tokener_parse_ex(tok, text, len);
	error = json_tokener_get_error(tok);
	if (error == json_tokener_continue) {	/* a number ends only with what follows it */
		v = json_tokener_parse_ex(tok, " ", 1);
		error = json_tokener_get_error(tok);
	}
	json_tokener_free(tok);
	if (error == json_tokener_success)
		return v;
	*why = json_tokener_error_desc(error);
	json_unref(v);
	return NULL;
}

json *json_parse(const char *text, size_t len, const char **why)
{
	size_t members;
	json *v;

	*why = len > INT_MAX ? "too long" : json_scan(text, len, JSON_DEPTH_MAX, &members);
	if (*why)
		return NULL;
	v = parse_checked(text, len, why);
	/* json-c keeps the last of members with the same name: some are missing then. */
	if (!*why && members_of(v) != members) {
		*why = "two members with the same name";
		json_unref(v);
		return NULL;
	}
	return v;
}

const char *json_text(json *v, size_t *len)
{
	const char *s = v ? need(json_object_to_json_string_ext(v, TEXT_FLAGS)) : "null";

	if (len)
		*len = strlen(s);
	return s;
}

const char *json_pretty(json *v)
{
	return v ? need(json_object_to_json_string_ext(v, PRETTY_FLAGS)) : "null";
}

json *json_ref(json *v)
{
	return json_object_get(v);
}

void json_unref(json *v)
{
	json_object_put(v);
}

/*
 * Building
 */

json *json_object(void)
{
	return need(json_object_new_object());
}

json *json_array(void)
{
	return need(json_object_new_array());
}

/* The length of what of `s` may stand in a text as it is. */
static size_t clean_prefix(const char *s, size_t len)
{
	size_t i = 0, n;

	while (i < len && s[i] && (n = utf8_char(s + i, len - i, NULL)))
		i += n;
	return i;
}

/* Strings come from adapters and files too: bytes that are no UTF-8 are replaced. */
static json *string_mended(const char *s, size_t len)
{
	_free_cleanup_ char *buf = xrealloc(NULL, len, sizeof(UTF8_REPLACEMENT) - 1);
	size_t out = 0, n;

	while (len) {
		n = clean_prefix(s, len);
		memcpy(buf + out, s, n);
		out += n;
		s += n;
		len -= n;
		if (!len)
			break;
		memcpy(buf + out, UTF8_REPLACEMENT, sizeof(UTF8_REPLACEMENT) - 1);
		out += sizeof(UTF8_REPLACEMENT) - 1;
		s++;
		len--;
	}
	return need(json_object_new_string_len(buf, out));
}

json *json_string_len(const char *s, size_t len)
{
	if (len > INT_MAX / sizeof(UTF8_REPLACEMENT))
		xalloc_failed();
	if (clean_prefix(s, len) < len)
		return string_mended(s, len);
	return need(json_object_new_string_len(s, len));
}

json *json_string(const char *s)
{
	return s ? json_string_len(s, strlen(s)) : NULL;
}

json *json_int(int64_t n)
{
	return need(json_object_new_int64(n));
}

json *json_bool(bool b)
{
	return need(json_object_new_boolean(b));
}

static json *copy_array(json *v)
{
	json *copy = json_array();

	for (size_t i = 0; i < json_len(v); i++)
		json_append(copy, json_copy(json_at(v, i)));
	return copy;
}

static json *copy_object(json *v)
{
	json *copy = json_object();

	for_each_member(v, it)
		json_set(copy, json_object_iter_peek_name(&it),
			 json_copy(json_object_iter_peek_value(&it)));
	return copy;
}

json *json_copy(json *v)
{
	switch (json_kind(v)) {
	case JSON_NULL:
		return NULL;
	case JSON_BOOL:
		return json_bool(json_true(v));
	case JSON_INT:
		return json_int(json_num(v, 0));
	case JSON_DOUBLE:
		return need(json_object_new_double(json_object_get_double(v)));
	case JSON_STRING:
		return json_string(json_object_get_string(v));
	case JSON_ARRAY:
		return copy_array(v);
	case JSON_OBJECT:
		return copy_object(v);
	}
	return NULL;
}

void json_set(json *object, const char *key, json *value)
{
	json_object_object_add(object, key, value);
}

void json_append(json *array, json *value)
{
	if (json_object_array_add(array, value))
		xalloc_failed();
}

void json_set_str(json *object, const char *key, const char *s)
{
	json_set(object, key, json_string(s));
}

void json_set_hex(json *object, const char *key, const uint8_t *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	_free_cleanup_ char *text = xzalloc(2 * n + 1);
	size_t i;

	for (i = 0; i < n; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 0xf];
	}
	json_set_str(object, key, text);
}

void json_set_int(json *object, const char *key, int64_t n)
{
	json_set(object, key, json_int(n));
}

void json_set_bool(json *object, const char *key, bool b)
{
	json_set(object, key, json_bool(b));
}

void json_set_u64(json *object, const char *key, uint64_t n)
{
	char text[sizeof("18446744073709551615")];
	int len = snprintf(text, sizeof(text), "%" PRIu64, n);

	json_set(object, key, json_string_len(text, len));
}

void json_set_strf(json *object, const char *key, const char *fmt, ...)
{
	_free_cleanup_ char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	json_set_str(object, key, s);
}

void json_del(json *object, const char *key)
{
	json_object_object_del(object, key);
}

/*
 * Reading
 */

enum json_kind json_kind(json *v)
{
	switch (json_object_get_type(v)) {
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_int:
		return JSON_INT;
	case json_type_double:
		return JSON_DOUBLE;
	case json_type_string:
		return JSON_STRING;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

json *json_get(json *object, const char *key)
{
	json *v = NULL;

	if (json_kind(object) == JSON_OBJECT)
		json_object_object_get_ex(object, key, &v);
	return v;
}

bool json_has(json *object, const char *key)
{
	json *v;

	return json_kind(object) == JSON_OBJECT && json_object_object_get_ex(object, key, &v);
}

const char *json_str(json *v, const char *fallback)
{
	return json_kind(v) == JSON_STRING ? json_object_get_string(v) : fallback;
}

int64_t json_num(json *v, int64_t fallback)
{
	return json_kind(v) == JSON_INT ? json_object_get_int64(v) : fallback;
}

double json_double(json *v, double fallback)
{
	if (json_kind(v) != JSON_INT && json_kind(v) != JSON_DOUBLE)
		return fallback;
	return json_object_get_double(v);
}

bool json_true(json *v)
{
	return json_kind(v) == JSON_BOOL && json_object_get_boolean(v);
}

size_t json_len(json *v)
{
	switch (json_kind(v)) {
	case JSON_ARRAY:
		return json_object_array_length(v);
	case JSON_OBJECT:
		return json_object_object_length(v);
	default:
		return 0;
	}
}

json *json_at(json *array, size_t i)
{
	if (json_kind(array) != JSON_ARRAY || i >= json_len(array))
		return NULL;
	return json_object_array_get_idx(array, i);
}

static bool equal_arrays(json *a, json *b)
{
	for (size_t i = 0; i < json_len(a); i++)
		if (!json_equal(json_at(a, i), json_at(b, i)))
			return false;
	return true;
}

static bool equal_objects(json *a, json *b)
{
	for_each_member(a, it) {
		const char *key = json_object_iter_peek_name(&it);

		if (!json_has(b, key) ||
		    !json_equal(json_object_iter_peek_value(&it), json_get(b, key)))
			return false;
	}
	return true;
}

bool json_equal(json *a, json *b)
{
	if (json_kind(a) != json_kind(b) || json_len(a) != json_len(b))
		return false;
	switch (json_kind(a)) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return json_true(a) == json_true(b);
	case JSON_INT:
		return json_num(a, 0) == json_num(b, 0);
	case JSON_DOUBLE:
		return json_double(a, 0) == json_double(b, 0);
	case JSON_STRING:
		return !strcmp(json_str(a, ""), json_str(b, ""));
	case JSON_ARRAY:
		return equal_arrays(a, b);
	case JSON_OBJECT:
		return equal_objects(a, b);
	}
	return false;
}

int json_each(json *object, int (*fn)(const char *key, json *value, void *arg), void *arg)
{
	int ret;

	if (json_kind(object) != JSON_OBJECT)
		return 0;
	for_each_member(object, it) {
		ret = fn(json_object_iter_peek_name(&it), json_object_iter_peek_value(&it), arg);
		if (ret)
			return ret;
	}
	return 0;
}
