// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/loan.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xen/io/mydevif.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/words.h"

#define BACKEND		BACKENDS "/%u/%u"
#define FRONTENDS	DOMAINS "/%u/device/" MYDEVIF_TYPE
#define FRONTEND	FRONTENDS "/%u"
#define ERROR		ERRORS "/%u/%u"

/* enum xenbus_state of Xen's public/io/xenbus.h */
enum { STATE_INITIALISING = 1, STATE_INIT_WAIT = 2, STATE_CLOSING = 5, STATE_CLOSED = 6 };

static const char *const states[] = {
	"unknown", "initialising", "init-wait", "initialised", "connected", "closing", "closed",
	"reconfiguring", "reconfigured",
};

static const char *word_of_state(long state)
{
	return state >= 0 && (size_t)state < ARRAY_SIZE(states) ? states[state] : "unknown";
}

/* ---- events ---- */

json *guest_event(const char *type, const char *severity, const struct guest *g, char *message)
{
	json *v = json_object(), *data = json_object();

	json_set_int(data, "domain", g->id);
	json_set_str(data, "name", g->name);
	json_set_str(v, "type", type);
	json_set_str(v, "severity", severity);
	json_set(v, "data", data);
	json_set_str(v, "message", message);
	free(message);
	return v;
}

json *loan_event(const char *type, const struct guest *g, const struct loan *loan,
		 const char *fmt, ...)
{
	_free_cleanup_ char *who = guest_text(g), *what = NULL;
	va_list ap;
	json *v;

	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	v = guest_event(type, "info", g, xasprintf("%s, device %u (%s): %s", who, loan->device,
						  loan->serial, what));
	json_set_int(json_get(v, "data"), "device", loan->device);
	json_set_str(v, "serial", loan->serial);
	return v;
}

/* ---- making ---- */

struct making {
	const struct guest *guest;
	struct loan *loans;
	size_t n;
	const char *mark;
	struct rpc_error *e;
};

static bool contains(const unsigned int *list, size_t n, unsigned int number)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == number)
			return true;
	return false;
}

/* The first number that neither side of a device has. */
static unsigned int free_number(struct xenstore *s, unsigned int domain)
{
	size_t n_back, n_front;
	_free_cleanup_ unsigned int *back = xenstore_numbers(s, &n_back, BACKENDS "/%u", domain);
	_free_cleanup_ unsigned int *front = xenstore_numbers(s, &n_front, FRONTENDS, domain);
	unsigned int number = 0;

	while (contains(back, n_back, number) || contains(front, n_front, number))
		number++;
	return number;
}

bool loan_find(struct xenstore *s, unsigned int domain, const char *serial,
			unsigned int *device)
{
	size_t n;
	_free_cleanup_ unsigned int *devices = xenstore_numbers(s, &n, BACKENDS "/%u", domain);

	for (size_t i = 0; i < n; i++) {
		_free_cleanup_ char *has = xenstore_read(s, BACKEND "/" MYDEVIF_NODE_ADAPTER, domain,
							 devices[i]);

		*device = devices[i];
		if (has && !strcmp(has, serial))
			return true;
	}
	return false;
}

static void write_number(struct xenstore *s, const char *dir, const char *node, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	xenstore_write(s, text, "%s/%s", dir, node);
}

/*
 * The directories get their permissions while they are empty: what comes into them inherits.
 * Each side owns its own, and the other reads it.
 */
static void make_device(struct xenstore *s, unsigned int domain, const struct loan *loan)
{
	_free_cleanup_ char *front = xasprintf(FRONTEND, domain, loan->device);
	_free_cleanup_ char *back = xasprintf(BACKEND, domain, loan->device);
	_free_cleanup_ char *allow = classes_text(loan->grant.allow | MYDEV_CLASS_VIEW);

	xenstore_remove(s, ERROR, domain, loan->device);
	xenstore_make(s, domain, 0, "%s", front);
	xenstore_make(s, 0, domain, "%s", back);
	xenstore_write(s, back, "%s/backend", front);
	write_number(s, front, "backend-id", 0);
	xenstore_write(s, front, "%s/frontend", back);
	write_number(s, back, "frontend-id", domain);
	xenstore_write(s, loan->serial, "%s/" MYDEVIF_NODE_ADAPTER, back);
	xenstore_write(s, allow, "%s/" MYDEVIF_NODE_ALLOW, back);
	write_number(s, back, MYDEVIF_NODE_RATE, loan->grant.rate);
	if (loan->grant.burst)
		write_number(s, back, MYDEVIF_NODE_BURST, loan->grant.burst);
	write_number(s, back, "online", 1);
	write_number(s, front, "state", STATE_INITIALISING);
	write_number(s, back, "state", STATE_INITIALISING);
}

