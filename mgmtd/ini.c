// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/ini.h"

#include <ini.h>
#include <stdbool.h>
#include <string.h>

#include "lib/alloc.h"

struct reader {
	FILE *f;
	const struct ini_ops *ops;
	void *arg;
	unsigned int line;
	size_t bytes;
	bool broken;			/* said why, stop */
	char text[INI_LINE_LEN + 2];	/* the line as it stands in the file */
};

static void broken(struct reader *r, const char *what)
{
	r->broken = true;
	r->ops->problem(r->line, what, r->arg);
}

/* inih tells of the first line alone that it does not understand, and at the end. */
static void check_syntax(struct reader *r)
{
	const char *p = r->text + strspn(r->text, " \t\r\n");

	if (!*p || *p == '#' || *p == ';' || p != r->text)
		return;
	if (*p == '[' ? !strchr(p, ']') : !strpbrk(p, "=:"))
		r->ops->problem(r->line, "neither [Section] nor Key=value", r->arg);
}

/* inih's way of fgets(). It neither counts lines for us nor refuses long ones. */
static char *next_line(char *buf, int size, void *arg)
{
	struct reader *r = arg;
	size_t len;

	if (r->broken || !fgets(r->text, sizeof(r->text), r->f))
		return NULL;
	r->line++;
	len = strlen(r->text);
	r->bytes += len;
	if (len >= (size_t)size || ((!len || r->text[len - 1] != '\n') && !feof(r->f)))
		broken(r, "the line is too long, or holds a NUL byte");
	else if (r->bytes > INI_FILE_LEN)
		broken(r, "the file is too long");
	if (r->broken)
		return NULL;
	check_syntax(r);
	memcpy(buf, r->text, len + 1);
	return buf;
}

static char *trimmed(char *s)
{
	char *end;

	s += strspn(s, " \t\r\n");
	end = s + strlen(s);
	while (end > s && strchr(" \t\r\n", end[-1]))
		end--;
	*end = '\0';
	return s;
}

/* The value as it stands behind the '=': inih would end it at a " ;". */
static char *raw_value(struct reader *r, char *buf, size_t size)
{
	const char *eq = strpbrk(r->text, "=:");
	size_t len;
	char *v;

	snprintf(buf, size, "%s", eq ? eq + 1 : "");
	v = trimmed(buf);
	len = strlen(v);
	if (len >= 2 && v[0] == '"' && v[len - 1] == '"') {
		v[len - 1] = '\0';
		v++;
	}
	return v;
}

static int on_setting(void *arg, const char *section, const char *key, const char *value)
{
	char buf[INI_LINE_LEN + 2];
	struct reader *r = arg;

	/* inih takes an indented line for more of the value before it. */
	if (r->text[0] == ' ' || r->text[0] == '\t')
		r->ops->problem(r->line, "the line begins with a blank", r->arg);
	else
		r->ops->setting(section, key, raw_value(r, buf, sizeof(buf)), r->line, r->arg);
	return 1;
}

char *ini_misplaced(const char *section, const char *key, const char *known)
{
	if (!section[0])
		return xasprintf("%s stands in no section; %s", key, known);
	return xasprintf("%s stands in section [%s]; %s", key, section, known);
}

void ini_read(FILE *f, const struct ini_ops *ops, void *arg)
{
	struct reader r = { .f = f, .ops = ops, .arg = arg };
	int rc = ini_parse_stream(next_line, &r, on_setting, &r);

	if (r.broken)
		return;
	if (ferror(f))
		ops->problem(0, "cannot be read", arg);
	else if (rc < 0)
		ops->problem(0, "cannot be parsed", arg);
}
