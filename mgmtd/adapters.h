/* SPDX-License-Identifier: GPL-2.0 */
/* The cache: what the kernel told of each adapter. Everything that is shown comes from it. */
#ifndef MGMTD_ADAPTERS_H
#define MGMTD_ADAPTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/netlink.h"
#include "mgmtd/wanted.h"
#include "mgmtd/worker.h"

struct adapter {
	uint64_t instance;		/* no two that came ever have the same */
	struct mdnl_adapter info;
	int64_t read_ms;		/* CLOCK_BOOTTIME, when info was read */
	struct mdnl_configs config;
	bool config_known;
	struct wanted wanted;
	struct job_queue *queue;	/* commands to it: one after the other */
	uint32_t flash_told;		/* cookie of the flash whose start was told */
	/* The kernel has not caught up with an event yet: read again, see kernel.c. */
	bool dirty;
	int64_t event_ms;		/* CLOCK_BOOTTIME of its newest event */
	unsigned int rereads;
};

struct adapters {
	struct adapter **list;		/* by index */
	size_t n;
};

struct adapter *adapters_find(const struct adapters *all, uint32_t index);
struct adapter *adapters_find_name(const struct adapters *all, const char *name);
/* `queue` becomes the adapter's. */
struct adapter *adapters_add(struct adapters *all, const struct mdnl_adapter *info,
			     struct job_queue *queue);
/* Its jobs that wait are cancelled. */
void adapters_remove(struct adapters *all, struct adapter *a);
void adapters_clear(struct adapters *all);

/* "" while not known. */
const char *adapter_serial(const struct adapter *a);
const char *adapter_model(const struct adapter *a);
struct traits adapter_traits(const struct adapter *a);

/* Whether this host may use a class of commands (MYDEV_CLASS_*): a guest not all of them. */
bool adapter_allows(const struct adapter *a, uint32_t class);
bool adapter_flashing(const struct adapter *a);
/* The slot that runs, and that which is pending; NULL: none, or not known. */
const struct mydev_hw_slot *adapter_running(const struct adapter *a);
const struct mydev_hw_slot *adapter_pending(const struct adapter *a);
/* The slot that a rollback would boot. */
const struct mydev_hw_slot *adapter_rollback(const struct adapter *a);

/* ms of CLOCK_BOOTTIME, as the kernel's times are. */
int64_t boottime_ms(void);

#endif
