// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/skew.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/alloc.h"
#include "lib/util.h"

/* The level of the family from which on each thing can be done. */
static const struct {
	unsigned int level;
	const char *method;	/* a glob would be too much: the beginning of its name */
	const char *what;
} needs[] = {
	{ 1, "adapter.", "commanding adapters" },
	{ 1, "firmware.", "firmware updates" },
	{ 1, "config.", "configuration" },
};

json *skew_limits(const struct mdnl_version *v)
{
	json *list = json_array();
	_free_cleanup_ char *newer = NULL;

	if (!v) {
		json_append(list, json_string("mydev.ko is not loaded: there are no adapters"));
		return list;
	}
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		_free_cleanup_ char *text = NULL;

		if (v->level >= needs[i].level)
			continue;
		text = xasprintf("mydev.ko %s (level %u) is too old for %s: load the new modules",
				 v->module, v->level, needs[i].what);
		json_append(list, json_string(text));
	}
	if (v->level > MYDEV_GENL_LEVEL) {
		newer = xasprintf("mydev.ko %s (level %u) can more than this mydevd knows (level %u): "
				  "update mydevd", v->module, v->level, MYDEV_GENL_LEVEL);
		json_append(list, json_string(newer));
	}
	return list;
}

bool skew_refused(const struct mdnl_version *v, const char *method, struct rpc_error *e)
{
	for (size_t i = 0; v && i < ARRAY_SIZE(needs); i++) {
		if (v->level >= needs[i].level ||
		    strncmp(method, needs[i].method, strlen(needs[i].method)))
			continue;
		rpc_error_set(e, RPC_REFUSED, "%s: the loaded mydev.ko %s (level %u) is too old "
			      "for it", method, v->module, v->level);
		rpc_error_hint(e, "load the modules that came with mydevd " MYDEV_VERSION
			       ", or restart the host");
		return true;
	}
	return false;
}

static json *module_json(const char *name)
{
	_free_cleanup_ char *path = xasprintf("/sys/module/%s/version", name);
	char version[64] = "";
	FILE *f = fopen(path, "re");
	json *v = json_object();

	if (f && !fgets(version, sizeof(version), f))
		version[0] = '\0';
	if (f)
		fclose(f);
	version[strcspn(version, "\n")] = '\0';
	json_set_str(v, "name", name);
	json_set_str(v, "version", version[0] ? version : NULL);
	return v;
}

json *skew_modules(void)
{
	static const char *const names[] = {
		"mydev", "mydev_pci", "mydev_sim", "mydeviceback", "mydevicefront",
	};
	json *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_free_cleanup_ char *path = xasprintf("/sys/module/%s", names[i]);

		if (!access(path, F_OK))
			json_append(list, module_json(names[i]));
	}
	return list;
}
