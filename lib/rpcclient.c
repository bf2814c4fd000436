// SPDX-License-Identifier: GPL-2.0
#include "lib/rpcclient.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "lib/alloc.h"

void rpc_client_init(struct rpc_client *c)
{
	*c = (struct rpc_client){ .sock = -1 };
	rpc_in_init(&c->in, RPC_REPLY_MAX);
}

void rpc_client_close(struct rpc_client *c)
{
	closep(&c->sock);
	c->sock = -1;
	rpc_in_free(&c->in);
}

static int connect_error(const char *path, int error, struct rpc_error *e)
{
	switch (error) {
	case EACCES:
	case EPERM:
		rpc_error_set(e, RPC_NOT_PERMITTED, "%s: no permission to connect", path);
		rpc_error_hint(e, "be root, or of group mydev (may look) or mydev-admin");
		break;
	case EAGAIN:
		rpc_error_set(e, RPC_TIMED_OUT, "%s: mydevd does not accept connections", path);
		rpc_error_hint(e, "look at it with: systemctl status mydevd");
		break;
	default:
		rpc_error_set(e, RPC_UNREACHABLE, "%s: %s", path,
			      error == ECONNREFUSED || error == ENOENT ? "mydevd is not running" :
									 strerror(error));
		rpc_error_hint(e, "start it with: systemctl start mydevd");
	}
	return e->code;
}

int rpc_client_connect(struct rpc_client *c, const char *path, int timeout_ms,
		       struct rpc_error *e)
{
	struct timeval tv = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sa.sun_path))
		return connect_error(path, ENAMETOOLONG, e);
	strcpy(sa.sun_path, path);
	c->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->sock < 0)
		return connect_error(path, errno, e);
	/* A unix socket connects at once, or waits as long as a send may: for the backlog. */
	if (setsockopt(c->sock, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) ||
	    connect(c->sock, (struct sockaddr *)&sa, sizeof(sa))) {
		int error = errno;

		rpc_client_close(c);
		return connect_error(path, error, e);
	}
	return 0;
}

/*
 * A message that is an answer: whether it is the one to `id`. Others are late ones; but an
 * error without an id is about the connection, as when there are too many of them.
 */
static bool is_answer(json *msg, int64_t id)
{
	if (json_get(msg, "error") && !json_get(msg, "id"))
		return true;
	return json_num(json_get(msg, "id"), -1) == id &&
	       (json_has(msg, "result") || json_has(msg, "error"));
}

/* Whether the server says that it works on the call still. */
static bool is_working(const char *method, json *params, int64_t id)
{
	return id && !strcmp(method, "working") && json_num(json_get(params, "id"), -1) == id;
}

/*
 * Takes the lines that are there: hands notifications over, and stops at the answer to `id`
 * (0: none is awaited), which it leaves in *answer, so that what came behind it is handed
 * over when the caller knows the answer. Sets *working when the server says so of `id`. How
 * many were handed over, or -errno.
 */
static int take_lines(struct rpc_client *c, int64_t id, json **answer, bool *working)
{
	const char *text, *why, *method;
	int ret, handed = 0;
	size_t len;

	while ((ret = rpc_in_line(&c->in, &text, &len)) > 0) {
		_json_cleanup_ json *msg = json_parse(text, len, &why);

		if (json_kind(msg) != JSON_OBJECT)
			return -EPROTO;
		method = json_str(json_get(msg, "method"), NULL);
		if (method && !json_has(msg, "id")) {
			handed++;
			if (is_working(method, json_get(msg, "params"), id))
				*working = true;
			else if (c->notify)
				c->notify(method, json_get(msg, "params"), c->arg);
		} else if (id && is_answer(msg, id)) {
			*answer = json_ref(msg);
			return handed;
		}
	}
	return ret ? ret : handed;
}

/* Waits for bytes until `deadline_ms` (-1: for ever) and receives them. 0 or -errno. */
static int receive(struct rpc_client *c, int64_t deadline_ms)
{
	struct pollfd p = { .fd = c->sock, .events = POLLIN };
	int64_t left = deadline_ms < 0 ? 0 : deadline_ms - rpc_now_ms();
	struct timespec ts;
	ssize_t n;

	if (left < 0)
		left = 0;
	ts = (struct timespec){ .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
	n = ppoll(&p, 1, deadline_ms < 0 ? NULL : &ts, c->wait_mask);
	if (n < 0)
		return -errno;
	if (!n)
		return -ETIMEDOUT;
	n = rpc_in_recv(&c->in, c->sock);
	if (n == -EAGAIN)
		return 0;
	return n > 0 ? 0 : n ? (int)n : -EPIPE;
}

static int call_failed(struct rpc_client *c, const char *method, int error, struct rpc_error *e)
{
	rpc_client_close(c);
	switch (error) {
	case -ETIMEDOUT:
		rpc_error_set(e, RPC_TIMED_OUT, "mydevd did not answer %s in time", method);
		rpc_error_hint(e, "look at it with: systemctl status mydevd");
		break;
	case -EPROTO:
	case -EMSGSIZE:
		rpc_error_set(e, RPC_FAILED, "mydevd answered %s with what is no JSON-RPC", method);
		rpc_error_hint(e, "see that mydevcli and mydevd are of one release");
		break;
	default:
		rpc_error_set(e, RPC_UNREACHABLE, "mydevd closed the connection during %s", method);
		rpc_error_hint(e, "see why with: journalctl -u mydevd");
	}
	return e->code;
}

/* The result in `answer`; NULL and `e` set when it is an error. */
static json *open_answer(json *answer, struct rpc_error *e)
{
	json *error = json_get(answer, "error"), *result = json_get(answer, "result"), *data;

	if (!error)
		return result ? json_ref(result) : json_object();
	data = json_get(error, "data");
	rpc_error_read(e, json_has(data, "message") ? data : error);
	return NULL;
}

json *rpc_client_call(struct rpc_client *c, const char *method, json *params, int fd,
		      int timeout_ms, struct rpc_error *e)
{
	int64_t id = ++c->last_id, deadline = rpc_now_ms() + timeout_ms;
	_json_cleanup_ json *request = rpc_request(id, method, params), *answer = NULL;
	bool working = false;
	int ret;

	ret = c->sock < 0 ? -EPIPE : rpc_send(c->sock, request, fd, deadline);
	/* A server that refuses a client says why before it hangs up: read that first. */
	if (ret == -EPIPE && c->sock >= 0)
		ret = 0;
	while (ret >= 0 && !answer) {
		ret = take_lines(c, id, &answer, &working);
		if (working)
			deadline = rpc_now_ms() + timeout_ms;
		working = false;
		if (ret >= 0 && !answer)
			ret = receive(c, deadline);
		if (ret == -EINTR)
			ret = 0;
	}
	if (!answer) {
		call_failed(c, method, ret, e);
		return NULL;
	}
	return open_answer(answer, e);
}

int rpc_client_wait(struct rpc_client *c, int timeout_ms)
{
	int64_t deadline = timeout_ms < 0 ? -1 : rpc_now_ms() + timeout_ms;
	int ret;

	if (c->sock < 0)
		return -EPIPE;
	/* What came behind the last answer does not make the socket readable again. */
	ret = take_lines(c, 0, NULL, NULL);
	if (!ret) {
		ret = receive(c, deadline);
		if (ret == -ETIMEDOUT || ret == -EINTR)
			return ret;
	}
	if (!ret)
		ret = take_lines(c, 0, NULL, NULL);
	if (ret < 0)
		rpc_client_close(c);
	return ret < 0 ? ret : 0;
}
