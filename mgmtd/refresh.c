// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/refresh.h"

#include <endian.h>
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "lib/alloc.h"
#include "mgmtd/daemon.h"
#include "mgmtd/guests.h"
#include "mgmtd/hotplug.h"
#include "mgmtd/log.h"
#include "mgmtd/staging.h"
#include "mgmtd/subscribe.h"
#include "mgmtd/translate.h"

#define LOOK_MS		10	/* many events of one adapter make one look at it */
#define LOOKS_A_TURN	32	/* before others in the loop get their turn */
#define RETRY_MS	1000
#define DUMP_TRIES	20
/* The kernel reads a changed adapter after it told of the change: look again, seldomer. */
#define REREADS_MAX	8

struct refresh {
	struct daemon *d;
	struct mdnl *nl;		/* the kernel's; NULL: mydev.ko is not loaded */
	struct event *look_timer;
	struct event *more_timer;	/* at once: looks that are due are left */
	struct event *retry_timer;
	uint32_t *looks;		/* adapters to be looked at */
	size_t n_looks;
	size_t n_due;			/* the first of them, to be looked at now */
	unsigned int look_ms;		/* in which the next look is due */
	bool out_of_sync;		/* the dump is to be repeated */
	bool sweep;			/* a flash may have ended */
};

static void retry_later(struct refresh *r)
{
	const struct timeval tv = { .tv_sec = RETRY_MS / 1000 };

	r->out_of_sync = true;
	event_add(r->retry_timer, &tv);
}

static void look_in(struct refresh *r, unsigned int ms)
{
	const struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (event_pending(r->look_timer, EV_TIMEOUT, NULL) && r->look_ms <= ms)
		return;
	r->look_ms = ms;
	event_add(r->look_timer, &tv);
}

static void add_look(struct refresh *r, uint32_t index, unsigned int ms)
{
	struct adapter *a = adapters_find(&r->d->adapters, index);

	look_in(r, ms);
	if (a && a->dirty)
		return;
	for (size_t i = 0; !a && i < r->n_looks; i++)
		if (r->looks[i] == index)
			return;
	if (a)
		a->dirty = true;
	r->looks = xrealloc(r->looks, r->n_looks + 1, sizeof(*r->looks));
	r->looks[r->n_looks++] = index;
}

void refresh_look_at(struct refresh *r, uint32_t index)
{
	add_look(r, index, LOOK_MS);
}

/* ---- taking in what the kernel knows of an adapter ---- */

static void note_flash(struct refresh *r, struct adapter *a)
{
	const struct mdnl_flash *f = &a->info.flash;

	if (!MDNL_HAVE(&a->info, MYDEV_A_ADAPTER_FLASH) || f->stage == MYDEV_FLASH_IDLE)
		return;
	if (f->stage == MYDEV_FLASH_DONE)
		r->sweep = true;
	else if (f->cookie != a->flash_told)
		translate_flash_started(r->d, a);
	a->flash_told = f->cookie;
}

static bool same_keys(const struct mdnl_configs *a, const struct mdnl_configs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->keys[i].id != b->keys[i].id || strcmp(a->keys[i].name, b->keys[i].name))
			return false;
	return true;
}

static void read_config(struct refresh *r, struct adapter *a)
{
	struct mdnl_configs old = a->config;
	bool had = a->config_known;
	struct mdnl_error err;

	a->config = (struct mdnl_configs){ 0 };
	a->config_known = !mdnl_config(r->nl, a->info.index, &a->config, &err);
	if (had && a->config_known && !same_keys(&old, &a->config))
		wanted_new_keys(r->d, a);
	free(old.keys);
}

static bool runs_the_same(const struct mdnl_adapter *a, const struct mdnl_adapter *b)
{
	return a->features == b->features && a->fw.running == b->fw.running &&
	       !memcmp(&a->fw.slot[a->fw.running & 1].version,
		       &b->fw.slot[b->fw.running & 1].version, sizeof(a->fw.slot[0].version));
}

/* Another one under the same number, or the same one without what it was told apart by. */
static bool is_another(const struct mdnl_adapter *a, const struct mdnl_adapter *b)
{
	return strcmp(a->address, b->address) ||
	       (a->serial[0] && b->serial[0] && strcmp(a->serial, b->serial));
}

