// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/alloc.h"
#include "lib/rpc.h"

/* What a shell says of a program that is not there. */
#define STATUS_NOT_FOUND 127

static void exec_child(const char *const *argv, int out)
{
	static char *env[] = {
		(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C", NULL,
	};
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		_exit(STATUS_NOT_FOUND);
	execvpe(argv[0], (char *const *)argv, env);
	_exit(STATUS_NOT_FOUND);
}

/* Reads to the end: the number of bytes, or -1 when that took too long. */
static ssize_t read_all(int fd, char *buf, size_t max, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char rest[4096];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		int64_t left = deadline_ms - rpc_now_ms();
		bool full = len == max;

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return -1;
		/* What is too much is read too, that it ends as it would. */
		n = full ? read(fd, rest, sizeof(rest)) : read(fd, buf + len, max - len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return len;
		if (!full)
			len += n;
	}
}

char *capture(const char *const *argv, size_t max, int timeout_ms, const char **why)
{
	char *buf;
	int pipefd[2], status = 0;
	ssize_t n;
	pid_t pid;

	*why = "cannot be run";
	if (pipe2(pipefd, O_CLOEXEC))
		return NULL;
	pid = fork();
	if (!pid)
		exec_child(argv, pipefd[1]);
	close(pipefd[1]);
	buf = xmalloc(max + 1);
	n = pid < 0 ? -1 : read_all(pipefd[0], buf, max, rpc_now_ms() + timeout_ms);
	close(pipefd[0]);
	if (pid > 0 && n < 0)
		kill(pid, SIGKILL);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n >= 0 && WIFEXITED(status) && !WEXITSTATUS(status)) {
		buf[n] = '\0';
		return buf;
	}
	if (pid > 0)
		*why = n < 0 ? "took too long" :
		       WIFEXITED(status) && WEXITSTATUS(status) == STATUS_NOT_FOUND ?
			       "is not installed" : "failed";
	free(buf);
	return NULL;
}
