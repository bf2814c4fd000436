// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/xenstore.h"

#include "lib/alloc.h"

#ifdef MYDEV_XENSTORE

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xenstore.h>

#include "lib/util.h"

#define TRIES		16	/* of a transaction that others disturb */

#define XENFEAT_DOM0	11	/* of /sys/hypervisor/properties/features: a control domain */

/* ---- the library ---- */

static struct {
	__typeof__(xs_open) *open;
	__typeof__(xs_close) *close;
	__typeof__(xs_transaction_start) *transaction_start;
	__typeof__(xs_transaction_end) *transaction_end;
	__typeof__(xs_read) *read;
	__typeof__(xs_directory) *directory;
	__typeof__(xs_get_permissions) *get_permissions;
	__typeof__(xs_set_permissions) *set_permissions;
	__typeof__(xs_mkdir) *mkdir;
	__typeof__(xs_write) *write;
	__typeof__(xs_rm) *rm;
	__typeof__(xs_watch) *watch;
	__typeof__(xs_unwatch) *unwatch;
	__typeof__(xs_read_watch) *read_watch;
} lib;
static bool lib_there;

static const struct {
	const char *name;
	void *function;
} symbols[] = {
	{ "xs_open", &lib.open },
	{ "xs_close", &lib.close },
	{ "xs_transaction_start", &lib.transaction_start },
	{ "xs_transaction_end", &lib.transaction_end },
	{ "xs_read", &lib.read },
	{ "xs_directory", &lib.directory },
	{ "xs_get_permissions", &lib.get_permissions },
	{ "xs_set_permissions", &lib.set_permissions },
	{ "xs_mkdir", &lib.mkdir },
	{ "xs_write", &lib.write },
	{ "xs_rm", &lib.rm },
	{ "xs_watch", &lib.watch },
	{ "xs_unwatch", &lib.unwatch },
	{ "xs_read_watch", &lib.read_watch },
};

static void load_once(void)
{
	/* That of Xen 4.13, and since. */
	void *handle = dlopen("libxenstore.so.4", RTLD_NOW), *function;

	if (!handle)
		handle = dlopen("libxenstore.so.3.0", RTLD_NOW);
	if (!handle)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		function = dlsym(handle, symbols[i].name);
		if (!function)
			return;
		memcpy(symbols[i].function, &function, sizeof(function));
	}
	lib_there = true;
}

static bool load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_once);
	return lib_there;
}

static bool is_control_domain(void)
{
	unsigned long features = 0;
	FILE *f;

	/* Where libxenstore looks for a xenstored that somebody named, tests for example. */
	if (getenv("XENSTORED_PATH"))
		return true;
	f = fopen("/sys/hypervisor/properties/features", "re");
	if (!f)
		return false;
	if (fscanf(f, "%lx", &features) != 1)
		features = 0;
	fclose(f);
	return features & (1UL << XENFEAT_DOM0);
}

bool xenstore_expected(struct rpc_error *e)
{
	if (!is_control_domain()) {
		rpc_error_set(e, RPC_REFUSED, "this is not the control domain of a Xen host, which "
			      "alone lends adapters to guests");
		return false;
	}
	if (!load()) {
		rpc_error_set(e, RPC_REFUSED, "libxenstore.so.4 is not there, without which no "
			      "adapter is lent to guests");
		rpc_error_hint(e, "install the libraries of Xen, then: systemctl restart mydevd");
		return false;
	}
	return true;
}

/* ---- connections ---- */

struct xenstore {
	struct xs_handle *h;
	xs_transaction_t t;	/* XBT_NULL: none */
	int error;		/* errno of the first failure; 0: none */
};

static int unreachable(struct rpc_error *e, int err)
{
	rpc_error_set(e, RPC_FAILED, "XenStore cannot be reached: %s", strerror(err));
	rpc_error_hint(e, "see that xenstored runs");
	return e->code;
}

int xenstore_open(struct xenstore **out, struct rpc_error *e)
{
	struct xenstore *s;
	struct xs_handle *h;

	if (!xenstore_expected(e))
		return e->code;
	h = lib.open(0);
	if (!h)
		return unreachable(e, errno);
	s = xzalloc(sizeof(*s));
	s->h = h;
	*out = s;
	return RPC_OK;
}

