// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"

static bool verbose;

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
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", priority, text);
	else
		fprintf(stderr, "mydevd: %s\n", text);
}
