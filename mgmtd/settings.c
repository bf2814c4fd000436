// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/settings.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/ini.h"

#define EVENTS_KEPT_MIN	100
#define EVENTS_KEPT_MAX	100000

static const struct settings defaults = {
	.auto_configure = true,
	.mend_drift = false,
	.events_kept = 10000,
};

struct load {
	struct settings *settings;
	const char *path;
	void (*problem)(const char *text, void *arg);
	void *arg;
};

static void problem(unsigned int line, const char *what, void *arg)
{
	struct load *l = arg;
	_free_cleanup_ char *text = line ? xasprintf("%s:%u: %s", l->path, line, what)
					 : xasprintf("%s: %s", l->path, what);

	l->problem(text, l->arg);
}

static const char *set_bool(void *member, const char *value)
{
	bool *b = member;

	if (!strcasecmp(value, "yes") || !strcasecmp(value, "true"))
		*b = true;
	else if (!strcasecmp(value, "no") || !strcasecmp(value, "false"))
		*b = false;
	else
		return "takes yes or no";
	return NULL;
}

static const char *set_events_kept(void *member, const char *value)
{
	unsigned int *n = member;
	char *end;
	unsigned long v = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end || v < EVENTS_KEPT_MIN || v > EVENTS_KEPT_MAX)
		return "takes a number from 100 to 100000";
	*n = v;
	return NULL;
}

static const struct {
	const char *key;
	const char *(*set)(void *member, const char *value);
	size_t offset;
} keys[] = {
	{ "AutoConfigure", set_bool, offsetof(struct settings, auto_configure) },
	{ "MendDrift", set_bool, offsetof(struct settings, mend_drift) },
	{ "EventsKept", set_events_kept, offsetof(struct settings, events_kept) },
};

static void on_setting(const char *section, const char *key, const char *value, unsigned int line,
		       void *arg)
{
	_free_cleanup_ char *what = NULL;
	struct load *l = arg;
	const char *wrong;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys) && strcmp(key, keys[i].key); i++)
		;
	if (strcmp(section, "Daemon")) {
		what = ini_misplaced(section, key, "only [Daemon] is known");
	} else if (i == ARRAY_SIZE(keys)) {
		what = xasprintf("unknown key %s", key);
	} else {
		wrong = keys[i].set((char *)l->settings + keys[i].offset, value);
		what = wrong ? xasprintf("%s = %s: it %s", key, value, wrong) : NULL;
	}
	if (what)
		problem(line, what, l);
}

void settings_load(struct settings *s, const char *path,
		   void (*problem_fn)(const char *text, void *arg), void *arg)
{
	static const struct ini_ops ops = { on_setting, problem };
	struct load l = { s, path, problem_fn, arg };
	FILE *f = fopen(path, "re");

	*s = defaults;
	if (f) {
		ini_read(f, &ops, &l);
		fclose(f);
	} else if (errno != ENOENT) {
		problem(0, strerror(errno), &l);
	}
}
