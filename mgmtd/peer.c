// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/alloc.h"
#include "lib/util.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

#define GROUPS_MAX 65536	/* the kernel's NGROUPS_MAX */
#define NO_GROUP ((gid_t)-1)

static gid_t group_number(const char *name)
{
	const struct group *g = getgrnam(name);

	return g ? g->gr_gid : NO_GROUP;
}

void peer_groups_load(struct peer_groups *g)
{
	g->read = group_number(PEER_GROUP_READ);
	g->change = group_number(PEER_GROUP_CHANGE);
}

/* Kernels before 4.13 tell the primary group alone: ask the user database for the rest. */
static int groups_from_database(const struct peer *peer, gid_t *groups, int *n)
{
	const struct passwd *pw = getpwuid(peer->uid);

	if (!pw)
		return -ENOENT;
	return getgrouplist(pw->pw_name, peer->gid, groups, n) < 0 ? -E2BIG : 0;
}

static int supplementary_groups(int sock, const struct peer *peer, gid_t **groups, int *n)
{
	socklen_t len = 64 * sizeof(**groups);
	int rc;

	*groups = xmalloc(len);
	rc = getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, *groups, &len);
	if (rc < 0 && errno == ERANGE && len <= GROUPS_MAX * sizeof(**groups)) {
		*groups = xrealloc(*groups, len, 1);
		rc = getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, *groups, &len);
	}
	*n = len / sizeof(**groups);
	if (rc < 0 && errno == ENOPROTOOPT) {
		*n = 64;
		return groups_from_database(peer, *groups, n);
	}
	return rc < 0 ? -errno : 0;
}

static bool is_member(gid_t group, const struct peer *peer, const gid_t *groups, int n)
{
	if (group == NO_GROUP)
		return false;
	for (int i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return peer->gid == group;
}

static void process_name(struct peer *peer)
{
	_free_cleanup_ char *path = xasprintf("/proc/%d/comm", (int)peer->pid);
	_close_cleanup_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, peer->comm, sizeof(peer->comm) - 1);

	if (n < 0)
		n = 0;
	peer->comm[n] = '\0';
	peer->comm[strcspn(peer->comm, "\n")] = '\0';
	if (!peer->comm[0])
		strcpy(peer->comm, "?");
}

int peer_identify(int sock, const struct peer_groups *known, struct peer *peer)
{
	_free_cleanup_ gid_t *groups = NULL;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int n, rc;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	*peer = (struct peer){ .uid = cred.uid, .gid = cred.gid, .pid = cred.pid };
	process_name(peer);
	if (!peer->uid) {
		peer->permission = PERMIT_CHANGE;
		return 0;
	}
	rc = supplementary_groups(sock, peer, &groups, &n);
	if (rc < 0)
		n = 0;
	if (is_member(known->change, peer, groups, n))
		peer->permission = PERMIT_CHANGE;
	else if (is_member(known->read, peer, groups, n))
		peer->permission = PERMIT_READ;
	return 0;
}
