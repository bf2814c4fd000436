// SPDX-License-Identifier: GPL-2.0
/* Lines and descriptors out of what a socket gives, and what a client makes of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/rpcclient.h"

struct pair {
	int ours, theirs;
	struct rpc_in in;
};

static int setup(void **state)
{
	struct pair *p = xzalloc(sizeof(*p));
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return -1;
	p->ours = sv[0];
	p->theirs = sv[1];
	rpc_in_init(&p->in, RPC_LINE_MAX);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	rpc_in_free(&p->in);
	closep(&p->ours);
	closep(&p->theirs);
	free(p);
	return 0;
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void send_fds(int sock, const char *text, int fd, unsigned int count)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(32 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (unsigned int i = 0; i < count; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(int));
	assert_int_equal(sendmsg(sock, &msg, 0), iov.iov_len);
}

static void assert_line(struct rpc_in *in, const char *want)
{
	const char *text;
	size_t len;

	assert_int_equal(rpc_in_line(in, &text, &len), 1);
	assert_string_equal(text, want);
	assert_int_equal(len, strlen(want));
}

static void assert_no_line(struct rpc_in *in)
{
	const char *text;
	size_t len;

	assert_int_equal(rpc_in_line(in, &text, &len), 0);
}

static void test_pieces(void **state)
{
	struct pair *p = *state;

	rpc_in_feed(&p->in, "on", 2);
	assert_no_line(&p->in);
	assert_true(rpc_in_partial(&p->in));
	rpc_in_feed(&p->in, "e\ntwo\n\nthr", 10);
	assert_line(&p->in, "one");
	assert_line(&p->in, "two");
	assert_line(&p->in, "");
	assert_no_line(&p->in);
	rpc_in_feed(&p->in, "ee\n", 3);
	assert_line(&p->in, "three");
	assert_false(rpc_in_partial(&p->in));
}

static void test_one_byte_at_a_time(void **state)
{
	struct pair *p = *state;
	static const char text[] = "abc\ndef\n";

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		rpc_in_feed(&p->in, text + i, 1);
		if (text[i] == '\n')
			assert_line(&p->in, i < 4 ? "abc" : "def");
		else
			assert_no_line(&p->in);
	}
}

static void test_limit(void **state)
{
	struct pair *p = *state;
	const char *text;
	size_t len;

	rpc_in_free(&p->in);
	rpc_in_init(&p->in, 4);
	rpc_in_feed(&p->in, "1234\n12345", 10);
	assert_line(&p->in, "1234");
	assert_int_equal(rpc_in_line(&p->in, &text, &len), -EMSGSIZE);
	assert_int_equal(rpc_in_line(&p->in, &text, &len), -EMSGSIZE);
}

static void test_limit_of_a_whole_line(void **state)
{
	struct pair *p = *state;
	const char *text;
	size_t len;

	rpc_in_free(&p->in);
	rpc_in_init(&p->in, 4);
	rpc_in_feed(&p->in, "a\n12345\nb\n", 10);
	assert_line(&p->in, "a");
	assert_int_equal(rpc_in_line(&p->in, &text, &len), -EMSGSIZE);
}

static void test_end_and_empty(void **state)
{
	struct pair *p = *state;

	assert_int_equal(rpc_in_recv(&p->in, p->ours), -EAGAIN);
	assert_int_equal(write(p->theirs, "half", 4), 4);
	closep(&p->theirs);
	p->theirs = -1;
	assert_int_equal(rpc_in_recv(&p->in, p->ours), 4);
	assert_int_equal(rpc_in_recv(&p->in, p->ours), 0);
	assert_no_line(&p->in);
	assert_true(rpc_in_partial(&p->in));
}

/* The descriptor goes to the line that it was sent with, not to one before or after it. */
static void test_descriptor_of_its_line(void **state)
{
	struct pair *p = *state;
	_close_cleanup_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fd;

	assert_int_equal(write(p->theirs, "before\n", 7), 7);
	send_fds(p->theirs, "with\n", null, 1);
	assert_int_equal(write(p->theirs, "after\n", 6), 6);
	while (rpc_in_recv(&p->in, p->ours) > 0)
		;
	assert_line(&p->in, "before");
	assert_int_equal(rpc_in_take_fd(&p->in), -1);
	assert_line(&p->in, "with");
	fd = rpc_in_take_fd(&p->in);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_line(&p->in, "after");
	assert_int_equal(rpc_in_take_fd(&p->in), -1);
}

