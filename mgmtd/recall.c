// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/recall.h"

#include <stdio.h>

#include "lib/alloc.h"
#include "lib/util.h"

#define CLOSE_S		10	/* for both sides of a device to close it */
#define REMOVE_S	5	/* for XenStore to remove it then */

/* From when it is asked for until it is done, whatever fails meanwhile. */
struct recall {
	struct recalls *all;
	struct call *call;		/* NULL: answered already */
	struct guest guest;
	struct loan loan;
	struct event *timer;
	bool due, force;
	TAILQ_ENTRY(recall) entry;
};

struct recalls {
	struct daemon *d;
	TAILQ_HEAD(recall_list, recall) list;
	bool checking;			/* one at a time: others find room in the queue, too */
};

struct check {
	struct guest_work work;
	struct recall *recall;
	unsigned int domain, device;
	bool force, closed, removed;
};

static void recall_free(struct recall *r)
{
	TAILQ_REMOVE(&r->all->list, r, entry);
	event_free(r->timer);
	guest_clear(&r->guest);
	free(r);
}

static int check_run(struct guest_work *w, struct xenstore *s)
{
	struct check *c = container_of(w, struct check, work);

	c->closed = loan_closed(s, c->domain, c->device);
	if ((!c->closed && !c->force) || xenstore_failed(s, &w->e))
		return w->e.code;
	if (loan_remove(s, c->domain, c->device, &w->e))
		return w->e.code;
	c->removed = true;
	return RPC_OK;
}

static void check_next(struct recalls *all);

static void check_done(struct guest_work *w)
{
	struct check *c = container_of(w, struct check, work);
	struct recall *r = c->recall;
	struct recalls *all = r->all;

	all->checking = false;
	if (c->removed) {
		recall_done(w, take_ptr(r->call), &r->guest, &r->loan, !c->closed);
		recall_free(r);
	} else if (w->e.code && r->call) {
		call_fail(take_ptr(r->call), &w->e);
	}
	if (!w->job.cancelled)
		check_next(all);
}

static void check(struct recall *r)
{
	struct check *c = xzalloc(sizeof(*c));

	c->work.run = check_run;
	c->work.done = check_done;
	c->recall = r;
	c->domain = r->guest.id;
	c->device = r->loan.device;
	c->force = r->force;
	r->due = false;
	r->all->checking = true;
	guests_submit(r->all->d, &c->work);
}

/* They take turns. */
static void check_next(struct recalls *all)
{
	struct recall *r;

	if (all->checking)
		return;
	TAILQ_FOREACH(r, &all->list, entry)
		if (r->due)
			break;
	if (!r)
		return;
	TAILQ_REMOVE(&all->list, r, entry);
	TAILQ_INSERT_TAIL(&all->list, r, entry);
	check(r);
}

/* Of one that is to be removed by force: again and again, until XenStore does it. */
static void on_recall_timer(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval more = { .tv_sec = REMOVE_S };
	struct recall *r = arg;

	if (r->force && r->call)
		guests_no_answer(take_ptr(r->call));
	r->force = true;
	r->due = true;
	event_add(r->timer, &more);
	check_next(r->all);
}

void recall_add(struct recalls *all, struct call *call, const struct guest *guest,
		const struct loan *loan)
{
	const struct timeval patience = { .tv_sec = CLOSE_S };
	struct recall *r = xzalloc(sizeof(*r));

	r->all = all;
	r->call = call;
	r->guest = *guest;
	r->guest.name = guest->name ? xstrdup(guest->name) : NULL;
	r->loan = *loan;
	r->due = true;
	r->timer = evtimer_new(all->d->base, on_recall_timer, r);
	if (!r->timer || event_add(r->timer, &patience) < 0)
		xalloc_failed();
	TAILQ_INSERT_TAIL(&all->list, r, entry);
	check_next(all);
}

static bool is_recalled(const struct recalls *all, unsigned int domain, unsigned int device)
{
	const struct recall *r;

	TAILQ_FOREACH(r, &all->list, entry)
		if (r->guest.id == domain && r->loan.device == device)
			return true;
	return false;
}

void recalls_adopt(struct recalls *all, json *recalled)
{
	for (size_t i = 0; i < json_len(recalled); i++) {
		json *v = json_at(recalled, i);
		struct guest guest = { .id = json_num(json_get(v, "domain"), 0) };
		struct loan loan = { .device = json_num(json_get(v, "device"), 0) };

		guest.name = (char *)json_str(json_get(v, "name"), NULL);
		snprintf(loan.serial, sizeof(loan.serial), "%s", json_str(json_get(v, "serial"), ""));
		if (!is_recalled(all, guest.id, loan.device))
			recall_add(all, NULL, &guest, &loan);
	}
}

void recall_done(struct guest_work *w, struct call *call, const struct guest *guest,
		 const struct loan *loan, bool forced)
{
	const char *how = forced ? "taken away, though the guest had not closed it" : "taken back";
	json *result;

	json_append(w->events, loan_event("guest.detached", guest, loan, "%s", how));
	guests_tell(w);
	if (!call)
		return;
	result = json_object();
	json_set_int(result, "domain", guest->id);
	json_set_str(result, "name", guest->name);
	json_set_int(result, "device", loan->device);
	json_set_str(result, "serial", loan->serial[0] ? loan->serial : NULL);
	json_set_bool(result, "forced", forced);
	call_reply(call, result);
}

void recalls_check(struct recalls *all)
{
	struct recall *r;

	TAILQ_FOREACH(r, &all->list, entry)
		r->due = true;
	check_next(all);
}

struct recalls *recalls_new(struct daemon *d)
{
	struct recalls *all = xzalloc(sizeof(*all));

	all->d = d;
	TAILQ_INIT(&all->list);
	return all;
}

void recalls_free(struct recalls *all)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	struct recall *r;

	rpc_error_set(&e, RPC_FAILED, "mydevd ends");
	while ((r = TAILQ_FIRST(&all->list))) {
		if (r->call)
			call_fail(r->call, &e);
		recall_free(r);
	}
	free(all);
}
