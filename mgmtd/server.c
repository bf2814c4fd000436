// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "lib/alloc.h"
#include "lib/rpc.h"
#include "mgmtd/log.h"

#define STRANGERS_PER_USER	4
#define ROOT_RESERVE		32
#define ACCEPT_PAUSE_S		1	/* when there are no descriptors left */
#define TELL_MS			10000	/* between two lines of the log about refused peers */

struct server {
	struct event_base *base;
	const struct server_ops *ops;
	void *arg;
	int fd;
	struct timeval stall;		/* for a peer to read anything */
	struct event *accept_event;
	struct event *pause_event;
	struct peer_groups groups;
	LIST_HEAD(conn_list, conn) conns;
	unsigned int n;
	int64_t told_ms;		/* rpc_now_ms() of the last line about refused peers */
	unsigned int untold;		/* refused since */
};

struct conn {
	struct server *server;
	int fd;
	struct peer peer;
	struct rpc_in in;
	struct evbuffer *out;
	struct event *read_event;
	struct event *write_event;	/* pending or active while there is something to send */
	struct event *line_timer;	/* pending while half a line is there */
	struct event *rate_timer;	/* pending while it was too fast */
	unsigned int in_flight;
	int64_t credit;			/* thousandths of lines that it may send */
	int64_t credit_ms;		/* .. as of then */
	bool end_of_input;
	bool finishing;
	bool stalled;
	void *data;
	LIST_ENTRY(conn) entry;
};

static void conn_free(struct conn *c)
{
	struct server *s = c->server;

	s->ops->closed(c, s->arg);
	LIST_REMOVE(c, entry);
	s->n--;
	event_free(c->read_event);
	event_free(c->write_event);
	event_free(c->line_timer);
	event_free(c->rate_timer);
	evbuffer_free(c->out);
	rpc_in_free(&c->in);
	close(c->fd);
	free(c);
}

/* ---- output ---- */

/* At the end of this turn of the loop: most sockets take an answer without being waited for. */
static void want_write(struct conn *c)
{
	if (!event_pending(c->write_event, EV_WRITE, NULL))
		event_active(c->write_event, EV_WRITE, 0);
}

void conn_send_part(struct conn *c, const char *text, size_t len)
{
	if (evbuffer_add(c->out, text, len) < 0)
		xalloc_failed();
	want_write(c);
}

void conn_send_buffer(struct conn *c, struct evbuffer *text)
{
	if (evbuffer_add_buffer(c->out, text) < 0)
		xalloc_failed();
	want_write(c);
}

void conn_send(struct conn *c, const char *text, size_t len)
{
	conn_send_part(c, text, len);
	conn_send_part(c, "\n", 1);
}

size_t conn_unsent(const struct conn *c)
{
	return evbuffer_get_length(c->out);
}

/* The write event finds that nothing is left to do, and closes. */
void conn_finish(struct conn *c)
{
	c->finishing = true;
	event_del(c->read_event);
	event_del(c->line_timer);
	want_write(c);
}

static void refuse(struct conn *c, const char *why)
{
	_free_cleanup_ char *text = c->server->ops->refusal(RPC_INVALID_REQUEST, why, c->server->arg);

	conn_send(c, text, strlen(text));
	conn_finish(c);
}

/* ---- input ---- */

static bool may_take(struct conn *c)
{
	return !c->finishing && c->in_flight < SERVER_IN_FLIGHT &&
	       conn_unsent(c) < SERVER_OUT_HIGH;
}

/* Whether the rate allows another line now; else a timer brings it up again. */
static bool has_credit(struct conn *c)
{
	const struct timeval soon = { .tv_usec = 10000 };
	const int64_t burst = SERVER_LINES_BURST * 1000;
	int64_t now = rpc_now_ms();

	c->credit += (now - c->credit_ms) * SERVER_LINES_A_SECOND;
	c->credit_ms = now;
	if (c->credit > burst)
		c->credit = burst;
	if (c->credit >= 1000)
		return true;
	event_add(c->rate_timer, &soon);
	return false;
}

