/* SPDX-License-Identifier: GPL-2.0 */
/* Who is at the other end of a connection, and what that allows. */
#ifndef MGMTD_PEER_H
#define MGMTD_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "mgmtd/openrpc.h"

#define PEER_GROUP_READ		"mydev"
#define PEER_GROUP_CHANGE	"mydev-admin"

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char comm[20];		/* name of the process, for the log: it can be forged */
	enum permission permission;
};

/* The groups' numbers, looked up once: the user database may be slow. (gid_t)-1: no such. */
struct peer_groups {
	gid_t read, change;
};

void peer_groups_load(struct peer_groups *g);

/* As it was when the peer connected. 0 or -errno. */
int peer_identify(int sock, const struct peer_groups *groups, struct peer *peer);

#endif