static void test_unclaimed_descriptors_are_closed(void **state)
{
	struct pair *p = *state;
	_close_cleanup_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int before = open_fds();

	send_fds(p->theirs, "one\n", null, 3);
	assert_int_equal(rpc_in_recv(&p->in, p->ours), 4);
	assert_int_equal(open_fds(), before + 3);
	assert_line(&p->in, "one");
	assert_int_equal(open_fds(), before + 1);
	assert_no_line(&p->in);
	assert_int_equal(open_fds(), before);
	send_fds(p->theirs, "half", null, 2);
	assert_int_equal(rpc_in_recv(&p->in, p->ours), 4);
	rpc_in_free(&p->in);
	assert_int_equal(open_fds(), before);
}

static void test_too_many_descriptors(void **state)
{
	struct pair *p = *state;
	_close_cleanup_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int before = open_fds();

	send_fds(p->theirs, "x", null, RPC_FDS_MAX);
	assert_int_equal(rpc_in_recv(&p->in, p->ours), 1);
	send_fds(p->theirs, "y", null, 1);
	assert_int_equal(rpc_in_recv(&p->in, p->ours), -EPROTO);
	rpc_in_free(&p->in);
	send_fds(p->theirs, "z", null, 32);
	assert_int_equal(rpc_in_recv(&p->in, p->ours), -EPROTO);
	rpc_in_free(&p->in);
	assert_int_equal(open_fds(), before);
}

static void test_errors_go_through(void **state)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 }, back = { 0 };
	_json_cleanup_ json *v = NULL;

	rpc_error_set(&e, RPC_BUSY, "mydev%d: busy", 0);
	rpc_error_adapter(&e, "mydev0");
	rpc_error_hint(&e, "wait");
	v = rpc_error_json(&e);
	assert_string_equal(json_text(v, NULL), "{\"code\":7,\"name\":\"busy\","
			    "\"message\":\"mydev0: busy\",\"adapter\":\"mydev0\",\"hint\":\"wait\"}");
	rpc_error_read(&back, v);
	assert_int_equal(back.code, RPC_BUSY);
	assert_string_equal(back.hint, "wait");
	rpc_error_read(&back, NULL);
	assert_int_equal(back.code, RPC_FAILED);
	assert_null(back.hint);
	json_set_int(v, "code", 0);
	rpc_error_read(&back, v);
	assert_int_equal(back.code, RPC_FAILED);
}

/*
 * The client, with a thread in the place of the server
 */

struct script {
	int sock;
	const char *reply;	/* written when a line came; NULL: none, "": hang up */
};

static void *serve(void *arg)
{
	struct script *s = arg;
	char c = 0;

	while (c != '\n' && read(s->sock, &c, 1) == 1)
		;
	if (s->reply && *s->reply)
		assert_true(write(s->sock, s->reply, strlen(s->reply)) > 0);
	if (s->reply && !*s->reply)
		shutdown(s->sock, SHUT_RDWR);
	return NULL;
}

static void count(const char *method, json *params, void *arg)
{
	*(int *)arg += 1;
	assert_string_equal(method, "event");
	assert_int_equal(json_num(json_get(params, "seq"), 0), *(int *)arg);
}

static json *call(struct pair *p, const char *reply, struct rpc_error *e, int *notified)
{
	struct script s = { .sock = p->theirs, .reply = reply };
	struct rpc_client c;
	pthread_t thread;
	json *result;

	rpc_client_init(&c);
	c.sock = p->ours;
	c.notify = count;
	c.arg = notified;
	assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
	result = rpc_client_call(&c, "m", NULL, -1, 300, e);
	pthread_join(thread, NULL);
	/* What came behind the answer is told after it. */
	if (result && *notified)
		assert_int_equal(rpc_client_wait(&c, 0), 0);
	p->ours = c.sock;
	c.sock = -1;
	rpc_client_close(&c);
	return result;
}

static void test_call_result(void **state)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_json_cleanup_ json *result = NULL;
	int notified = 0;

	result = call(*state, "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"seq\":1}}\n"
		      "{\"id\":99,\"result\":{\"not\":\"mine\"}}\n"
		      "{\"id\":1,\"result\":{\"x\":1}}\n"
		      "{\"method\":\"event\",\"params\":{\"seq\":2}}\n", &e, &notified);
	assert_string_equal(json_text(result, NULL), "{\"x\":1}");
	assert_int_equal(notified, 2);
}

static void *serve_slowly(void *arg)
{
	static const char *const lines[] = {
		"{\"method\":\"working\",\"params\":{\"id\":1}}\n",
		"{\"id\":1,\"result\":{}}\n",
	};
	int sock = *(int *)arg;

	for (size_t i = 0; i < 2; i++) {
		usleep(200000);
		assert_true(write(sock, lines[i], strlen(lines[i])) > 0);
	}
	return NULL;
}

