// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/command.h"

#include <string.h>

#include "mgmtcli/verbs.h"

const struct command *const commands[] = {
	&command_show,
	&command_flash,
	&command_firmware,
	&command_config,
	&command_events,
	&command_locate,
	&command_reset,
	&command_selftest,
	&command_log,
	&command_guest,
	&command_support,
	&command_version,
	&command_help,
	NULL,
};

const struct command *command_find(const struct command *const *table, const char *name)
{
	for (; *table; table++)
		if (!strcmp((*table)->name, name))
			return *table;
	return NULL;
}

#define GUESS_MAX 16	/* characters of names that are compared */

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* How many characters one must change, add or drop to get from one name to the other. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[GUESS_MAX + 1], diagonal, above;
	size_t la = strlen(a), lb = strlen(b);

	if (la > GUESS_MAX || lb > GUESS_MAX)
		return GUESS_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1,
				      diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

const char *command_guess(const struct command *const *table, const char *name)
{
	const char *best = NULL;
	unsigned int least = 3, d;

	for (; *table; table++) {
		d = distance(name, (*table)->name);
		if (d < least) {
			least = d;
			best = (*table)->name;
		}
	}
	return best;
}
