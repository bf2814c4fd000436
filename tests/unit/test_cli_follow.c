// SPDX-License-Identifier: GPL-2.0
/* Verbs that go on until Ctrl-C: events --follow, show --watch, selftest --wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake.h"
#include "mgmtcli/command.h"

#define EVENT(seq, type, more) "{\"method\":\"event\",\"params\":{\"seq\":" #seq ",\"time\":\"T\"," \
	"\"severity\":\"info\",\"adapter\":\"card-0\",\"type\":\"" type "\",\"message\":\"m" #seq "\"" more "}}\n"

static struct run run_against(const struct fake_reply *replies, const char *line)
{
	struct fake *f = fake_start(replies);
	struct run r = run_cli(&(struct run_setup){ .socket = fake_path(f) }, line);

	fake_stop(f);
	return r;
}

static const struct fake_reply event_replies[] = {
	{ "events.subscribe", "{\"lost\":0,\"next\":10}", NULL, EVENT(11, "locate", "") EVENT(12, "locate", ""),
	  .hang_up = true },
	/* What comes twice is told once. */
	{ "events.subscribe", "{\"lost\":3,\"next\":16}", NULL, EVENT(12, "locate", "") EVENT(16, "locate", ""),
	  .signal = SIGINT },
	{ NULL },
};

static void test_events_across_a_restart(void **state)
{
	_run_cleanup_ struct run r = run_against(event_replies, "events --follow");

	assert_string_equal(r.out, "    11  T  info     card-0    m11\n    12  T  info     card-0    m12\n"
			    "    16  T  info     card-0    m16\n");
	assert_contains(r.err, "the connection to mydevd is lost; trying again\n");
	assert_contains(r.err, "3 events are not kept any more\n");
	assert_int_equal(r.code, RPC_OK);
}

static void test_events_in_json(void **state)
{
	_run_cleanup_ struct run r = run_against(event_replies, "events --follow --json");
	unsigned int n = 0;

	for (char *l = strtok(r.out, "\n"); l; l = strtok(NULL, "\n"), n++) {
		const char *why;
		_json_cleanup_ json *v = json_parse(l, strlen(l), &why);

		assert_string_equal(json_str(json_get(v, "type"), ""), n == 2 ? "events.lost" : "locate");
	}
	assert_int_equal(n, 4);
	assert_string_equal(r.err, "");
	assert_int_equal(r.code, RPC_OK);
}

/* mydevd lost its state and counts anew: what comes then is new. */
static void test_numbers_begin_anew(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", "{\"lost\":0,\"next\":500}", .hang_up = true },
		{ "events.subscribe", "{\"lost\":0,\"next\":2}", NULL,
		  EVENT(1, "locate", "") EVENT(2, "locate", ""), .signal = SIGINT },
		{ NULL },
	};
	_run_cleanup_ struct run r = run_against(replies, "events --follow");
	_run_cleanup_ struct run raw = run_against(replies, "events --follow --json");

	assert_contains(r.err, "mydevcli: events are numbered anew, the newest is 2: all that are kept follow\n");
	assert_string_equal(r.out, "     1  T  info     card-0    m1\n     2  T  info     card-0    m2\n");
	assert_contains(raw.out, "{\"type\":\"events.restarted\",\"severity\":\"warning\",");
	assert_contains(raw.out, "\"message\":\"m1\"");
}

static void test_since_beyond_the_end(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.get", "{\"events\":[],\"lost\":0,\"next\":7,\"restarted\":true}" }, { NULL },
	};
	_run_cleanup_ struct run r = run_against(replies, "events --since 99");

	assert_string_equal(r.err, "mydevcli: events are numbered anew, the newest is 7: all that are kept "
			    "follow\n");
	assert_int_equal(r.code, RPC_OK);
}

static void test_events_progress(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", "{\"lost\":0,\"next\":1}", NULL,
		  "{\"method\":\"progress\",\"params\":{\"adapter\":\"card-0\",\"flash\":{\"stage\":\"preparing\","
		  "\"percent\":4,\"elapsed_ms\":900}}}\n", .signal = SIGINT },
		{ NULL },
	};
	_run_cleanup_ struct run r = run_against(replies, "events --follow --progress");

	assert_string_equal(r.out, "card-0: preparing, 4 %, for 0.9 s\n");
}

#define ADAPTER(name, state, age) "{\"name\":\"" name "\",\"state\":\"" state "\",\"age_ms\":" #age "}"

static void test_watch_tells_changes(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", "{\"lost\":0,\"next\":1}" },
		{ "adapter.list", "{\"adapters\":[" ADAPTER("card-0", "ready", 1) "," ADAPTER("card-1", "ready", 1) ","
		  ADAPTER("card-2", "ready", 1) "]}", NULL, EVENT(2, "adapter.state", "") },
		{ "adapter.list", "{\"adapters\":[" ADAPTER("card-0", "ready", 9) "," ADAPTER("card-1", "resetting", 9)
		  "]}", .signal = SIGINT },
		{ NULL },
	};
	_run_cleanup_ struct run r = run_against(replies, "show --watch");

	assert_contains(r.out, "NAME    MODEL");
	assert_contains(r.out, "card-2  removed\ncard-1  -  -  -  resetting");
	assert_null(strstr(strstr(r.out, "card-0") + 1, "card-0"));
	assert_int_equal(r.code, RPC_OK);
}

static void test_watch_in_json(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", "{\"lost\":0,\"next\":1}" },
		{ "adapter.list", "{\"adapters\":[]}", .signal = SIGTERM },
		{ NULL },
	};
	_run_cleanup_ struct run r = run_against(replies, "show --watch --json");

	assert_string_equal(r.out, "{\"adapters\":[]}\n");
	assert_int_equal(r.code, RPC_OK);
}

static void test_selftest(void **state)
{
	static const struct {
		const char *after, *err;
		int signal, code;
	} cases[] = {
		{ EVENT(2, "selftest.ended", ",\"data\":{\"result\":\"passed\"}"), "", 0, RPC_OK },
		{ EVENT(2, "selftest.ended", ",\"data\":{\"result\":\"failed\"}"),
		  "mydevcli: card-0: self-test: failed\n", 0, RPC_FAILED },
		{ EVENT(2, "adapter.removed", ""), "mydevcli: card-0: self-test: removed\n", 0, RPC_FAILED },
		{ "", "interrupted; the self-test goes on\n", SIGINT, EXIT_INTERRUPTED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_reply replies[] = {
			{ "events.subscribe", "{\"lost\":0,\"next\":1}" },
			{ "adapter.selftest", "{\"results\":[{\"adapter\":\"card-0\"}]}", NULL, cases[i].after,
			  .signal = cases[i].signal },
			{ NULL },
		};
		_run_cleanup_ struct run r = run_against(replies, "selftest card-0 --wait");

		assert_contains(r.err, cases[i].err);
		assert_int_equal(r.code, cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_across_a_restart),
		cmocka_unit_test(test_events_in_json),
		cmocka_unit_test(test_numbers_begin_anew),
		cmocka_unit_test(test_since_beyond_the_end),
		cmocka_unit_test(test_events_progress),
		cmocka_unit_test(test_watch_tells_changes),
		cmocka_unit_test(test_watch_in_json),
		cmocka_unit_test(test_selftest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
