// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/kernel.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/nllisten.h"
#include "lib/util.h"
#include "mgmtd/daemon.h"
#include "mgmtd/events.h"
#include "mgmtd/log.h"
#include "mgmtd/refresh.h"
#include "mgmtd/staging.h"
#include "mgmtd/translate.h"

#define READ_MAX	64	/* messages before others in the loop get their turn */
#define RETRY_MS	1000
#define DUMP_TRIES	20

struct kernel {
	struct daemon *d;
	struct mdnl_listener *listener;
	struct mdnl *nl;		/* NULL: mydev.ko is not loaded */
	struct mdnl_version version;
	bool behind;			/* not all that this module told was read */
	struct event *listen_event;
	struct event *retry_timer;
	struct refresh *refresh;
};

static void retry_later(struct kernel *k)
{
	const struct timeval tv = { .tv_sec = RETRY_MS / 1000 };

	event_add(k->retry_timer, &tv);
}

/* ---- events ---- */

static void take_event(const struct mdnl_event *ev, void *arg)
{
	struct kernel *k = arg;

	if (ev->number <= events_cursor(k->d->events)->number)
		return;
	events_set_cursor(k->d->events, k->version.epoch, ev->number);
	translate_event(k->d, ev);
	refresh_event(k->refresh, ev);
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
	k->behind = rc < 0;
	if (rc < 0) {
		log_error("the kernel's events cannot be read: %s", err.text);
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

	refresh_progress(k->refresh, index, flash);
}

/* ---- mydev.ko comes and goes ---- */

static void detach(struct kernel *k)
{
	if (!k->nl)
		return;
	refresh_attach(k->refresh, NULL);
	mdnl_close(take_ptr(k->nl));
	/* Flashes have ended with their adapters. */
	staging_sweep(k->d->staging, &k->d->adapters, false);
}

/*
 * The cursor may be of another module's life, whose end was not seen: what it told then
 * nobody knows.
 */
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

static bool same_module(struct kernel *k)
{
	struct mdnl_version now;
	struct mdnl_error err;

	return !mdnl_version(k->nl, &now, &err) && now.epoch == k->version.epoch;
}

static void resync(struct kernel *k)
{
	catch_up_events(k);
	refresh_all(k->refresh);
	refresh_now(k->refresh);
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
	refresh_attach(k->refresh, k->nl);
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
	if (k->nl) {
		log_notice("mydev.ko was unloaded");
		/* It has told nothing after this, and before it all was read. */
		if (!k->behind)
			events_set_cursor(k->d->events, 0, 0);
	}
	detach(k);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct kernel *k = arg;

	if (k->nl)
		resync(k);
	else
		attach(k);
}

static void read_listener(struct kernel *k, int max)
{
	int rc;

	if (!k->listener)
		return;
	rc = mdnl_listener_read(k->listener, max);
	if (rc == -ENOBUFS && k->nl) {
		log_warning("netlink messages were lost: reading everything again");
		k->behind = true;
		/* That the module went, and came again, may have been among them. */
		if (same_module(k))
			resync(k);
		else
			attach(k);
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
	refresh_now(k->refresh);
}

void kernel_took(struct kernel *k, const struct mdnl_adapter *info)
{
	refresh_take(k->refresh, info);
}

void kernel_look_at(struct kernel *k, uint32_t index)
{
	refresh_look_at(k->refresh, index);
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
	k->retry_timer = evtimer_new(d->base, on_retry, k);
	k->refresh = refresh_new(d);
	if (!k->listen_event || !k->retry_timer || event_add(k->listen_event, NULL) < 0)
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
	event_del(k->retry_timer);
	mdnl_listener_free(take_ptr(k->listener));
	refresh_attach(k->refresh, NULL);
	mdnl_close(take_ptr(k->nl));
}

void kernel_free(struct kernel *k)
{
	event_free(k->listen_event);
	event_free(k->retry_timer);
	refresh_free(k->refresh);
	free(k);
}
