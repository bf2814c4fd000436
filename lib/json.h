/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON values. json.c is the only file that includes json-c; it uses nothing newer than
 * json-c 0.11. Values are reference-counted; what builds aborts when memory is out (see
 * lib/alloc.h), so it returns no errors.
 */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct json_value json;

enum json_kind { JSON_NULL, JSON_BOOL, JSON_INT, JSON_DOUBLE, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

#define JSON_DEPTH_MAX	16
/* Integers beyond it are not exact in every client: send them as strings. */
#define JSON_INT_MAX	((int64_t)1 << 53)

/*
 * Parses exactly one value of UTF-8 text: strict, no duplicate keys, no NUL bytes, integers
 * within 64 bits, at most JSON_DEPTH_MAX levels. NULL on error, and *why (static) says what.
 */
json *json_parse(const char *text, size_t len, const char **why);

/* Serialised on one line, without the newline; valid until the value changes or is freed. */
const char *json_text(json *v, size_t *len);
/* The same, indented, for people. */
const char *json_pretty(json *v);

json *json_ref(json *v);
void json_unref(json *v);	/* NULL is fine */
static inline void json_unrefp(json **v)
{
	json_unref(*v);
}
#define _json_cleanup_ __attribute__((cleanup(json_unrefp)))

/* Building. json_set and json_append take over the reference to `value`. */
json *json_object(void);
json *json_array(void);
json *json_string(const char *s);	/* NULL: null */
json *json_string_len(const char *s, size_t len);
json *json_int(int64_t n);
json *json_bool(bool b);
json *json_copy(json *v);		/* deep */
void json_set(json *object, const char *key, json *value);	/* NULL value: null */
void json_append(json *array, json *value);
void json_set_str(json *object, const char *key, const char *s);
void json_set_hex(json *object, const char *key, const uint8_t *data, size_t n);
void json_set_int(json *object, const char *key, int64_t n);
void json_set_bool(json *object, const char *key, bool b);
void json_set_u64(json *object, const char *key, uint64_t n);	/* as a string */
void json_set_strf(json *object, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void json_del(json *object, const char *key);

/* Reading: all are safe on NULL and on values of another kind, and give the fallback. */
enum json_kind json_kind(json *v);
json *json_get(json *object, const char *key);	/* borrowed; NULL: none, or null */
bool json_has(json *object, const char *key);	/* also when it is null */
const char *json_str(json *v, const char *fallback);
int64_t json_num(json *v, int64_t fallback);
double json_double(json *v, double fallback);
bool json_true(json *v);			/* whether it is true */
size_t json_len(json *v);			/* of an array or object */
json *json_at(json *array, size_t i);		/* borrowed */
bool json_equal(json *a, json *b);

/* Visits the members in the order in which they were added; stops when fn returns non-0. */
int json_each(json *object, int (*fn)(const char *key, json *value, void *arg), void *arg);

#endif