static void on_line(struct conn *c, const char *text, size_t len)
{
	/* Blank lines are what people's tools add. */
	if (!len || (len == 1 && text[0] == '\r'))
		return;
	c->server->ops->line(c, text, len, rpc_in_take_fd(&c->in), c->server->arg);
}

static void watch_half_line(struct conn *c)
{
	const struct timeval timeout = { .tv_sec = SERVER_LINE_TIMEOUT_S };

	if (!rpc_in_partial(&c->in))
		event_del(c->line_timer);
	else if (!event_pending(c->line_timer, EV_TIMEOUT, NULL))
		event_add(c->line_timer, &timeout);
}

/*
 * Takes the lines that are there, as far as the bounds allow, and reads on only when all
 * were taken. Called again whenever something that kept it from going on has changed.
 */
static void process(struct conn *c)
{
	const char *text;
	size_t len;
	int rc = 0;

	while (may_take(c)) {
		if (!has_credit(c)) {
			event_del(c->read_event);
			return;
		}
		rc = rpc_in_line(&c->in, &text, &len);
		if (rc <= 0)
			break;
		c->credit -= 1000;
		on_line(c, text, len);
	}
	if (rc < 0)
		refuse(c, "the line is longer than 1 MiB");
	if (!may_take(c) || c->end_of_input)
		event_del(c->read_event);
	if (!may_take(c))
		return;
	if (c->end_of_input) {
		if (!c->in_flight)
			conn_finish(c);
		return;
	}
	watch_half_line(c);
	event_add(c->read_event, NULL);
}

static void on_read(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	ssize_t n = rpc_in_recv(&c->in, fd);

	if (n == -EAGAIN)
		return;
	if (n == -EPROTO) {
		refuse(c, "too many descriptors");
		return;
	}
	if (n < 0) {
		conn_free(c);
		return;
	}
	if (!n)
		c->end_of_input = true;
	process(c);
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct server *s = c->server;

	if (what & EV_TIMEOUT) {
		if (c->stalled || c->finishing) {
			conn_free(c);
			return;
		}
		c->stalled = true;
		s->ops->stalled(c, s->arg);
		conn_finish(c);
		return;
	}
	if (conn_unsent(c) && evbuffer_write(c->out, fd) < 0 && errno != EAGAIN) {
		conn_free(c);
		return;
	}
	if (!conn_unsent(c) && !c->finishing)
		s->ops->drained(c, s->arg);
	if (conn_unsent(c)) {
		event_add(c->write_event, &s->stall);
	} else if (c->finishing && !c->in_flight) {
		conn_free(c);
		return;
	}
	process(c);
}

static void on_half_line(evutil_socket_t fd, short what, void *arg)
{
	refuse(arg, "half a line, and nothing more for 30 s");
}

static void on_rate(evutil_socket_t fd, short what, void *arg)
{
	process(arg);
}

void conn_begin(struct conn *c)
{
	c->in_flight++;
}

/* Answered from within process() or not: the write event looks for the next line. */
void conn_end(struct conn *c)
{
	c->in_flight--;
	want_write(c);
}

/* ---- accepting ---- */

static const char *over_limit(const struct server *s, const struct peer *peer)
{
	unsigned int user = 0, strangers = 0;
	const struct conn *c;

	for (c = LIST_FIRST(&s->conns); c; c = LIST_NEXT(c, entry)) {
		user += c->peer.uid == peer->uid;
		strangers += c->peer.permission == PERMIT_NONE;
	}
	if (!peer->uid)
		return s->n >= SERVER_CONNECTIONS ? "too many connections" : NULL;
	if (s->n >= SERVER_CONNECTIONS - ROOT_RESERVE)
		return "too many connections";
	if (peer->permission == PERMIT_NONE &&
	    (strangers >= SERVER_STRANGERS || user >= STRANGERS_PER_USER))
		return "too many connections of users without permission";
	return user >= SERVER_PER_USER ? "too many connections of this user" : NULL;
}

static struct conn *conn_new(struct server *s, int fd, const struct peer *peer)
{
	struct conn *c = xzalloc(sizeof(*c));

