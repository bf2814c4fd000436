// SPDX-License-Identifier: GPL-2.0
/* What peers may send and may not, and how much of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "kfake.h"
#include "lib/alloc.h"
#include "lib/rpc.h"
#include "lib/util.h"
#include "mgmtd/dispatch.h"
#include "mgmtd/server.h"
#include "rig.h"

static struct rig *rig;

static int start(void **state)
{
	rig = rig_start();
	return 0;
}

static int stop(void **state)
{
	rig_stop(rig);
	return 0;
}

/* Sends a line on a connection of its own; the code of the error that answers, 0: none. */
static int64_t answer_to(const char *line)
{
	int sock = rig_connect(rig);
	_json_cleanup_ json *v = NULL;

	rig_send(rig, sock, line, strlen(line));
	rig_send(rig, sock, "\n", 1);
	v = rig_line(rig, sock);
	close(sock);
	rig_run(rig, 2);
	assert_non_null(v);
	return json_num(rig_at(v, "error.code"), 0);
}

static void test_malformed(void **state)
{
	static const struct {
		const char *line;
		int64_t code;
	} cases[] = {
		{ "{", RPC_PARSE },
		{ "\x01", RPC_PARSE },
		{ "{} {}", RPC_PARSE },
		{ "null", RPC_INVALID_REQUEST },
		{ "[]", RPC_INVALID_REQUEST },
		{ "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.version\"}]", RPC_INVALID_REQUEST },
		{ "{}", RPC_INVALID_REQUEST },
		{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"daemon.version\"}", RPC_INVALID_REQUEST },
		{ "{\"jsonrpc\":\"2.0\",\"method\":7}", RPC_INVALID_REQUEST },
		{ "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"daemon.version\"}", RPC_INVALID_REQUEST },
		{ "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"daemon.version\"}", RPC_INVALID_REQUEST },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", RPC_INVALID_REQUEST },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"daemon.version\"}", RPC_PARSE },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no.such\"}", RPC_METHOD_NOT_FOUND },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.version\",\"params\":[]}",
		  RPC_INVALID_PARAMS },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.version\",\"params\":{\"x\":1}}",
		  RPC_INVALID_PARAMS },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.version\",\"params\":{}}", 0 },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"daemon.version\"}", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (answer_to(cases[i].line) != cases[i].code)
			fail_msg("%s", cases[i].line);
}

/* What has no id is done and not answered, well or not. */
static void test_notifications(void **state)
{
	static const char *const lines[] = {
		"{\"jsonrpc\":\"2.0\",\"method\":\"adapter.list\"}\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"daemon.version\"}\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"no.such\"}\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"adapter.list\",\"params\":{\"adapters\":[\"x\"]}}\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"adapter.list\",\"params\":[]}\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"firmware.verify\",\"params\":{\"name\":\"x\"}}\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"adapter.reset\",\"params\":{\"adapters\":[\"mydev0\"]}}\n",
		"{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"daemon.version\"}\n",
	};
	int sock = rig_connect(rig);
	_json_cleanup_ json *first = NULL;

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		rig_send(rig, sock, lines[i], strlen(lines[i]));
	first = rig_line(rig, sock);
	assert_int_equal(rig_num(first, "id"), 9);
	rig_settle(rig);
	assert_int_equal(recv(sock, &(char){ 0 }, 1, MSG_DONTWAIT), -1);
	assert_int_equal(kfake_counts().commands, 1);
	close(sock);
}

