// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/log.h"

#define SYNC_S		5	/* at most so often, and not at all when nothing happens */
/* Subscribers hear of so many at once, lest a flood passes them by within the store. */
#define NEWS_MAX	32

struct events {
	struct store *store;
	struct cursor cursor;
	char boot[40];
	unsigned int news;		/* events that subscribers have not heard of */
	uint64_t unsaved;		/* events that the file did not take, not told yet */
	struct event *news_event;
	struct event *sync_timer;
	struct job_queue *sync_queue;
	void (*on_news)(void *arg);
	void *arg;
};

/* ---- syncing: a disk may take its time, so a worker does it ---- */

struct sync_job {
	struct job job;
	int fd;
};

static void sync_run(struct job *job)
{
	struct sync_job *s = container_of(job, struct sync_job, job);

	/* Should it fail, the events are in the kernel's memory still: as good as it gets. */
	if (fdatasync(s->fd) < 0)
		return;
}

static void sync_done(struct job *job)
{
	struct sync_job *s = container_of(job, struct sync_job, job);

	close(s->fd);
	free(s);
}

static void on_sync_timer(evutil_socket_t fd, short what, void *arg)
{
	struct events *e = arg;
	struct sync_job *s;
	int sync_fd = store_sync_fd(e->store);

	if (sync_fd < 0)
		return;
	s = xzalloc(sizeof(*s));
	s->job = (struct job){ .run = sync_run, .done = sync_done };
	s->fd = sync_fd;
	if (!job_submit(e->sync_queue, &s->job))
		sync_done(&s->job);
}

static void want_sync(struct events *e)
{
	const struct timeval soon = { .tv_sec = SYNC_S };

	if (!event_pending(e->sync_timer, EV_TIMEOUT, NULL))
		event_add(e->sync_timer, &soon);
}

/* ---- life ---- */

static void read_boot_id(char *buf, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(buf, size, f))
		snprintf(buf, size, "unknown");
	if (f)
		fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
}

static uint64_t number_of(json *v)
{
	return strtoull(json_str(v, "0"), NULL, 10);
}

/* The newest event tells how far we were. */
static void restore_cursor(struct events *e)
{
	_json_cleanup_ json *last = store_last_line(e->store);
	json *kernel = json_get(last, "kernel");

	e->cursor.epoch = number_of(json_get(kernel, "epoch"));
	e->cursor.number = number_of(json_get(kernel, "number"));
	e->cursor.this_boot = !strcmp(json_str(json_get(last, "boot"), ""), e->boot);
}

static void on_news(evutil_socket_t fd, short what, void *arg)
{
	struct events *e = arg;

	e->news = 0;
	if (e->on_news)
		e->on_news(e->arg);
}

struct events *events_new(struct event_base *base, struct workers *workers, const char *dir,
			  unsigned int keep)
{
	struct events *e = xzalloc(sizeof(*e));
	_free_cleanup_ char *why = NULL;

	read_boot_id(e->boot, sizeof(e->boot));
	e->store = store_open(dir, keep, &why);
	if (!e->store) {
		log_error("events cannot be kept, a restart will lose them: %s", why);
		e->store = store_open_volatile(keep);
	}
	e->news_event = event_new(base, -1, 0, on_news, e);
	e->sync_timer = evtimer_new(base, on_sync_timer, e);
	e->sync_queue = job_queue_new(workers);
	if (!e->news_event || !e->sync_timer)
		xalloc_failed();
	restore_cursor(e);
	return e;
}

void events_free(struct events *e)
{
	int fd = store_sync_fd(e->store);

	if (fd >= 0) {
		fdatasync(fd);
		close(fd);
	}
	event_free(e->news_event);
	event_free(e->sync_timer);
	store_close(e->store);
	free(e);
}

void events_set_cursor(struct events *e, uint64_t epoch, uint64_t number)
{
	e->cursor = (struct cursor){ epoch, number, true };
}

const struct cursor *events_cursor(const struct events *e)
{
	return &e->cursor;
}

const struct store *events_store(const struct events *e)
{
	return e->store;
}

uint64_t events_last(const struct events *e)
{
	return store_last(e->store);
}

void events_on_news(struct events *e, void (*fn)(void *arg), void *arg)
{
	e->on_news = fn;
	e->arg = arg;
}