void xenstore_close(struct xenstore *s)
{
	if (!s)
		return;
	lib.close(s->h);
	free(s);
}

/* Of what a node is read by or written by: whether it is there, or done. */
static bool note(struct xenstore *s, bool done)
{
	if (!done && errno != ENOENT && !s->error)
		s->error = errno ? errno : EIO;
	return done;
}

int xenstore_failed(struct xenstore *s, struct rpc_error *e)
{
	if (!s->error)
		return RPC_OK;
	/* The connection is of no use any more, or xenstored refused. */
	if (s->error == EBADF || s->error == EPIPE || s->error == ECONNRESET)
		return unreachable(e, s->error);
	rpc_error_set(e, RPC_FAILED, "XenStore: %s", strerror(s->error));
	return e->code;
}

/* ---- nodes ---- */

#define PATH_OF(path, fmt)			\
	_free_cleanup_ char *path = NULL;	\
	va_list ap_;				\
						\
	va_start(ap_, fmt);			\
	path = xvasprintf(fmt, ap_);		\
	va_end(ap_)

char *xenstore_read(struct xenstore *s, const char *fmt, ...)
{
	unsigned int len;
	char *value;
	PATH_OF(path, fmt);

	value = lib.read(s->h, s->t, path, &len);
	note(s, value);
	return value;
}

/* A node can have any bytes: only a decimal number of domains and such is one. */
static long number_of(const char *text, long fallback)
{
	char *end;
	long n;

	if (!text || text[0] < '0' || text[0] > '9')
		return fallback;
	n = strtol(text, &end, 10);
	return *end ? fallback : n;
}

long xenstore_read_number(struct xenstore *s, long fallback, const char *fmt, ...)
{
	_free_cleanup_ char *value = NULL;
	PATH_OF(path, fmt);

	value = xenstore_read(s, "%s", path);
	return number_of(value, fallback);
}

bool xenstore_exists(struct xenstore *s, const char *fmt, ...)
{
	_free_cleanup_ char *value = NULL;
	PATH_OF(path, fmt);

	value = xenstore_read(s, "%s", path);
	return value;
}

bool xenstore_is_ours(struct xenstore *s, const char *fmt, ...)
{
	_free_cleanup_ struct xs_permissions *perms = NULL;
	unsigned int n;
	PATH_OF(path, fmt);

	perms = lib.get_permissions(s->h, s->t, path, &n);
	if (!note(s, perms) || !n || perms[0].id)
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (perms[i].perms & XS_PERM_WRITE)
			return false;
	return true;
}