static void gone(struct refresh *r, struct adapter *a)
{
	adapters_remove(&r->d->adapters, a);
	r->sweep = true;
}

static struct adapter *appeared(struct refresh *r, const struct mdnl_adapter *info)
{
	struct adapter *a = adapters_add(&r->d->adapters, info, job_queue_new(r->d->workers));

	if (MDNL_HAVE(info, MYDEV_A_ADAPTER_FLASH))
		a->flash_told = info->flash.cookie;
	a->wanted.announced = hotplug_knows(r->d->hotplug, info->name);
	guests_adapters_changed(r->d);
	return a;
}

/* Whether the kernel has yet to read what the adapter told of. */
static bool is_behind(const struct adapter *a)
{
	int64_t status_ms = a->read_ms - (int64_t)a->info.status_age;

	if (!MDNL_HAVE(&a->info, MYDEV_A_ADAPTER_STATUS) || a->info.state != MYDEV_STATE_READY)
		return false;
	return status_ms < a->event_ms ||
	       (a->config_known && a->config.gen != le32toh(a->info.status.config_gen));
}

static void look_again(struct refresh *r, struct adapter *a)
{
	a->dirty = false;
	if (!is_behind(a)) {
		a->rereads = 0;
		return;
	}
	if (a->rereads++ < REREADS_MAX)
		add_look(r, a->info.index, LOOK_MS << a->rereads);
}

static void take(struct refresh *r, const struct mdnl_adapter *info)
{
	struct adapter *a = adapters_find(&r->d->adapters, info->index);
	bool config_old, ready_again;

	if (a && is_another(&a->info, info)) {
		gone(r, a);
		a = NULL;
	}
	if (!a)
		a = appeared(r, info);
	ready_again = info->state == MYDEV_STATE_READY && a->info.state != MYDEV_STATE_READY;
	config_old = !a->config_known || ready_again || info->config_gen != a->config.gen ||
		     !runs_the_same(info, &a->info);
	a->info = *info;
	a->read_ms = boottime_ms();
	if (config_old && MDNL_HAVE(info, MYDEV_A_ADAPTER_CONFIG_GEN))
		read_config(r, a);
	note_flash(r, a);
	look_again(r, a);
	if (ready_again) {
		wanted_retry(r->d, a);
		guests_adapters_changed(r->d);
	}
	wanted_update(r->d, a);
}

void refresh_take(struct refresh *r, const struct mdnl_adapter *info)
{
	if (r->nl)
		take(r, info);
}

/* ---- reading ---- */

struct infos {
	struct mdnl_adapter *list;
	size_t n, room;
};

static void collect(const struct mdnl_adapter *info, void *arg)
{
	struct infos *all = arg;

	if (all->n == all->room) {
		all->room = all->room ? 2 * all->room : 16;
		all->list = xrealloc(all->list, all->room, sizeof(*all->list));
	}
	all->list[all->n++] = *info;
}

static int dump(struct refresh *r, struct infos *all)
{
	struct mdnl_error err;
	int rc = -EINTR;

	for (int i = 0; rc == -EINTR && i < DUMP_TRIES; i++) {
		all->n = 0;
		rc = mdnl_adapters(r->nl, collect, all, &err);
	}
	if (rc == -EINTR)	/* they come and go without end: take it, and look again */
		r->out_of_sync = true;
	else if (rc < 0)
		log_error("the adapters cannot be read: %s", err.text);
	return rc == -EINTR ? 0 : rc;
}

static bool listed(const struct infos *all, uint32_t index)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].index == index)
			return true;
	return false;
}

static void remove_unlisted(struct refresh *r, const struct infos *all)
{
	struct adapters *known = &r->d->adapters;

	for (size_t i = known->n; i-- > 0;)
		if (!listed(all, known->list[i]->info.index))
			gone(r, known->list[i]);
}

/* All adapters at once. */
void refresh_all(struct refresh *r)
{
	struct infos all = { 0 };

	r->out_of_sync = false;
	if (dump(r, &all) < 0) {
		r->out_of_sync = true;
	} else {
		r->n_looks = r->n_due = 0;
		remove_unlisted(r, &all);
		for (size_t i = 0; i < all.n; i++)
			take(r, &all.list[i]);
	}
	if (r->out_of_sync)
		retry_later(r);
	free(all.list);
}

