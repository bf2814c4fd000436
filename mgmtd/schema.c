// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/schema.h"

#include <inttypes.h>
#include <regex.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"

#define REF_DEPTH_MAX 32

static const struct {
	const char *name;
	enum json_kind kind;
} types[] = {
	{ "null", JSON_NULL },	   { "boolean", JSON_BOOL }, { "integer", JSON_INT },
	{ "number", JSON_INT },	   { "number", JSON_DOUBLE }, { "string", JSON_STRING },
	{ "array", JSON_ARRAY },   { "object", JSON_OBJECT },
};

static bool is_type(json *value, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(name, types[i].name) && json_kind(value) == types[i].kind)
			return true;
	return false;
}

static char *check_type(json *type, json *value, const char *where)
{
	if (json_kind(type) == JSON_STRING) {
		if (is_type(value, json_str(type, "")))
			return NULL;
		return xasprintf("%s is not of type %s", where, json_str(type, ""));
	}
	for (size_t i = 0; i < json_len(type); i++)
		if (is_type(value, json_str(json_at(type, i), "")))
			return NULL;
	return json_len(type) ? xasprintf("%s is of none of the types %s", where,
					  json_text(type, NULL))
			      : NULL;
}

static char *check_enum(json *words, json *value, const char *where)
{
	for (size_t i = 0; i < json_len(words); i++)
		if (json_equal(json_at(words, i), value))
			return NULL;
	return json_len(words) ? xasprintf("%s is not one of %s", where, json_text(words, NULL))
			       : NULL;
}

/* min and max bound `n`, of which messages speak as `what`. */
static char *check_range(json *schema, const char *min, const char *max, int64_t n,
			 const char *what, const char *where)
{
	int64_t low = json_num(json_get(schema, min), INT64_MIN);
	int64_t high = json_num(json_get(schema, max), INT64_MAX);

	if (n < low)
		return xasprintf("%s%s is %" PRId64 ", less than %" PRId64, where, what, n, low);
	if (n > high)
		return xasprintf("%s%s is %" PRId64 ", more than %" PRId64, where, what, n, high);
	return NULL;
}

static char *check_pattern(json *schema, const char *value, const char *where)
{
	const char *pattern = json_str(json_get(schema, "pattern"), NULL);
	regex_t re;
	int rc;

	if (!pattern)
		return NULL;
	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return xasprintf("%s: the pattern %s is wrong", where, pattern);
	rc = regexec(&re, value, 0, NULL, 0);
	regfree(&re);
	return rc ? xasprintf("%s does not match %s", where, pattern) : NULL;
}

/* Characters, not bytes. */
static int64_t utf8_length(const char *s)
{
	int64_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static char *check_string(json *schema, json *value, const char *where)
{
	const char *s = json_str(value, "");
	char *why = check_range(schema, "minLength", "maxLength", utf8_length(s), "'s length",
				where);

	return why ? why : check_pattern(schema, s, where);
}

static char *check(json *root, json *schema, json *value, const char *where, int depth);

static char *check_array(json *root, json *schema, json *value, const char *where, int depth)
{
	json *items = json_get(schema, "items");
	char *why = check_range(schema, "minItems", "maxItems", json_len(value), "'s length", where);

	for (size_t i = 0; items && !why && i < json_len(value); i++) {
		_free_cleanup_ char *inner = xasprintf("%s[%zu]", where, i);

		why = check(root, items, json_at(value, i), inner, depth);
	}
	return why;
}

struct members {
	json *root, *properties, *additional;
	const char *where;
	int depth;
	char *why;
};

static int check_member(const char *key, json *value, void *arg)
{
	struct members *m = arg;
	_free_cleanup_ char *inner = xasprintf("%s.%s", m->where, key);
	json *schema = json_get(m->properties, key);

	if (!schema && json_kind(m->additional) == JSON_BOOL && !json_true(m->additional)) {
		m->why = xasprintf("%s is not known", inner);
		return 1;
	}
	if (!schema)
		schema = m->additional;
	if (json_kind(schema) == JSON_OBJECT)
		m->why = check(m->root, schema, value, inner, m->depth);
	return !!m->why;
}

static char *check_object(json *root, json *schema, json *value, const char *where, int depth)
{
	struct members m = { root, json_get(schema, "properties"),
			     json_get(schema, "additionalProperties"), where, depth, NULL };
	json *required = json_get(schema, "required");

	m.why = check_range(schema, "minProperties", "maxProperties", json_len(value), "'s size",
			    where);
	for (size_t i = 0; !m.why && i < json_len(required); i++)
		if (!json_has(value, json_str(json_at(required, i), "")))
			m.why = xasprintf("%s.%s is missing", where,
					  json_str(json_at(required, i), ""));
	if (!m.why)
		json_each(value, check_member, &m);
	return m.why;
}

static char *check_any(json *root, json *list, json *value, const char *where, int depth)
{
	char *why = NULL;

	for (size_t i = 0; i < json_len(list); i++) {
		free(why);
		why = check(root, json_at(list, i), value, where, depth);
		if (!why)
			return NULL;
	}
	return why;
}

/* "#/a/b": the member b of the member a of the root. */
static json *resolve(json *root, const char *ref)
{
	_free_cleanup_ char *path = xstrdup(ref);
	char *save, *word;

	for (word = strtok_r(path, "/", &save); word; word = strtok_r(NULL, "/", &save))
		if (strcmp(word, "#"))
			root = json_get(root, word);
	return root;
}

static char *check_kind(json *root, json *schema, json *value, const char *where, int depth)
{
	switch (json_kind(value)) {
	case JSON_INT:
		return check_range(schema, "minimum", "maximum", json_num(value, 0), "", where);
	case JSON_STRING:
		return check_string(schema, value, where);
	case JSON_ARRAY:
		return check_array(root, schema, value, where, depth);
	case JSON_OBJECT:
		return check_object(root, schema, value, where, depth);
	default:
		return NULL;
	}
}

static char *check(json *root, json *schema, json *value, const char *where, int depth)
{
	const char *ref = json_str(json_get(schema, "$ref"), NULL);
	char *why;

	if (++depth > REF_DEPTH_MAX)
		return xasprintf("%s is nested too deeply", where);
	if (ref) {
		schema = resolve(root, ref);
		if (!schema)
			return xasprintf("%s: there is no %s", where, ref);
	}
	why = check_type(json_get(schema, "type"), value, where);
	if (!why)
		why = check_enum(json_get(schema, "enum"), value, where);
	if (!why)
		why = check_any(root, json_get(schema, "anyOf"), value, where, depth);
	return why ? why : check_kind(root, schema, value, where, depth);
}

char *schema_check(json *root, json *schema, json *value, const char *where)
{
	return check(root, schema, value, where, 0);
}
