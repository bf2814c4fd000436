// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/keys.h"

#include <string.h>

#include "lib/alloc.h"
#include "mgmtd/log.h"

struct loading {
	const char *dir;
	keys_problem *problem;
	void *arg;
};

static void on_problem(void *arg, const char *file, unsigned int line, const char *why)
{
	const struct loading *l = arg;
	_free_cleanup_ char *path = strcmp(file, l->dir) ? xasprintf("%s/%s", l->dir, file)
							 : xstrdup(file);
	_free_cleanup_ char *text = line ? xasprintf("%s:%u %s", path, line, why)
					 : xasprintf("%s %s", path, why);

	l->problem(text, l->arg);
}

struct keyring *keys_load(const char *dir, keys_problem *problem, void *arg)
{
	struct loading l = { dir, problem, arg };
	struct keyring *keys = keyring_load(dir, on_problem, &l);
	_free_cleanup_ char *none = NULL;

	if (keyring_count(keys))
		return keys;
	none = xasprintf("%s holds no key that can be used: no image is trusted", dir);
	problem(none, arg);
	return keys;
}

static void to_log(const char *text, void *arg)
{
	log_warning("%s", text);
}

void keys_check(const char *dir)
{
	keyring_free(keys_load(dir, to_log, NULL));
}
