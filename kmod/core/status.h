/* SPDX-License-Identifier: GPL-2.0 */
/* What an adapter's refusal means to Linux: an errno and a sentence, in one table. */
#ifndef MYDEV_CORE_STATUS_H
#define MYDEV_CORE_STATUS_H

#include <linux/types.h>

/* Of a completion's status (enum mydev_hw_st, or one that we do not know). */
int mydev_status_errno(u16 status);
const char *mydev_status_text(u16 status);

/* Why a command got no answer at all. NULL: for another reason than those of commands. */
const char *mydev_unanswered_text(int err);

#endif