static void look(struct refresh *r, uint32_t index)
{
	struct mdnl_adapter info;
	struct mdnl_error err;
	struct adapter *a;
	int rc = mdnl_adapter(r->nl, index, &info, &err);

	if (!rc) {
		take(r, &info);
		return;
	}
	a = adapters_find(&r->d->adapters, index);
	if (rc == -ENODEV && a) {
		gone(r, a);
	} else if (rc != -ENODEV) {
		log_error(MYDEV_CLASS_NAME "%u cannot be read: %s", index, err.text);
		retry_later(r);
	}
}

/* Looks that are due, as many as a turn has. What they want looked at again comes behind. */
static void look_at_some(struct refresh *r)
{
	size_t n = r->n_due < LOOKS_A_TURN ? r->n_due : LOOKS_A_TURN;
	const struct timeval at_once = { 0 };
	uint32_t now[LOOKS_A_TURN];

	memcpy(now, r->looks, n * sizeof(*now));
	r->n_looks -= n;
	r->n_due -= n;
	memmove(r->looks, r->looks + n, r->n_looks * sizeof(*now));
	for (size_t i = 0; i < n; i++)
		look(r, now[i]);
	if (r->n_due) {
		event_add(r->more_timer, &at_once);
		return;
	}
	if (r->sweep)
		staging_sweep(r->d->staging, &r->d->adapters, false);
	r->sweep = false;
}

static void on_more(evutil_socket_t fd, short what, void *arg)
{
	struct refresh *r = arg;

	if (r->n_due)
		look_at_some(r);
}

void refresh_now(struct refresh *r)
{
	if (!r->nl || !r->n_looks)
		return;
	event_del(r->look_timer);
	r->n_due = r->n_looks;
	look_at_some(r);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	refresh_now(arg);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct refresh *r = arg;

	if (r->nl && r->out_of_sync)
		refresh_all(r);
}

/* ---- what the kernel tells ---- */

static bool makes_status_old(const struct mdnl_event *ev)
{
	return ev->type == MYDEV_EVENT_ADAPTER && ev->hw.type != MYDEV_EV_BOOT &&
	       ev->hw.type != MYDEV_EV_MEDIA;
}


void refresh_event(struct refresh *r, const struct mdnl_event *ev)
{
	struct adapter *a = adapters_find(&r->d->adapters, ev->index);

	if (a && ev->type == MYDEV_EVENT_REMOVED) {
		gone(r, a);
		a = NULL;
	}
	if (a && ev->type == MYDEV_EVENT_FLASH) {
		a->info.flash = ev->flash;
		a->info.have |= 1ULL << MYDEV_A_ADAPTER_FLASH;
		note_flash(r, a);
	}
	if (a && makes_status_old(ev)) {
		a->event_ms = ev->time;
		a->rereads = 0;
	}
	refresh_look_at(r, ev->index);
}

void refresh_progress(struct refresh *r, uint32_t index, const struct mdnl_flash *flash)
{
	struct adapter *a = adapters_find(&r->d->adapters, index);

	if (!a)
		return;
	a->info.flash = *flash;
	a->info.have |= 1ULL << MYDEV_A_ADAPTER_FLASH;
	note_flash(r, a);
	subscribers_progress(r->d->dispatch, a);
}

void refresh_attach(struct refresh *r, struct mdnl *nl)
{
	r->nl = nl;
	r->n_looks = r->n_due = 0;
	event_del(r->look_timer);
	event_del(r->more_timer);
	event_del(r->retry_timer);
	if (!nl)
		adapters_clear(&r->d->adapters);
}

struct refresh *refresh_new(struct daemon *d)
{
	struct refresh *r = xzalloc(sizeof(*r));

	r->d = d;
	r->look_timer = evtimer_new(d->base, on_look, r);
	r->more_timer = evtimer_new(d->base, on_more, r);
	r->retry_timer = evtimer_new(d->base, on_retry, r);
	if (!r->look_timer || !r->more_timer || !r->retry_timer)
		xalloc_failed();
	return r;
}

void refresh_free(struct refresh *r)
{
	event_free(r->look_timer);
	event_free(r->more_timer);
	event_free(r->retry_timer);
	free(r->looks);
	free(r);
}
