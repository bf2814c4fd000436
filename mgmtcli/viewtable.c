// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "lib/alloc.h"
#include "mgmtcli/style.h"
#include "mgmtcli/text.h"
#include "mgmtcli/view.h"

enum { NAME, MODEL, SERIAL, ADDRESS, STATE, HEALTH, RUNNING, STORED, PENDING, PROFILE, DRIFT, AGE,
       COLUMNS };

/*
 * On a narrow terminal the age goes first, but before it what says the same for every
 * adapter (spare()); names of profiles and addresses are cut.
 */
static const struct table_column columns[COLUMNS] = {
	[NAME] = { "NAME" },
	[MODEL] = { "MODEL" },
	[SERIAL] = { "SERIAL" },
	[ADDRESS] = { "ADDRESS", .shrink = 8 },
	[STATE] = { "STATE" },
	[HEALTH] = { "HEALTH" },
	[RUNNING] = { "RUNNING" },
	[STORED] = { "STORED" },
	[PENDING] = { "PENDING" },
	[PROFILE] = { "PROFILE", .shrink = 7 },
	[DRIFT] = { "DRIFT", .shrink = 5 },
	[AGE] = { "AGE", .right = true, .drop = 1 },
};

char *view_profile(const char *paths)
{
	char *names = paths ? xstrdup(paths) : NULL, *out = names, *save = NULL;

	for (char *p = names ? strtok_r(names, " ", &save) : NULL; p; p = strtok_r(NULL, " ", &save)) {
		char *slash = strrchr(p, '/');
		size_t n;

		p = slash ? slash + 1 : p;
		n = strlen(p);
		if (n > 5 && !strcmp(p + n - 5, ".conf"))
			n -= 5;
		if (out != names)
			*out++ = ' ';
		memmove(out, p, n);
		out += n;
	}
	if (names)
		*out = '\0';
	return names;
}

/* The adapter's state, with the stage of the update that goes on. */
static char *state_of(json *adapter)
{
	const char *state = json_str(json_get(adapter, "state"), "-");
	json *flash = json_get(adapter, "flash");
	const char *stage = json_str(json_get(flash, "stage"), "done");
	int64_t percent = json_num(json_get(flash, "percent"), -1);

	if (!flash || !strcmp(stage, "done"))
		return xstrdup(state);
	if (percent < 0)
		return xstrdup(stage);
	return xasprintf("%s %d%%", stage, (int)percent);
}

static char *drift_of(json *adapter)
{
	const char *config = json_str(json_get(adapter, "config"), "");
	char *keys = text_join(json_get(adapter, "drift"), ",");

	/* A profile that cannot be applied is worse than one that is not. */
	if (!keys && (!strcmp(config, "failed") || !strcmp(config, "applying")))
		return xstrdup(config);
	return keys;
}

static void add_row(struct table *t, json *a)
{
	json *fw = json_get(a, "firmware"), *age = json_get(a, "age_ms");
	_free_cleanup_ char *profile = view_profile(json_str(json_get(a, "profile"), NULL));
	_free_cleanup_ char *state = state_of(a), *drift = drift_of(a);
	_free_cleanup_ char *how_old = age ? text_age(json_num(age, 0)) : NULL;
	const char *health = json_str(json_get(a, "health"), NULL);

	table_cell(t, STYLE_PLAIN, json_str(json_get(a, "name"), NULL));
	table_cell(t, STYLE_PLAIN, json_str(json_get(a, "model"), NULL));
	table_cell(t, STYLE_PLAIN, json_str(json_get(a, "serial"), NULL));
	table_cell(t, STYLE_PLAIN, json_str(json_get(a, "address"), NULL));
	table_cell(t, style_of(json_str(json_get(a, "state"), NULL)), state);
	table_cell(t, style_of(health), health);
	table_cell(t, STYLE_PLAIN, json_str(json_get(fw, "running"), NULL));
	table_cell(t, STYLE_PLAIN, json_str(json_get(fw, "stored"), NULL));
	table_cell(t, STYLE_PLAIN, json_str(json_get(fw, "pending"), NULL));
	table_cell(t, STYLE_PLAIN, profile);
	table_cell(t, STYLE_PLAIN, drift);
	table_cell(t, STYLE_PLAIN, how_old);
}

/* Lets columns go first that say nothing new. */
static void spare(struct table *t, json *adapters)
{
	bool stored = false, pending = false, drift = false;

	for (size_t i = 0; i < json_len(adapters); i++) {
		json *a = json_at(adapters, i), *fw = json_get(a, "firmware");

		stored |= !json_equal(json_get(fw, "stored"), json_get(fw, "running"));
		pending |= json_get(fw, "pending") != NULL;
		drift |= json_len(json_get(a, "drift")) > 0;
	}
	table_set_drop(t, PENDING, pending ? 0 : 4);
	table_set_drop(t, STORED, stored ? 0 : 3);
	table_set_drop(t, DRIFT, drift ? 0 : 2);
}

struct table *view_table(json *adapters)
{
	struct table *t = table_new(columns, COLUMNS);

	for (size_t i = 0; i < json_len(adapters); i++)
		add_row(t, json_at(adapters, i));
	spare(t, adapters);
	return t;
}
