/* SPDX-License-Identifier: GPL-2.0 */
/* What C lacks. */
#ifndef LIB_UTIL_H
#define LIB_UTIL_H

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

/* Takes the value out of a variable that has a clean-up, which then does nothing. */
#define take_ptr(p) ({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; })
#define take_fd(fd) ({ int taken_ = (fd); (fd) = -1; taken_; })

#endif
