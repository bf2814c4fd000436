// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/select.h"

#include <fnmatch.h>
#include <string.h>

#define GLOBS_MAX	64
#define STARS_MAX	4

static bool is_glob(const char *pattern)
{
	return strpbrk(pattern, "*?[\\");
}

static bool matches(const char *pattern, const char *value)
{
	if (!value || !value[0])
		return false;
	return is_glob(pattern) ? !fnmatch(pattern, value, 0) : !strcmp(pattern, value);
}

bool names_match(const char *pattern, const char *name, const char *serial, const char *address)
{
	if (matches(pattern, name) || matches(pattern, serial) || matches(pattern, address))
		return true;
	return address && !strncmp(address, "0000:", 5) && matches(pattern, address + 5);
}

static unsigned int count(const char *s, char c)
{
	unsigned int n = 0;

	for (; *s; s++)
		n += *s == c;
	return n;
}

const char *names_too_costly(json *patterns)
{
	unsigned int globs = 0;

	for (size_t i = 0; i < json_len(patterns); i++) {
		const char *pattern = json_str(json_at(patterns, i), "");

		globs += is_glob(pattern);
		if (count(pattern, '*') > STARS_MAX)
			return "a pattern has more than 4 stars";
	}
	return globs > GLOBS_MAX ? "more than 64 patterns" : NULL;
}

bool any_names_match(json *patterns, const char *name, const char *serial, const char *address)
{
	if (!patterns)
		return true;
	for (size_t i = 0; i < json_len(patterns); i++)
		if (names_match(json_str(json_at(patterns, i), ""), name, serial, address))
			return true;
	return false;
}
