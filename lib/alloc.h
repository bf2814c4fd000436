/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is always there: these abort with a message on stderr when it is out, so
 * that callers handle only the failures that they can do something about. What they
 * return is freed with free().
 */
#ifndef LIB_ALLOC_H
#define LIB_ALLOC_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

void *xmalloc(size_t size);
void *xzalloc(size_t size);
void *xrealloc(void *p, size_t n, size_t size);	/* n elements; aborts on overflow too */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t max);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* For failed allocations of libraries: says so and aborts. */
void xalloc_failed(void) __attribute__((noreturn));

static inline void freep(void *p)
{
	free(*(void **)p);
}
#define _free_cleanup_ __attribute__((cleanup(freep)))

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define _close_cleanup_ __attribute__((cleanup(closep)))

#endif
