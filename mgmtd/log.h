/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon's log: the journal, or stderr where there is none. Logging never waits: lines
 * for which the journal is too slow are counted, and the next one says how many they were.
 */
#ifndef MGMTD_LOG_H
#define MGMTD_LOG_H

#include <syslog.h>

/* The priority is one of syslog's, LOG_ERR to LOG_DEBUG; debug lines want log_verbose(). */
void log_line(int priority, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)		log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...)	log_line(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)		log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)		log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)		log_line(LOG_DEBUG, __VA_ARGS__)

void log_verbose(void);

#endif
