// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/filework.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/staging.h"

#define SUFFIX		".bin"
#define FILES_MAX	256

static int is_image(const struct dirent *d)
{
	size_t len = strlen(d->d_name), suffix = strlen(SUFFIX);

	return d->d_name[0] != '.' && len > suffix && !strcmp(d->d_name + len - suffix, SUFFIX);
}

static void check_named(struct filework *w, const char *name)
{
	_free_cleanup_ char *path = xasprintf("%s/%s", w->dir, name);
	_close_cleanup_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct image *img;

	w->images = xrealloc(w->images, w->n + 1, sizeof(*w->images));
	img = &w->images[w->n++];
	*img = (struct image){ .name = xstrdup(name) };
	if (fd < 0)
		img->problem = xasprintf("%s: %s", name, strerror(errno));
	else
		image_check(img, fd, NULL, w->keys_dir);
}

static void check_directory(struct filework *w)
{
	struct dirent **names;
	int n = scandir(w->dir, &names, is_image, alphasort);

	for (int i = 0; i < n; i++) {
		if (i < FILES_MAX)
			check_named(w, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void filework_run(struct job *job)
{
	struct filework *w = container_of(job, struct filework, job);

	if (w->dir)
		check_directory(w);
	else
		image_check(&w->images[0], w->fd, w->copy_path, w->keys_dir);
}

static void filework_free(struct filework *w)
{
	if (w->staged) {
		staging_release(w->daemon->staging, w->staged);
		staging_sweep(w->daemon->staging, &w->daemon->adapters, false);
	}
	for (size_t i = 0; i < w->n; i++)
		image_clear(&w->images[i]);
	event_free(w->deadline);
	closep(&w->fd);
	free(w->images);
	free(w->staged);
	free(w->copy_path);
	free(w->dir);
	free(w->keys_dir);
	free(w);
}

static void fail(struct filework *w, int code, const char *why)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	rpc_error_set(&e, code, "%s: %s", w->dir ? w->dir : w->images[0].name, why);
	call_fail(take_ptr(w->call), &e);
}

static void filework_done(struct job *job)
{
	struct filework *w = container_of(job, struct filework, job);

	if (w->call && job->cancelled)
		fail(w, RPC_FAILED, "mydevd ends");
	else if (w->call)
		w->finish(w);
	filework_free(w);
}

/* The thread may wait on; what it brings nobody wants any more. */
static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct filework *w = arg;

	if (w->call)
		fail(w, RPC_TIMED_OUT, "it could not be read in time");
}

static struct filework *filework_new(struct call *call, void (*finish)(struct filework *w))
{
	struct filework *w = xzalloc(sizeof(*w));
	const struct timeval left = call_time_left(call);

	w->job = (struct job){ .run = filework_run, .done = filework_done };
	w->daemon = call->daemon;
	w->call = call;
	w->finish = finish;
	w->fd = -1;
	w->keys_dir = xasprintf("%s/keys", call->daemon->options.config_dir);
	w->deadline = evtimer_new(call->daemon->base, on_deadline, w);
	if (!w->deadline || event_add(w->deadline, &left) < 0)
		xalloc_failed();
	return w;
}

static void submit(struct filework *w)
{
	struct daemon *d = w->daemon;
	struct job_queue *q = d->readers;

	if (w->call->peer.permission == PERMIT_CHANGE)
		q = job_queue_new(d->workers);
	if (!job_submit(q, &w->job)) {
		fail(w, RPC_BUSY, "too many files are being read already");
		filework_free(w);
	}
	/* It goes away by itself with its only job. */
	if (q != d->readers)
		job_queue_close(q);
}

void filework_check(struct call *call, bool stage, void (*finish)(struct filework *w))
{
	const char *name = json_str(json_get(call->params, "name"), "");
	struct filework *w = filework_new(call, finish);

	w->fd = take_fd(call->fd);
	w->images = xzalloc(sizeof(*w->images));
	w->images[0].name = xstrdup(name);
	w->n = 1;
	if (stage) {
		w->staged = staging_name(w->daemon->staging, name);
		w->copy_path = staging_path(w->daemon->staging, w->staged);
	}
	submit(w);
}

void filework_list(struct call *call, void (*finish)(struct filework *w))
{
	struct filework *w = filework_new(call, finish);

	w->dir = xstrdup(call->daemon->options.firmware_dir);
	submit(w);
}