static int by_value(const void *a, const void *b)
{
	const unsigned int *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

unsigned int *xenstore_numbers(struct xenstore *s, size_t *n, const char *fmt, ...)
{
	_free_cleanup_ char **names = NULL;
	unsigned int count = 0, *list;
	PATH_OF(path, fmt);

	names = lib.directory(s->h, s->t, path, &count);
	if (!note(s, names))
		count = 0;
	list = xzalloc((count + 1) * sizeof(*list));
	*n = 0;
	for (unsigned int i = 0; i < count; i++) {
		long number = number_of(names[i], -1);

		if (number >= 0 && number <= INT32_MAX)
			list[(*n)++] = number;
	}
	qsort(list, *n, sizeof(*list), by_value);
	return list;
}

void xenstore_write(struct xenstore *s, const char *value, const char *fmt, ...)
{
	PATH_OF(path, fmt);

	note(s, lib.write(s->h, s->t, path, value, strlen(value)));
}

void xenstore_make(struct xenstore *s, unsigned int owner, unsigned int reader, const char *fmt, ...)
{
	/* The owner always may, and the first entry says what all others may. */
	struct xs_permissions perms[] = {
		{ .id = owner, .perms = XS_PERM_NONE }, { .id = reader, .perms = XS_PERM_READ },
	};
	PATH_OF(path, fmt);

	if (note(s, lib.mkdir(s->h, s->t, path)))
		note(s, lib.set_permissions(s->h, s->t, path, perms, ARRAY_SIZE(perms)));
}

void xenstore_remove(struct xenstore *s, const char *fmt, ...)
{
	PATH_OF(path, fmt);

	note(s, lib.rm(s->h, s->t, path));
}

/* ---- transactions ---- */

/* RPC_OK; EAGAIN is left in s->error when it has to be done again. */
static int try_once(struct xenstore *s, int (*fn)(struct xenstore *s, void *arg), void *arg)
{
	int rc;

	s->error = 0;
	s->t = lib.transaction_start(s->h);
	if (!note(s, s->t != XBT_NULL))
		return RPC_FAILED;
	rc = fn(s, arg);
	if (rc || s->error) {
		lib.transaction_end(s->h, s->t, true);
	} else if (!lib.transaction_end(s->h, s->t, false)) {
		s->error = errno ? errno : EIO;
		rc = RPC_FAILED;
	}
	s->t = XBT_NULL;
	return s->error ? RPC_FAILED : rc;
}

int xenstore_transact(struct xenstore *s, int (*fn)(struct xenstore *s, void *arg), void *arg,
		      struct rpc_error *e)
{
	int rc = RPC_FAILED;

	for (unsigned int i = 0; i < TRIES; i++) {
		rc = try_once(s, fn, arg);
		if (s->error != EAGAIN)
			break;
	}
	if (s->error == EAGAIN) {
		rpc_error_set(e, RPC_BUSY, "XenStore: others change it all the time");
		rpc_error_hint(e, "try again");
		return e->code;
	}
	return s->error ? xenstore_failed(s, e) : rc;
}

/* ---- watches ---- */

bool xenstore_watch(struct xenstore *s, const char *path, const char *token)
{
	return lib.watch(s->h, path, token);
}

void xenstore_unwatch(struct xenstore *s, const char *path, const char *token)
{
	lib.unwatch(s->h, path, token);
}

char *xenstore_wait(struct xenstore *s)
{
	unsigned int n;
	_free_cleanup_ char **event = lib.read_watch(s->h, &n);

	return event ? xstrdup(event[XS_WATCH_TOKEN]) : NULL;
}

#else /* MYDEV_XENSTORE: the first of these says no, and nobody has a store for the others */

bool xenstore_expected(struct rpc_error *e)
{
	rpc_error_set(e, RPC_REFUSED, "this mydevd was built without libxenstore: it lends no "
		      "adapters to guests");
	rpc_error_hint(e, "build it where its headers are: libxen-dev, or xen-libs-devel");
	return false;
}

int xenstore_open(struct xenstore **s, struct rpc_error *e)
{
	xenstore_expected(e);
	return e->code;
}

#define NEVER(type, name, ...) type name(__VA_ARGS__) { abort(); }

void xenstore_close(struct xenstore *s)
{
}

NEVER(int, xenstore_transact, struct xenstore *s, int (*fn)(struct xenstore *s, void *arg),
      void *arg, struct rpc_error *e)
NEVER(int, xenstore_failed, struct xenstore *s, struct rpc_error *e)
NEVER(char *, xenstore_read, struct xenstore *s, const char *fmt, ...)
NEVER(long, xenstore_read_number, struct xenstore *s, long fallback, const char *fmt, ...)
NEVER(bool, xenstore_exists, struct xenstore *s, const char *fmt, ...)
NEVER(bool, xenstore_is_ours, struct xenstore *s, const char *fmt, ...)
NEVER(unsigned int *, xenstore_numbers, struct xenstore *s, size_t *n, const char *fmt, ...)
NEVER(void, xenstore_write, struct xenstore *s, const char *value, const char *fmt, ...)
NEVER(void, xenstore_make, struct xenstore *s, unsigned int owner, unsigned int reader,
      const char *fmt, ...)
NEVER(void, xenstore_remove, struct xenstore *s, const char *fmt, ...)
NEVER(bool, xenstore_watch, struct xenstore *s, const char *path, const char *token)
NEVER(void, xenstore_unwatch, struct xenstore *s, const char *path, const char *token)
NEVER(char *, xenstore_wait, struct xenstore *s)

#endif