/* The answer comes after the deadline, but the server said that it is at work. */
static void test_call_goes_on(void **state)
{
	struct pair *p = *state;
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_json_cleanup_ json *result = NULL;
	struct rpc_client c;
	pthread_t thread;

	rpc_client_init(&c);
	c.sock = p->ours;
	assert_int_equal(pthread_create(&thread, NULL, serve_slowly, &p->theirs), 0);
	result = rpc_client_call(&c, "m", NULL, -1, 300, &e);
	pthread_join(thread, NULL);
	assert_non_null(result);
	p->ours = c.sock;
	c.sock = -1;
	rpc_client_close(&c);
}

static void test_call_failures(void **state)
{
	static const struct {
		const char *reply;
		int code;
		const char *message;
	} cases[] = {
		{ "{\"id\":1,\"error\":{\"code\":4,\"message\":\"no\",\"data\":"
		  "{\"code\":7,\"message\":\"in data\"}}}\n", RPC_BUSY, "in data" },
		{ "{\"id\":1,\"error\":{\"code\":-32601,\"message\":\"what?\"}}\n",
		  RPC_METHOD_NOT_FOUND, "what?" },
		{ "{\"id\":1,\"error\":null,\"result\":null}\n", 0, NULL },
		{ "{\"id\":null,\"error\":{\"code\":7,\"message\":\"too many\"}}\n", RPC_BUSY, "too many" },
		{ "hello\n", RPC_FAILED, "mydevd answered m with what is no JSON-RPC" },
		{ "[]\n", RPC_FAILED, "mydevd answered m with what is no JSON-RPC" },
		{ "", RPC_UNREACHABLE, "mydevd closed the connection during m" },
		{ NULL, RPC_TIMED_OUT, "mydevd did not answer m in time" },
	};
	struct pair *p = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_rpc_error_cleanup_ struct rpc_error e = { 0 };
		_json_cleanup_ json *result = NULL;
		int notified = 0, sv[2];

		closep(&p->ours);
		closep(&p->theirs);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		p->ours = sv[0];
		p->theirs = sv[1];
		result = call(p, cases[i].reply, &e, &notified);
		assert_int_equal(e.code, cases[i].code);
		if (cases[i].message)
			assert_string_equal(e.message, cases[i].message);
		else
			assert_non_null(result);
	}
}

static void test_connect_failures(void **state)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	char path[200];
	struct rpc_client c;

	rpc_client_init(&c);
	assert_int_equal(rpc_client_connect(&c, "/nonexistent/sock", 100, &e), RPC_UNREACHABLE);
	assert_non_null(e.hint);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(rpc_client_connect(&c, path, 100, &e), RPC_UNREACHABLE);
	assert_null(rpc_client_call(&c, "m", NULL, -1, 100, &e));
	assert_int_equal(rpc_client_wait(&c, 0), -EPIPE);
	rpc_client_close(&c);
}

/* A whole image's descriptor and a line that needs many writes arrive together. */
static void test_send_long_line_with_descriptor(void **state)
{
	struct pair *p = *state;
	_json_cleanup_ json *msg = json_array();
	struct script s = { .sock = p->theirs };
	int fd;
	_free_cleanup_ char *big = xmalloc(900001);
	const char *text;
	size_t len;
	ssize_t n;

	memset(big, 'a', 900000);
	big[900000] = '\0';
	json_append(msg, json_string(big));
	assert_int_equal(rpc_send(p->ours, msg, 0, rpc_now_ms() + 50), -ETIMEDOUT);
	while ((n = rpc_in_recv(&p->in, s.sock)) > 0)
		;
	assert_int_equal(n, -EAGAIN);
	assert_int_equal(rpc_in_line(&p->in, &text, &len), 0);
	/* What was cut off is completed by its tail: the descriptor is still of that line. */
	rpc_in_feed(&p->in, "\n", 1);
	assert_int_equal(rpc_in_line(&p->in, &text, &len), 1);
	fd = rpc_in_take_fd(&p->in);
	assert_true(fd > 2);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_byte_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit_of_a_whole_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_and_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptor_of_its_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unclaimed_descriptors_are_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many_descriptors, setup, teardown),
		cmocka_unit_test(test_errors_go_through),
		cmocka_unit_test_setup_teardown(test_call_result, setup, teardown),
		cmocka_unit_test_setup_teardown(test_call_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(test_call_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connect_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_send_long_line_with_descriptor, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
