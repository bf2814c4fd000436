/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's side: keeps the cache as the kernel knows the adapters, passes events on,
 * and survives that mydev.ko comes and goes, and that messages are lost.
 *
 * What is read here the kernel answers from its own state at once: it never waits for an
 * adapter, and so the loop may.
 */
#ifndef MGMTD_KERNEL_H
#define MGMTD_KERNEL_H

#include "lib/netlink.h"

struct daemon;
struct kernel;
struct adapter;

/* 0, or -errno when there is no netlink at all. */
int kernel_new(struct kernel **k, struct daemon *d);
/* Reads what is there and begins to follow it. */
void kernel_start(struct kernel *k);
/* Nothing comes from it any more; the adapters are gone. */
void kernel_stop(struct kernel *k);
void kernel_free(struct kernel *k);

/* What the loaded module said of itself; NULL: not loaded. */
const struct mdnl_version *kernel_version(const struct kernel *k);

/* Before the cache is shown: takes in what has happened so far. */
void kernel_catch_up(struct kernel *k);
/* Takes in what a command read after it. */
void kernel_took(struct kernel *k, const struct mdnl_adapter *info);
/* An adapter may have come, gone or changed. */
void kernel_look_at(struct kernel *k, uint32_t index);

#endif
