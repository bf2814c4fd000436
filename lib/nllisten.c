// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/alloc.h"
#include "lib/nldecode.h"
#include "lib/nllisten.h"

#define NOTIFY_GROUP	GENL_ID_CTRL	/* "notify" of nlctrl: it has had this number always */
#define DATAGRAM_MAX	16384

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

struct mdnl_listener {
	int fd;
	struct mdnl_groups groups;	/* family 0: none joined */
	const struct mdnl_listener_ops *ops;
	void *arg;
	char buf[DATAGRAM_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int membership(struct mdnl_listener *l, int option, uint32_t group)
{
	return setsockopt(l->fd, SOL_NETLINK, option, &group, sizeof(group)) < 0 ? -errno : 0;
}

static int open_socket(struct mdnl_listener *l, int rcvbuf)
{
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK };

	l->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
	if (l->fd < 0)
		return -errno;
	if (setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)) < 0 &&
	    setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf)) < 0)
		return -errno;
	if (bind(l->fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return membership(l, NETLINK_ADD_MEMBERSHIP, NOTIFY_GROUP);
}

int mdnl_listener_new(struct mdnl_listener **l, int rcvbuf, const struct mdnl_listener_ops *ops,
		      void *arg)
{
	int rc;

	*l = xzalloc(sizeof(**l));
	(*l)->ops = ops;
	(*l)->arg = arg;
	rc = open_socket(*l, rcvbuf);
	if (rc < 0) {
		mdnl_listener_free(*l);
		*l = NULL;
	}
	return rc;
}

void mdnl_listener_free(struct mdnl_listener *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

int mdnl_listener_fd(const struct mdnl_listener *l)
{
	return l->fd;
}

static void leave(struct mdnl_listener *l)
{
	if (!l->groups.family)
		return;
	/* They may be gone with their family: then leaving them fails, which is as good. */
	membership(l, NETLINK_DROP_MEMBERSHIP, l->groups.events);
	membership(l, NETLINK_DROP_MEMBERSHIP, l->groups.flash);
	l->groups.family = 0;
}

int mdnl_listener_join(struct mdnl_listener *l, const struct mdnl_groups *groups)
{
	int rc;

	leave(l);
	l->groups = *groups;
	rc = membership(l, NETLINK_ADD_MEMBERSHIP, groups->events);
	if (!rc)
		rc = membership(l, NETLINK_ADD_MEMBERSHIP, groups->flash);
	return rc;
}

static void on_family(struct mdnl_listener *l, int cmd, const void *attrs, size_t len)
{
	size_t name_len;
	const char *name = mdnl_find_attr(attrs, len, CTRL_ATTR_FAMILY_NAME, &name_len);

	if (!name || name_len != sizeof(MYDEV_GENL_NAME) || memcmp(name, MYDEV_GENL_NAME, name_len))
		return;
	if (cmd == CTRL_CMD_DELFAMILY)
		leave(l);
	if (cmd == CTRL_CMD_NEWFAMILY || cmd == CTRL_CMD_DELFAMILY)
		l->ops->family(cmd == CTRL_CMD_NEWFAMILY, l->arg);
}

static void on_mydev(struct mdnl_listener *l, int cmd, const void *attrs, size_t len)
{
	struct mdnl_event ev;
	struct mdnl_flash flash;
	uint32_t index;

	if (cmd == MYDEV_CMD_EVENT && mdnl_decode_event(attrs, len, &ev))
		l->ops->event(&ev, l->arg);
	if (cmd == MYDEV_CMD_FLASH_PROGRESS && mdnl_decode_progress(attrs, len, &index, &flash))
		l->ops->progress(index, &flash, l->arg);
}

static void on_message(struct mdnl_listener *l, const struct nlmsghdr *h)
{
	const struct genlmsghdr *g = NLMSG_DATA(h);
	const char *attrs = (const char *)g + GENL_HDRLEN;
	size_t len;

	if (h->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return;
	len = h->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	if (h->nlmsg_type == GENL_ID_CTRL)
		on_family(l, g->cmd, attrs, len);
	else if (h->nlmsg_type == l->groups.family)
		on_mydev(l, g->cmd, attrs, len);
}

static void on_datagram(struct mdnl_listener *l, size_t len)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)l->buf;
	int left = len;

	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
		on_message(l, h);
}

int mdnl_listener_read(struct mdnl_listener *l, int max)
{
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t len;

	for (; max > 0; max--) {
		from_len = sizeof(from);
		len = recvfrom(l->fd, l->buf, sizeof(l->buf), MSG_TRUNC,
			       (struct sockaddr *)&from, &from_len);
		if (len < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if ((size_t)len > sizeof(l->buf))
			return -ENOBUFS;
		/* Any process may send to this socket; only the kernel has port 0. */
		if (from_len == sizeof(from) && !from.nl_pid)
			on_datagram(l, len);
	}
	return 0;
}
