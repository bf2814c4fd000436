// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/loanauto.h"

#include <stdio.h>
#include <string.h>

#include "lib/alloc.h"

/* ---- guests that are gone ---- */

struct sweep {
	unsigned int domain;
	bool swept;
};

static int sweep_one(struct xenstore *s, void *arg)
{
	struct sweep *sweep = arg;

	sweep->swept = !xenstore_exists(s, DOMAINS "/%u", sweep->domain);
	if (sweep->swept) {
		xenstore_remove(s, BACKENDS "/%u", sweep->domain);
		xenstore_remove(s, ERRORS "/%u", sweep->domain);
		xenstore_remove(s, MARKS "/%u", sweep->domain);
	}
	return RPC_OK;
}

static void sweep_guest(struct xenstore *s, unsigned int domain, json *events)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	const struct guest g = { .id = domain };
	struct sweep sweep = { .domain = domain };
	char *text;
	size_t n;
	_free_cleanup_ unsigned int *devices = xenstore_numbers(s, &n, BACKENDS "/%u", domain);

	if (xenstore_transact(s, sweep_one, &sweep, &e) || !sweep.swept || !n)
		return;
	text = xasprintf("domain %u is gone: what it was lent (%zu) was taken back", domain, n);
	json_append(events, guest_event("guest.gone", "info", &g, text));
}

static void sweep_below(struct xenstore *s, const char *dir, json *events)
{
	size_t n;
	_free_cleanup_ unsigned int *ids = xenstore_numbers(s, &n, "%s", dir);

	for (size_t i = 0; i < n; i++)
		if (!xenstore_exists(s, DOMAINS "/%u", ids[i]))
			sweep_guest(s, ids[i], events);
}

void loans_sweep(struct xenstore *s, json *events)
{
	sweep_below(s, BACKENDS, events);
	sweep_below(s, ERRORS, events);
	sweep_below(s, MARKS, events);
}

/* ---- policies ---- */

static void add_loan(struct loan **loans, size_t *n, const char *serial, const struct grant *grant)
{
	struct loan *loan;

	*loans = xrealloc(*loans, *n + 1, sizeof(**loans));
	loan = &(*loans)[(*n)++];
	*loan = (struct loan){ .grant = *grant };
	snprintf(loan->serial, sizeof(loan->serial), "%s", serial);
}

static bool is_borrowed(const struct lendables *adapters, const char *serial)
{
	for (size_t i = 0; i < adapters->n; i++)
		if (adapters->list[i].borrowed && !strcmp(adapters->list[i].serial, serial))
			return true;
	return false;
}

/* Of a policy that names none. */
static int add_only(const struct guest_policy *p, const struct lendables *adapters,
		    struct loan **loans, size_t *n, struct rpc_error *e)
{
	const struct lendable *only = NULL;
	size_t count = 0;

	for (size_t i = 0; i < adapters->n; i++) {
		if (adapters->list[i].borrowed || !adapters->list[i].serial[0])
			continue;
		only = &adapters->list[i];
		count++;
	}
	if (count > 1)
		return rpc_error_set(e, RPC_REFUSED, "this host has %zu adapters: name one, with "
				     "Adapter=", count);
	if (!count)
		return rpc_error_set(e, RPC_NOT_FOUND, "this host has no adapter yet");
	add_loan(loans, n, only->serial, &p->grant);
	return RPC_OK;
}

/* What a guest is to get by a policy, but for what it has. */
static int policy_loans(struct xenstore *s, const struct guest_policy *p, const struct guest *g,
			const struct lendables *adapters, struct loan **loans, size_t *n,
			struct rpc_error *e)
{
	unsigned int device;

	if (!p->serials && add_only(p, adapters, loans, n, e))
		return e->code;
	for (char **serial = p->serials; serial && *serial; serial++) {
		if (is_borrowed(adapters, *serial))
			return rpc_error_set(e, RPC_REFUSED, "%s is lent to this host itself",
					     *serial);
		add_loan(loans, n, *serial, &p->grant);
	}
	for (size_t i = *n; i-- > 0;)
		if (loan_find(s, g->id, (*loans)[i].serial, &device))
			memmove(&(*loans)[i], &(*loans)[i + 1], (--*n - i) * sizeof(**loans));
	return RPC_OK;
}

static const char *file_name(const struct guest_policy *p)
{
	return strrchr(p->path, '/') ? strrchr(p->path, '/') + 1 : p->path;
}

static void apply_policy(struct xenstore *s, const struct guest_policy *p, const struct guest *g,
			 const struct lendables *adapters, const char *mark, json *events)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_free_cleanup_ char *who = guest_text(g);
	_free_cleanup_ struct loan *loans = NULL;
	size_t n = 0;

	if (policy_loans(s, p, g, adapters, &loans, &n, &e) || loans_make(s, g, loans, n, mark, &e)) {
		json_append(events, guest_event("guest.failed", "error", g,
			xasprintf("%s: %s was not applied: %s", who, p->path, e.message)));
		return;
	}
	for (size_t i = 0; i < n; i++)
		json_append(events, loan_event("guest.attached", g, &loans[i], "lent by %s",
					       file_name(p)));
}

void loans_apply(struct xenstore *s, const struct guest_policies *policies,
		 const struct lendables *adapters, json *events)
{
	_free_cleanup_ unsigned int *ids = NULL;
	size_t n;

	if (!policies->n)
		return;
	ids = xenstore_numbers(s, &n, DOMAINS);
	for (size_t i = 0; i < n; i++) {
		_free_cleanup_ char *marked = xenstore_read(s, MARKS "/%u", ids[i]), *mark = NULL;
		_guest_cleanup_ struct guest g = { 0 };
		const struct guest_policy *p;

		guest_read(s, ids[i], &g);
		/* One that has no name yet is being made. */
		if (!g.id || !g.name)
			continue;
		mark = xasprintf("%s %s", g.uuid, g.name);
		p = guest_policies_match(policies, g.name, g.uuid);
		if (p && (!marked || strcmp(marked, mark)))
			apply_policy(s, p, &g, adapters, mark, events);
	}
}
