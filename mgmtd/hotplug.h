/* SPDX-License-Identifier: GPL-2.0 */
/* Adapters as udev announces them, after its rules have run. */
#ifndef MGMTD_HOTPLUG_H
#define MGMTD_HOTPLUG_H

#include <stdbool.h>

struct daemon;
struct hotplug;

/* 0 or -errno. */
int hotplug_new(struct hotplug **h, struct daemon *d);
void hotplug_free(struct hotplug *h);

/* Whether udev is through with the adapter of that name. */
bool hotplug_knows(struct hotplug *h, const char *name);

#endif
