// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/kernel.h"

#include <endian.h>
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/nllisten.h"
#include "lib/util.h"
#include "mgmtd/daemon.h"
#include "mgmtd/events.h"
#include "mgmtd/hotplug.h"
#include "mgmtd/log.h"
#include "mgmtd/staging.h"
#include "mgmtd/subscribe.h"
#include "mgmtd/translate.h"

#define READ_MAX	256	/* messages before others in the loop get their turn */
#define LOOK_MS		10	/* many events of one adapter make one look at it */
#define RETRY_MS	1000
#define DUMP_TRIES	20
/* The kernel reads a changed adapter after it told of the change: look again, seldomer. */
#define REREADS_MAX	8

struct kernel {
	struct daemon *d;
	struct mdnl_listener *listener;
	struct mdnl *nl;		/* NULL: mydev.ko is not loaded */
	struct mdnl_version version;
	struct event *listen_event;
	struct event *look_timer;
	struct event *retry_timer;
	uint32_t *looks;		/* adapters to be looked at */
	size_t n_looks;
	unsigned int look_ms;		/* in which the next look is due */
	bool out_of_sync;		/* the dump is to be repeated */
	bool sweep;			/* a flash may have ended */
};

static void retry_later(struct kernel *k)
{
	const struct timeval tv = { .tv_sec = RETRY_MS / 1000 };

	event_add(k->retry_timer, &tv);
}

static void look_in(struct kernel *k, unsigned int ms)
{
	const struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (event_pending(k->look_timer, EV_TIMEOUT, NULL) && k->look_ms <= ms)
		return;
	k->look_ms = ms;
	event_add(k->look_timer, &tv);
}

static void add_look(struct kernel *k, uint32_t index, unsigned int ms)
{
	struct adapter *a = adapters_find(&k->d->adapters, index);

	look_in(k, ms);
	if (a && a->dirty)
		return;
	for (size_t i = 0; !a && i < k->n_looks; i++)
		if (k->looks[i] == index)
			return;
	if (a)
		a->dirty = true;
	k->looks = xrealloc(k->looks, k->n_looks + 1, sizeof(*k->looks));
	k->looks[k->n_looks++] = index;
}

void kernel_look_at(struct kernel *k, uint32_t index)
{
	add_look(k, index, LOOK_MS);
}

/* ---- taking in what the kernel knows of an adapter ---- */

