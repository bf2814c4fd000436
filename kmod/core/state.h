/* SPDX-License-Identifier: GPL-2.0 */
/* The state machine of an adapter; its diagram is in state.c. */
#ifndef MYDEV_CORE_STATE_H
#define MYDEV_CORE_STATE_H

#include <uapi/linux/mydev.h>
#include <linux/types.h>

struct mydev_adapter;

const char *mydev_state_name(enum mydev_adapter_state state);

/*
 * Enters `next`, ends what is under way when it is not ready any more, and tells the world.
 * false: not from here; nothing changed. a->lock is held.
 */
bool mydev_state_set(struct mydev_adapter *a, enum mydev_adapter_state next);

/* Tells the state as it is: event and uevent. a->lock is held. */
void mydev_state_tell(struct mydev_adapter *a);

/* A command missed its deadline. */
void mydev_state_missed(struct mydev_adapter *a, u8 opcode);

/* The adapter took a command to restart, when a->boots was `boots`. */
void mydev_state_restarting(struct mydev_adapter *a, u32 boots);

/* The adapter told that it has booted. a->lock is held. */
void mydev_state_booted(struct mydev_adapter *a);

/* Somebody wants it reset by its front end, whatever state it is in; -ENODEV: gone. */
int mydev_state_kick(struct mydev_adapter *a);

/* The adapter is being removed. */
void mydev_state_gone(struct mydev_adapter *a);

#endif
