// SPDX-License-Identifier: GPL-2.0
/*
 * wcopy RESOURCE: what memcpy into the window of a card yields, to where the driver copies
 * firmware, and from as large a place. Prints MB/s, the median and the best of some runs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <mydev/hw.h>

#define BYTES	(8U << 20)
#define RUNS	101

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

static long long run(struct mydev_hw_window *to, const char *from)
{
	long long begin = now_ns();
	unsigned int i;

	for (i = 0; i < BYTES / MYDEV_HW_BULK_MAX; i++) {
		memcpy(to->bulk[i % MYDEV_HW_BULKS], from + i * MYDEV_HW_BULK_MAX,
		       MYDEV_HW_BULK_MAX);
		/* Somebody else looks at what was copied. */
		__asm__ volatile("" : : : "memory");
	}
	return now_ns() - begin;
}

static long long rate(long long ns)
{
	return BYTES * 1000LL / ns;
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
	struct mydev_hw_window *window = mmap(NULL, sizeof(*window), PROT_READ | PROT_WRITE,
					      MAP_SHARED, fd, 0);
	static char data[BYTES];
	long long ns[RUNS];
	int i;

	if (window == MAP_FAILED) {
		perror("wcopy");
		return 1;
	}
	memset(data, 1, sizeof(data));
	for (i = 0; i < RUNS; i++)
		ns[i] = run(window, data);
	qsort(ns, RUNS, sizeof(ns[0]), compare);
	printf("%lld %lld\n", rate(ns[RUNS / 2]), rate(ns[0]));
	return 0;
}
