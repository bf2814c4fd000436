// SPDX-License-Identifier: GPL-2.0
#include "lib/jsonscan.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"

#define NUMBER_MAX 64	/* characters; exact doubles need far fewer */

struct scan {
	const char *p, *end;
	size_t members;
	const char *why;
};

static bool fail(struct scan *s, const char *why)
{
	s->why = why;
	return false;
}

/* The next character, '\0' at the end: NULs are no part of any token. */
static char peek(const struct scan *s)
{
	return s->p < s->end ? *s->p : '\0';
}

static bool take(struct scan *s, char c)
{
	if (peek(s) != c)
		return false;
	s->p++;
	return true;
}

static void skip_space(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p) && *s->p)
		s->p++;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits after \u; negative when they are none. */
static int32_t hex4(struct scan *s)
{
	int32_t v = 0;

	for (int i = 0; i < 4; i++) {
		int d = hex_digit(peek(s));

		if (d < 0)
			return -1;
		v = v << 4 | d;
		s->p++;
	}
	return v;
}

static bool scan_unicode_escape(struct scan *s)
{
	int32_t c = hex4(s);

	if (c < 0)
		return fail(s, "\\u without four hexadecimal digits");
	if (!c)
		return fail(s, "a NUL in a string");
	if (c >= 0xdc00 && c <= 0xdfff)
		return fail(s, "a lone surrogate");
	if (c < 0xd800 || c > 0xdbff)
		return true;
	if (!take(s, '\\') || !take(s, 'u'))
		return fail(s, "a lone surrogate");
	c = hex4(s);
	return (c >= 0xdc00 && c <= 0xdfff) || fail(s, "a lone surrogate");
}

static bool scan_escape(struct scan *s)
{
	char c = peek(s);

	if (!c || !strchr("\"\\/bfnrtu", c))
		return fail(s, "an unknown escape in a string");
	s->p++;
	return c != 'u' || scan_unicode_escape(s);
}

/* After the opening quote. */
static bool scan_string(struct scan *s)
{
	while (s->p < s->end) {
		unsigned char c = *s->p;
		size_t n;

		if (c == '"') {
			s->p++;
			return true;
		}
		if (c == '\\') {
			s->p++;
			if (!scan_escape(s))
				return false;
			continue;
		}
		if (c < 0x20)
			return fail(s, "a control character in a string");
		n = utf8_char(s->p, s->end - s->p, NULL);
		if (!n)
			return fail(s, "not UTF-8");
		s->p += n;
	}
	return fail(s, "a string without its end");
}

static bool scan_digits(struct scan *s)
{
	const char *start = s->p;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->p++;
	return s->p > start;
}

/* Whether the value of a well-formed number can be kept. */
static bool number_fits(struct scan *s, const char *start, bool integer)
{
	char buf[NUMBER_MAX + 1];
	size_t len = s->p - start;

	if (len > NUMBER_MAX)
		return fail(s, "a number that is too long");
	memcpy(buf, start, len);
	buf[len] = '\0';
	if (!integer)
		return isfinite(strtod(buf, NULL)) || fail(s, "a number that is too large");
	errno = 0;
	strtoll(buf, NULL, 10);
	return !errno || fail(s, "an integer beyond 64 bits");
}

static bool scan_number(struct scan *s)
{
	const char *start = s->p;
	bool integer = true;

	take(s, '-');
	if (!take(s, '0') && !scan_digits(s))
		return fail(s, "not a value");
	if (take(s, '.')) {
		integer = false;
		if (!scan_digits(s))
			return fail(s, "a number without digits after its point");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		integer = false;
		s->p++;
		if (!take(s, '+'))
			take(s, '-');
		if (!scan_digits(s))
			return fail(s, "an exponent without digits");
	}
	return number_fits(s, start, integer);
}

static bool scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n))
		return fail(s, "not a value");
	s->p += n;
	return true;
}

static bool scan_value(struct scan *s, unsigned int depth);

static bool scan_member(struct scan *s, unsigned int depth)
{
	skip_space(s);
	if (!take(s, '"'))
		return fail(s, "an object member without a name");
	if (!scan_string(s))
		return false;
	skip_space(s);
	if (!take(s, ':'))
		return fail(s, "an object member without ':'");
	s->members++;
	return scan_value(s, depth);
}

/* After the opening bracket: elements, or members, up to `close`. */
static bool scan_list(struct scan *s, unsigned int depth, char close)
{
	if (!depth)
		return fail(s, "nested too deeply");
	skip_space(s);
	if (take(s, close))
		return true;
	do {
		if (!(close == '}' ? scan_member(s, depth - 1) : scan_value(s, depth - 1)))
			return false;
		skip_space(s);
	} while (take(s, ','));
	return take(s, close) || fail(s, "a list without its end");
}

static bool scan_value(struct scan *s, unsigned int depth)
{
	skip_space(s);
	switch (peek(s)) {
	case '{':
		s->p++;
		return scan_list(s, depth, '}');
	case '[':
		s->p++;
		return scan_list(s, depth, ']');
	case '"':
		s->p++;
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return scan_number(s);
	}
}

const char *json_scan(const char *text, size_t len, unsigned int depth, size_t *members)
{
	struct scan s = { .p = text, .end = text + len };

	if (!scan_value(&s, depth))
		return s.why;
	skip_space(&s);
	if (s.p != s.end)
		return "something after the value";
	*members = s.members;
	return NULL;
}
