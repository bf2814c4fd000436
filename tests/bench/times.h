/* SPDX-License-Identifier: GPL-2.0 */
/* Times in microseconds, as the programs here take and sort them. */
#ifndef BENCH_TIMES_H
#define BENCH_TIMES_H

#include <stdlib.h>
#include <time.h>

static inline long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static inline int compare_us(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static inline void sort_us(long long *us, size_t n)
{
	qsort(us, n, sizeof(*us), compare_us);
}

#endif
