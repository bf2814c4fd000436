// SPDX-License-Identifier: GPL-2.0
/*
 * rpcload SOCKET CLIENTS REQUESTS TEXT: that many clients of a JSON-RPC server on a unix socket, each of which sends
 * TEXT, waits for the whole answer, and sends it again, until REQUESTS answers have come in all. An answer ends where
 * its brackets do, so servers with and without a line's end are asked alike. Prints, in microseconds but for the
 * first:
 *
 *   REQUESTS_A_SECOND MEDIAN P99 SLOWEST
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/times.h"

#define CLIENTS_MAX	1000

struct client {
	long long sent_us;
	int depth;		/* brackets that are open */
	bool in_string, escaped;
};

static char *request;
static struct client clients[CLIENTS_MAX];
static struct pollfd fds[CLIENTS_MAX];

static void fail(const char *what)
{
	fprintf(stderr, "rpcload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void send_request(int i)
{
	size_t len = strlen(request);

	clients[i] = (struct client){ .sent_us = now_us() };
	if (write(fds[i].fd, request, len) != (ssize_t)len)
		fail("write");
}

static void connect_client(int i, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	fds[i].fd = socket(AF_UNIX, SOCK_STREAM, 0);
	fds[i].events = POLLIN;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (connect(fds[i].fd, (struct sockaddr *)&addr, sizeof(addr)))
		fail(path);
}

/* Whether the answer ends within these bytes. */
static bool ends(struct client *c, const char *data, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (c->in_string) {
			c->in_string = c->escaped || data[i] != '"';
			c->escaped = !c->escaped && data[i] == '\\';
		} else if (data[i] == '"') {
			c->in_string = true;
		} else if (data[i] == '{' || data[i] == '[') {
			c->depth++;
		} else if ((data[i] == '}' || data[i] == ']') && !--c->depth) {
			return true;
		}
	}
	return false;
}

static bool answered(int i)
{
	char data[65536];
	ssize_t n = read(fds[i].fd, data, sizeof(data));

	if (n <= 0)
		fail("the server has hung up");
	return ends(&clients[i], data, n);
}

static void load(int n, int requests, long long *us)
{
	int sent, done = 0, i;

	for (sent = 0; sent < n; sent++)
		send_request(sent);
	while (done < requests) {
		if (poll(fds, n, 30000) <= 0)
			fail("no answer within 30 s");
		for (i = 0; i < n && done < requests; i++) {
			if (!fds[i].revents || !answered(i))
				continue;
			us[done++] = now_us() - clients[i].sent_us;
			if (sent++ < requests)
				send_request(i);
			else
				fds[i].events = 0;
		}
	}
}

int main(int argc, char **argv)
{
	int n = argc == 5 ? atoi(argv[2]) : 0, requests = n ? atoi(argv[3]) : 0, i;
	long long *us, begin;

	if (n < 1 || n > CLIENTS_MAX || requests < n) {
		fprintf(stderr, "rpcload SOCKET CLIENTS REQUESTS TEXT\n");
		return 2;
	}
	us = calloc(requests, sizeof(*us));
	if (!us || asprintf(&request, "%s\n", argv[4]) < 0)
		return 1;
	for (i = 0; i < n; i++)
		connect_client(i, argv[1]);
	begin = now_us();
	load(n, requests, us);
	begin = now_us() - begin;
	sort_us(us, requests);
	printf("%lld %lld %lld %lld\n", requests * 1000000LL / begin, us[requests / 2],
	       us[(long long)requests * 99 / 100], us[requests - 1]);
	free(us);
	free(request);
	return 0;
}