static void test_parameters(void **state)
{
	static const struct {
		const char *method, *params, *why;
	} cases[] = {
		{ "adapter.locate", "{'adapters':['a']}", "needs the parameter seconds" },
		{ "adapter.locate", "{'adapters':[],'seconds':1}", "adapters's length is 0" },
		{ "adapter.locate", "{'adapters':'a','seconds':1}", "adapters is not of type array" },
		{ "adapter.locate", "{'adapters':[''],'seconds':1}", "adapters[0]'s length is 0" },
		{ "adapter.locate", "{'adapters':['a'],'seconds':86401}", "more than 86400" },
		{ "adapter.locate", "{'adapters':['a'],'seconds':-1}", "less than 0" },
		{ "adapter.locate", "{'adapters':['a'],'seconds':1.5}", "not of type integer" },
		{ "config.set", "{'adapters':['a'],'values':{}}", "values's size is 0" },
		{ "config.set", "{'adapters':['a'],'values':{'k':[]}}", "values.k is of none" },
		{ "events.get", "{'since':9007199254740992}", "more than" },
		{ "events.get", "{'adapters':['*****']}", "more than 4 stars" },
		{ "adapter.list", "{'adapters':['*a*b*c*d*']}", "more than 4 stars" },
		{ "firmware.flash", "{'name':'x'}", "needs an open file" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_json_cleanup_ json *v = rig_call(rig, cases[i].method, cases[i].params, -1);

		assert_int_equal(rig_num(v, "error.code"), RPC_INVALID_PARAMS);
		if (!strstr(rig_str(v, "error.message"), cases[i].why))
			fail_msg("%s", rig_str(v, "error.message"));
	}
}

static void test_depth_and_length(void **state)
{
	_free_cleanup_ char *deep = xmalloc(200001), *line = NULL;
	_free_cleanup_ char *huge = xmalloc((2 << 20) + 1);

	memset(deep, '[', 200000);
	deep[200000] = '\0';
	line = xasprintf("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.version\",\"params\":%s}",
			 deep);
	assert_int_equal(answer_to(line), RPC_PARSE);
	memset(huge, 'x', 2 << 20);
	huge[2 << 20] = '\0';
	assert_int_equal(answer_to(huge), RPC_INVALID_REQUEST);
	/* Others do not notice. */
	json_unref(rig_call(rig, "daemon.version", NULL, -1));
}

static void test_pieces(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"daemon.version\"}\n";
	int sock = rig_connect(rig);
	_json_cleanup_ json *v = NULL;

	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		rig_send(rig, sock, line + i, 1);
		rig_run(rig, 0);
	}
	v = rig_line(rig, sock);
	assert_int_equal(rig_num(v, "id"), 5);
	close(sock);
}

static void test_interleaved(void **state)
{
	int a = rig_connect(rig), b = rig_connect(rig);
	_json_cleanup_ json *va = NULL, *vb = NULL;
	const char *half = "{\"jsonrpc\":\"2.0\",\"id\":1,\"met";
	const char *rest = "hod\":\"daemon.version\"}\n\r\n";

	rig_send(rig, a, half, strlen(half));
	rig_send(rig, b, half, strlen(half));
	rig_send(rig, b, rest, strlen(rest));
	rig_send(rig, a, rest, strlen(rest));
	va = rig_line(rig, a);
	vb = rig_line(rig, b);
	assert_non_null(rig_at(va, "result"));
	assert_non_null(rig_at(vb, "result"));
	close(a);
	close(b);
}

/* Whatever came before, what is right is answered. */
static void assert_served(int sock)
{
	static const char good[] = "\n{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":\"daemon.version\"}\n";
	json *v = NULL;

	rig_send(rig, sock, good, sizeof(good) - 1);
	do {
		json_unref(v);
		v = rig_line(rig, sock);
		assert_non_null(v);
	} while (rig_num(v, "id") != 77);
	json_unref(v);
}

/* Random bytes between lines that are right: neither a crash nor a wrong answer. */
static void test_noise(void **state)
{
	unsigned int seed = 1;

	for (int round = 0; round < 300; round++) {
		char noise[64];
		size_t len = 1 + rand_r(&seed) % sizeof(noise);
		int sock = rig_connect(rig);

		for (size_t i = 0; i < len; i++)
			noise[i] = rand_r(&seed);
		rig_send(rig, sock, noise, len);
		assert_served(sock);
		close(sock);
	}
	rig_run(rig, 5);
}

