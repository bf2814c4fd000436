// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/profile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/ini.h"

#define SUFFIX		".conf"
#define SETTINGS_MAX	256

static const char *const match_keys[] = {
	[MATCH_MODEL] = "Model",
	[MATCH_SERIAL] = "Serial",
	[MATCH_ADDRESS] = "Address",
};

static void profile_clear(struct profile *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->match); i++)
		patterns_free(p->match[i]);
	for (size_t i = 0; i < p->n_settings; i++) {
		free(p->settings[i].key);
		free(p->settings[i].value);
	}
	problems_clear(&p->problems);
	free(p->settings);
	free(p->path);
}

static void profile_free(struct profile *p)
{
	profile_clear(p);
	free(p);
}

/* ---- sets of profiles ---- */

/* The serial number that it is for; NULL: it is for several. */
static const char *only_serial(const struct profile *p)
{
	char **serials = p->match[MATCH_SERIAL];

	return serials && !serials[1] && !strpbrk(serials[0], "*?[\\") ? serials[0] : NULL;
}

/* The first that is not before a serial number (NULL: none has one) and a path. */
static size_t place(const struct profile_set *set, const char *serial, const char *path)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct profile *p = set->list[mid];
		int order = serial ? strcmp(only_serial(p), serial) : 0;

		if (order < 0 || (!order && strcmp(p->path, path) < 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void set_insert(struct profile_set *set, struct profile *p, const char *serial)
{
	size_t i = place(set, serial, p->path);

	set->list = xrealloc(set->list, set->n + 1, sizeof(*set->list));
	memmove(&set->list[i + 1], &set->list[i], (set->n - i) * sizeof(*set->list));
	set->list[i] = p;
	set->n++;
}

static void set_remove(struct profile_set *set, const struct profile *p, const char *serial)
{
	size_t i = place(set, serial, p->path);

	set->n--;
	memmove(&set->list[i], &set->list[i + 1], (set->n - i) * sizeof(*set->list));
}

static struct profile_set *part_of(struct profiles *p, const struct profile *profile)
{
	return only_serial(profile) ? &p->of_one : &p->of_many;
}

static void insert(struct profiles *p, struct profile *profile)
{
	set_insert(&p->all, profile, NULL);
	set_insert(part_of(p, profile), profile, only_serial(profile));
}

static void take_out(struct profiles *p, struct profile *profile)
{
	set_remove(&p->all, profile, NULL);
	set_remove(part_of(p, profile), profile, only_serial(profile));
}

size_t profiles_position(const struct profiles *p, const char *path)
{
	return place(&p->all, NULL, path);
}

static struct profile *find(const struct profiles *p, const char *path)
{
	size_t i = profiles_position(p, path);

	return i < p->all.n && !strcmp(p->all.list[i]->path, path) ? p->all.list[i] : NULL;
}

void profiles_init(struct profiles *p, const char *dir)
{
	*p = (struct profiles){ .dir = xstrdup(dir) };
}

void profiles_clear(struct profiles *p)
{
	for (size_t i = 0; i < p->all.n; i++)
		profile_free(p->all.list[i]);
	free(p->all.list);
	free(p->of_one.list);
	free(p->of_many.list);
	free(p->dir);
	*p = (struct profiles){ 0 };
}

/* ---- reading one file ---- */

static void problem(unsigned int line, const char *what, void *arg)
{
	struct profile *p = arg;

	problems_add(&p->problems, p->path, line, what);
}

static void problem_at(struct profile *p, unsigned int line, char *what)
{
	problem(line, what, p);
	free(what);
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
	else if (!(p->match[i] = patterns_split(value, " \t")))
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

static struct profile_stamp stamp(const struct stat *st)
{
	return (struct profile_stamp){ st->st_ino, st->st_size, st->st_mtim.tv_sec,
				       st->st_mtim.tv_nsec };
}

/* NULL: there is no such file. */
static struct profile *read_profile(const char *path)
{
	static const struct ini_ops ops = { on_setting, problem };
	_close_cleanup_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct profile *p;
	struct stat st;
	FILE *f;

	if (fd < 0 && errno == ENOENT)
		return NULL;
	p = xzalloc(sizeof(*p));
	p->path = xstrdup(path);
	if (fd < 0 || fstat(fd, &st) < 0) {
		problem(0, strerror(errno), p);
	} else if (!S_ISREG(st.st_mode)) {
		problem(0, "not a regular file", p);
	} else if ((f = fdopen(fd, "r"))) {
		p->stamp = stamp(&st);
		take_fd(fd);
		ini_read(f, &ops, p);
		fclose(f);
	}
	return p;
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

/* Whether it is as it was when it was read. */
static bool is_unchanged(const struct profile *p)
{
	struct profile_stamp now;
	struct stat st;

	if (stat(p->path, &st) < 0)
		return false;
	now = stamp(&st);
	return !memcmp(&now, &p->stamp, sizeof(now));
}

static bool load(struct profiles *p, const char *path)
{
	struct profile *old = find(p, path), *new;

	if (old && is_unchanged(old))
		return false;
	new = read_profile(path);	/* which may be the old one's */
	if (old) {
		take_out(p, old);
		profile_free(old);
	}
	if (new)
		insert(p, new);
	return old || new;
}

void profiles_load_file(struct profiles *p, const char *path)
{
	load(p, path);
}

bool profiles_load(struct profiles *p)
{
	struct dirent **names;
	int n = scandir(p->dir, &names, is_profile, by_name);
	bool changed = false;

	/* Those that have gone, or changed; then those that are there. */
	for (size_t i = p->all.n; i-- > 0;)
		changed |= load(p, p->all.list[i]->path);
	for (int i = 0; i < n; i++) {
		_free_cleanup_ char *path = xasprintf("%s/%s", p->dir, names[i]->d_name);

		if (!find(p, path))
			changed |= load(p, path);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return changed;
}

/* ---- matching ---- */

static bool matches(const struct profile *profile, const struct traits *traits)
{
	if (profile->problems.n)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(profile->match); i++)
		if (profile->match[i] && !patterns_match(profile->match[i], traits->by[i]))
			return false;
	return true;
}

/* What is left of a part at `i`, if it is for the serial number. */
static const struct profile *next_of(const struct profile_set *set, size_t i, const char *serial)
{
	if (i == set->n || (serial && strcmp(only_serial(set->list[i]), serial)))
		return NULL;
	return set->list[i];
}

void profiles_each_match(const struct profiles *p, const struct traits *traits,
			 void (*fn)(const struct profile *profile, void *arg), void *arg)
{
	const char *serial = traits->by[MATCH_SERIAL];
	size_t one = place(&p->of_one, serial, ""), many = 0;
	const struct profile *a, *b, *next;

	for (;;) {
		a = next_of(&p->of_one, one, serial);
		b = next_of(&p->of_many, many, NULL);
		if (!a && !b)
			return;
		next = !b || (a && strcmp(a->path, b->path) < 0) ? a : b;
		*(next == a ? &one : &many) += 1;
		if (matches(next, traits))
			fn(next, arg);
	}
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

static void add_wishes(const struct profile *profile, void *arg)
{
	struct wishes *w = arg;

	/* One that wants nothing is an example, or a place for comments. */
	if (!profile->n_settings)
		return;
	add_name(w, profile->path);
	for (size_t i = 0; i < profile->n_settings; i++)
		wish_for(w, &profile->settings[i], profile->path);
}

void profiles_wishes(const struct profiles *p, const struct traits *traits, struct wishes *w)
{
	*w = (struct wishes){ 0 };
	profiles_each_match(p, traits, add_wishes, w);
}

void wishes_clear(struct wishes *w)
{
	for (size_t i = 0; i < w->n; i++)
		wish_clear(&w->list[i]);
	free(w->list);
	free(w->profiles);
	*w = (struct wishes){ 0 };
}
