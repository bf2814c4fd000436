/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one hwrng of the core, fed by all healthy adapters and registered while there is
 * one. The hwrng core reads under a global mutex, so one for each adapter would let a hung
 * one stall the others.
 */
#ifndef MYDEV_CORE_HWRNG_H
#define MYDEV_CORE_HWRNG_H

#include <linux/kconfig.h>

struct mydev_adapter;

#if IS_REACHABLE(CONFIG_HW_RANDOM)

void mydev_hwrng_init(void);
/* The adapter's state or health may have changed. Any context. */
void mydev_hwrng_update(struct mydev_adapter *a);
/* The adapter told something: nobody gets what was taken from it before. Any context. */
void mydev_hwrng_drop(struct mydev_adapter *a);
/* No adapter is left: takes the hwrng back. */
void mydev_hwrng_exit(void);

#else

static inline void mydev_hwrng_init(void)
{
}

static inline void mydev_hwrng_update(struct mydev_adapter *a)
{
}

static inline void mydev_hwrng_drop(struct mydev_adapter *a)
{
}

static inline void mydev_hwrng_exit(void)
{
}

#endif

#endif
