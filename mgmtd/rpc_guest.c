// SPDX-License-Identifier: GPL-2.0
/* guest.*: adapters that are lent to guests of this host. */
#include <string.h>
#include <xen/io/mydevif.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/batch.h"
#include "mgmtd/guests.h"
#include "mgmtd/kernel.h"
#include "mgmtd/methods.h"
#include "mgmtd/recall.h"
#include "mgmtd/words.h"

static const char *domain_of(const struct call *call)
{
	return json_str(json_get(call->params, "domain"), "");
}

/* ---- attach ---- */

struct attach {
	struct guest_work work;
	char *domain;
	struct guest guest;
	struct loan loan;
};

static int attach_run(struct guest_work *w, struct xenstore *s)
{
	struct attach *a = container_of(w, struct attach, work);

	if (guest_find(s, a->domain, &a->guest, &w->e) ||
	    loans_make(s, &a->guest, &a->loan, 1, NULL, &w->e))
		return w->e.code;
	json_append(w->events, loan_event("guest.attached", &a->guest, &a->loan, "lent on request"));
	return RPC_OK;
}

static json *loan_json(const struct guest *g, const struct loan *loan)
{
	json *v = json_object();

	json_set_int(v, "domain", g->id);
	json_set_str(v, "name", g->name);
	json_set_int(v, "device", loan->device);
	json_set_str(v, "serial", loan->serial);
	json_set(v, "allowed", words_classes(loan->grant.allow));
	json_set_int(v, "rate", loan->grant.rate);
	return v;
}

static void attach_done(struct guest_work *w)
{
	struct attach *a = container_of(w, struct attach, work);

	guests_tell(w);
	if (w->call)
		call_reply(take_ptr(w->call), loan_json(&a->guest, &a->loan));
	guest_clear(&a->guest);
	free(a->domain);
}

static bool is_lendable(const struct adapter *a)
{
	return a->info.transport != MYDEV_TRANSPORT_XEN && a->info.serial[0];
}

/* The adapter that is meant when none is named. */
static struct adapter *only_adapter(struct call *call, struct rpc_error *e)
{
	const struct adapters *all = &call->daemon->adapters;
	_free_cleanup_ char *names = xstrdup("");
	struct adapter *only = NULL;
	size_t n = 0;

	kernel_catch_up(call->daemon->kernel);
	for (size_t i = 0; i < all->n; i++) {
		struct adapter *a = all->list[i];
		char *longer;

		if (!is_lendable(a))
			continue;
		longer = xasprintf("%s%s%s (%s)", names, n++ ? ", " : "", a->info.name,
				   a->info.serial);
		free(names);
		names = longer;
		only = a;
	}
	if (n == 1)
		return only;
	if (!n) {
		rpc_error_set(e, RPC_NOT_FOUND, "there is no adapter that could be lent");
		rpc_error_hint(e, "mydevcli show lists the adapters that are there");
	} else {
		rpc_error_set(e, RPC_REFUSED, "which adapter is meant? There are %s", names);
		rpc_error_hint(e, "name one with --adapter");
	}
	return NULL;
}

/* NULL: the call was answered. */
static const struct adapter *adapter_to_lend(struct call *call)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	const struct adapter *a;

	if (json_has(call->params, "adapter")) {
		a = call_adapter(call);
		if (!a)
			return NULL;
	} else {
		a = only_adapter(call, &e);
	}
	if (a && a->info.transport == MYDEV_TRANSPORT_XEN)
		rpc_error_set(&e, RPC_REFUSED, "%s is lent to this host itself: it is not lent again",
			      a->info.name);
	else if (a && !a->info.serial[0])
		rpc_error_set(&e, RPC_REFUSED, "%s has not told its serial number, by which it is "
			      "lent", a->info.name);
	if (!e.code)
		return a;
	rpc_error_adapter(&e, a ? a->info.name : NULL);
	call_fail(call, &e);
	return NULL;
}

