/* SPDX-License-Identifier: GPL-2.0 */
/* What a guest may do with its device, and how much. */
#ifndef MYDEV_XEN_BACK_LIMITS_H
#define MYDEV_XEN_BACK_LIMITS_H

#include <linux/types.h>
#include <mydev/hw.h>

struct xenbus_device;

struct mydev_back_limits {
	char serial[MYDEV_HW_SERIAL_LEN + 1];
	u32 classes;			/* MYDEV_CLASS_* */
	u32 rate;			/* bytes a second, 0: any */
	u32 burst;			/* bytes */
};

/* Reads what the toolstack wrote: NULL, or what is wrong with it. */
const char *mydev_back_limits_read(struct xenbus_device *xdev, struct mydev_back_limits *limits);

/* A token bucket of bytes. */
struct mydev_back_bucket {
	u64 us;				/* when it was filled up */
	u64 bytes;
};

void mydev_back_bucket_fill(struct mydev_back_bucket *b, const struct mydev_back_limits *limits);
/* How many of `wanted` bytes may be taken now; 0: none that would be worth it. */
u32 mydev_back_bucket_ask(struct mydev_back_bucket *b, const struct mydev_back_limits *limits,
			  u32 wanted);
void mydev_back_bucket_take(struct mydev_back_bucket *b, const struct mydev_back_limits *limits,
			    u32 taken);

#endif