/* Requests with single bytes changed. */
static void test_mutations(void **state)
{
	static const char base[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"config.get\","
				   "\"params\":{\"adapters\":[\"mydev0\"],\"keys\":[\"led\"]}}\n";
	unsigned int seed = 2;

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	for (int round = 0; round < 20; round++) {
		int sock = rig_connect(rig);

		for (int i = 0; i < 100; i++) {
			char line[sizeof(base)];
			size_t at = rand_r(&seed) % (sizeof(base) - 2);

			memcpy(line, base, sizeof(base));
			line[at] = rand_r(&seed);
			rig_send(rig, sock, line, sizeof(base) - 1);
		}
		assert_served(sock);
		close(sock);
	}
	json_unref(rig_call(rig, "adapter.list", NULL, -1));
}

static void test_peer_that_leaves(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"adapter.reset\","
				   "\"params\":{\"adapters\":[\"mydev0\"]}}\n";
	int sock = rig_connect(rig);

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_delay(0, 50);
	rig_settle(rig);
	rig_send(rig, sock, line, sizeof(line) - 1);
	rig_run(rig, 5);
	close(sock);
	rig_run(rig, 120);
	/* What was begun was done. */
	assert_int_equal(kfake_counts().commands, 1);
}

/* A peer that closed its end for writing still gets its answers. */
static void test_half_closed(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.version\"}\n";
	int sock = rig_connect(rig);
	_json_cleanup_ json *v = NULL;

	rig_send(rig, sock, line, sizeof(line) - 1);
	shutdown(sock, SHUT_WR);
	v = rig_line(rig, sock);
	assert_non_null(rig_at(v, "result"));
	assert_null(rig_line(rig, sock));
	close(sock);
}

/* Who asks and does not read is not read from either: what waits for it is bounded. */
static void test_peer_that_never_reads(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.discover\"}\n";
	const size_t len = sizeof(line) - 1, n = 400;
	_free_cleanup_ char *lines = xmalloc(n * len);
	int sock = rig_connect(rig), unread = 0;

	for (size_t i = 0; i < n; i++)
		memcpy(lines + i * len, line, len);
	while (send(sock, lines, n * len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	rig_run(rig, 300);
	/* All of it would have been taken: it is less than the rate's burst. */
	assert_int_equal(ioctl(sock, SIOCOUTQ, &unread), 0);
	assert_true(unread > 0);
	json_unref(rig_call(rig, "daemon.version", NULL, -1));
	close(sock);
}

static void test_rate(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no.such\"}\n";
	int sock = rig_connect(rig);
	char buf[65536];
	size_t answers = 0;
	int64_t end = rpc_now_ms() + 400;

	fcntl(sock, F_SETFL, O_NONBLOCK);
	while (rpc_now_ms() < end) {
		ssize_t n;

		for (int i = 0; i < 100; i++)
			if (send(sock, line, sizeof(line) - 1, MSG_NOSIGNAL) < 0)
				break;
		rig_run(rig, 0);
		while ((n = read(sock, buf, sizeof(buf))) > 0)
			for (ssize_t i = 0; i < n; i++)
				answers += buf[i] == '\n';
	}
	/* A burst, and then so many a second. */
	assert_in_range(answers, 100, SERVER_LINES_BURST + SERVER_LINES_A_SECOND);
	close(sock);
}

static void test_permissions(void **state)
{
	static const char look[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"adapter.list\"}";
	static const char change[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"adapter.reset\","
				     "\"params\":{\"adapters\":[\"mydev0\"]}}";

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	rig_permit(PERMIT_READ);
	assert_int_equal(answer_to(look), 0);
	assert_int_equal(answer_to(change), RPC_NOT_PERMITTED);
	rig_permit(PERMIT_NONE);
	assert_int_equal(answer_to(look), RPC_NOT_PERMITTED);
	assert_int_equal(answer_to(change), RPC_NOT_PERMITTED);
	assert_int_equal(kfake_counts().commands, 0);
	rig_permit(PERMIT_CHANGE);
	assert_int_equal(answer_to(change), 0);
	/* Who did it is known. */
	_free_cleanup_ char *who = rig_last_event(rig, "request");

	assert_non_null(strstr(who, "uid 0"));
	assert_non_null(strstr(who, "adapter.reset"));
}

/* Those beyond the limit hear why; the log says it once, however many they are. */
static void test_connections(void **state)
{
	int socks[SERVER_PER_USER + 8];
	_free_cleanup_ char *path = rig_path(rig, "log"), *log = NULL;
	int old_err = dup(STDERR_FILENO), err = open(path, O_CREAT | O_WRONLY, 0600);
	const char *first;

	rig_permit(PERMIT_READ);
	dup2(err, STDERR_FILENO);
	for (size_t i = 0; i < ARRAY_SIZE(socks); i++)
		socks[i] = rig_connect(rig);
	dup2(old_err, STDERR_FILENO);
	close(old_err);
	close(err);
	for (size_t i = SERVER_PER_USER; i < ARRAY_SIZE(socks); i++) {
		_json_cleanup_ json *v = rig_line(rig, socks[i]);

		assert_string_equal(rig_str(v, "error.message"), "too many connections of this user");
		assert_int_equal(rig_num(v, "error.code"), RPC_BUSY);
		assert_null(rig_line(rig, socks[i]));
	}
	log = rig_read(rig, "log");
	first = strstr(log, "turned away");
	assert_non_null(first);
	assert_null(strstr(first + 1, "turned away"));
	for (size_t i = 0; i < ARRAY_SIZE(socks); i++)
		close(socks[i]);
	rig_run(rig, 5);
	rig_permit(PERMIT_CHANGE);
}

/* A descriptor that nobody asked for is not kept. */
static void test_unwanted_descriptor(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	for (int i = 0; i < 50; i++)
		json_unref(rig_call(rig, "daemon.version", NULL, fd));
	close(fd);
	fd = open("/dev/null", O_RDONLY);
	assert_true(fd < 40);
	close(fd);
}

static void test_targets(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_add(1, MYDEV_MODEL_MD4000, "SN2");
	_json_cleanup_ json *glob = rig_call(rig, "adapter.list", "{'adapters':['mydev*']}", -1);
	_json_cleanup_ json *serial = rig_call(rig, "adapter.list", "{'adapters':['SN2']}", -1);
	_json_cleanup_ json *address = rig_call(rig, "adapter.list", "{'adapters':['01:00.0']}", -1);
	_json_cleanup_ json *none = rig_call(rig, "adapter.list", "{'adapters':['SN2','x']}", -1);
	_json_cleanup_ json *two = rig_call(rig, "adapter.log", "{'adapter':'SN*'}", -1);
	_json_cleanup_ json *log = rig_call(rig, "adapter.log", "{'adapter':'SN1'}", -1);

	assert_int_equal(json_len(rig_at(glob, "result.adapters")), 2);
	assert_string_equal(rig_str(serial, "result.adapters.0.name"), "mydev1");
	assert_string_equal(rig_str(address, "result.adapters.0.name"), "mydev1");
	assert_int_equal(rig_num(none, "error.code"), RPC_NOT_FOUND);
	assert_int_equal(rig_num(two, "error.code"), RPC_REFUSED);
	assert_int_equal(rig_num(log, "result.entries.0.seq"), 7);
}

static void test_failures_of_some(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_add(1, MYDEV_MODEL_MD4000, "SN2");
	rig_settle(rig);
	kfake_fail(1, ETIMEDOUT, "the adapter missed the command's deadline");
	_json_cleanup_ json *v = rig_call(rig, "adapter.locate",
					  "{'adapters':['mydev*'],'seconds':5}", -1);

	assert_null(rig_at(v, "result.results.0.error"));
	assert_int_equal(rig_num(v, "result.results.1.error.code"), RPC_TIMED_OUT);
	assert_string_equal(rig_str(v, "result.results.1.error.adapter"), "mydev1");
}

/* An adapter that hangs delays neither another one nor what is looked at. */
static void test_hung_adapter(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"adapter.reset\","
				   "\"params\":{\"adapters\":[\"mydev0\"]}}\n";
	int sock = rig_connect(rig);
	int64_t begin;

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_add(1, MYDEV_MODEL_MD4000, "SN2");
	rig_settle(rig);
	kfake_delay(0, 1500);
	rig_send(rig, sock, line, sizeof(line) - 1);
	begin = rpc_now_ms();
	json_unref(rig_call(rig, "adapter.list", NULL, -1));
	json_unref(rig_call(rig, "adapter.reset", "{'adapters':['mydev1']}", -1));
	assert_true(rpc_now_ms() - begin < 1000);
	json_unref(rig_line(rig, sock));
	close(sock);
}

static void test_removed_while_it_waits(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"adapter.reset\","
				   "\"params\":{\"adapters\":[\"mydev0\"]}}\n";
	int sock = rig_connect(rig);
	_json_cleanup_ json *first = NULL, *second = NULL;

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	kfake_delay(0, 100);
	rig_send(rig, sock, line, sizeof(line) - 1);
	rig_send(rig, sock, line, sizeof(line) - 1);
	rig_run(rig, 10);
	kfake_remove(0);
	first = rig_line(rig, sock);
	second = rig_line(rig, sock);
	assert_int_equal(rig_num(first, "result.results.0.error.code"), RPC_NOT_FOUND);
	assert_int_equal(rig_num(second, "result.results.0.error.code"), RPC_NOT_FOUND);
	close(sock);
}

static void test_older_module(void **state)
{
	kfake_load(false);
	kfake_level(0);
	kfake_load(true);
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	_json_cleanup_ json *version = rig_call(rig, "daemon.version", NULL, -1);
	_json_cleanup_ json *v = rig_call(rig, "adapter.reset", "{'adapters':['mydev0']}", -1);

	assert_non_null(strstr(rig_str(version, "result.limits.0"), "too old"));
	assert_int_equal(rig_num(v, "error.code"), RPC_REFUSED);
	json_unref(rig_call(rig, "adapter.list", NULL, -1));
}

static void test_newer_module(void **state)
{
	kfake_load(false);
	kfake_level(MYDEV_GENL_LEVEL + 1);
	kfake_load(true);
	rig_settle(rig);
	_json_cleanup_ json *version = rig_call(rig, "daemon.version", NULL, -1);

	assert_non_null(strstr(rig_str(version, "result.limits.0"), "update mydevd"));
}

/* Every method that only looks, on whatever there is, gives what the document says. */
static void test_all_that_look(void **state)
{
	static const char *const methods[] = {
		"rpc.discover", "daemon.version", "daemon.support", "adapter.list", "firmware.list",
		"config.get", "config.diff", "config.profiles", "events.get",
	};

	rig_write(rig, "etc/profiles.d/x.conf", "[Config]\ntemp.warn=40\nno.such=1\n");
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_add(1, MYDEV_MODEL_MD4000, "SN2");
	kfake_info(1)->have = 1ULL << MYDEV_A_ADAPTER_INDEX | 1ULL << MYDEV_A_ADAPTER_DEVNAME;
	kfake_info(1)->state = MYDEV_STATE_UNRESPONSIVE;
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		_json_cleanup_ json *v = rig_call(rig, methods[i], NULL, -1);

		assert_non_null(rig_at(v, "result"));
	}
}

#define DAEMON_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_malformed),
		DAEMON_TEST(test_notifications),
		DAEMON_TEST(test_parameters),
		DAEMON_TEST(test_depth_and_length),
		DAEMON_TEST(test_pieces),
		DAEMON_TEST(test_interleaved),
		DAEMON_TEST(test_noise),
		DAEMON_TEST(test_mutations),
		DAEMON_TEST(test_peer_that_leaves),
		DAEMON_TEST(test_half_closed),
		DAEMON_TEST(test_peer_that_never_reads),
		DAEMON_TEST(test_rate),
		DAEMON_TEST(test_permissions),
		DAEMON_TEST(test_connections),
		DAEMON_TEST(test_unwanted_descriptor),
		DAEMON_TEST(test_targets),
		DAEMON_TEST(test_failures_of_some),
		DAEMON_TEST(test_hung_adapter),
		DAEMON_TEST(test_removed_while_it_waits),
		DAEMON_TEST(test_older_module),
		DAEMON_TEST(test_newer_module),
		DAEMON_TEST(test_all_that_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
