// SPDX-License-Identifier: GPL-2.0
#include "lib/rpc.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/alloc.h"

/*
 * Errors
 */

const char *rpc_code_name(int code)
{
	switch (code) {
	case RPC_USAGE:
	case RPC_PARSE:
	case RPC_INVALID_REQUEST:
	case RPC_INVALID_PARAMS:
		return "usage";
	case RPC_NOT_FOUND:
		return "not-found";
	case RPC_REFUSED:
		return "refused";
	case RPC_NOT_PERMITTED:
		return "not-permitted";
	case RPC_UNREACHABLE:
		return "unreachable";
	case RPC_BUSY:
		return "busy";
	case RPC_TIMED_OUT:
		return "timed-out";
	case RPC_PARTIAL:
		return "partial";
	default:
		return "failed";
	}
}

void rpc_error_clear(struct rpc_error *e)
{
	free(e->message);
	free(e->adapter);
	free(e->hint);
	*e = (struct rpc_error){ 0 };
}

int rpc_error_set(struct rpc_error *e, int code, const char *fmt, ...)
{
	char *message;
	va_list ap;

	/* The arguments may point into `e`. */
	va_start(ap, fmt);
	message = xvasprintf(fmt, ap);
	va_end(ap);
	rpc_error_clear(e);
	e->code = code;
	e->message = message;
	return code;
}

void rpc_error_hint(struct rpc_error *e, const char *fmt, ...)
{
	char *hint;
	va_list ap;

	va_start(ap, fmt);
	hint = xvasprintf(fmt, ap);
	va_end(ap);
	free(e->hint);
	e->hint = hint;
}

void rpc_error_adapter(struct rpc_error *e, const char *adapter)
{
	char *copy = adapter ? xstrdup(adapter) : NULL;

	free(e->adapter);
	e->adapter = copy;
}

json *rpc_error_json(const struct rpc_error *e)
{
	json *v = json_object();

	json_set_int(v, "code", e->code);
	json_set_str(v, "name", rpc_code_name(e->code));
	json_set_str(v, "message", e->message ? e->message : "");
	if (e->adapter)
		json_set_str(v, "adapter", e->adapter);
	if (e->hint)
		json_set_str(v, "hint", e->hint);
	return v;
}

void rpc_error_read(struct rpc_error *e, json *error)
{
	const char *hint = json_str(json_get(error, "hint"), NULL);
	int64_t code = json_num(json_get(error, "code"), RPC_FAILED);

	/* An error never reads as success, whatever number it carries. */
	if (code == RPC_OK || code < INT16_MIN || code > INT16_MAX)
		code = RPC_FAILED;
	rpc_error_set(e, code, "%s", json_str(json_get(error, "message"), "no reason given"));
	rpc_error_adapter(e, json_str(json_get(error, "adapter"), NULL));
	if (hint)
		rpc_error_hint(e, "%s", hint);
}

/*
 * Messages
 */

static json *message(void)
{
	json *m = json_object();

	json_set_str(m, "jsonrpc", "2.0");
	return m;
}

json *rpc_notification(const char *method, json *params)
{
	json *m = message();

	json_set_str(m, "method", method);
	if (params)
		json_set(m, "params", params);
	return m;
}

json *rpc_request(int64_t id, const char *method, json *params)
{
	json *m = rpc_notification(method, params);

	json_set_int(m, "id", id);
	return m;
}

json *rpc_response(json *id, json *result)
{
	json *m = message();

	json_set(m, "id", id);
	json_set(m, "result", result);
	return m;
}

json *rpc_error_response(json *id, const struct rpc_error *e)
{
	json *m = message(), *error = json_object();

	json_set_int(error, "code", e->code);
	json_set_str(error, "message", e->message ? e->message : "");
	json_set(error, "data", rpc_error_json(e));
	json_set(m, "id", id);
	json_set(m, "error", error);
	return m;
}

/*
 * Input
 */

#define RECV_MAX	(64u << 10)
#define KEEP_MAX	(64u << 10)	/* a buffer that grew beyond is not kept when empty */

void rpc_in_init(struct rpc_in *in, size_t line_max)
{
	*in = (struct rpc_in){ .line_max = line_max, .line_fd = -1 };
}

void rpc_in_free(struct rpc_in *in)
{
	closep(&in->line_fd);
	for (unsigned int i = 0; i < in->n_fds; i++)
		close(in->fds[i].fd);
	free(in->buf);
	rpc_in_init(in, in->line_max);
}