static int make(struct xenstore *s, void *arg)
{
	struct making *m = arg;
	_free_cleanup_ char *who = guest_text(m->guest);
	unsigned int domain = m->guest->id, device;

	/* Seen in the transaction: should the guest go meanwhile, nothing is made. */
	if (!xenstore_exists(s, DOMAINS "/%u", domain))
		return rpc_error_set(m->e, RPC_NOT_FOUND, "%s is gone", who);
	for (size_t i = 0; i < m->n; i++) {
		if (loan_find(s, domain, m->loans[i].serial, &device)) {
			rpc_error_set(m->e, RPC_REFUSED, "%s has %s already, as device %u", who,
				      m->loans[i].serial, device);
			rpc_error_hint(m->e, "to change what it may do: mydevcli guest detach %u "
				       "%u, then attach", domain, device);
			return m->e->code;
		}
		m->loans[i].device = free_number(s, domain);
		make_device(s, domain, &m->loans[i]);
	}
	if (m->mark)
		xenstore_write(s, m->mark, MARKS "/%u", domain);
	return RPC_OK;
}

int loans_make(struct xenstore *s, const struct guest *g, struct loan *loans, size_t n,
	       const char *mark, struct rpc_error *e)
{
	struct making m = { g, loans, n, mark, e };

	return xenstore_transact(s, make, &m, e);
}

/* ---- taking back ---- */

struct removal {
	unsigned int domain, device;
	char *serial;
	long front;			/* state of the guest's side */
	bool waits;
	const char *who;
	struct rpc_error *e;
};

static int no_device(struct rpc_error *e, const char *who, unsigned int device)
{
	rpc_error_set(e, RPC_NOT_FOUND, "%s has no device %u", who, device);
	rpc_error_hint(e, "mydevcli guest list lists what is lent");
	return e->code;
}

int loan_only(struct xenstore *s, const struct guest *g, unsigned int *device, struct rpc_error *e)
{
	_free_cleanup_ char *who = guest_text(g);
	size_t n;
	_free_cleanup_ unsigned int *list = xenstore_numbers(s, &n, BACKENDS "/%u", g->id);

	if (xenstore_failed(s, e))
		return e->code;
	if (!n) {
		rpc_error_set(e, RPC_NOT_FOUND, "%s has no adapter", who);
		rpc_error_hint(e, "mydevcli guest list lists what is lent");
	} else if (n > 1) {
		rpc_error_set(e, RPC_REFUSED, "%s has %zu devices, %u to %u: one is meant", who, n,
			      list[0], list[n - 1]);
		rpc_error_hint(e, "mydevcli guest list lists them");
	} else {
		*device = list[0];
	}
	return e->code;
}

/* Nothing that a guest writes is read in a transaction: it could let none succeed. */

static int set_offline(struct xenstore *s, void *arg)
{
	struct removal *r = arg;
	_free_cleanup_ char *back = xasprintf(BACKEND, r->domain, r->device);

	if (!xenstore_exists(s, "%s", back))
		return no_device(r->e, r->who, r->device);
	free(r->serial);
	r->serial = xenstore_read(s, "%s/" MYDEVIF_NODE_ADAPTER, back);
	write_number(s, back, "online", 0);
	return RPC_OK;
}

