/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of the daemon, where each finds the others. main.c sets them up, in this order. */
#ifndef MGMTD_DAEMON_H
#define MGMTD_DAEMON_H

#include <event2/event.h>

#include "mgmtd/adapters.h"
#include "mgmtd/openrpc.h"
#include "mgmtd/profile.h"
#include "mgmtd/settings.h"
#include "mgmtd/turns.h"

struct options {
	const char *socket;
	const char *config_dir;		/* mydev.conf, profiles.d/, guests.d/, keys/ */
	const char *state_dir;		/* events */
	const char *firmware_dir;	/* images, staged/ */
	int netlink_buffer;		/* bytes */
	int stall_s;			/* for a peer to read anything */
};

struct daemon {
	struct options options;
	struct event_base *base;
	struct settings settings;
	struct openrpc rpc;
	struct turns_list turns;	/* of works in the loop */
	struct workers *workers;
	struct job_queue *readers;	/* work on files for those who may only look */
	struct events *events;
	struct adapters adapters;
	struct profiles profiles;
	struct kernel *kernel;
	struct hotplug *hotplug;
	struct staging *staging;
	struct dispatch *dispatch;
	struct guests *guests;
};

#endif
