/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a service and systemd tell each other, by systemd's documented protocols: sd_notify(3),
 * sd_listen_fds(3) and the journal's native one. Without systemd nothing happens.
 */
#ifndef LIB_SYSTEMD_H
#define LIB_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>

/* Sends "KEY=value" lines. 0, also when nobody listens, or -errno. */
int systemd_notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The only socket that was passed; -1: none, -EINVAL: more than one. */
int systemd_listen_fd(void);

/* After how many microseconds without WATCHDOG=1 we are restarted; 0: never. */
uint64_t systemd_watchdog_usec(void);

/* Whether stderr is the journal's: then lines sent to it directly are in the same place. */
bool systemd_logs_to_journal(void);

/*
 * Sends one line to the journal, at a syslog priority. Never waits: 0, or -EAGAIN when the
 * journal is too slow for us, or another -errno; the line is lost then.
 */
int systemd_journal(const char *identifier, int priority, const char *line);

#endif
