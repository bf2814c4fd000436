// SPDX-License-Identifier: GPL-2.0
/*
 * measure RUNS COMMAND [ARG...] [-- COMMAND [ARG...]]...: runs the commands in turns, RUNS times each, so that
 * whatever else the machine does falls on all of them alike. Prints a line for each command:
 *
 *   WALL_MEDIAN WALL_MIN WALL_MAX CPU_MEDIAN CPU_MIN CPU_MAX
 *
 * in microseconds; CPU is the user's and the system's of the command and of all that it has waited for, and of the
 * process PID where the command begins with a word @PID: the daemon that it asks. What the commands print goes
 * nowhere. One that fails ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/times.h"

#define COMMANDS_MAX	8

static long long us_of(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

static void print(long long *us, int runs)
{
	sort_us(us, runs);
	printf("%lld %lld %lld", us[runs / 2], us[0], us[runs - 1]);
}

static void execute(char **argv)
{
	int fd = open("/dev/null", O_RDWR);

	dup2(fd, 0);
	dup2(fd, 1);
	execvp(argv[0], argv);
	fprintf(stderr, "measure: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Of another process, since it began. */
static long long cpu_us_of(pid_t pid)
{
	struct timespec t;
	clockid_t id;

	if (!pid || clock_getcpuclockid(pid, &id) || clock_gettime(id, &t))
		return 0;
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void run(char **argv, long long *wall, long long *cpu)
{
	pid_t daemon = argv[0][0] == '@' ? atoi(*argv++ + 1) : 0;
	long long daemon_us = cpu_us_of(daemon), begin = now_us();
	struct rusage used;
	pid_t pid = fork();
	int status;

	if (!pid)
		execute(argv);
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid) {
		perror("measure");
		exit(1);
	}
	*wall = now_us() - begin;
	*cpu = us_of(used.ru_utime) + us_of(used.ru_stime) + cpu_us_of(daemon) - daemon_us;
	if (status) {
		fprintf(stderr, "measure: %s ended with status %#x\n", argv[0], status);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	char **command[COMMANDS_MAX] = { argv + 2 };
	int runs = argc > 2 ? atoi(argv[1]) : 0, n = 1, i, k;
	long long *wall, *cpu;

	for (i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (n == COMMANDS_MAX)
			runs = 0;
		else
			command[n++] = argv + i + 1;
		argv[i] = NULL;
	}
	for (k = 0; k < n; k++)
		if (!command[k][0])
			runs = 0;
	if (runs < 1) {
		fprintf(stderr, "measure RUNS COMMAND [ARG...] [-- COMMAND [ARG...]]...\n");
		return 2;
	}
	wall = calloc(n * runs, sizeof(*wall));
	cpu = calloc(n * runs, sizeof(*cpu));
	if (!wall || !cpu)
		return 1;
	for (i = 0; i < runs; i++)
		for (k = 0; k < n; k++)
			run(command[k], &wall[k * runs + i], &cpu[k * runs + i]);
	for (k = 0; k < n; k++) {
		print(wall + k * runs, runs);
		putchar(' ');
		print(cpu + k * runs, runs);
		putchar('\n');
	}
	free(wall);
	free(cpu);
	return 0;
}
