/* SPDX-License-Identifier: GPL-2.0 */
/* What both hostile ends have in common. */
#ifndef BAD_H
#define BAD_H

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/io/ring.h>
#include <xen/io/mydevif.h>
#include <xen/page.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "compat/xen.h"

DEFINE_RING_TYPES(mydevif, struct mydevif_request, struct mydevif_response);

/* What no state, number or version is. */
#define BAD_TEXT	"%n%s-0x"

/* Each end has its own. */
struct bad;

struct attack {
	const char *name;
	void (*run)(struct bad *bad, u32 number);
};

static inline u32 rnd(void)
{
	return get_random_u32();
}

/* Of what was written into the attribute, "NAME [NUMBER]": the attack, or NULL. */
static inline const struct attack *attack_find(const char *text, const struct attack *attacks,
					       unsigned int count, u32 *number)
{
	char name[16];
	unsigned int i;

	*number = 0;
	if (sscanf(text, "%15s %i", name, number) < 1)
		return NULL;
	for (i = 0; i < count; i++)
		if (!strcmp(name, attacks[i].name))
			return &attacks[i];
	return NULL;
}

static inline void go(struct xenbus_device *xdev, unsigned int state)
{
	xenbus_printf(XBT_NIL, xdev->nodename, "state", "%u", state);
}

static inline void ring(int irq, u32 ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	while (time_before(jiffies, end)) {
		notify_remote_via_irq(irq);
		cond_resched();
	}
}

/* Anything anywhere in both pages. */
static inline void spoil_pages(struct mydevif_sring *sring, struct mydevif_events *events)
{
	unsigned int i;

	for (i = 0; i < 64; i++) {
		WRITE_ONCE(((u32 *)sring)[rnd() % 1024], rnd());
		WRITE_ONCE(((u32 *)events)[rnd() % 1024], rnd());
	}
}

#endif
