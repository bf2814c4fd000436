// SPDX-License-Identifier: GPL-2.0
#include "emu/serve.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "emu/log.h"
#include "lib/alloc.h"
#include "lib/util.h"

/* The protocol: little-endian 64-bit numbers, each with at most one descriptor. */
#define PROTOCOL	0
#define MEMORY		(-1)
#define US		0	/* our peer number, to which the host rings */
#define THEM		1

struct slot {
	struct link *link;
	int client;		/* -1: none */
};

static bool address(struct sockaddr_un *addr, const char *path)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) < sizeof(addr->sun_path)) {
		strcpy(addr->sun_path, path);
		return true;
	}
	errno = ENAMETOOLONG;
	return false;
}

int serve_connect(const char *path)
{
	_close_cleanup_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr;

	if (fd < 0 || !address(&addr, path) ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	return take_fd(fd);
}

/*
 * Removes a socket that nobody listens at any more. False: somebody does. Asked with a socket of
 * another type, which a card does not take for a host.
 */
static bool clear_path(const struct sockaddr_un *addr)
{
	_close_cleanup_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
	if (errno == ECONNREFUSED)
		unlink(addr->sun_path);
	if (errno == EPROTOTYPE)
		errno = EADDRINUSE;
	return errno != EADDRINUSE;
}

int serve_listen(const char *path)
{
	_close_cleanup_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr;

	if (fd >= 0 && address(&addr, path) && clear_path(&addr) &&
	    !bind(fd, (struct sockaddr *)&addr, sizeof(addr)) && !listen(fd, 8))
		return take_fd(fd);
	say("cannot listen at %s: %s", path, strerror(errno));
	return -1;
}

/* Sends a number, with a descriptor unless that is -1. */
static bool send_one(int client, int64_t number, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	uint64_t wire = htole64(number);
	struct iovec iov = { .iov_base = &wire, .iov_len = sizeof(wire) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(client, &msg, MSG_NOSIGNAL) == sizeof(wire);
}

static bool send_all(const struct link *l, int client, int memory)
{
	unsigned int i;

	if (!send_one(client, PROTOCOL, -1) || !send_one(client, THEM, -1) ||
	    !send_one(client, MEMORY, memory))
		return false;
	for (i = 0; i < MYDEV_PCI_IRQS; i++)
		if (!send_one(client, US, l->ring[i]))
			return false;
	for (i = 0; i < MYDEV_PCI_IRQS; i++)
		if (!send_one(client, THEM, l->irq[i]))
			return false;
	return true;
}

static void pull(struct slot *s)
{
	link_unplug(s->link);
	close(take_fd(s->client));
	say("pulled out");
}

static void plug(struct slot *s, int client)
{
	_close_cleanup_ int memory = link_plug(s->link);

	if (memory < 0) {
		say("cannot plug in: no memory for the window (%s)", strerror(-memory));
		close(client);
		return;
	}
	s->client = client;
	say("plugged in");
	if (!send_all(s->link, client, memory))
		pull(s);
}

static void on_connect(struct slot *s, int listener)
{
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client < 0)
		return;
	if (s->client < 0) {
		plug(s, client);
		return;
	}
	say("plugged in already: a second host is refused");
	close(client);
}

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

enum { SIGNAL, CLIENT, RESET, LISTENER, CONTROL, FDS = CONTROL + CONTROL_FDS };

static bool serve_slot(struct slot *s, struct control *control, struct pollfd *fds)
{
	for (;;) {
		fds[CLIENT].fd = s->client;
		control_watch(control, fds + CONTROL);
		if (poll(fds, FDS, -1) < 0) {
			if (errno == EINTR)
				continue;
			say("cannot wait for clients: %s", strerror(errno));
			return false;
		}
		if (fds[SIGNAL].revents)
			return true;
		/* It has nothing to say, so whatever comes means that it goes. */
		if (fds[CLIENT].revents)
			pull(s);
		if (fds[RESET].revents)
			link_reset(s->link);
		if (fds[LISTENER].revents)
			on_connect(s, fds[LISTENER].fd);
		control_act(control, fds + CONTROL);
	}
}

bool serve(struct link *l, int listener, struct control *control)
{
	struct slot s = { .link = l, .client = -1 };
	_close_cleanup_ int signal = signals();
	struct pollfd fds[FDS] = {
		[SIGNAL] = { .fd = signal, .events = POLLIN },
		[CLIENT] = { .events = POLLIN },
		[RESET] = { .fd = l->ring[MYDEV_PCI_RING_RESET], .events = POLLIN },
		[LISTENER] = { .fd = listener, .events = POLLIN },
	};
	bool well = serve_slot(&s, control, fds);

	if (s.client >= 0)
		pull(&s);
	return well;
}
