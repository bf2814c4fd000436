// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/openrpc.h"

#include <string.h>

#include "lib/alloc.h"
#include "mgmtd/schema.h"

#define DEADLINE_MS 1000

__asm__(".section .rodata\n"
	"openrpc_document:\n"
	".incbin \"doc/openrpc.json\"\n"
	".byte 0\n"
	".previous\n");
extern const char openrpc_document[] __attribute__((visibility("hidden")));

char *openrpc_text(size_t *len)
{
	char *text;

	*len = strlen(openrpc_document);
	text = xstrndup(openrpc_document, *len);
	/* In JSON, newlines stand only where blanks may. */
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return text;
}

static void method_init(struct method_info *info, json *method)
{
	const char *permission = json_str(json_get(method, "x-permission"), "");

	info->name = json_str(json_get(method, "name"), "");
	info->permission = strcmp(permission, "read") ? PERMIT_CHANGE : PERMIT_READ;
	info->deadline_ms = json_num(json_get(method, "x-deadline-ms"), DEADLINE_MS);
	info->descriptor = json_has(method, "x-descriptor");
	info->params = json_get(method, "params");
	json_del(method, "result");
}

void openrpc_init(struct openrpc *rpc)
{
	const char *why;
	json *methods;

	rpc->document = json_parse(openrpc_document, strlen(openrpc_document), &why);
	methods = json_get(rpc->document, "methods");
	rpc->schema = json_num(json_get(rpc->document, "x-schema"), 0);
	rpc->n = json_len(methods);
	if (!rpc->n || !rpc->schema)
		abort();
	rpc->methods = xzalloc(rpc->n * sizeof(*rpc->methods));
	for (size_t i = 0; i < rpc->n; i++)
		method_init(&rpc->methods[i], json_at(methods, i));
}

void openrpc_clear(struct openrpc *rpc)
{
	free(rpc->methods);
	json_unref(rpc->document);
}

const struct method_info *openrpc_find(const struct openrpc *rpc, const char *name)
{
	for (size_t i = 0; i < rpc->n; i++)
		if (!strcmp(rpc->methods[i].name, name))
			return &rpc->methods[i];
	return NULL;
}

static json *find_param(const struct method_info *m, const char *name)
{
	for (size_t i = 0; i < json_len(m->params); i++) {
		json *param = json_at(m->params, i);

		if (!strcmp(json_str(json_get(param, "name"), ""), name))
			return param;
	}
	return NULL;
}

struct param_check {
	const struct openrpc *rpc;
	const struct method_info *method;
	char *why;
};

static int check_param(const char *name, json *value, void *arg)
{
	struct param_check *c = arg;
	json *param = find_param(c->method, name);

	c->why = param ? schema_check(c->rpc->document, json_get(param, "schema"), value, name)
		       : xasprintf("%s has no parameter %s", c->method->name, name);
	return !!c->why;
}

char *openrpc_check_params(const struct openrpc *rpc, const struct method_info *m, json *params)
{
	struct param_check c = { rpc, m, NULL };

	if (params && json_kind(params) != JSON_OBJECT)
		return xasprintf("parameters are given by name, in an object");
	for (size_t i = 0; i < json_len(m->params); i++) {
		json *param = json_at(m->params, i);
		const char *name = json_str(json_get(param, "name"), "");

		if (json_true(json_get(param, "required")) && !json_has(params, name))
			return xasprintf("%s needs the parameter %s", m->name, name);
	}
	json_each(params, check_param, &c);
	return c.why;
}