/* What is asked for; ranges are the document's business. */
static int read_grant(const struct call *call, struct grant *grant, struct rpc_error *e)
{
	json *allow = json_get(call->params, "allow");
	_free_cleanup_ char *why = NULL, *words = NULL;

	*grant = grant_default;
	if (allow)
		grant->allow = MYDEV_CLASS_VIEW;
	for (size_t i = 0; i < json_len(allow) && !why; i++)
		grant->allow |= grant_class(json_str(json_at(allow, i), ""), &why);
	grant->rate = json_num(json_get(call->params, "rate"), grant->rate);
	grant->burst = json_num(json_get(call->params, "burst"), grant->burst);
	if (!why)
		return RPC_OK;
	rpc_error_set(e, RPC_REFUSED, "%s", why);
	words = classes_text(MYDEVIF_GRANTABLE);
	rpc_error_hint(e, "classes that may be granted: %s", words);
	return e->code;
}

static void guest_attach(struct call *call)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	const struct adapter *adapter;
	struct grant grant;
	struct attach *a;

	/* First: where there are no guests, it is of no interest what else is wrong. */
	if (!xenstore_expected(&e) || read_grant(call, &grant, &e)) {
		call_fail(call, &e);
		return;
	}
	adapter = adapter_to_lend(call);
	if (!adapter)
		return;
	a = xzalloc(sizeof(*a));
	a->work.call = call;
	a->work.run = attach_run;
	a->work.done = attach_done;
	a->domain = xstrdup(domain_of(call));
	a->loan.grant = grant;
	memcpy(a->loan.serial, adapter->info.serial, sizeof(a->loan.serial));
	guests_submit(call->daemon, &a->work);
}

/* ---- detach ---- */

struct detach {
	struct guest_work work;
	char *domain;
	bool only;			/* no device was named */
	bool waits;
	struct guest guest;
	struct loan loan;
};

static int detach_run(struct guest_work *w, struct xenstore *s)
{
	struct detach *d = container_of(w, struct detach, work);

	if (guest_find(s, d->domain, &d->guest, &w->e) ||
	    (d->only && loan_only(s, &d->guest, &d->loan.device, &w->e)))
		return w->e.code;
	return loan_recall(s, &d->guest, &d->loan, &d->waits, &w->e);
}

static void detach_done(struct guest_work *w)
{
	struct detach *d = container_of(w, struct detach, work);

	if (!w->e.code && d->waits)
		recall_add(guests_recalls(w->guests), take_ptr(w->call), &d->guest, &d->loan);
	else if (!w->e.code)
		recall_done(w, take_ptr(w->call), &d->guest, &d->loan, false);
	guest_clear(&d->guest);
	free(d->domain);
}

static void guest_detach(struct call *call)
{
	struct detach *d = xzalloc(sizeof(*d));

	d->work.call = call;
	d->work.run = detach_run;
	d->work.done = detach_done;
	d->domain = xstrdup(domain_of(call));
	d->only = !json_has(call->params, "device");
	d->loan.device = json_num(json_get(call->params, "device"), 0);
	guests_submit(call->daemon, &d->work);
}

/* ---- list ---- */

struct listed {
	struct guest_work work;
	json *guests;
};

static int list_run(struct guest_work *w, struct xenstore *s)
{
	struct listed *l = container_of(w, struct listed, work);

	l->guests = loans_json(s, w->adapters);
	return RPC_OK;
}

static void list_done(struct guest_work *w)
{
	struct listed *l = container_of(w, struct listed, work);
	json *result;

	if (w->call) {
		result = json_object();
		json_set(result, "guests", json_ref(l->guests));
		json_set(result, "policies", guests_policies_json(w->guests));
		call_reply(take_ptr(w->call), result);
	}
	json_unref(l->guests);
}

static void guest_list(struct call *call)
{
	struct listed *l = xzalloc(sizeof(*l));

	kernel_catch_up(call->daemon->kernel);
	l->work.call = call;
	l->work.run = list_run;
	l->work.done = list_done;
	guests_submit(call->daemon, &l->work);
}

const struct method rpc_guest_methods[] = {
	{ "guest.attach", guest_attach },
	{ "guest.detach", guest_detach },
	{ "guest.list", guest_list },
	{ NULL }
};
