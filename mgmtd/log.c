// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/systemd.h"

#define IDENTIFIER "mydevd"

static bool verbose;
static unsigned int lost;	/* lines that the journal did not take */

void log_verbose(void)
{
	verbose = true;
}

/* What names, files and adapters put into a line must not begin another one. */
static void one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

static void to_journal(int priority, const char *text)
{
	_free_cleanup_ char *about_lost = NULL;

	if (lost) {
		about_lost = xasprintf("%u lines are missing here: the journal was too slow", lost);
		if (systemd_journal(IDENTIFIER, LOG_WARNING, about_lost) < 0) {
			lost++;
			return;
		}
		lost = 0;
	}
	if (systemd_journal(IDENTIFIER, priority, text) < 0)
		lost++;
}

void log_line(int priority, const char *fmt, ...)
{
	_free_cleanup_ char *text = NULL;
	va_list ap;

	if (priority == LOG_DEBUG && !verbose)
		return;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	one_line(text);
	if (systemd_logs_to_journal())
		to_journal(priority, text);
	else
		fprintf(stderr, IDENTIFIER ": %s\n", text);
}
