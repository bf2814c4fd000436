// SPDX-License-Identifier: GPL-2.0
/* Subscribers: those that begin anywhere, filter, ask for progress, or do not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "kfake.h"
#include "lib/alloc.h"
#include "lib/rpc.h"
#include "mgmtd/server.h"
#include "rig.h"

static struct rig *rig;

static int start(void **state)
{
	rig = rig_start();
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_add(1, MYDEV_MODEL_MD4000, "SN2");
	rig_settle(rig);
	return 0;
}

static int stop(void **state)
{
	rig_stop(rig);
	return 0;
}

static int subscribe(const char *params)
{
	_free_cleanup_ char *line = xasprintf("{'jsonrpc':'2.0','id':1,'method':'events.subscribe',"
					      "'params':%s}\n", params);
	int sock = rig_connect(rig);
	json *v;

	for (char *p = line; (p = strchr(p, '\'')); p++)
		*p = '"';
	rig_send(rig, sock, line, strlen(line));
	v = rig_line(rig, sock);
	if (!rig_at(v, "result"))
		fail_msg("%s", json_text(v, NULL));
	json_unref(v);
	return sock;
}

static void cable(uint32_t index)
{
	kfake_hw_event(index, (struct mydev_hw_event){ .type = MYDEV_EV_CABLE, .channel = 1 });
}

static void test_from_now_on(void **state)
{
	int sock = subscribe("{}");
	_json_cleanup_ json *v = NULL;

	cable(0);
	v = rig_line(rig, sock);
	assert_string_equal(rig_str(v, "method"), "event");
	assert_string_equal(rig_str(v, "params.type"), "channel.cable");
	assert_string_equal(rig_str(v, "params.adapter"), "mydev0");
	close(sock);
}

static void test_since(void **state)
{
	int sock = subscribe("{'since':0}");

	for (int i = 1; i <= 2; i++) {
		_json_cleanup_ json *v = rig_line(rig, sock);

		assert_int_equal(rig_num(v, "params.seq"), i);
	}
	close(sock);
	/* Of a store that there is no more. */
	sock = subscribe("{'since':99999}");
	_json_cleanup_ json *v = rig_line(rig, sock);

	assert_int_equal(rig_num(v, "params.seq"), 1);
	close(sock);
}

/* Beyond the end, numbers have begun anew: that is marked, and everything is told. */
static void test_since_beyond_the_end(void **state)
{
	_json_cleanup_ json *all = rig_call(rig, "events.get", NULL, -1);
	_json_cleanup_ json *beyond = rig_call(rig, "events.get", "{'since':99999}", -1);
	_free_cleanup_ char *end = xasprintf("{'since':%d}", (int)rig_num(all, "result.next"));
	_json_cleanup_ json *at_end = rig_call(rig, "events.get", end, -1);
	_json_cleanup_ json *followed = rig_call(rig, "events.subscribe", "{'since':99999}", -1);

	assert_false(json_true(rig_at(all, "result.restarted")));
	assert_true(json_true(rig_at(beyond, "result.restarted")));
	assert_true(json_true(rig_at(followed, "result.restarted")));
	assert_int_equal(json_len(rig_at(beyond, "result.events")),
			 json_len(rig_at(all, "result.events")));
	assert_false(json_true(rig_at(at_end, "result.restarted")));
	assert_int_equal(json_len(rig_at(at_end, "result.events")), 0);
}

static void test_filter(void **state)
{
	int sock = subscribe("{'adapters':['SN2'],'since':0}");
	_json_cleanup_ json *first = NULL, *second = NULL;

	cable(0);
	cable(1);
	first = rig_line(rig, sock);
	second = rig_line(rig, sock);
	assert_string_equal(rig_str(first, "params.type"), "adapter.added");
	assert_string_equal(rig_str(first, "params.serial"), "SN2");
	assert_string_equal(rig_str(second, "params.type"), "channel.cable");
	assert_string_equal(rig_str(second, "params.serial"), "SN2");
	close(sock);
	_json_cleanup_ json *got = rig_call(rig, "events.get", "{'adapters':['mydev1'],'limit':1}", -1);

	assert_int_equal(json_len(rig_at(got, "result.events")), 1);
	assert_string_equal(rig_str(got, "result.events.0.type"), "channel.cable");
}

static void test_progress(void **state)
{
	int with = subscribe("{'progress':true}"), without = subscribe("{}");
	struct mdnl_flash *f = &kfake_info(0)->flash;
	_json_cleanup_ json *started = NULL, *progress = NULL, *other = NULL;

	f->have = 1ULL << MYDEV_A_FLASH_COOKIE | 1ULL << MYDEV_A_FLASH_STAGE;
	f->cookie = 3;
	kfake_info(0)->have |= 1ULL << MYDEV_A_ADAPTER_FLASH;
	kfake_flash_stage(0, MYDEV_FLASH_VERIFYING, 1, 2);
	rig_settle(rig);
	started = rig_line(rig, with);
	progress = rig_line(rig, with);
	if (!strcmp(rig_str(started, "method"), "progress")) {
		json *swap = started;

		started = progress;
		progress = swap;
	}
	assert_string_equal(rig_str(started, "params.type"), "flash.started");
	assert_string_equal(rig_str(progress, "params.adapter"), "mydev0");
	assert_string_equal(rig_str(progress, "params.flash.stage"), "verifying");
	other = rig_line(rig, without);
	assert_string_equal(rig_str(other, "params.type"), "flash.started");
	close(with);
	close(without);
}

