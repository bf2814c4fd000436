// SPDX-License-Identifier: GPL-2.0
/*
 * wcopy RESOURCE OFFSET: what memcpy into the memory of a PCI function yields. Prints MB/s, the
 * median and the best of runs in which 128 KiB are copied to OFFSET again and again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define BYTES	(128U << 10)
#define TIMES	100
#define RUNS	21

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static long long run(char *to, const char *from)
{
	long long begin = now_ns();
	int i;

	for (i = 0; i < TIMES; i++) {
		memcpy(to, from, BYTES);
		/* Somebody else looks at what was copied. */
		__asm__ volatile("" : : : "memory");
	}
	return now_ns() - begin;
}

static long long rate(long long ns)
{
	return TIMES * BYTES * 1000LL / ns;
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_RDWR) : -1;
	size_t off = argc == 3 ? strtoul(argv[2], NULL, 0) : 0;
	char *window = mmap(NULL, off + BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	static char data[BYTES] = { 1 };
	long long ns[RUNS];
	int i;

	if (window == MAP_FAILED) {
		perror("wcopy");
		return 1;
	}
	for (i = 0; i < RUNS; i++)
		ns[i] = run(window + off, data);
	qsort(ns, RUNS, sizeof(ns[0]), compare);
	printf("%lld %lld\n", rate(ns[RUNS / 2]), rate(ns[0]));
	return 0;
}
