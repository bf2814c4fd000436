/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slot that the card sits in: QEMU's ivshmem-doorbell device, a client of the ivshmem
 * server protocol (QEMU, docs/specs/ivshmem-spec), whose server and only peer we are. A client
 * that connects plugs the card in, one that goes away pulls it out.
 */
#ifndef EMU_SERVE_H
#define EMU_SERVE_H

#include "emu/control.h"
#include "emu/link.h"

/* Connects to a path: a socket, or -1 and errno. */
int serve_connect(const char *path);
/* Listens at a path where nobody does yet: a socket, or -1, and why has been said. */
int serve_listen(const char *path);

/* Serves until SIGTERM or SIGINT, which have to be blocked. False: a system call failed. */
bool serve(struct link *l, int listener, struct control *control);

#endif
