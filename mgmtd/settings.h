/* SPDX-License-Identifier: GPL-2.0 */
/* /etc/mydev/mydev.conf: how the daemon itself behaves. See doc/mydev.conf.5. */
#ifndef MGMTD_SETTINGS_H
#define MGMTD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

struct settings {
	bool auto_configure;	/* bring adapters to their wanted state when they appear */
	bool mend_drift;	/* .. and whenever they leave it */
	unsigned int events_kept;
};

/*
 * Reads the file over the defaults; none is as good as an empty one. Each problem, as
 * "PATH:LINE: what", is told to fn, and the setting keeps its default.
 */
void settings_load(struct settings *s, const char *path,
		   void (*problem)(const char *text, void *arg), void *arg);

#endif
