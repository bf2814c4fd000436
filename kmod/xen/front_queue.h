/* SPDX-License-Identifier: GPL-2.0 */
/* The rings of a frontend: requests and responses, events. */
#ifndef MYDEV_XEN_FRONT_QUEUE_H
#define MYDEV_XEN_FRONT_QUEUE_H

#include <linux/types.h>

struct mydev_adapter;
struct mydev_front;
struct mydev_request;

void mydev_front_queue_init(struct mydev_front *front);

/* The pages are there, unused: from now on they may be used; and from here on not. */
void mydev_front_queue_up(struct mydev_front *front);
void mydev_front_queue_down(struct mydev_front *front);

/* Who is told events, or NULL. */
void mydev_front_queue_listen(struct mydev_front *front, struct mydev_adapter *a);

/* Takes what the backend has put into the rings; false: nothing. */
bool mydev_front_queue_poll(struct mydev_front *front);

/* As in struct mydev_transport_ops. */
int mydev_front_submit(struct mydev_adapter *a, struct mydev_request *rq);
void mydev_front_abort(struct mydev_adapter *a, struct mydev_request *rq);
int mydev_front_reset(struct mydev_adapter *a);

#endif
