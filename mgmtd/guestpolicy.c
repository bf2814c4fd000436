// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/guestpolicy.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <xen/io/mydevif.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/ini.h"
#include "mgmtd/words.h"

#define SUFFIX	".conf"
#define BLANKS	" \t"

const struct grant grant_default = { MYDEVIF_DEFAULT, MYDEVIF_RATE_DEFAULT, 0 };

uint32_t grant_class(const char *word, char **why)
{
	uint32_t class = word_class(word);

	if (!class)
		*why = xasprintf("there is no class %s", word);
	else if (!(class & MYDEVIF_GRANTABLE))
		*why = xasprintf("%s is not granted to guests", word);
	else
		return class;
	return 0;
}

/* ---- keys ---- */

/* Each returns NULL, or why the value is none: to be freed. */

static char *set_adapter(struct guest_policy *p, const char *value)
{
	p->serials = patterns_split(value, BLANKS);
	for (char **s = p->serials; s && *s; s++)
		if (strlen(*s) > MYDEV_HW_SERIAL_LEN)
			return xasprintf("%s is longer than serial numbers are", *s);
	return p->serials ? NULL : xstrdup("takes serial numbers of adapters");
}

static char *set_allow(struct guest_policy *p, const char *value)
{
	char **words = patterns_split(value, BLANKS ","), *why = NULL;

	p->grant.allow = MYDEV_CLASS_VIEW;
	for (char **w = words; w && *w && !why; w++)
		p->grant.allow |= grant_class(*w, &why);
	patterns_free(words);
	return why;
}

static char *set_bytes(uint32_t *bytes, const char *value, unsigned int min)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (!isdigit((unsigned char)value[0]) || *end || n < min || n > MYDEVIF_RATE_MAX)
		return xasprintf("takes a number from %u to %u", min, MYDEVIF_RATE_MAX);
	*bytes = n;
	return NULL;
}

static char *set_rate(struct guest_policy *p, const char *value)
{
	return set_bytes(&p->grant.rate, value, 0);
}

static char *set_burst(struct guest_policy *p, const char *value)
{
	return set_bytes(&p->grant.burst, value, MYDEV_HW_DATA_MAX);
}

static char *set_name(struct guest_policy *p, const char *value)
{
	p->name = patterns_split(value, BLANKS);
	return p->name ? NULL : xstrdup("is empty: it would match nothing");
}

static char *set_uuid(struct guest_policy *p, const char *value)
{
	p->uuid = patterns_split(value, BLANKS);
	for (char **u = p->uuid; u && *u; u++)
		for (char *c = *u; *c; c++)
			*c = tolower((unsigned char)*c);
	return p->uuid ? NULL : xstrdup("is empty: it would match nothing");
}

static const struct {
	const char *section, *key;
	char *(*set)(struct guest_policy *p, const char *value);
} keys[] = {
	{ "Match", "Name", set_name },	    { "Match", "UUID", set_uuid },
	{ "Guest", "Adapter", set_adapter }, { "Guest", "Allow", set_allow },
	{ "Guest", "Rate", set_rate },	    { "Guest", "Burst", set_burst },
};

/* ---- files ---- */

static void problem(unsigned int line, const char *what, void *arg)
{
	struct guest_policy *p = arg;

	problems_add(&p->problems, p->path, line, what);
}

static void set_key(struct guest_policy *p, size_t i, const char *value, unsigned int line)
{
	_free_cleanup_ char *why = NULL, *text = NULL;

	if (p->seen & (1U << i)) {
		text = xasprintf("%s is set twice; give several words on one line", keys[i].key);
	} else {
		p->seen |= 1U << i;
		why = keys[i].set(p, value);
		text = why ? xasprintf("%s=%s: %s", keys[i].key, value, why) : NULL;
	}
	if (text)
		problem(line, text, p);
}

static void on_setting(const char *section, const char *key, const char *value, unsigned int line,
		       void *arg)
{
	_free_cleanup_ char *text = NULL;
	struct guest_policy *p = arg;

	if (!strcmp(section, "Guest"))
		p->grants = true;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!strcmp(section, keys[i].section) && !strcmp(key, keys[i].key)) {
			set_key(p, i, value, line);
			return;
		}
	}
	if (!strcmp(section, "Match"))
		text = xasprintf("unknown key %s in [Match]; it knows Name and UUID", key);
	else if (!strcmp(section, "Guest"))
		text = xasprintf("unknown key %s in [Guest]; it knows Adapter, Allow, Rate and "
				 "Burst", key);
	else
		text = ini_misplaced(section, key, "only [Match] and [Guest] are known");
	problem(line, text, p);
}

static void policy_read(struct guest_policy *p)
{
	static const struct ini_ops ops = { on_setting, problem };
	_close_cleanup_ int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	FILE *f;

	p->grant = grant_default;
	if (fd < 0 || fstat(fd, &st) < 0) {
		problem(0, strerror(errno), p);
	} else if (!S_ISREG(st.st_mode)) {
		problem(0, "not a regular file", p);
	} else if ((f = fdopen(fd, "r"))) {
		take_fd(fd);
		ini_read(f, &ops, p);
		fclose(f);
	}
}

static void policy_clear(struct guest_policy *p)
{
	patterns_free(p->name);
	patterns_free(p->uuid);
	patterns_free(p->serials);
	problems_clear(&p->problems);
	free(p->path);
}

static int is_policy(const struct dirent *d)
{
	size_t len = strlen(d->d_name), suffix = strlen(SUFFIX);

	return d->d_name[0] != '.' && len > suffix && !strcmp(d->d_name + len - suffix, SUFFIX);
}

/* By name, in bytes: the order must not depend on a locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

struct guest_policies *guest_policies_load(const char *dir)
{
	struct guest_policies *p = xzalloc(sizeof(*p));
	struct dirent **names;
	int n = scandir(dir, &names, is_policy, by_name);

	p->users = 1;
	if (n < 0)
		return p;
	p->list = xzalloc((n + 1) * sizeof(*p->list));
	for (int i = 0; i < n; i++) {
		p->list[i].path = xasprintf("%s/%s", dir, names[i]->d_name);
		policy_read(&p->list[i]);
		free(names[i]);
	}
	free(names);
	p->n = n;
	return p;
}

struct guest_policies *guest_policies_use(struct guest_policies *p)
{
	p->users++;
	return p;
}

void guest_policies_release(struct guest_policies *p)
{
	if (!p || --p->users)
		return;
	for (size_t i = 0; i < p->n; i++)
		policy_clear(&p->list[i]);
	free(p->list);
	free(p);
}

const struct guest_policy *guest_policies_match(const struct guest_policies *p, const char *name,
						const char *uuid)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct guest_policy *g = &p->list[i];

		if (g->grants && !g->problems.n && (!g->name || patterns_match(g->name, name)) &&
		    (!g->uuid || patterns_match(g->uuid, uuid)))
			return g;
	}
	return NULL;
}