/* Forgets lines that were taken. */
static void compact(struct rpc_in *in)
{
	if (!in->used)
		return;
	in->len -= in->used;
	in->seen -= in->used;
	in->base += in->used;
	memmove(in->buf, in->buf + in->used, in->len);
	in->used = 0;
	if (!in->len && in->cap > KEEP_MAX) {
		free(in->buf);
		in->buf = NULL;
		in->cap = 0;
	}
}

/* Makes room for `n` bytes more. */
static void reserve(struct rpc_in *in, size_t n)
{
	compact(in);
	if (in->cap - in->len >= n)
		return;
	in->cap = in->len + n > 2 * in->cap ? in->len + n : 2 * in->cap;
	in->buf = xrealloc(in->buf, in->cap, 1);
}

void rpc_in_feed(struct rpc_in *in, const char *data, size_t len)
{
	reserve(in, len);
	memcpy(in->buf + in->len, data, len);
	in->len += len;
}

static int keep_fds(struct rpc_in *in, const struct cmsghdr *c, uint64_t pos)
{
	unsigned int n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int ret = 0;

	for (unsigned int i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		if (in->n_fds == RPC_FDS_MAX) {
			close(fd);
			ret = -EPROTO;
			continue;
		}
		in->fds[in->n_fds++] = (struct rpc_fd){ .fd = fd, .pos = pos };
	}
	return ret;
}

ssize_t rpc_in_recv(struct rpc_in *in, int sock)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(RPC_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_len = RECV_MAX };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int ret = 0;
	ssize_t n;

	reserve(in, RECV_MAX);
	iov.iov_base = in->buf + in->len;
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/*
	 * The kernel ends a receive with the buffer that carries descriptors, so the last
	 * byte is one that they came with; the first may be of an earlier line.
	 */
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			ret = keep_fds(in, c, in->base + in->len + (n ? n - 1 : 0));
	if (msg.msg_flags & MSG_CTRUNC)
		ret = -EPROTO;
	in->len += n;
	return ret ? ret : n;
}

/* Makes the first descriptor that came before stream position `end` the line's. */
static void claim_fds(struct rpc_in *in, uint64_t end)
{
	unsigned int n = 0;

	while (n < in->n_fds && in->fds[n].pos < end) {
		if (in->line_fd < 0)
			in->line_fd = in->fds[n].fd;
		else
			close(in->fds[n].fd);
		n++;
	}
	in->n_fds -= n;
	memmove(in->fds, in->fds + n, in->n_fds * sizeof(in->fds[0]));
}

int rpc_in_line(struct rpc_in *in, const char **text, size_t *len)
{
	char *nl = NULL;
	size_t end;

	closep(&in->line_fd);
	in->line_fd = -1;
	if (in->seen < in->len)
		nl = memchr(in->buf + in->seen, '\n', in->len - in->seen);
	end = nl ? (size_t)(nl - in->buf) : in->len;
	in->seen = end;
	if (end - in->used > in->line_max)
		return -EMSGSIZE;
	if (!nl)
		return 0;
	*nl = '\0';
	*text = in->buf + in->used;
	*len = end - in->used;
	in->used = in->seen = end + 1;
	claim_fds(in, in->base + in->used);
	return 1;
}

int rpc_in_take_fd(struct rpc_in *in)
{
	int fd = in->line_fd;

	in->line_fd = -1;
	return fd;
}

bool rpc_in_partial(const struct rpc_in *in)
{
	return in->used < in->len;
}

/*
 * Output
 */

int64_t rpc_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static int wait_writable(int sock, int64_t deadline_ms)
{
	struct pollfd p = { .fd = sock, .events = POLLOUT };
	int64_t left = deadline_ms - rpc_now_ms();
	int n;

	if (left <= 0)
		return -ETIMEDOUT;
	n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	return n < 0 && errno != EINTR ? -errno : 0;
}

static ssize_t send_some(int sock, struct iovec *iov, size_t n_iov, int fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n_iov };
	struct cmsghdr *c;

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int rpc_send(int sock, json *msg, int fd, int64_t deadline_ms)
{
	size_t len, done = 0;
	const char *text = json_text(msg, &len);
	ssize_t n;
	int ret;

	while (done < len + 1) {
		struct iovec iov[2] = {
			{ .iov_base = (char *)text + done, .iov_len = done < len ? len - done : 0 },
			{ .iov_base = (char *)"\n", .iov_len = 1 },
		};

		n = send_some(sock, iov, 2, done ? -1 : fd);
		if (n >= 0) {
			done += n;
		} else if (errno == EAGAIN) {
			ret = wait_writable(sock, deadline_ms);
			if (ret)
				return ret;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}
