// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/profile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/ini.h"

#define SUFFIX		".conf"
#define PATTERNS_MAX	64
#define SETTINGS_MAX	256
#define PROBLEMS_MAX	16

static const char *const match_keys[] = {
	[MATCH_MODEL] = "Model",
	[MATCH_SERIAL] = "Serial",
	[MATCH_ADDRESS] = "Address",
};

static void strings_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

static void profile_clear(struct profile *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->match); i++)
		strings_free(p->match[i]);
	for (size_t i = 0; i < p->n_settings; i++) {
		free(p->settings[i].key);
		free(p->settings[i].value);
	}
	for (size_t i = 0; i < p->n_problems; i++)
		free(p->problems[i]);
	free(p->settings);
	free(p->problems);
	free(p->path);
}

void profiles_init(struct profiles *p, const char *dir)
{
	*p = (struct profiles){ .dir = xstrdup(dir) };
}

static void clear_list(struct profiles *p)
{
	for (size_t i = 0; i < p->n; i++)
		profile_clear(&p->list[i]);
	free(p->list);
	p->list = NULL;
	p->n = 0;
}

void profiles_clear(struct profiles *p)
{
	clear_list(p);
	free(p->dir);
	p->dir = NULL;
}

/* ---- reading one file ---- */

static void problem(unsigned int line, const char *what, void *arg)
{
	struct profile *p = arg;

	if (p->n_problems == PROBLEMS_MAX)
		return;
	p->problems = xrealloc(p->problems, p->n_problems + 1, sizeof(*p->problems));
	p->problems[p->n_problems++] = line ? xasprintf("%s:%u: %s", p->path, line, what)
					    : xasprintf("%s: %s", p->path, what);
}

static void problem_at(struct profile *p, unsigned int line, char *what)
{
	problem(line, what, p);
	free(what);
}

/* Words that are separated by blanks. */
static char **split(const char *value)
{
	_free_cleanup_ char *copy = xstrdup(value);
	char *save, *word, **list = NULL;
	size_t n = 0;

	for (word = strtok_r(copy, " \t", &save); word && n < PATTERNS_MAX;
	     word = strtok_r(NULL, " \t", &save)) {
		list = xrealloc(list, n + 2, sizeof(*list));
		list[n++] = xstrdup(word);
		list[n] = NULL;
	}
	return list;
}

static void match_setting(struct profile *p, const char *key, const char *value, unsigned int line)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(match_keys) && strcmp(key, match_keys[i]); i++)
		;
	if (i == ARRAY_SIZE(match_keys))
		problem_at(p, line, xasprintf("unknown key %s in [Match]; it knows Model, Serial "
					      "and Address", key));
	else if (p->match[i])
		problem_at(p, line, xasprintf("%s is set twice; give several patterns on one line",
					      key));
	else if (!(p->match[i] = split(value)))
		problem_at(p, line, xasprintf("%s is empty: it would match nothing", key));
}

static void config_setting(struct profile *p, const char *key, const char *value, unsigned int line)
{
	for (size_t i = 0; i < p->n_settings; i++) {
		if (!strcmp(p->settings[i].key, key)) {
			problem_at(p, line, xasprintf("%s is set twice, first at line %u", key,
						      p->settings[i].line));
			return;
		}
	}
	if (p->n_settings == SETTINGS_MAX) {
		problem(line, "too many settings", p);
		return;
	}
	p->settings = xrealloc(p->settings, p->n_settings + 1, sizeof(*p->settings));
	p->settings[p->n_settings++] = (struct setting){ xstrdup(key), xstrdup(value), line };
}

static void on_setting(const char *section, const char *key, const char *value, unsigned int line,
		       void *arg)
{
	struct profile *p = arg;

	if (!strcmp(section, "Match"))
		match_setting(p, key, value, line);
	else if (!strcmp(section, "Config"))
		config_setting(p, key, value, line);
	else
		problem_at(p, line, ini_misplaced(section, key,
						  "only [Match] and [Config] are known"));
}

/* False: there is no such file. */
static bool read_profile(struct profile *p, const char *path)
{
	static const struct ini_ops ops = { on_setting, problem };
	_close_cleanup_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	FILE *f;

	if (fd < 0 && errno == ENOENT)
		return false;
	*p = (struct profile){ .path = xstrdup(path) };
	if (fd < 0 || fstat(fd, &st) < 0) {
		problem(0, strerror(errno), p);
	} else if (!S_ISREG(st.st_mode)) {
		problem(0, "not a regular file", p);
	} else if ((f = fdopen(fd, "r"))) {
		take_fd(fd);
		ini_read(f, &ops, p);
		fclose(f);
	}
	return true;
}

