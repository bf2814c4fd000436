// SPDX-License-Identifier: GPL-2.0
#include "emu/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/alloc.h"

void say(const char *fmt, ...)
{
	_free_cleanup_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	fprintf(stderr, "mydev-emu: %s\n", text);
}
