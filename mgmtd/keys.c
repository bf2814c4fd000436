// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/keys.h"

#include <stdbool.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtd/log.h"

struct loading {
	const char *dir;
	keys_problem *problem;
	void *arg;
	bool told;
};

static void on_problem(void *arg, const char *file, unsigned int line, const char *why)
{
	struct loading *l = arg;
	_free_cleanup_ char *path = strcmp(file, l->dir) ? xasprintf("%s/%s", l->dir, file)
							 : xstrdup(file);
	_free_cleanup_ char *text = line ? xasprintf("%s:%u %s", path, line, why)
					 : xasprintf("%s %s", path, why);

	l->told = true;
	l->problem(text, l->arg);
}

struct keyring *keys_load(const char *dir, keys_problem *problem, void *arg)
{
	struct loading l = { .dir = dir, .problem = problem, .arg = arg };
	struct keyring *keys = keyring_load(dir, on_problem, &l);
	_free_cleanup_ char *none = NULL;

	if (keyring_count(keys) || l.told)
		return keys;
	none = xasprintf("%s holds no key", dir);
	problem(none, arg);
	return keys;
}

static void to_log(const char *text, void *arg)
{
	log_warning("keys of firmware images: %s", text);
}

void keys_check(const char *dir)
{
	keyring_free(keys_load(dir, to_log, NULL));
}
