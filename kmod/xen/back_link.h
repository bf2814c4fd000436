/* SPDX-License-Identifier: GPL-2.0 */
/* What a backend has of its frontend: pages and an event channel. */
#ifndef MYDEV_XEN_BACK_LINK_H
#define MYDEV_XEN_BACK_LINK_H

#include <linux/types.h>

struct mydev_back;
struct mydev_hw_event;

/* Maps what the frontend tells, and serves it from then on: NULL, or why not; *ours: for want of something in dom0. */
const char *mydev_back_connect(struct mydev_back *b, bool *ours);
/* Ends what is under way for it, waits for no adapter, and unmaps. */
void mydev_back_disconnect(struct mydev_back *b);

/* The frontend broke a rule: it is served no more, and soon not connected. Any context. */
void mydev_back_break(struct mydev_back *b, const char *rule);

/* Tells it an event, or that it missed some. Any context. */
void mydev_back_tell(struct mydev_back *b, const struct mydev_hw_event *ev);
void mydev_back_tell_lost(struct mydev_back *b);

#endif
