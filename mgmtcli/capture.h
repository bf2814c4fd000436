/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MGMTCLI_CAPTURE_H
#define MGMTCLI_CAPTURE_H

#include <stddef.h>

/*
 * Runs a program, without a shell, with the C locale, and takes what it prints on standard
 * output: up to `max` bytes, NUL-terminated, for free(). NULL when it cannot be run, or
 * fails, or does not end within timeout_ms (it is killed then), with *why (static) set.
 */
char *capture(const char *const *argv, size_t max, int timeout_ms, const char **why);

#endif
