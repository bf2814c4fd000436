/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A real xenstored without Xen, which preload/xen.c plays for it: in a process of its own, with
 * a socket of its own, which libxenstore in this process uses. What is read and written here
 * is read and written as domain 0.
 */
#ifndef TESTS_UNIT_XENSTORED_H
#define TESTS_UNIT_XENSTORED_H

#include <stdbool.h>

/* Starts it, empty, and a domain 0 in it; stops it, and forgets all. */
void xenstored_start(void);
void xenstored_stop(void);
/* It stops to answer, and goes on. */
void xenstored_hang(bool hangs);

/* A guest as libxl makes it, and as it destroys it, which leaves backends behind. */
void xen_guest(unsigned int domain, const char *name, const char *uuid);
void xen_destroy(unsigned int domain);
/* Xen's part of that alone: the toolstack has yet to remove what is in XenStore. */
void xen_kill(unsigned int domain);

/* The value of a node, NULL: none; to be freed. NULL text removes it. */
char *xen_read(const char *path);
void xen_write(const char *path, const char *text);
/* A node that belongs to a guest. */
void xen_give(const char *path, unsigned int domain);

/*
 * A guest that writes a node of its own all the time, until it is told to stop; when the node is
 * removed it cannot make it again.
 */
void xen_worry(const char *path, unsigned int domain);
void xen_worry_stop(void);

/* All nodes below a path, as "xenstore-ls -fp": a line `PATH = "VALUE"   (PERMISSIONS)` each. */
char *xen_list(const char *path);

#endif
