/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON-RPC 2.0 on a unix stream socket, one JSON object a line, with file descriptors beside
 * the lines. doc/openrpc.json describes the methods; this is what both ends share: lines out
 * of bytes, messages out of values, and errors. The client's side is in lib/rpcclient.h.
 */
#ifndef LIB_RPC_H
#define LIB_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/json.h"

#define RPC_SOCKET	"/run/mydev/mydevd.sock"
#define RPC_LINE_MAX	(1u << 20)	/* bytes of a request */
#define RPC_REPLY_MAX	(64u << 20)	/* bytes of a reply: adapter.list of thousands */
#define RPC_FDS_MAX	8		/* descriptors that wait for their line to be complete */

/* Codes of errors: the CLI's exit codes, and below 0 those of JSON-RPC. */
enum rpc_code {
	RPC_OK = 0,
	RPC_FAILED = 1,
	RPC_USAGE = 2,
	RPC_NOT_FOUND = 3,
	RPC_REFUSED = 4,	/* by validation or policy */
	RPC_NOT_PERMITTED = 5,
	RPC_UNREACHABLE = 6,	/* no daemon */
	RPC_BUSY = 7,
	RPC_TIMED_OUT = 8,
	RPC_PARTIAL = 9,	/* done for some only */

	RPC_PARSE = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_METHOD_NOT_FOUND = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL = -32603,
};

/* The word for a code in the field `name` of Error: "not-found"; "failed" if unknown. */
const char *rpc_code_name(int code);

/* Why something was not done; as Error in doc/openrpc.json. */
struct rpc_error {
	int code;	/* enum rpc_code; RPC_OK: no error */
	char *message;	/* what happened, to what, why */
	char *adapter;	/* or NULL */
	char *hint;	/* what to do next, or NULL */
};

void rpc_error_clear(struct rpc_error *e);
#define _rpc_error_cleanup_ __attribute__((cleanup(rpc_error_clear)))

/* Sets code and message, and drops what `e` held; returns `code`. */
int rpc_error_set(struct rpc_error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void rpc_error_hint(struct rpc_error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void rpc_error_adapter(struct rpc_error *e, const char *adapter);

/* An Error value {code, name, message, adapter, hint}, and back; fields may be missing. */
json *rpc_error_json(const struct rpc_error *e);
void rpc_error_read(struct rpc_error *e, json *error);

/*
 * Messages. They take over the references to params, result and id; `id` is the request's as
 * it came, NULL for null. In an error response, code and message stand where JSON-RPC has
 * them and the whole Error in `data`.
 */
json *rpc_request(int64_t id, const char *method, json *params);
json *rpc_notification(const char *method, json *params);
json *rpc_response(json *id, json *result);
json *rpc_error_response(json *id, const struct rpc_error *e);

/*
 * Input: bytes and descriptors in, whole lines out. A descriptor belongs to the line whose
 * bytes it came with: send each line that has one by a sendmsg of its own (rpc_send()).
 */
struct rpc_in {
	char *buf;
	size_t len, cap;
	size_t used;		/* bytes of buf that lines already taken occupied */
	size_t seen;		/* between `used` and here is no newline */
	size_t line_max;
	uint64_t base;		/* position of buf[0] in the stream */
	struct rpc_fd {
		int fd;
		uint64_t pos;	/* position of a byte that it came with */
	} fds[RPC_FDS_MAX];
	unsigned int n_fds;
	int line_fd;		/* that of the line taken last */
};

void rpc_in_init(struct rpc_in *in, size_t line_max);
void rpc_in_free(struct rpc_in *in);	/* closes descriptors that nobody took */

/*
 * Receives once, without waiting, at most 64 KiB: the number of bytes, 0 at the end of the
 * stream, -EAGAIN or another -errno; -EPROTO when too many descriptors wait, after which the
 * stream is of no use. Take all lines before the next call: that bounds the memory.
 */
ssize_t rpc_in_recv(struct rpc_in *in, int sock);

/* Appends bytes that came some other way. */
void rpc_in_feed(struct rpc_in *in, const char *data, size_t len);

/*
 * Takes the next whole line: 1, with its text in *text (NUL-terminated, without the newline,
 * valid until the next call on `in`) and its length in *len; 0 when there is none yet;
 * -EMSGSIZE when it is longer than line_max, after which the stream is of no use.
 */
int rpc_in_line(struct rpc_in *in, const char **text, size_t *len);

/* The descriptor that came with the line taken last, now the caller's; -1: none. */
int rpc_in_take_fd(struct rpc_in *in);

/* Whether bytes of a line without its end are there. */
bool rpc_in_partial(const struct rpc_in *in);

/*
 * Sends `msg` as a line, with `fd` unless it is -1. Waits for room until `deadline_ms`
 * (rpc_now_ms()). 0 or -errno, -ETIMEDOUT.
 */
int rpc_send(int sock, json *msg, int fd, int64_t deadline_ms);

/* ms of CLOCK_MONOTONIC. */
int64_t rpc_now_ms(void);

#endif
