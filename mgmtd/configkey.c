// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/configkey.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/alloc.h"
#include "lib/util.h"

const struct mdnl_config *config_find(const struct mdnl_configs *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->keys[i].name, name))
			return &c->keys[i];
	return NULL;
}

const char *config_type_name(uint8_t type)
{
	switch (type) {
	case MYDEV_CONFIG_BOOL:
		return "bool";
	case MYDEV_CONFIG_UINT:
		return "uint";
	case MYDEV_CONFIG_ENUM:
		return "enum";
	case MYDEV_CONFIG_STRING:
		return "string";
	}
	return "unknown";
}

/* ---- text to value ---- */

static char *parse_bool(const struct mdnl_config *key, const char *text, struct mdnl_value *v)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true }, { "true", true }, { "on", true }, { "1", true },
		{ "no", false }, { "false", false }, { "off", false }, { "0", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i].word))
			continue;
		v->num = words[i].value;
		return NULL;
	}
	return xasprintf("%s = %s: neither yes nor no", key->name, text);
}

static char *parse_uint(const struct mdnl_config *key, const char *text, struct mdnl_value *v)
{
	const char *blank = key->unit[0] ? " " : "";
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end)
		return xasprintf("%s = %s: not a whole number (%u to %u%s%s)", key->name, text,
				 key->min, key->max, blank, key->unit);
	if (errno || n < key->min || n > key->max)
		return xasprintf("%s = %s: out of range, it takes %u to %u%s%s", key->name, text,
				 key->min, key->max, blank, key->unit);
	v->num = n;
	return NULL;
}

/* The i-th of the words joined by ','. */
static bool choice(const struct mdnl_config *key, uint32_t i, const char **word, size_t *len)
{
	const char *p = key->choices;

	for (; *p; p += *len + (p[*len] == ',')) {
		*len = strcspn(p, ",");
		*word = p;
		if (!i--)
			return true;
	}
	return false;
}

static char *parse_enum(const struct mdnl_config *key, const char *text, struct mdnl_value *v)
{
	const char *word;
	size_t len;

	for (uint32_t i = 0; choice(key, i, &word, &len); i++) {
		if (strlen(text) != len || strncasecmp(word, text, len))
			continue;
		v->num = i;
		return NULL;
	}
	return xasprintf("%s = %s: not one of %s", key->name, text, key->choices);
}

static char *parse_string(const struct mdnl_config *key, const char *text, struct mdnl_value *v)
{
	size_t len = strlen(text);

	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			return xasprintf("%s: only printable ASCII is taken", key->name);
	if (len < key->min || len > key->max || len >= sizeof(v->str))
		return xasprintf("%s = %s: %zu characters long, it takes %u to %u", key->name,
				 text, len, key->min, key->max);
	v->is_string = true;
	memcpy(v->str, text, len + 1);
	return NULL;
}

char *config_parse(const struct mdnl_config *key, const char *text, struct mdnl_value *value)
{
	*value = (struct mdnl_value){ .id = key->id };
	switch (key->type) {
	case MYDEV_CONFIG_BOOL:
		return parse_bool(key, text, value);
	case MYDEV_CONFIG_UINT:
		return parse_uint(key, text, value);
	case MYDEV_CONFIG_ENUM:
		return parse_enum(key, text, value);
	case MYDEV_CONFIG_STRING:
		return parse_string(key, text, value);
	}
	return xasprintf("%s is of a type that this mydevd does not know", key->name);
}

/* ---- value to text and JSON ---- */

static struct mdnl_value value_now(const struct mdnl_config *key)
{
	struct mdnl_value v = { .id = key->id, .num = key->num };

	v.is_string = key->type == MYDEV_CONFIG_STRING;
	memcpy(v.str, key->str, sizeof(v.str));
	return v;
}

static struct mdnl_value value_default(const struct mdnl_config *key)
{
	struct mdnl_value v = { .id = key->id, .num = key->def_num };

	v.is_string = key->type == MYDEV_CONFIG_STRING;
	memcpy(v.str, key->def_str, sizeof(v.str));
	return v;
}

bool config_is(const struct mdnl_config *key, const struct mdnl_value *value)
{
	if (key->type == MYDEV_CONFIG_STRING)
		return !strcmp(key->str, value->str);
	return key->num == value->num;
}

json *config_json(const struct mdnl_config *key, const struct mdnl_value *value)
{
	const char *word;
	size_t len;

	switch (key->type) {
	case MYDEV_CONFIG_BOOL:
		return json_bool(value->num);
	case MYDEV_CONFIG_UINT:
		return json_int(value->num);
	case MYDEV_CONFIG_ENUM:
		return choice(key, value->num, &word, &len) ? json_string_len(word, len) : NULL;
	case MYDEV_CONFIG_STRING:
		return json_string(value->str);
	}
	return NULL;
}

json *config_json_now(const struct mdnl_config *key)
{
	struct mdnl_value v = value_now(key);

	return config_json(key, &v);
}

json *config_json_default(const struct mdnl_config *key)
{
	struct mdnl_value v = value_default(key);

	return config_json(key, &v);
}

char *config_text(const struct mdnl_config *key, const struct mdnl_value *value)
{
	const char *word;
	size_t len;

	switch (key->type) {
	case MYDEV_CONFIG_BOOL:
		return xstrdup(value->num ? "yes" : "no");
	case MYDEV_CONFIG_ENUM:
		if (choice(key, value->num, &word, &len))
			return xstrndup(word, len);
		break;
	case MYDEV_CONFIG_STRING:
		return xstrdup(value->str);
	}
	return xasprintf("%u", value->num);
}
