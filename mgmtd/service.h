/* SPDX-License-Identifier: GPL-2.0 */
/* The daemon as a service: signals, the watchdog, files that change, and its socket. */
#ifndef MGMTD_SERVICE_H
#define MGMTD_SERVICE_H

struct daemon;
struct service;

struct service *service_new(struct daemon *d);
void service_free(struct service *s);

/* The socket that systemd passed, or one of our own at that path. -errno and a log line. */
int service_socket(const char *path);

/* Reads mydev.conf. */
void service_load_settings(struct daemon *d);

#endif
