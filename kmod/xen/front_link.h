/* SPDX-License-Identifier: GPL-2.0 */
/* What a frontend shares with its backend: pages and an event channel. */
#ifndef MYDEV_XEN_FRONT_LINK_H
#define MYDEV_XEN_FRONT_LINK_H

struct mydev_front;

/* Makes it, and says in xenstore what it is. 0, or an error and then there is nothing. */
int mydev_front_link_make(struct mydev_front *front);
/* Nobody uses it any more. */
void mydev_front_link_free(struct mydev_front *front);

#endif
