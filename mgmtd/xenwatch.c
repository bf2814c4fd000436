// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/xenwatch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/xenstore.h"

#define STACK_SIZE	(64 * 1024)
#define RETRY_MIN_S	1	/* between attempts to connect; doubled each time */
#define RETRY_MAX_S	30

struct xenwatch {
	char *path;
	int fd;				/* eventfd */
	pthread_t thread;
	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t cond;		/* .. that has changed */
	struct xenstore *store;		/* NULL: not connected */
	enum xenwatch_state state;
	bool stopping;

	/* The thread's alone. */
	unsigned int *names;		/* domains whose name is watched */
	size_t n_names;
};

static const char token_domains[] = "domains", token_other[] = "other", token_stop[] = "stop";

static void set_state(struct xenwatch *w, enum xenwatch_state state)
{
	pthread_mutex_lock(&w->lock);
	w->state = state;
	pthread_mutex_unlock(&w->lock);
	eventfd_write(w->fd, 1);
}

/* Both lists are ascending. Calls fn() for each of the first that is not in the second. */
static void each_missing(struct xenwatch *w, const unsigned int *list, size_t n,
			 const unsigned int *other, size_t n_other,
			 void (*fn)(struct xenwatch *w, const char *path))
{
	char path[64];

	for (size_t i = 0, k = 0; i < n; i++) {
		while (k < n_other && other[k] < list[i])
			k++;
		if (k < n_other && other[k] == list[i])
			continue;
		snprintf(path, sizeof(path), "/local/domain/%u/name", list[i]);
		fn(w, path);
	}
}

/* What fails here because the connection is gone, the next wait finds out. */

static void watch_name(struct xenwatch *w, const char *path)
{
	xenstore_watch(w->store, path, token_other);
}

static void unwatch_name(struct xenwatch *w, const char *path)
{
	xenstore_unwatch(w->store, path, token_other);
}

/* The toolstack names a domain when it makes it, and again when it has migrated here. */
static void watch_names(struct xenwatch *w)
{
	size_t n;
	unsigned int *now = xenstore_numbers(w->store, &n, "/local/domain");

	each_missing(w, now, n, w->names, w->n_names, watch_name);
	each_missing(w, w->names, w->n_names, now, n, unwatch_name);
	free(w->names);
	w->names = now;
	w->n_names = n;
}

static bool watch_begin(struct xenwatch *w)
{
	return xenstore_watch(w->store, "@introduceDomain", token_domains) &&
	       xenstore_watch(w->store, "@releaseDomain", token_domains) &&
	       xenstore_watch(w->store, w->path, token_other);
}

/* Until the connection ends, or all of it. */
static void watch_follow(struct xenwatch *w)
{
	bool stop = false;
	char *token;

	while (!stop && (token = xenstore_wait(w->store))) {
		stop = !strcmp(token, token_stop);
		if (!strcmp(token, token_domains))
			watch_names(w);
		free(token);
		eventfd_write(w->fd, 1);
	}
}

/* False: it is over. */
static bool set_store(struct xenwatch *w, struct xenstore *s)
{
	struct xenstore *old;
	bool stopping;

	pthread_mutex_lock(&w->lock);
	old = w->store;
	w->store = s;
	stopping = w->stopping;
	pthread_mutex_unlock(&w->lock);
	xenstore_close(old);
	return !stopping;
}

/* One connection, from its begin to its end. Whether there was one. */
static bool watch_once(struct xenwatch *w)
{
	_rpc_error_cleanup_ struct rpc_error ignored = { 0 };
	struct xenstore *s;
	bool up;

	if (xenstore_open(&s, &ignored))
		return false;
	up = set_store(w, s) && watch_begin(w);
	if (up) {
		set_state(w, XENWATCH_UP);
		watch_follow(w);
	}
	set_store(w, NULL);
	free(take_ptr(w->names));
	w->n_names = 0;
	return up;
}

/* False: it is over. */
static bool wait_s(struct xenwatch *w, unsigned int seconds)
{
	struct timespec until;
	bool stopping;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&w->lock);
	while (!w->stopping && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&w->cond, &w->lock, &until);
	stopping = w->stopping;
	pthread_mutex_unlock(&w->lock);
	return !stopping;
}

static void *watch_main(void *arg)
{
	unsigned int seconds = RETRY_MIN_S;
	struct xenwatch *w = arg;

	do {
		if (watch_once(w))
			seconds = RETRY_MIN_S;
		else if (seconds < RETRY_MAX_S)
			seconds *= 2;
		set_state(w, XENWATCH_DOWN);
	} while (wait_s(w, seconds));
	return NULL;
}

/* Signals are the loop's. */
static int start_thread(struct xenwatch *w)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, &attr, watch_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

struct xenwatch *xenwatch_new(const char *path)
{
	struct xenwatch *w = xzalloc(sizeof(*w));

	w->path = xstrdup(path);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->cond, NULL);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0 || start_thread(w))
		xalloc_failed();
	return w;
}

int xenwatch_fd(const struct xenwatch *w)
{
	return w->fd;
}

enum xenwatch_state xenwatch_state(struct xenwatch *w)
{
	enum xenwatch_state state;
	eventfd_t count;

	eventfd_read(w->fd, &count);
	pthread_mutex_lock(&w->lock);
	state = w->state;
	pthread_mutex_unlock(&w->lock);
	return state;
}

void xenwatch_stop(struct xenwatch *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->cond);
	/* A watch comes at once when it is set, and so ends the reading. */
	if (w->store)
		xenstore_watch(w->store, "/", token_stop);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
}

void xenwatch_free(struct xenwatch *w)
{
	close(w->fd);
	pthread_cond_destroy(&w->cond);
	pthread_mutex_destroy(&w->lock);
	free(w->path);
	free(w);
}
