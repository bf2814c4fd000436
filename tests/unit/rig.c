// SPDX-License-Identifier: GPL-2.0
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <cmocka.h>

#include "kfake.h"
#include "lib/alloc.h"
#include "lib/rpc.h"
#include "mgmtd/dispatch.h"
#include "mgmtd/events.h"
#include "mgmtd/guests.h"
#include "mgmtd/hotplug.h"
#include "mgmtd/kernel.h"
#include "mgmtd/peer.h"
#include "mgmtd/schema.h"
#include "mgmtd/service.h"
#include "mgmtd/staging.h"

/* For what hangs: a busy machine is no failure. */
#define PATIENCE_MS	60000

struct rig {
	struct daemon d;
	char *dir, *socket, *etc, *state, *fw;
	int stall_s;
	int sock;
	int64_t last_id;
	struct rpc_in in;
	json *document;
};

/* ---- mgmtd/peer.h: who we are is the test's choice ---- */

static enum permission permission = PERMIT_CHANGE;

void rig_permit(enum permission p)
{
	permission = p;
}

void peer_groups_load(struct peer_groups *g)
{
	*g = (struct peer_groups){ 1, 2 };
}

int peer_identify(int sock, const struct peer_groups *groups, struct peer *peer)
{
	*peer = (struct peer){ .uid = permission == PERMIT_CHANGE ? 0 : 1000, .pid = getpid(),
			       .comm = "test", .permission = permission };
	return 0;
}

/* ---- the daemon ---- */

static void start_daemon(struct rig *r)
{
	_free_cleanup_ char *profiles = xasprintf("%s/profiles.d", r->etc);
	struct daemon *d = &r->d;
	int fd;

	memset(d, 0, sizeof(*d));
	d->options = (struct options){ r->socket, r->etc, r->state, r->fw, 65536, r->stall_s };
	d->base = event_base_new();
	openrpc_init(&d->rpc);
	d->staging = staging_new(r->fw);
	profiles_init(&d->profiles, profiles);
	fd = service_socket(r->socket);
	assert_true(fd >= 0);
	assert_int_equal(hotplug_new(&d->hotplug, d), 0);
	assert_int_equal(kernel_new(&d->kernel, d), 0);
	service_load_settings(d);
	d->workers = workers_new(d->base);
	d->readers = job_queue_new(d->workers);
	d->events = events_new(d->base, d->workers, r->state, d->settings.events_kept);
	service_load_settings(d);
	d->dispatch = dispatch_new(d, fd);
	d->guests = guests_new(d);
	wanted_load_profiles(d);
	kernel_start(d->kernel);
	guests_load_policies(d);
}

static void stop_daemon(struct rig *r)
{
	struct daemon *d = &r->d;

	kernel_stop(d->kernel);
	guests_stop(d->guests);
	assert_true(workers_free(d->workers));
	turns_finish(&d->turns);
	guests_free(d->guests);
	dispatch_free(d->dispatch);
	events_free(d->events);
	kernel_free(d->kernel);
	profiles_clear(&d->profiles);
	staging_free(d->staging);
	openrpc_clear(&d->rpc);
	event_base_free(d->base);
}

void rig_stall(struct rig *r, int seconds)
{
	r->stall_s = seconds;
}

struct rig *rig_start(void)
{
	char template[] = "/tmp/mydev-rig.XXXXXX";
	struct rig *r = xzalloc(sizeof(*r));
	const char *why;
	size_t len;
	_free_cleanup_ char *text = openrpc_text(&len);

