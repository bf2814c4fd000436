/* SPDX-License-Identifier: GPL-2.0 */
/* What the emulator has to say, to stderr: whole lines, from any thread. */
#ifndef EMU_LOG_H
#define EMU_LOG_H

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
