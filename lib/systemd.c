// SPDX-License-Identifier: GPL-2.0
#include "lib/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/alloc.h"

#define LISTEN_FDS_START	3
#define JOURNAL			"/run/systemd/journal/socket"

static int send_text(const char *path, const char *text, int flags)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_close_cleanup_ int fd = -1;
	size_t len = strlen(path);

	if (len >= sizeof(addr.sun_path))
		return -E2BIG;
	memcpy(addr.sun_path, path, len);
	if (path[0] == '@')	/* the abstract name space */
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL | flags, (const struct sockaddr *)&addr,
		   offsetof(struct sockaddr_un, sun_path) + len) < 0)
		return -errno;
	return 0;
}

int systemd_notify(const char *fmt, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	_free_cleanup_ char *text = NULL;
	va_list ap;

	if (!path || (path[0] != '/' && path[0] != '@'))
		return 0;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return send_text(path, text, 0);
}

/* Whether a variable names this process, or nobody. */
static int is_for_us(const char *variable)
{
	const char *pid = getenv(variable);

	return !pid || strtoul(pid, NULL, 10) == (unsigned long)getpid();
}

int systemd_listen_fd(void)
{
	const char *n = getenv("LISTEN_FDS");

	if (!n || !getenv("LISTEN_PID") || !is_for_us("LISTEN_PID") || !strcmp(n, "0"))
		return -1;
	if (strcmp(n, "1"))
		return -EINVAL;
	fcntl(LISTEN_FDS_START, F_SETFD, FD_CLOEXEC);
	return LISTEN_FDS_START;
}

uint64_t systemd_watchdog_usec(void)
{
	const char *usec = getenv("WATCHDOG_USEC");

	return usec && is_for_us("WATCHDOG_PID") ? strtoull(usec, NULL, 10) : 0;
}

bool systemd_logs_to_journal(void)
{
	return getenv("JOURNAL_STREAM");
}

int systemd_journal(const char *identifier, int priority, const char *line)
{
	_free_cleanup_ char *text = xasprintf("PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=%s\n",
					      priority, identifier, line);

	return send_text(JOURNAL, text, MSG_DONTWAIT);
}