/* ---- telling ---- */

static void set_time(json *v, int64_t ms)
{
	char text[32];
	struct timespec now;
	struct tm tm;
	time_t s;

	if (!ms) {
		clock_gettime(CLOCK_REALTIME, &now);
		ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
	}
	s = ms / 1000;
	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	json_set_strf(v, "time", "%s.%03dZ", text, (int)(ms % 1000));
}

/* The order of the first members is what event_member() relies on. */
static json *event_json(struct events *e, const struct occurrence *o, json *data,
			const char *message)
{
	json *v = json_object(), *kernel = json_object();

	json_set_int(v, "seq", store_last(e->store) + 1);
	json_set_str(v, "boot", e->boot);
	set_time(v, o->time_ms);
	json_set_str(v, "type", o->type);
	json_set_str(v, "severity", o->severity);
	json_set_str(v, "adapter", o->adapter);
	json_set_str(v, "serial", o->serial && o->serial[0] ? o->serial : NULL);
	json_set_str(v, "message", message);
	json_set(v, "data", data ? data : json_object());
	json_set_u64(kernel, "epoch", e->cursor.epoch);
	json_set_u64(kernel, "number", e->cursor.number);
	json_set(v, "kernel", kernel);
	return v;
}

/* What adapters tell all the time is in the events, and would drown the rest of the log. */
static bool is_chatter(const char *type)
{
	static const char *const types[] = {
		"sensor.temperature", "sensor.voltage", "channel.cable", "channel.health",
		"config.changed", "firmware.slot", "adapter.boot", "adapter.state", "locate",
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

static void to_log(const struct occurrence *o, const char *message)
{
	int priority = is_chatter(o->type) ? LOG_DEBUG : LOG_INFO;

	if (!strcmp(o->severity, "error"))
		priority = LOG_ERR;
	else if (!strcmp(o->severity, "warning"))
		priority = LOG_WARNING;
	log_line(priority, "%s%s%s", o->adapter ? o->adapter : "", o->adapter ? ": " : "", message);
}

static int append(struct events *e, json *event)
{
	size_t len;
	const char *text = json_text(event, &len);
	int rc = store_append(e->store, text, len);

	if (rc != -EMSGSIZE)
		return rc;
	json_set(event, "data", json_object());
	text = json_text(event, &len);
	return store_append(e->store, text, len);
}

/* Events that could not be written have no number. Later ones must not hide that. */
static void tell_unsaved(struct events *e)
{
	static const struct occurrence o = { .type = "events.lost", .severity = "error" };
	_json_cleanup_ json *event = NULL;
	_free_cleanup_ char *message = NULL;
	json *data = json_object();

	message = xasprintf("%" PRIu64 " events could not be written and are lost", e->unsaved);
	json_set_int(data, "lost", e->unsaved);
	event = event_json(e, &o, data, message);
	if (!append(e, event))
		e->unsaved = 0;
}

void events_tell(struct events *e, const struct occurrence *o, json *data, const char *fmt, ...)
{
	_free_cleanup_ char *message = NULL;
	_json_cleanup_ json *event = NULL;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	message = xvasprintf(fmt, ap);
	va_end(ap);
	to_log(o, message);
	if (e->unsaved)
		tell_unsaved(e);
	event = event_json(e, o, data, message);
	rc = e->unsaved ? -EAGAIN : append(e, event);
	if (rc < 0) {
		if (!e->unsaved++)
			log_error("events cannot be written: %s", strerror(-rc));
		return;
	}
	want_sync(e);
	if (++e->news < NEWS_MAX)
		event_active(e->news_event, EV_TIMEOUT, 0);
	else
		on_news(-1, 0, e);
}

const char *event_member(const char *line, size_t len, const char *member, char *buf, size_t size)
{
	_free_cleanup_ char *key = xasprintf("\"%s\":\"", member);
	const char *p = memmem(line, len, key, strlen(key)), *end;

	buf[0] = '\0';
	if (!p)
		return buf;
	p += strlen(key);
	end = memchr(p, '"', len - (p - line));
	if (end && (size_t)(end - p) < size) {
		memcpy(buf, p, end - p);
		buf[end - p] = '\0';
	}
	return buf;
}