static void test_limit(void **state)
{
	for (int i = 0; i < 50; i++)
		cable(0);
	rig_settle(rig);
	_json_cleanup_ json *v = rig_call(rig, "events.get", "{'limit':5}", -1);
	_json_cleanup_ json *since = rig_call(rig, "events.get", "{'since':50}", -1);

	assert_int_equal(json_len(rig_at(v, "result.events")), 5);
	assert_int_equal(rig_num(v, "result.events.4.seq"), rig_num(v, "result.next"));
	assert_int_equal(rig_num(since, "result.events.0.seq"), 51);
	assert_int_equal(rig_num(v, "result.lost"), 0);
}

static void test_lost(void **state)
{
	rig_write(rig, "etc/mydev.conf", "[Daemon]\nEventsKept=100\n");
	rig_restart(rig);
	for (int i = 0; i < 300; i++)
		cable(0);
	rig_settle(rig);
	_json_cleanup_ json *v = rig_call(rig, "events.get", "{'since':1}", -1);
	_json_cleanup_ json *all = rig_call(rig, "events.get", NULL, -1);
	int64_t first = rig_num(v, "result.events.0.seq");

	assert_int_equal(rig_num(v, "result.lost"), first - 2);
	assert_int_equal(rig_num(all, "result.lost"), 0);
}

/* Who subscribes and does not read costs nothing, and gets everything once it reads. */
static void test_slow_reader(void **state)
{
	int sock = subscribe("{'since':0}");
	int64_t last;

	for (int i = 0; i < 3000; i++)
		cable(0);
	rig_settle(rig);
	last = rig_events(rig, "channel.cable") + 2;
	assert_int_equal(last, 3002);
	for (int i = 1; i <= last; i++) {
		_json_cleanup_ json *v = rig_line(rig, sock);

		assert_int_equal(rig_num(v, "params.seq"), i);
	}
	close(sock);
}

/* .. but when what it has not read is gone, it is told, and sent away. */
static void test_too_slow_reader(void **state)
{
	_json_cleanup_ json *v = NULL;
	int64_t seq = 0;
	int sock;

	rig_write(rig, "etc/mydev.conf", "[Daemon]\nEventsKept=100\n");
	rig_restart(rig);
	sock = subscribe("{}");
	for (int i = 0; i < 3000; i++)
		cable(0);
	rig_settle(rig);
	while ((v = rig_line(rig, sock)) && !strcmp(rig_str(v, "method"), "event")) {
		seq = rig_num(v, "params.seq");
		json_unref(v);
	}
	assert_string_equal(rig_str(v, "method"), "dropped");
	assert_int_equal(rig_num(v, "params.next"), seq);
	assert_null(rig_line(rig, sock));
	close(sock);
}

/* One that reads nothing at all is closed, and hears why if it ever looks. */
static void test_stalled_reader(void **state)
{
	_json_cleanup_ json *v = NULL;
	int64_t began;
	int sock;

	rig_stall(rig, SERVER_STALL_S);
	rig_restart(rig);
	sock = subscribe("{}");
	began = rpc_now_ms();
	for (int i = 0; i < 4000; i++)
		cable(0);
	rig_settle(rig);
	rig_run(rig, SERVER_STALL_S * 1000 + 1500);
	do {
		json_unref(v);
		v = rig_line(rig, sock);
	} while (v && !strcmp(rig_str(v, "method"), "event"));
	/* Then it has as long again to look: a busy machine may not. */
	if (v || rpc_now_ms() - began < 2 * SERVER_STALL_S * 1000)
		assert_string_equal(rig_str(v, "method"), "dropped");
	close(sock);
}

/* Numbers go on through restarts. */
static void test_restart(void **state)
{
	_json_cleanup_ json *before = rig_call(rig, "events.get", NULL, -1);
	_json_cleanup_ json *after = NULL;

	rig_restart(rig);
	cable(0);
	rig_settle(rig);
	after = rig_call(rig, "events.get", NULL, -1);
	assert_int_equal(rig_num(after, "result.next"), rig_num(before, "result.next") + 1);
	assert_true(json_equal(rig_at(before, "result.events.0"), rig_at(after, "result.events.0")));
}

#define DAEMON_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_from_now_on),
		DAEMON_TEST(test_since),
		DAEMON_TEST(test_since_beyond_the_end),
		DAEMON_TEST(test_filter),
		DAEMON_TEST(test_progress),
		DAEMON_TEST(test_limit),
		DAEMON_TEST(test_lost),
		DAEMON_TEST(test_slow_reader),
		DAEMON_TEST(test_too_slow_reader),
		DAEMON_TEST(test_stalled_reader),
		DAEMON_TEST(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