static void note_flash(struct kernel *k, struct adapter *a)
{
	const struct mdnl_flash *f = &a->info.flash;

	if (!MDNL_HAVE(&a->info, MYDEV_A_ADAPTER_FLASH) || f->stage == MYDEV_FLASH_IDLE)
		return;
	if (f->stage == MYDEV_FLASH_DONE)
		k->sweep = true;
	else if (f->cookie != a->flash_told)
		translate_flash_started(k->d, a);
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

static void read_config(struct kernel *k, struct adapter *a)
{
	struct mdnl_configs old = a->config;
	bool had = a->config_known;
	struct mdnl_error err;

	a->config = (struct mdnl_configs){ 0 };
	a->config_known = !mdnl_config(k->nl, a->info.index, &a->config, &err);
	if (had && a->config_known && !same_keys(&old, &a->config))
		wanted_new_keys(k->d, a);
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

static void gone(struct kernel *k, struct adapter *a)
{
	adapters_remove(&k->d->adapters, a);
	k->sweep = true;
}

static struct adapter *appeared(struct kernel *k, const struct mdnl_adapter *info)
{
	struct adapter *a = adapters_add(&k->d->adapters, info, job_queue_new(k->d->workers));

	if (MDNL_HAVE(info, MYDEV_A_ADAPTER_FLASH))
		a->flash_told = info->flash.cookie;
	a->wanted.announced = hotplug_knows(k->d->hotplug, info->name);
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

static void look_again(struct kernel *k, struct adapter *a)
{
	a->dirty = false;
	if (!is_behind(a)) {
		a->rereads = 0;
		return;
	}
	if (a->rereads++ < REREADS_MAX)
		add_look(k, a->info.index, LOOK_MS << a->rereads);
}

static void take(struct kernel *k, const struct mdnl_adapter *info)
{
	struct adapter *a = adapters_find(&k->d->adapters, info->index);
	bool config_old, ready_again;

	if (a && is_another(&a->info, info)) {
		gone(k, a);
		a = NULL;
	}
	if (!a)
		a = appeared(k, info);
	ready_again = info->state == MYDEV_STATE_READY && a->info.state != MYDEV_STATE_READY;
	config_old = !a->config_known || ready_again || info->config_gen != a->config.gen ||
		     !runs_the_same(info, &a->info);
	a->info = *info;
	a->read_ms = boottime_ms();
	if (config_old && MDNL_HAVE(info, MYDEV_A_ADAPTER_CONFIG_GEN))
		read_config(k, a);
	note_flash(k, a);
	look_again(k, a);
	if (ready_again)
		wanted_retry(k->d, a);
	wanted_update(k->d, a);
}

void kernel_took(struct kernel *k, const struct mdnl_adapter *info)
{
	if (k->nl)
		take(k, info);
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

static int dump(struct kernel *k, struct infos *all)
{
	struct mdnl_error err;
	int rc = -EINTR;

	for (int i = 0; rc == -EINTR && i < DUMP_TRIES; i++) {
		all->n = 0;
		rc = mdnl_adapters(k->nl, collect, all, &err);
	}
	if (rc == -EINTR)	/* they come and go without end: take it, and look again */
		k->out_of_sync = true;
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

static void remove_unlisted(struct kernel *k, const struct infos *all)
{
	struct adapters *known = &k->d->adapters;

	for (size_t i = known->n; i-- > 0;)
		if (!listed(all, known->list[i]->info.index))
			gone(k, known->list[i]);
}

/* All adapters at once. */
static void sync_adapters(struct kernel *k)
{
	struct infos all = { 0 };

	k->out_of_sync = false;
	if (dump(k, &all) < 0) {
		k->out_of_sync = true;
	} else {
		k->n_looks = 0;
		remove_unlisted(k, &all);
		for (size_t i = 0; i < all.n; i++)
			take(k, &all.list[i]);
	}
	if (k->out_of_sync)
		retry_later(k);
	free(all.list);
}

static void look(struct kernel *k, uint32_t index)
{
	struct mdnl_adapter info;
	struct mdnl_error err;
	struct adapter *a;
	int rc = mdnl_adapter(k->nl, index, &info, &err);

	if (!rc) {
		take(k, &info);
		return;
	}
	a = adapters_find(&k->d->adapters, index);
	if (rc == -ENODEV && a) {
		gone(k, a);
	} else if (rc != -ENODEV) {
		log_error(MYDEV_CLASS_NAME "%u cannot be read: %s", index, err.text);
		k->out_of_sync = true;
		retry_later(k);
	}
}

static void look_at_all(struct kernel *k)
{
	uint32_t *looks = k->looks;
	size_t n = k->n_looks;

	event_del(k->look_timer);
	k->looks = NULL;
	k->n_looks = 0;
	if (!k->nl) {
		free(looks);
		return;
	}
	if (n > 32 && n > k->d->adapters.n / 2)
		sync_adapters(k);
	else
		for (size_t i = 0; i < n; i++)
			look(k, looks[i]);
	free(looks);
	if (k->sweep)
		staging_sweep(k->d->staging, &k->d->adapters, false);
	k->sweep = false;
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	look_at_all(arg);
}

/* ---- events ---- */

static bool makes_status_old(const struct mdnl_event *ev)
{
	return ev->type == MYDEV_EVENT_ADAPTER && ev->hw.type != MYDEV_EV_BOOT &&
	       ev->hw.type != MYDEV_EV_MEDIA;
}

static void take_event(const struct mdnl_event *ev, void *arg)
{
	struct kernel *k = arg;
	struct adapter *a = adapters_find(&k->d->adapters, ev->index);

	if (ev->number <= events_cursor(k->d->events)->number)
		return;
	events_set_cursor(k->d->events, k->version.epoch, ev->number);
	translate_event(k->d, ev);
	if (a && ev->type == MYDEV_EVENT_REMOVED) {
		gone(k, a);
		a = NULL;
	}
	if (a && ev->type == MYDEV_EVENT_FLASH) {
		a->info.flash = ev->flash;
		a->info.have |= 1ULL << MYDEV_A_ADAPTER_FLASH;
		note_flash(k, a);
	}
	if (a && makes_status_old(ev)) {
		a->event_ms = ev->time;
		a->rereads = 0;
	}
	add_look(k, ev->index, LOOK_MS);
}

static void tell_lost(struct kernel *k, uint64_t lost, const char *why)
{
	static const struct occurrence o = { .type = "events.lost", .severity = "warning" };
	json *data = json_object();

	if (lost) {
		json_set_int(data, "lost", lost);
		events_tell(k->d->events, &o, data, "%" PRIu64 " events were lost: %s", lost, why);
	} else {
		json_set(data, "lost", NULL);
		events_tell(k->d->events, &o, data, "events may have been lost: %s", why);
	}
}

/* What the kernel keeps and we have not seen. */
static void catch_up_events(struct kernel *k)
{
	uint64_t lost = 0;
	struct mdnl_error err;
	int rc, tries = 0;

	do {
		rc = mdnl_events(k->nl, events_cursor(k->d->events)->number, take_event, k, &lost,
				 &err);
	} while (rc == -EINTR && ++tries < DUMP_TRIES);
	if (rc < 0) {
		log_error("the kernel's events cannot be read: %s", err.text);
		k->out_of_sync = true;
		retry_later(k);
	}
	if (lost)
		tell_lost(k, lost, "mydevd was away, or could not keep up");
}

static void on_event(const struct mdnl_event *ev, void *arg)
{
	struct kernel *k = arg;

	if (!k->nl)
		return;
	if (ev->number > events_cursor(k->d->events)->number + 1)
		catch_up_events(k);
	take_event(ev, k);
}

static void on_progress(uint32_t index, const struct mdnl_flash *flash, void *arg)
{
	struct kernel *k = arg;
	struct adapter *a = adapters_find(&k->d->adapters, index);

	if (!a)
		return;
	a->info.flash = *flash;
	a->info.have |= 1ULL << MYDEV_A_ADAPTER_FLASH;
	note_flash(k, a);
	subscribers_progress(k->d->dispatch, a);
}

/* ---- mydev.ko comes and goes ---- */

static void detach(struct kernel *k)
{
	if (!k->nl)
		return;
	mdnl_close(take_ptr(k->nl));
	k->n_looks = 0;
	adapters_clear(&k->d->adapters);
	staging_sweep(k->d->staging, &k->d->adapters, false);
}

/* The cursor is of another module's life: what that one told at its end nobody knows. */
static void new_epoch(struct kernel *k)
{
	const struct cursor *c = events_cursor(k->d->events);
	bool unseen = c->epoch && c->this_boot;

	if (c->epoch == k->version.epoch)
		return;
	events_set_cursor(k->d->events, k->version.epoch, 0);
	if (unseen)
		tell_lost(k, 0, "mydev.ko was loaded anew");
}

static int open_family(struct kernel *k, struct mdnl_error *err)
{
	struct mdnl_groups groups;
	int rc = mdnl_open(&k->nl, err);

	if (rc < 0)
		return rc;
	rc = mdnl_groups(k->nl, &groups, err);
	if (!rc)
		rc = mdnl_version(k->nl, &k->version, err);
	if (!rc) {
		rc = mdnl_listener_join(k->listener, &groups);
		snprintf(err->text, sizeof(err->text), "its events: %s", strerror(-rc));
	}
	if (rc < 0)
		mdnl_close(take_ptr(k->nl));
	return rc;
}

static void resync(struct kernel *k)
{
	catch_up_events(k);
	sync_adapters(k);
	look_at_all(k);
}

static void attach(struct kernel *k)
{
	struct mdnl_error err = { 0 };
	int rc;

	detach(k);
	rc = open_family(k, &err);
	if (rc == -ENOENT) {
		log_notice("mydev.ko is not loaded: waiting for it");
		return;
	}
	if (rc < 0) {
		log_error("mydev.ko cannot be spoken to: %s", err.text);
		retry_later(k);
		return;
	}
	log_info("mydev.ko %s, level %u (this mydevd knows %u)", k->version.module,
		 k->version.level, MYDEV_GENL_LEVEL);
	new_epoch(k);
	resync(k);
}

static void on_family(bool loaded, void *arg)
{
	struct kernel *k = arg;

	if (loaded) {
		attach(k);
		return;
	}
	if (k->nl)
		log_notice("mydev.ko was unloaded");
	detach(k);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct kernel *k = arg;

	if (!k->nl)
		attach(k);
	else if (k->out_of_sync)
		resync(k);
}

static void read_listener(struct kernel *k, int max)
{
	int rc;

	if (!k->listener)
		return;
	rc = mdnl_listener_read(k->listener, max);
	if (rc == -ENOBUFS && k->nl) {
		log_warning("netlink messages were lost: reading everything again");
		resync(k);
	} else if (rc < 0 && rc != -ENOBUFS) {
		log_error("netlink: %s", strerror(-rc));
	}
}

static void on_listen(evutil_socket_t fd, short what, void *arg)
{
	read_listener(arg, READ_MAX);
}

void kernel_catch_up(struct kernel *k)
{
	read_listener(k, READ_MAX);
	if (k->n_looks)
		look_at_all(k);
}

const struct mdnl_version *kernel_version(const struct kernel *k)
{
	return k->nl ? &k->version : NULL;
}

int kernel_new(struct kernel **out, struct daemon *d)
{
	static const struct mdnl_listener_ops ops = { on_event, on_progress, on_family };
	struct kernel *k = xzalloc(sizeof(*k));
	int rc;

	k->d = d;
	rc = mdnl_listener_new(&k->listener, d->options.netlink_buffer, &ops, k);
	if (rc < 0) {
		free(k);
		return rc;
	}
	k->listen_event = event_new(d->base, mdnl_listener_fd(k->listener), EV_READ | EV_PERSIST,
				    on_listen, k);
	k->look_timer = evtimer_new(d->base, on_look, k);
	k->retry_timer = evtimer_new(d->base, on_retry, k);
	if (!k->listen_event || !k->look_timer || !k->retry_timer ||
	    event_add(k->listen_event, NULL) < 0)
		xalloc_failed();
	*out = k;
	return 0;
}

void kernel_start(struct kernel *k)
{
	attach(k);
	staging_sweep(k->d->staging, &k->d->adapters, true);
}

void kernel_stop(struct kernel *k)
{
	event_del(k->listen_event);
	event_del(k->look_timer);
	event_del(k->retry_timer);
	mdnl_listener_free(take_ptr(k->listener));
	mdnl_close(take_ptr(k->nl));
}

void kernel_free(struct kernel *k)
{
	event_free(k->listen_event);
	event_free(k->look_timer);
	event_free(k->retry_timer);
	free(k->looks);
	free(k);
}