static int ask_to_close(struct xenstore *s, void *arg)
{
	struct removal *r = arg;
	_free_cleanup_ char *back = xasprintf(BACKEND, r->domain, r->device);
	long state = xenstore_read_number(s, 0, "%s/state", back);

	/* Else neither side has anything of the other yet, or any more. */
	r->waits = state != STATE_CLOSED &&
		   (state > STATE_INIT_WAIT ||
		    (r->front > STATE_INITIALISING && r->front != STATE_CLOSED));
	if (r->waits)
		write_number(s, back, "state", STATE_CLOSING);
	return RPC_OK;
}

int loan_recall(struct xenstore *s, const struct guest *g, struct loan *loan, bool *waits,
		struct rpc_error *e)
{
	_free_cleanup_ char *who = guest_text(g);
	struct removal r = { g->id, loan->device, .who = who, .e = e };
	/* Alone first: a backend that is offline follows a guest's states to and fro no more. */
	int rc = xenstore_transact(s, set_offline, &r, e);

	snprintf(loan->serial, sizeof(loan->serial), "%s", r.serial ? r.serial : "");
	free(r.serial);
	if (rc)
		return rc;
	r.front = xenstore_read_number(s, 0, FRONTEND "/state", g->id, loan->device);
	rc = xenstore_transact(s, ask_to_close, &r, e);
	*waits = r.waits;
	return rc || r.waits ? rc : loan_remove(s, g->id, loan->device, e);
}

/* Of one that was recalled: another has its number now. */
static bool is_online(struct xenstore *s, unsigned int domain, unsigned int device)
{
	return xenstore_read_number(s, 0, BACKEND "/online", domain, device) == 1;
}

bool loan_closed(struct xenstore *s, unsigned int domain, unsigned int device)
{
	long state = xenstore_read_number(s, STATE_CLOSED, BACKEND "/state", domain, device);

	return state == STATE_CLOSED || is_online(s, domain, device);
}

static void remove_empty(struct xenstore *s, const char *dir)
{
	size_t n;

	free(xenstore_numbers(s, &n, "%s", dir));
	if (!n)
		xenstore_remove(s, "%s", dir);
}

/* The directories that devices of a guest are in. */
static int remove_parents(struct xenstore *s, void *arg)
{
	const struct removal *r = arg;
	_free_cleanup_ char *fronts = xasprintf(FRONTENDS, r->domain);
	_free_cleanup_ char *backs = xasprintf(BACKENDS "/%u", r->domain);
	_free_cleanup_ char *errors = xasprintf(ERRORS "/%u", r->domain);

	remove_empty(s, fronts);
	remove_empty(s, backs);
	remove_empty(s, errors);
	return RPC_OK;
}

int loan_remove(struct xenstore *s, unsigned int domain, unsigned int device, struct rpc_error *e)
{
	struct removal r = { domain, device };

	if (is_online(s, domain, device) || xenstore_failed(s, e))
		return e->code;
	/* The backend ends the link then, whatever the guest does. */
	xenstore_remove(s, BACKEND, domain, device);
	xenstore_remove(s, FRONTEND, domain, device);
	xenstore_remove(s, ERROR, domain, device);
	if (xenstore_failed(s, e))
		return e->code;
	return xenstore_transact(s, remove_parents, &r, e);
}

/* ---- looking ---- */