	c->server = s;
	c->fd = fd;
	c->peer = *peer;
	rpc_in_init(&c->in, RPC_LINE_MAX);
	c->out = evbuffer_new();
	c->read_event = event_new(s->base, fd, EV_READ | EV_PERSIST, on_read, c);
	c->write_event = event_new(s->base, fd, EV_WRITE, on_write, c);
	c->line_timer = evtimer_new(s->base, on_half_line, c);
	c->rate_timer = evtimer_new(s->base, on_rate, c);
	if (!c->out || !c->read_event || !c->write_event || !c->line_timer || !c->rate_timer)
		xalloc_failed();
	c->credit = SERVER_LINES_BURST * 1000;
	c->credit_ms = rpc_now_ms();
	LIST_INSERT_HEAD(&s->conns, c, entry);
	s->n++;
	event_add(c->read_event, NULL);
	return c;
}

/* Who connects again and again does not fill the log. */
static void tell_refused(struct server *s, const struct peer *peer, const char *why)
{
	_free_cleanup_ char *more = NULL;
	int64_t now = rpc_now_ms();

	if (s->told_ms && now - s->told_ms < TELL_MS) {
		s->untold++;
		return;
	}
	more = s->untold ? xasprintf("; %u more since the last such line", s->untold) : NULL;
	log_warning("%s: uid %u, pid %d (%s) is turned away%s", why, peer->uid, peer->pid,
		    peer->comm, more ? more : "");
	s->told_ms = now;
	s->untold = 0;
}

/* The peer gets a word with its refusal, if its buffer takes it. */
static void turn_away(struct server *s, int fd, const struct peer *peer, const char *why)
{
	_free_cleanup_ char *text = s->ops->refusal(RPC_BUSY, why, s->arg);
	_free_cleanup_ char *line = xasprintf("%s\n", text);

	tell_refused(s, peer, why);
	if (send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_debug("it did not hear why");
	close(fd);
}

static void on_accept(evutil_socket_t listen_fd, short what, void *arg)
{
	const struct timeval pause = { .tv_sec = ACCEPT_PAUSE_S };
	struct server *s = arg;
	struct peer peer;
	const char *why;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			log_error("cannot accept a connection: %s", strerror(errno));
			event_del(s->accept_event);
			event_add(s->pause_event, &pause);
		}
		return;
	}
	if (s->groups.read == (gid_t)-1 || s->groups.change == (gid_t)-1)
		peer_groups_load(&s->groups);
	if (peer_identify(fd, &s->groups, &peer) < 0) {
		close(fd);
		return;
	}
	why = over_limit(s, &peer);
	if (why)
		turn_away(s, fd, &peer, why);
	else
		conn_new(s, fd, &peer);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	event_add(s->accept_event, NULL);
}

struct server *server_new(struct event_base *base, int fd, int stall_s,
			  const struct server_ops *ops, void *arg)
{
	struct server *s = xzalloc(sizeof(*s));

	s->base = base;
	s->ops = ops;
	s->arg = arg;
	s->fd = fd;
	s->stall.tv_sec = stall_s;
	LIST_INIT(&s->conns);
	peer_groups_load(&s->groups);
	evutil_make_socket_nonblocking(fd);
	s->accept_event = event_new(base, fd, EV_READ | EV_PERSIST, on_accept, s);
	s->pause_event = evtimer_new(base, on_pause_over, s);
	if (!s->accept_event || !s->pause_event || event_add(s->accept_event, NULL) < 0)
		xalloc_failed();
	return s;
}

void server_free(struct server *s)
{
	while (!LIST_EMPTY(&s->conns))
		conn_free(LIST_FIRST(&s->conns));
	event_free(s->accept_event);
	event_free(s->pause_event);
	close(s->fd);
	free(s);
}

void server_reload_groups(struct server *s)
{
	peer_groups_load(&s->groups);
}

unsigned int server_connections(const struct server *s)
{
	return s->n;
}

const struct peer *conn_peer(const struct conn *c)
{
	return &c->peer;
}

void *conn_data(const struct conn *c)
{
	return c->data;
}

void conn_set_data(struct conn *c, void *data)
{
	c->data = data;
}
