// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/utf8.h"

/* Controls, and characters that reorder or hide others. */
static bool obeyed(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

static bool is_clean(const char *s)
{
	size_t n = strlen(s), len;
	uint32_t c;

	for (; n; s += len, n -= len) {
		len = utf8_char(s, n, &c);
		if (!len || obeyed(c))
			return false;
	}
	return true;
}

char *text_clean(const char *s)
{
	size_t n = strlen(s), len;
	/* No byte becomes more than six characters. */
	char *clean = xmalloc(6 * n + 1), *p = clean;
	uint32_t c;

	for (; n; s += len, n -= len) {
		len = utf8_char(s, n, &c);
		if (!len) {
			len = 1;
			p += sprintf(p, "\\x%02x", (unsigned char)*s);
		} else if (obeyed(c)) {
			p += sprintf(p, "\\u%04" PRIx32, c);
		} else {
			p = mempcpy(p, s, len);
		}
	}
	*p = '\0';
	return clean;
}

static json *clean_value(json *v);

static int clean_member(const char *key, json *value, void *copy)
{
	_free_cleanup_ char *clean = text_clean(key);

	json_set(copy, clean, clean_value(value));
	return 0;
}

/* A new reference: a copy, or of what needs none the same. */
static json *clean_value(json *v)
{
	_free_cleanup_ char *clean = NULL;
	json *copy;

	switch (json_kind(v)) {
	case JSON_STRING:
		clean = text_clean(json_str(v, ""));
		return json_string(clean);
	case JSON_ARRAY:
		copy = json_array();
		for (size_t i = 0; i < json_len(v); i++)
			json_append(copy, clean_value(json_at(v, i)));
		return copy;
	case JSON_OBJECT:
		copy = json_object();
		json_each(v, clean_member, copy);
		return copy;
	default:
		return json_ref(v);
	}
}

static bool dirty(json *v);

static int member_dirty(const char *key, json *value, void *arg)
{
	return !is_clean(key) || dirty(value);
}

static bool dirty(json *v)
{
	switch (json_kind(v)) {
	case JSON_STRING:
		return !is_clean(json_str(v, ""));
	case JSON_ARRAY:
		for (size_t i = 0; i < json_len(v); i++)
			if (dirty(json_at(v, i)))
				return true;
		return false;
	case JSON_OBJECT:
		return json_each(v, member_dirty, NULL);
	default:
		return false;
	}
}

json *text_clean_json(json *v)
{
	json *clean;

	/* Nearly never: copying a thousand adapters would cost more than printing them. */
	if (!dirty(v))
		return v;
	clean = clean_value(v);
	json_unref(v);
	return clean;
}

char *text_duration(int64_t ms)
{
	int64_t s = ms / 1000;

	if (ms < 9950)
		return xasprintf("%.1f s", ms / 1000.0);
	if (s < 60)
		return xasprintf("%" PRId64 " s", s);
	if (s < 3600)
		return xasprintf("%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
	if (s < 86400)
		return xasprintf("%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
	return xasprintf("%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

char *text_age(int64_t ms)
{
	int64_t s = ms / 1000;

	if (ms < 9950)
		return xasprintf("%.1fs", ms / 1000.0);
	if (s < 100)
		return xasprintf("%" PRId64 "s", s);
	if (s < 6000)
		return xasprintf("%" PRId64 "m", s / 60);
	if (s < 360000)
		return xasprintf("%" PRId64 "h", s / 3600);
	return xasprintf("%" PRId64 "d", s / 86400);
}

char *text_bytes(uint64_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned int u = 0;
	double v = n;

	while (v >= 1024 && u < 6) {
		v /= 1024;
		u++;
	}
	/* Exact numbers without a fraction. */
	if (v >= 100 || v == (double)(uint64_t)v)
		return xasprintf("%.0f %s", v, units[u]);
	return xasprintf("%.1f %s", v, units[u]);
}

int64_t text_int64(json *v, int64_t fallback)
{
	const char *s = json_str(v, NULL);
	long long n;
	char *end;

	if (!s)
		return json_num(v, fallback);
	errno = 0;
	n = strtoll(s, &end, 10);
	return errno || end == s || *end ? fallback : n;
}

char *text_join(json *array, const char *separator)
{
	char *all = NULL;

	for (size_t i = 0; i < json_len(array); i++) {
		_free_cleanup_ char *before = all;

		all = xasprintf("%s%s%s", before ? before : "", before ? separator : "",
				json_str(json_at(array, i), "-"));
	}
	return all;
}

char *text_value(json *v)
{
	switch (json_kind(v)) {
	case JSON_NULL:
		return NULL;
	case JSON_BOOL:
		return xstrdup(json_true(v) ? "yes" : "no");
	case JSON_STRING:
		return xstrdup(json_str(v, ""));
	default:
		return xstrdup(json_text(v, NULL));
	}
}