/* ---- the list ---- */

static int is_profile(const struct dirent *d)
{
	size_t len = strlen(d->d_name), suffix = strlen(SUFFIX);

	return d->d_name[0] != '.' && len > suffix && !strcmp(d->d_name + len - suffix, SUFFIX);
}

/* By name, in bytes: the order must not depend on a locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

void profiles_load(struct profiles *p)
{
	struct dirent **names;
	int n = scandir(p->dir, &names, is_profile, by_name);

	clear_list(p);
	if (n < 0)
		return;
	p->list = xzalloc((n + 1) * sizeof(*p->list));
	for (int i = 0; i < n; i++) {
		_free_cleanup_ char *path = xasprintf("%s/%s", p->dir, names[i]->d_name);

		p->n += read_profile(&p->list[p->n], path);
		free(names[i]);
	}
	free(names);
}

void profiles_load_file(struct profiles *p, const char *path)
{
	struct profile new;
	size_t i;

	for (i = 0; i < p->n && strcmp(p->list[i].path, path) < 0; i++)
		;
	if (i < p->n && !strcmp(p->list[i].path, path)) {
		profile_clear(&p->list[i]);
		p->n--;
		memmove(&p->list[i], &p->list[i + 1], (p->n - i) * sizeof(*p->list));
	}
	if (!read_profile(&new, path))
		return;
	p->list = xrealloc(p->list, p->n + 1, sizeof(*p->list));
	memmove(&p->list[i + 1], &p->list[i], (p->n - i) * sizeof(*p->list));
	p->list[i] = new;
	p->n++;
}

/* ---- matching ---- */

static bool any_matches(char *const *patterns, const char *value)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, value, 0))
			return true;
	return false;
}

bool profile_matches(const struct profile *profile, const struct traits *traits)
{
	if (profile->n_problems)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(profile->match); i++)
		if (profile->match[i] && !any_matches(profile->match[i], traits->by[i]))
			return false;
	return true;
}

static struct wish *find_wish(const struct wishes *w, const char *key)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->list[i].key, key))
			return &w->list[i];
	return NULL;
}

const struct wish *wishes_find(const struct wishes *w, const char *key)
{
	return find_wish(w, key);
}

bool wish_is_from(const struct wish *wish, const char *path)
{
	size_t len = strlen(path);

	return !strncmp(wish->source, path, len) && wish->source[len] == ':';
}

static void wish_clear(struct wish *wish)
{
	free(wish->key);
	free(wish->value);
	free(wish->source);
}

/* In place of an earlier one, but at the end: the order is that of files and lines. */
static void wish_for(struct wishes *w, const struct setting *s, const char *path)
{
	struct wish *old = find_wish(w, s->key);

	if (old) {
		wish_clear(old);
		w->n--;
		memmove(old, old + 1, (w->list + w->n - old) * sizeof(*old));
	}
	w->list = xrealloc(w->list, w->n + 1, sizeof(*w->list));
	w->list[w->n++] = (struct wish){
		.key = xstrdup(s->key), .value = xstrdup(s->value),
		.source = xasprintf("%s:%u", path, s->line),
	};
}

static void add_name(struct wishes *w, const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char *joined = w->profiles ? xasprintf("%s %s", w->profiles, name) : xstrdup(name);

	free(w->profiles);
	w->profiles = joined;
}

void profiles_wishes(const struct profiles *p, const struct traits *traits, struct wishes *w)
{
	*w = (struct wishes){ 0 };
	for (size_t i = 0; i < p->n; i++) {
		const struct profile *profile = &p->list[i];

		/* One that wants nothing is an example, or a place for comments. */
		if (!profile->n_settings || !profile_matches(profile, traits))
			continue;
		add_name(w, profile->path);
		for (size_t k = 0; k < profile->n_settings; k++)
			wish_for(w, &profile->settings[k], profile->path);
	}
}

void wishes_clear(struct wishes *w)
{
	for (size_t i = 0; i < w->n; i++)
		wish_clear(&w->list[i]);
	free(w->list);
	free(w->profiles);
	*w = (struct wishes){ 0 };
}
