// SPDX-License-Identifier: GPL-2.0
/* Hundreds of adapters: nobody waits for what is done about all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "kfake.h"
#include "lib/alloc.h"
#include "mgmtd/events.h"
#include "rig.h"

#define MANY	1000

static struct rig *rig;

static int start(void **state)
{
	rig = rig_start();
	for (unsigned int i = 0; i < MANY; i++) {
		_free_cleanup_ char *serial = xasprintf("SN%u", i);

		kfake_add(i, MYDEV_MODEL_MD4000, serial);
	}
	rig_settle(rig);
	assert_int_equal(rig_daemon(rig)->adapters.n, MANY);
	return 0;
}

static int stop(void **state)
{
	rig_stop(rig);
	return 0;
}

static void send_request(int sock, const char *method, const char *params)
{
	_free_cleanup_ char *line = xasprintf("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
					      "\"params\":%s}\n", method, params);

	assert_int_equal(send(sock, line, strlen(line), MSG_NOSIGNAL), strlen(line));
}

/* One round of the loop; the rig's own go on until nothing is left to do. */
static void run_once(void)
{
	event_base_loop(rig_daemon(rig)->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static bool answered(int sock)
{
	char c;

	return recv(sock, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

/* Somebody else's answer comes before one that is long, or that many adapters are asked for. */
static void test_others_have_their_turn(void **state)
{
	static const struct {
		const char *method, *params;
	} cases[] = {
		{ "adapter.list", "{}" },
		{ "config.get", "{}" },
		{ "config.diff", "{}" },
		{ "firmware.list", "{}" },
		{ "daemon.support", "{}" },
		{ "adapter.locate", "{\"seconds\":1,\"adapters\":[\"*\"]}" },
		{ "config.set", "{\"adapters\":[\"*\"],\"values\":{\"temp.warn\":61}}" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int sock = rig_connect(rig), other = rig_connect(rig);

		/* Its threads would be done while this one is not given the processor. */
		kfake_hold(true);
		send_request(sock, cases[i].method, cases[i].params);
		send_request(other, "adapter.list", "{\"adapters\":[\"mydev7\"]}");
		while (!answered(other))
			run_once();
		if (answered(sock))
			fail_msg("%s was answered first", cases[i].method);
		kfake_hold(false);
		while (!answered(sock))
			rig_run(rig, 1);
		close(sock);
		close(other);
		rig_settle(rig);
	}
}

/* An adapter that goes while a list is made is not in it. */
static void test_gone_in_between(void **state)
{
	static struct rpc_in in;
	int sock = rig_connect(rig);
	const char *text, *why;
	size_t len;

	send_request(sock, "adapter.list", "{}");
	run_once();
	assert_false(answered(sock));
	kfake_remove(MANY - 1);
	rpc_in_init(&in, RPC_REPLY_MAX);
	while (rpc_in_line(&in, &text, &len) != 1)
		if (rpc_in_recv(&in, sock) == -EAGAIN)
			rig_run(rig, 1);
	_json_cleanup_ json *v = json_parse(text, len, &why);

	assert_int_equal(json_len(rig_at(v, "result.adapters")), MANY - 1);
	rpc_in_free(&in);
	close(sock);
}

/* The end of the daemon answers what is being made. */
static void test_ends_in_between(void **state)
{
	int sock = rig_connect(rig);

	send_request(sock, "config.get", "{}");
	run_once();
	assert_false(answered(sock));
	assert_false(LIST_EMPTY(&rig_daemon(rig)->turns));
	close(sock);
}

/* Its deadline grows with the adapters, and from the method's on it says that it is at work. */
static void test_working(void **state)
{
	struct openrpc *rpc = &rig_daemon(rig)->rpc;
	_json_cleanup_ json *first = NULL, *answer = NULL;
	int sock = rig_connect(rig);

	for (size_t i = 0; i < rpc->n; i++)
		if (!strcmp(rpc->methods[i].name, "adapter.locate"))
			rpc->methods[i].deadline_ms = 500;
	kfake_delay(3, 1500);
	send_request(sock, "adapter.locate", "{\"seconds\":1,\"adapters\":[\"*\"]}");
	first = rig_line(rig, sock);
	assert_string_equal(rig_str(first, "method"), "working");
	assert_int_equal(rig_num(first, "params.id"), 1);
	answer = rig_line(rig, sock);
	assert_int_equal(json_len(rig_at(answer, "result.results")), MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_null(json_get(json_at(rig_at(answer, "result.results"), i), "error"));
	close(sock);
}

/* Each gets a profile of its own, and none is read again for what the daemon wrote itself. */
static void test_own_profiles(void **state)
{
	struct profiles *p = &rig_daemon(rig)->profiles;
	_json_cleanup_ json *set = NULL, *profiles = NULL;

	set = rig_call(rig, "config.set", "{'adapters':['*'],'values':{'temp.warn':61}}", -1);
	assert_null(rig_at(set, "result.results.999.error"));
	assert_int_equal(kfake_get(MANY - 1, "temp.warn"), 61);
	assert_int_equal(p->all.n, MANY);
	assert_false(profiles_load(p));
	profiles = rig_call(rig, "config.profiles", NULL, -1);
	assert_int_equal(json_len(rig_at(profiles, "result.profiles")), MANY);
	for (size_t i = 0; i < MANY; i++) {
		json *v = json_at(rig_at(profiles, "result.profiles"), i);

		assert_int_equal(json_len(json_get(v, "matches")), 1);
	}
}

#define DAEMON_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_others_have_their_turn),
		DAEMON_TEST(test_gone_in_between),
		DAEMON_TEST(test_ends_in_between),
		DAEMON_TEST(test_working),
		DAEMON_TEST(test_own_profiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
