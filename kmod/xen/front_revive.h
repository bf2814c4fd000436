/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine that was restored may be told of its devices later than it resumes: the bus then has
 * devices without an other end, and does not look at them again. Here it is done.
 */
#ifndef MYDEV_XEN_FRONT_REVIVE_H
#define MYDEV_XEN_FRONT_REVIVE_H

struct xenbus_driver;

int mydev_front_revive_init(struct xenbus_driver *driver);
/* Before the driver goes. */
void mydev_front_revive_exit(void);

#endif
