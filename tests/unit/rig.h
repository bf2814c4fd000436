/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon in the test's own process: all of it but for the kernel (kfake.h), with files in
 * a directory of its own. Every answer and notification is checked against the RPC document.
 */
#ifndef TESTS_UNIT_RIG_H
#define TESTS_UNIT_RIG_H

#include "mgmtd/daemon.h"

struct rig;

struct rig *rig_start(void);
void rig_stop(struct rig *r);
/* Ends the daemon as a crash would find its files, and starts another one on them. */
void rig_restart(struct rig *r);

struct daemon *rig_daemon(struct rig *r);
/* A file below the directory; NULL text removes it. "etc/profiles.d/x.conf" */
void rig_write(struct rig *r, const char *name, const char *text);
char *rig_read(struct rig *r, const char *name);	/* NULL: none; to be freed */
char *rig_path(struct rig *r, const char *name);	/* to be freed */

/* What peers may do from now on. */
void rig_permit(enum permission p);

/* How long the daemon waits for who does not read; from its next start on. For ever at first. */
void rig_stall(struct rig *r, int seconds);

/* Lets the loop run until nothing is left to do at once, or for ms. */
void rig_settle(struct rig *r);
void rig_run(struct rig *r, unsigned int ms);

/* A connection. */
int rig_connect(struct rig *r);
/* Sends bytes as they are. */
void rig_send(struct rig *r, int sock, const char *text, size_t len);
/* The next line, waited for with patience; NULL: the connection ended. */
json *rig_line(struct rig *r, int sock);

/*
 * Calls a method with parameters in JSON (single quotes stand for double ones; NULL: none)
 * and an open file (-1: none). The answer, of which the result was checked.
 */
json *rig_call(struct rig *r, const char *method, const char *params, int fd);
/* The results' members on the way: "adapters.0.name". Borrowed; NULL: no such. */
json *rig_at(json *v, const char *path);
#define rig_str(v, path) json_str(rig_at(v, path), "(none)")
#define rig_num(v, path) json_num(rig_at(v, path), -1)

/* How many events of that type there are. */
size_t rig_events(struct rig *r, const char *type);
/* The message of the newest event of that type; to be freed. */
char *rig_last_event(struct rig *r, const char *type);

#endif
