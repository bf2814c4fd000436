// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/patterns.h"

#include <fnmatch.h>
#include <string.h>

#include "lib/alloc.h"

#define PATTERNS_MAX	64
#define PROBLEMS_MAX	16

char **patterns_split(const char *value, const char *separators)
{
	_free_cleanup_ char *copy = xstrdup(value);
	char *save, *word, **list = NULL;
	size_t n = 0;

	for (word = strtok_r(copy, separators, &save); word && n < PATTERNS_MAX;
	     word = strtok_r(NULL, separators, &save)) {
		list = xrealloc(list, n + 2, sizeof(*list));
		list[n++] = xstrdup(word);
		list[n] = NULL;
	}
	return list;
}

void patterns_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

bool patterns_match(char *const *patterns, const char *value)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, value, 0))
			return true;
	return false;
}

void problems_add(struct problems *p, const char *path, unsigned int line, const char *what)
{
	if (p->n == PROBLEMS_MAX)
		return;
	p->list = xrealloc(p->list, p->n + 1, sizeof(*p->list));
	p->list[p->n++] = line ? xasprintf("%s:%u: %s", path, line, what)
			       : xasprintf("%s: %s", path, what);
}

void problems_clear(struct problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->list[i]);
	free(p->list);
	*p = (struct problems){ 0 };
}
