// SPDX-License-Identifier: GPL-2.0
#include "firmware/source.h"

#include <endian.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mydev/hw.h>

#include "lib/util.h"

#define CODE_MAX	(8U << 20)

static bool parse_number(const char *s, uint32_t max, uint32_t *n)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(s, &end, 0);
	if (end == s || *end || *s == '-' || errno || v > max)
		return false;
	*n = v;
	return true;
}

static bool set_model(struct fwbuild *b, const char *value)
{
	uint32_t n;

	if (!strcmp(value, "MD-2000"))
		n = MYDEV_MODEL_MD2000;
	else if (!strcmp(value, "MD-4000"))
		n = MYDEV_MODEL_MD4000;
	else if (!parse_number(value, UINT16_MAX, &n))
		return false;
	b->model = n;
	return true;
}

static bool set_version(struct fwbuild *b, const char *value)
{
	unsigned int major, minor, revision, build = 0;
	int end = 0;

	sscanf(value, "%3u.%3u.%5u%n+%9u%n", &major, &minor, &revision, &end, &build, &end);
	if (!end || value[end] || major > UINT8_MAX || minor > UINT8_MAX || revision > UINT16_MAX)
		return false;
	b->version.major = major;
	b->version.minor = minor;
	b->version.revision = htole16(revision);
	b->version.build = htole32(build);
	return true;
}

static bool set_counter(struct fwbuild *b, const char *value)
{
	return parse_number(value, UINT32_MAX, &b->counter);
}

static bool set_features(struct fwbuild *b, const char *value)
{
	static const struct {
		const char *word;
		uint32_t bit;
	} features[] = {
		{ "conditioning", MYDEV_FEATURE_CONDITIONING },
		{ "hysteresis", MYDEV_FEATURE_TEMP_HYSTERESIS },
	};
	size_t i, len;

	b->features = 0;
	for (value += strspn(value, " "); *value; value += len + strspn(value + len, " ")) {
		len = strcspn(value, " ");
		for (i = 0; i < ARRAY_SIZE(features); i++)
			if (strlen(features[i].word) == len &&
			    !memcmp(features[i].word, value, len))
				break;
		if (i == ARRAY_SIZE(features))
			return false;
		b->features |= features[i].bit;
	}
	return true;
}

static bool set_board_rev_min(struct fwbuild *b, const char *value)
{
	uint32_t n;

	if (!parse_number(value, UINT16_MAX, &n))
		return false;
	b->board_rev_min = n;
	return true;
}

static bool set_code_size(struct fwbuild *b, const char *value)
{
	return parse_number(value, CODE_MAX, &b->code_size);
}

static bool set_code_crc_flip(struct fwbuild *b, const char *value)
{
	return parse_number(value, UINT32_MAX, &b->code_crc_flip);
}

static bool set_manifest(struct fwbuild *b, const char *value)
{
	b->no_manifest = !strcmp(value, "no");
	return b->no_manifest || !strcmp(value, "yes");
}

static const struct key {
	const char *name;
	bool (*set)(struct fwbuild *b, const char *value);
	bool needed;
} keys[] = {
	{ "model", set_model, true },
	{ "version", set_version, true },
	{ "counter", set_counter, true },
	{ "features", set_features, true },
	{ "board_rev_min", set_board_rev_min, true },
	{ "code_size", set_code_size, true },
	{ "code_crc_flip", set_code_crc_flip, false },
	{ "manifest", set_manifest, false },
};

static const struct key *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

bool source_set(struct fwbuild *b, const char *key, const char *value,
		char error[SOURCE_ERROR_MAX])
{
	const struct key *k = find(key);

	if (!k)
		snprintf(error, SOURCE_ERROR_MAX, "no such key: %s", key);
	else if (!k->set(b, value))
		snprintf(error, SOURCE_ERROR_MAX, "%s cannot be '%s'", key, value);
	else
		return true;
	return false;
}

struct reading {
	struct fwbuild *b;
	char *error;
	unsigned int seen;	/* a bit for each key */
};

static int take_line(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;
	const struct key *k = find(name);

	if (k)
		r->seen |= 1U << (k - keys);
	/* The first error is the one to tell. */
	return r->error[0] || source_set(r->b, name, value, r->error);
}

bool source_read(struct fwbuild *b, const char *path, char error[SOURCE_ERROR_MAX])
{
	struct reading r = { .b = b, .error = error };
	char why[SOURCE_ERROR_MAX];
	size_t i;
	int line;

	error[0] = '\0';
	line = ini_parse(path, take_line, &r);
	if (line < 0) {
		snprintf(error, SOURCE_ERROR_MAX, "%s: %s", path, strerror(errno));
		return false;
	}
	if (line > 0) {
		snprintf(why, sizeof(why), "%s", error[0] ? error : "not a 'key = value'");
		snprintf(error, SOURCE_ERROR_MAX, "%s:%d: %.120s", path, line, why);
		return false;
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!keys[i].needed || (r.seen & (1U << i)))
			continue;
		snprintf(error, SOURCE_ERROR_MAX, "%s: %s is missing", path, keys[i].name);
		return false;
	}
	return true;
}
