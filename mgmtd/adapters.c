// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/adapters.h"

#include <endian.h>
#include <string.h>
#include <time.h>

#include "lib/alloc.h"
#include "mgmtd/words.h"

int64_t boottime_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/* Where the adapter is, or belongs. */
static size_t position(const struct adapters *all, uint32_t index)
{
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (all->list[mid]->info.index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct adapter *adapters_find(const struct adapters *all, uint32_t index)
{
	size_t i = position(all, index);

	return i < all->n && all->list[i]->info.index == index ? all->list[i] : NULL;
}

struct adapter *adapters_find_name(const struct adapters *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->list[i]->info.name, name))
			return all->list[i];
	return NULL;
}

struct adapter *adapters_add(struct adapters *all, const struct mdnl_adapter *info,
			     struct job_queue *queue)
{
	size_t i = position(all, info->index);
	struct adapter *a = xzalloc(sizeof(*a));
	static uint64_t instances;

	a->instance = ++instances;
	a->info = *info;
	a->read_ms = boottime_ms();
	a->queue = queue;
	all->list = xrealloc(all->list, all->n + 1, sizeof(*all->list));
	memmove(&all->list[i + 1], &all->list[i], (all->n - i) * sizeof(*all->list));
	all->list[i] = a;
	all->n++;
	return a;
}

static void adapter_free(struct adapter *a)
{
	job_queue_close(a->queue);
	wanted_clear(&a->wanted);
	free(a->config.keys);
	free(a);
}

void adapters_remove(struct adapters *all, struct adapter *a)
{
	size_t i = position(all, a->info.index);

	all->n--;
	memmove(&all->list[i], &all->list[i + 1], (all->n - i) * sizeof(*all->list));
	adapter_free(a);
}

void adapters_clear(struct adapters *all)
{
	while (all->n)
		adapters_remove(all, all->list[all->n - 1]);
	free(all->list);
	all->list = NULL;
}

/* ---- what is known of one ---- */

const char *adapter_serial(const struct adapter *a)
{
	return a->info.serial;
}

const char *adapter_model(const struct adapter *a)
{
	const char *model = word_model(a->info.model);

	return model ? model : "";
}

struct traits adapter_traits(const struct adapter *a)
{
	return (struct traits){ .by = {
		[MATCH_MODEL] = adapter_model(a),
		[MATCH_SERIAL] = adapter_serial(a),
		[MATCH_ADDRESS] = a->info.address,
	} };
}

bool adapter_allows(const struct adapter *a, uint32_t class)
{
	return !MDNL_HAVE(&a->info, MYDEV_A_ADAPTER_ALLOWED) || (a->info.allowed & class);
}

bool adapter_flashing(const struct adapter *a)
{
	return MDNL_HAVE(&a->info, MYDEV_A_ADAPTER_FLASH) &&
	       a->info.flash.stage != MYDEV_FLASH_IDLE && a->info.flash.stage != MYDEV_FLASH_DONE;
}

static const struct mydev_hw_slot *slot(const struct adapter *a, unsigned int i)
{
	if (!MDNL_HAVE(&a->info, MYDEV_A_ADAPTER_FW) || i >= MYDEV_HW_SLOTS)
		return NULL;
	return &a->info.fw.slot[i];
}

const struct mydev_hw_slot *adapter_running(const struct adapter *a)
{
	return slot(a, a->info.fw.running);
}

const struct mydev_hw_slot *adapter_pending(const struct adapter *a)
{
	return slot(a, a->info.fw.pending);
}

const struct mydev_hw_slot *adapter_rollback(const struct adapter *a)
{
	const struct mydev_hw_slot *other = slot(a, a->info.fw.running ^ 1);

	if (!other || other->state != MYDEV_SLOT_CONFIRMED ||
	    le32toh(other->counter) < le32toh(a->info.fw.counter))
		return NULL;
	return other;
}