	assert_non_null(mkdtemp(template));
	r->stall_s = 3600;
	r->dir = xstrdup(template);
	r->socket = xasprintf("%s/sock", r->dir);
	r->etc = xasprintf("%s/etc", r->dir);
	r->state = xasprintf("%s/state", r->dir);
	r->fw = xasprintf("%s/fw", r->dir);
	r->document = json_parse(text, len, &why);
	assert_non_null(r->document);
	rig_write(r, "etc/profiles.d/.keep", "");
	rig_write(r, "state/.keep", "");
	rig_write(r, "fw/staged/.keep", "");
	permission = PERMIT_CHANGE;
	signal(SIGPIPE, SIG_IGN);
	kfake_reset();
	start_daemon(r);
	r->sock = rig_connect(r);
	rpc_in_init(&r->in, RPC_REPLY_MAX);
	return r;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

void rig_stop(struct rig *r)
{
	rpc_in_free(&r->in);
	close(r->sock);
	stop_daemon(r);
	nftw(r->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	json_unref(r->document);
	free(r->dir);
	free(r->socket);
	free(r->etc);
	free(r->state);
	free(r->fw);
	free(r);
}

void rig_restart(struct rig *r)
{
	rpc_in_free(&r->in);
	close(r->sock);
	stop_daemon(r);
	start_daemon(r);
	r->sock = rig_connect(r);
}

struct daemon *rig_daemon(struct rig *r)
{
	return &r->d;
}

/* ---- files ---- */

char *rig_path(struct rig *r, const char *name)
{
	return xasprintf("%s/%s", r->dir, name);
}

void rig_write(struct rig *r, const char *name, const char *text)
{
	_free_cleanup_ char *path = rig_path(r, name);
	FILE *f;

	if (!text) {
		unlink(path);
		return;
	}
	for (char *p = path + strlen(r->dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

char *rig_read(struct rig *r, const char *name)
{
	_free_cleanup_ char *path = rig_path(r, name);
	char *text = NULL;
	size_t size = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return NULL;
	if (getdelim(&text, &size, EOF, f) < 0 && !text)
		text = xstrdup("");
	fclose(f);
	return text;
}

/* ---- running ---- */

void rig_run(struct rig *r, unsigned int ms)
{
	int64_t end = rpc_now_ms() + ms;

	do {
		event_base_loop(r->d.base, EVLOOP_NONBLOCK);
		usleep(500);
	} while (rpc_now_ms() < end);
}

#define SOON_MS	300	/* looks are due sooner; watchdogs and syncs of files later */

static int due_soon(const struct event_base *base, const struct event *ev, void *arg)
{
	struct timeval due, now, left;

	if (!event_pending(ev, EV_TIMEOUT, &due))
		return 0;
	evutil_gettimeofday(&now, NULL);
	evutil_timersub(&due, &now, &left);
	return left.tv_sec < 0 || (!left.tv_sec && left.tv_usec < SOON_MS * 1000);
}

static bool settled(struct rig *r)
{
	return workers_idle(r->d.workers) &&
	       !event_base_foreach_event(r->d.base, due_soon, NULL);
}

/* Some rounds more, as what one callback did may wake another one. */
void rig_settle(struct rig *r)
{
	int64_t end = rpc_now_ms() + PATIENCE_MS;
	int quiet = 0;

	while (quiet < 5) {
		event_base_loop(r->d.base, EVLOOP_NONBLOCK);
		quiet = settled(r) ? quiet + 1 : 0;
		assert_true(rpc_now_ms() < end);
		usleep(500);
	}
}

int rig_connect(struct rig *r)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", r->socket);
	assert_int_equal(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	rig_run(r, 2);
	return sock;
}

/* The daemon reads in the same thread, so that a large line must not fill the socket. */
void rig_send(struct rig *r, int sock, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(sock, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return;
		if (n > 0) {
			text += n;
			len -= n;
		}
		event_base_loop(r->d.base, EVLOOP_NONBLOCK);
	}
}

static json *parse_line(const char *text, size_t len)
{
	const char *why;
	json *v = json_parse(text, len, &why);

	if (!v)
		fail_msg("not JSON (%s): %s", why, text);
	return v;
}

static json *next_line(struct rig *r, struct rpc_in *in, int sock)
{
	int64_t end = rpc_now_ms() + PATIENCE_MS;
	const char *text;
	size_t len;
	ssize_t n;

	while (rpc_now_ms() < end) {
		if (rpc_in_line(in, &text, &len) == 1)
			return parse_line(text, len);
		n = rpc_in_recv(in, sock);
		if (!n || (n < 0 && n != -EAGAIN))
			return NULL;
		event_base_loop(r->d.base, EVLOOP_NONBLOCK);
		if (n < 0)
			usleep(200);
	}
	fail_msg("no line came");
	return NULL;
}

json *rig_line(struct rig *r, int sock)
{
	struct rpc_in in;
	int64_t end = rpc_now_ms() + PATIENCE_MS;
	const char *text;
	size_t len;
	char c;
	json *v = NULL;
	ssize_t n;

	/* Byte by byte: what comes behind belongs to the next call. */
	rpc_in_init(&in, RPC_REPLY_MAX);
	while (rpc_now_ms() < end) {
		n = recv(sock, &c, 1, MSG_DONTWAIT);
		if (n == 1) {
			rpc_in_feed(&in, &c, 1);
			if (c != '\n')
				continue;
			assert_int_equal(rpc_in_line(&in, &text, &len), 1);
			v = parse_line(text, len);
			break;
		}
		if (!n || errno != EAGAIN)
			break;
		event_base_loop(r->d.base, EVLOOP_NONBLOCK);
		usleep(200);
	}
	rpc_in_free(&in);
	return v;
}

/* ---- calling ---- */

static json *result_schema(struct rig *r, const char *method)
{
	json *methods = json_get(r->document, "methods");

	for (size_t i = 0; i < json_len(methods); i++)
		if (!strcmp(json_str(json_get(json_at(methods, i), "name"), ""), method))
			return json_get(json_get(json_at(methods, i), "result"), "schema");
	return NULL;
}

static void check_answer(struct rig *r, const char *method, json *answer)
{
	json *schemas = json_get(json_get(r->document, "components"), "schemas");
	json *result = json_get(answer, "result"), *error = json_get(answer, "error");
	_free_cleanup_ char *why = NULL;

	assert_string_equal(json_str(json_get(answer, "jsonrpc"), ""), "2.0");
	if (result)
		why = schema_check(r->document, result_schema(r, method), result, "result");
	else
		why = schema_check(r->document, json_get(schemas, "Error"),
				   json_get(error, "data"), "error");
	if (why)
		fail_msg("%s: %s: %s", method, why, json_text(answer, NULL));
}

static json *parse_params(const char *params)
{
	_free_cleanup_ char *text = params ? xstrdup(params) : NULL;

	for (char *p = text; p && (p = strchr(p, '\'')); p++)
		*p = '"';
	return text ? parse_line(text, strlen(text)) : NULL;
}

json *rig_call(struct rig *r, const char *method, const char *params, int fd)
{
	_json_cleanup_ json *request = rpc_request(++r->last_id, method, parse_params(params));
	json *answer;

	assert_int_equal(rpc_send(r->sock, request, fd, rpc_now_ms() + 1000), 0);
	answer = next_line(r, &r->in, r->sock);
	/* Where the machine has other things to do, we are told that the daemon is still at it. */
	while (!strcmp(json_str(json_get(answer, "method"), ""), "working")) {
		json_unref(answer);
		answer = next_line(r, &r->in, r->sock);
	}
	assert_non_null(answer);
	assert_int_equal(json_num(json_get(answer, "id"), -1), r->last_id);
	check_answer(r, method, answer);
	return answer;
}

json *rig_at(json *v, const char *path)
{
	_free_cleanup_ char *copy = xstrdup(path);
	char *save, *word, *end;

	for (word = strtok_r(copy, ".", &save); word && v; word = strtok_r(NULL, ".", &save)) {
		unsigned long i = strtoul(word, &end, 10);

		v = *end ? json_get(v, word) : json_at(v, i);
	}
	return v;
}

/* ---- events ---- */

size_t rig_events(struct rig *r, const char *type)
{
	_json_cleanup_ json *answer = rig_call(r, "events.get", NULL, -1);
	json *events = rig_at(answer, "result.events");
	size_t n = 0;

	for (size_t i = 0; i < json_len(events); i++)
		n += !strcmp(json_str(json_get(json_at(events, i), "type"), ""), type);
	return n;
}

char *rig_last_event(struct rig *r, const char *type)
{
	_json_cleanup_ json *answer = rig_call(r, "events.get", NULL, -1);
	json *events = rig_at(answer, "result.events");

	for (size_t i = json_len(events); i-- > 0;)
		if (!strcmp(json_str(json_get(json_at(events, i), "type"), ""), type))
			return xstrdup(json_str(json_get(json_at(events, i), "message"), ""));
	return xstrdup("(none)");
}