static int is_shown(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* What the backend counts; NULL: nothing, or there is no such driver. */
static json *statistics(unsigned int domain, unsigned int device)
{
	_free_cleanup_ char *dir = xasprintf("/sys/bus/xen-backend/devices/" MYDEVIF_TYPE
					     "-%u-%u/statistics", domain, device);
	struct dirent **names;
	int n = scandir(dir, &names, is_shown, alphasort);
	json *v;

	if (n < 0)
		return NULL;
	v = json_object();
	for (int i = 0; i < n; i++) {
		_free_cleanup_ char *path = xasprintf("%s/%s", dir, names[i]->d_name);
		FILE *f = fopen(path, "re");
		uint64_t count;

		if (f && fscanf(f, "%" SCNu64, &count) == 1)
			json_set_u64(v, names[i]->d_name, count);
		if (f)
			fclose(f);
		free(names[i]);
	}
	free(names);
	return v;
}

static json *classes_json(const char *allow)
{
	_free_cleanup_ char *copy = xstrdup(allow ? allow : "");
	char *save, *word;
	json *list;

	if (!allow)
		return words_classes(MYDEVIF_DEFAULT);
	list = json_array();
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
		json_append(list, json_string(word));
	return list;
}

static const char *name_of(const struct lendables *adapters, const char *serial)
{
	for (size_t i = 0; serial && i < adapters->n; i++)
		if (!strcmp(adapters->list[i].serial, serial) && !adapters->list[i].borrowed)
			return adapters->list[i].name;
	return NULL;
}

static json *device_json(struct xenstore *s, const struct guest *g, unsigned int device,
			 const struct lendables *adapters)
{
	_free_cleanup_ char *back = xasprintf(BACKEND, g->id, device);
	_free_cleanup_ char *serial = xenstore_read(s, "%s/" MYDEVIF_NODE_ADAPTER, back);
	_free_cleanup_ char *allow = xenstore_read(s, "%s/" MYDEVIF_NODE_ALLOW, back);
	_free_cleanup_ char *status = xenstore_read(s, "%s/" MYDEVIF_NODE_STATUS, back);
	_free_cleanup_ char *error = xenstore_read(s, ERROR "/error", g->id, device);
	long burst = xenstore_read_number(s, -1, "%s/" MYDEVIF_NODE_BURST, back);
	json *v = json_object();

	json_set_int(v, "domain", g->id);
	json_set_str(v, "name", g->name);
	json_set_str(v, "uuid", g->uuid[0] ? g->uuid : NULL);
	json_set_int(v, "device", device);
	json_set_str(v, "serial", serial);
	json_set_str(v, "adapter", name_of(adapters, serial));
	json_set(v, "allowed", classes_json(allow));
	json_set_int(v, "rate", xenstore_read_number(s, MYDEVIF_RATE_DEFAULT,
						     "%s/" MYDEVIF_NODE_RATE, back));
	json_set(v, "burst", burst < 0 ? NULL : json_int(burst));
	json_set_bool(v, "online", xenstore_read_number(s, 0, "%s/online", back) == 1);
	json_set_str(v, "backend", word_of_state(xenstore_read_number(s, 0, "%s/state", back)));
	json_set_str(v, "frontend", word_of_state(xenstore_read_number(s, 0, FRONTEND "/state", g->id,
									device)));
	json_set_str(v, "status", status);
	json_set_str(v, "error", error);
	json_set(v, "statistics", statistics(g->id, device));
	return v;
}

/* An array of what fn() makes of each device that is lent, but for NULL. */
static json *each_device(struct xenstore *s, const struct lendables *adapters,
			 json *(*fn)(struct xenstore *s, const struct guest *g, unsigned int device,
				     const struct lendables *adapters))
{
	size_t n;
	_free_cleanup_ unsigned int *ids = xenstore_numbers(s, &n, BACKENDS);
	json *list = json_array();

	for (size_t i = 0; i < n; i++) {
		_guest_cleanup_ struct guest g = { 0 };
		size_t n_devices;
		_free_cleanup_ unsigned int *devices = xenstore_numbers(s, &n_devices, BACKENDS "/%u",
									ids[i]);

		guest_read(s, ids[i], &g);
		for (size_t k = 0; k < n_devices; k++) {
			json *v = fn(s, &g, devices[k], adapters);

			if (v)
				json_append(list, v);
		}
	}
	return list;
}

json *loans_json(struct xenstore *s, const struct lendables *adapters)
{
	return each_device(s, adapters, device_json);
}

static json *recalled_json(struct xenstore *s, const struct guest *g, unsigned int device,
			   const struct lendables *adapters)
{
	_free_cleanup_ char *serial = NULL;
	json *v;

	if (xenstore_read_number(s, 1, BACKEND "/online", g->id, device))
		return NULL;
	serial = xenstore_read(s, BACKEND "/" MYDEVIF_NODE_ADAPTER, g->id, device);
	v = json_object();
	json_set_int(v, "domain", g->id);
	json_set_str(v, "name", g->name);
	json_set_int(v, "device", device);
	json_set_str(v, "serial", serial);
	return v;
}

json *loans_recalled(struct xenstore *s)
{
	return each_device(s, NULL, recalled_json);
}
