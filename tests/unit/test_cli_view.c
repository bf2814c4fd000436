// SPDX-License-Identifier: GPL-2.0
/* What people see of mydevd's replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake.h"
#include "lib/alloc.h"

/* Runs a line against a daemon that answers `method` with `result`. */
static struct run answer(const char *method, const char *result, const char *line,
			 struct run_setup setup)
{
	struct fake *f = fake_start((const struct fake_reply[]){ { method, result }, { NULL } });
	struct run r;

	setup.socket = fake_path(f);
	r = run_cli(&setup, line);
	fake_stop(f);
	return r;
}

static struct run show(const char *adapters, const char *line, struct run_setup setup)
{
	_free_cleanup_ char *result = xasprintf("{\"schema\":1,\"adapters\":[%s]}", adapters);

	return answer("adapter.list", result, line, setup);
}

static void test_show_piped(void **state)
{
	_run_cleanup_ struct run r = show(fake_adapter, "show", (struct run_setup){ 0 });

	assert_string_equal(r.out,
		"NAME    MODEL    SERIAL       ADDRESS  STATE  HEALTH   RUNNING  STORED  PENDING  PROFILE     "
		"DRIFT           AGE\n"
		"card-0  MD-4000  SN4000-0001  sim1     ready  warning  1.0.0    1.1.0   1.1.0    20-entropy  "
		"led,temp.warn  0.4s\n");
	assert_string_equal(r.err, "");
	assert_int_equal(r.code, RPC_OK);
}

/* On a narrow terminal, what says nothing makes room, then names are cut. */
static void test_show_fits(void **state)
{
	static const char quiet[] =
		"{\"name\":\"card-0\",\"serial\":\"SN2000-0001\",\"model\":\"MD-2000\",\"address\":\"0000:00:05.0\","
		"\"state\":\"ready\",\"health\":\"ok\",\"age_ms\":100,\"firmware\":{\"running\":\"1.0.0\","
		"\"stored\":\"1.0.0\",\"pending\":null},\"profile\":\"/etc/mydev/profiles.d/20-entropy.conf\","
		"\"drift\":[]}";
	_run_cleanup_ struct run q80 = show(quiet, "show", (struct run_setup){ .columns = 80 });
	_run_cleanup_ struct run q100 = show(quiet, "show", (struct run_setup){ .columns = 100 });
	_run_cleanup_ struct run full100 = show(fake_adapter, "show", (struct run_setup){ .columns = 100 });

	assert_string_equal(q80.out,
		"NAME    MODEL    SERIAL       ADDRESS       STATE  HEALTH  RUNNING  PROFILE\n"
		"card-0  MD-2000  SN2000-0001  0000:00:05.0  ready  ok      1.0.0    20-entropy\n");
	assert_string_equal(q100.out,
		"NAME    MODEL    SERIAL       ADDRESS       STATE  HEALTH  RUNNING  STORED  PROFILE     DRIFT   AGE\n"
		"card-0  MD-2000  SN2000-0001  0000:00:05.0  ready  ok      1.0.0    1.0.0   20-entropy  -      0.1s\n");
	assert_string_equal(full100.out,
		"NAME    MODEL    SERIAL       ADDRESS  STATE  HEALTH   RUNNING  STORED  PENDING  PROFILE   DRIFT\n"
		"card-0  MD-4000  SN4000-0001  sim1     ready  warning  1.0.0    1.1.0   1.1.0    20-entr~  led,temp~\n");
}

/* A table needs little of each adapter. */
static void test_show_asks_for_what_it_shows(void **state)
{
	static const struct {
		const char *line, *params;
	} cases[] = {
		{ "show", "{\"brief\":true}" },
		{ "show a b", "{\"adapters\":[\"a\",\"b\"],\"brief\":true}" },
		{ "show a", "{\"adapters\":[\"a\"]}" },
		{ "show --json", "{}" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake *f = fake_start((const struct fake_reply[]){
			{ "adapter.list", "{\"adapters\":[]}" }, { NULL } });
		_run_cleanup_ struct run r = run_cli(&(struct run_setup){ .socket = fake_path(f) },
						     cases[i].line);

		assert_string_equal(json_text(fake_params(f, "adapter.list", 0), NULL), cases[i].params);
		fake_stop(f);
	}
}

static void test_show_colors(void **state)
{
	_run_cleanup_ struct run r = show(fake_adapter, "show",
					  (struct run_setup){ .columns = 200, .color = true });
	_run_cleanup_ struct run none = show(fake_adapter, "show --no-color",
					     (struct run_setup){ .columns = 200, .color = true });

	assert_contains(r.out, "\x1b[32mready\x1b[0m");
	assert_contains(r.out, "\x1b[33mwarning\x1b[0m");
	assert_lacks(none.out, "\x1b");
}

static void test_show_one(void **state)
{
	_run_cleanup_ struct run r = show(fake_adapter, "show card-0", (struct run_setup){ 0 });

	assert_contains(r.out, "card-0: MD-4000, serial number SN4000-0001, at sim1 (sim)\n");
	assert_contains(r.out, "  problems     channel 1: cable unplugged\n");
	assert_contains(r.out, "  up           3 min 20 s, start 7, 1 reset by the driver\n");
	assert_contains(r.out, "  temperature  41.20 C\n");
	assert_contains(r.out, "        1  unplugged  out           2        0 B\n");
	assert_contains(r.out, "     1  pending    1.1.0          4  no    11ff\n");
	assert_contains(r.out, "1.1.0 is stored and pending, 1.0.0 runs until it is activated\n");
	assert_contains(r.out, "  drift        led, temp.warn\n");
}

static void test_show_nothing(void **state)
{
	_run_cleanup_ struct run r = show("", "show", (struct run_setup){ 0 });

	assert_string_equal(r.out, "No adapters.\n");
	assert_int_equal(r.code, RPC_OK);
}

/* A daemon of another version may lack fields, have more, or have them of another kind. */
static void test_missing_and_odd_fields(void **state)
{
	static const char *const adapters[] = {
		"{\"name\":\"card-0\"}", "{}", "{\"name\":5,\"firmware\":[],\"drift\":{},\"flash\":7}",
		"{\"name\":\"card-0\",\"new\":{\"x\":[1]},\"channels\":[{}],\"firmware\":{\"slots\":[{}]},"
		"\"flash\":{},\"problems\":[null]}", "null",
	};

	for (size_t i = 0; i < sizeof(adapters) / sizeof(adapters[0]); i++) {
		_run_cleanup_ struct run table = show(adapters[i], "show", (struct run_setup){ 0 });
		_run_cleanup_ struct run one = show(adapters[i], "show card-0", (struct run_setup){ 0 });

		assert_int_equal(table.code, RPC_OK);
		assert_int_equal(one.code, RPC_OK);
		assert_contains(table.out, "  -  ");
	}
}

static void test_show_while_flashing(void **state)
{
	_run_cleanup_ struct run r = show("{\"name\":\"card-0\",\"state\":\"ready\",\"flash\":"
					  "{\"id\":1,\"stage\":\"transferring\",\"percent\":45}}",
					  "show", (struct run_setup){ 0 });

	assert_contains(r.out, "transferring 45%");
}

/* Nothing that an adapter says moves the cursor. */
static void test_hostile_strings(void **state)
{
	static const char adapter[] = "{\"name\":\"my\\ndev0\",\"serial\":\"\\u001b[2J\",\"model\":\"\\u009b31m\","
				      "\"problems\":[\"a\\rb\"],\"state\":\"\\u202e\"}";
	_run_cleanup_ struct run table = show(adapter, "show", (struct run_setup){ 0 });
	_run_cleanup_ struct run one = show(adapter, "show x", (struct run_setup){ 0 });
	_run_cleanup_ struct run raw = show(adapter, "show --json", (struct run_setup){ 0 });

	assert_contains(table.out, "my\\u000adev0");
	assert_contains(table.out, "\\u001b[2J");
	assert_contains(one.out, "a\\u000db");
	assert_lacks(table.out, "\x1b");
	assert_lacks(one.out, "\x1b");
	assert_lacks(raw.out, "\x1b");
	assert_contains(raw.out, "\"\\u009b31m\"");
}

static void test_hostile_error(void **state)
{
	struct fake *f = fake_start((const struct fake_reply[]){
		{ "adapter.list", NULL, "{\"code\":3,\"name\":\"not-found\",\"message\":\"no \\u001b]0;x\\u0007\","
		  "\"hint\":\"a\\nb\"}" }, { NULL } });
	_run_cleanup_ struct run r = run_cli(&(struct run_setup){ .socket = fake_path(f) }, "show card-9");

	fake_stop(f);
	assert_int_equal(r.code, RPC_NOT_FOUND);
	assert_string_equal(r.err, "mydevcli: no \\u001b]0;x\\u0007\n  hint: a\\u000ab\n");
}

static void test_config_show(void **state)
{
	static const char config[] =
		"{\"results\":[{\"adapter\":\"card-0\",\"keys\":["
		"{\"key\":\"temp.warn\",\"type\":\"uint\",\"value\":70,\"default\":75,\"wanted\":60,"
		"\"source\":\"/etc/mydev/profiles.d/20-a.conf:6\",\"min\":40,\"max\":110,\"unit\":\"C\",\"choices\":[]},"
		"{\"key\":\"led\",\"type\":\"enum\",\"value\":\"on\",\"default\":\"on\",\"wanted\":null,\"source\":null,"
		"\"min\":null,\"max\":null,\"unit\":null,\"choices\":[\"off\",\"on\"]},"
		"{\"key\":\"lock\",\"type\":\"bool\",\"value\":true,\"default\":false,\"wanted\":null,\"source\":null,"
		"\"min\":null,\"max\":null,\"unit\":null,\"choices\":[]}]}]}";
	_run_cleanup_ struct run r = answer("config.get", config, "config show", (struct run_setup){ 0 });
	_run_cleanup_ struct run get = answer("config.get", config, "config get card-0 a b",
					      (struct run_setup){ 0 });

	assert_string_equal(r.out,
		"card-0\n"
		"  KEY        VALUE  UNIT  DEFAULT  WANTED  TAKES    WANTED BY\n"
		"  temp.warn  70     C     75       60      40..110  /etc/mydev/profiles.d/20-a.conf:6\n"
		"  led        on     -     on       -       off,on   -\n"
		"  lock       yes    -     no       -       yes,no   -\n");
	assert_string_equal(get.out, "card-0: temp.warn=70\ncard-0: led=on\ncard-0: lock=yes\n");
}

static void test_config_get_one(void **state)
{
	_run_cleanup_ struct run r = answer("config.get", "{\"results\":[{\"adapter\":\"card-0\",\"keys\":"
		"[{\"key\":\"temp.warn\",\"value\":70}]}]}", "config get card-0 temp.warn",
		(struct run_setup){ 0 });

	assert_string_equal(r.out, "70\n");
}

/* Values go as what the key is; what does not fit goes as typed, for mydevd to refuse. */
static void test_config_set_types(void **state)
{
	static const char keys[] =
		"{\"results\":[{\"adapter\":\"card-0\",\"keys\":[{\"key\":\"n\",\"type\":\"uint\"},"
		"{\"key\":\"b\",\"type\":\"bool\"},{\"key\":\"s\",\"type\":\"string\"},{\"key\":\"e\",\"type\":\"enum\"}]}]}";
	struct fake *f = fake_start((const struct fake_reply[]){
		{ "config.get", keys }, { "config.set", "{\"results\":[{\"adapter\":\"card-0\"}]}" }, { NULL } });
	struct run_setup setup = { .socket = fake_path(f) };
	_run_cleanup_ struct run r = run_cli(&setup, "config set card-0 n=5 b=on s=7 e=on x=9 --temporary");
	_run_cleanup_ struct run odd = run_cli(&setup, "config set card-0 n=-5 b=maybe s= n2==");

	assert_string_equal(json_text(fake_params(f, "config.set", 0), NULL),
		"{\"adapters\":[\"card-0\"],\"values\":{\"n\":5,\"b\":true,\"s\":\"7\",\"e\":\"on\",\"x\":\"9\"},"
		"\"temporary\":true}");
	assert_string_equal(json_text(json_get(fake_params(f, "config.set", 1), "values"), NULL),
		"{\"n\":\"-5\",\"b\":\"maybe\",\"s\":\"\",\"n2\":\"=\"}");
	fake_stop(f);
	assert_string_equal(r.out, "card-0: set n=5 b=on s=7 e=on x=9\n");
	assert_int_equal(odd.code, RPC_OK);
}

static void test_outcomes(void **state)
{
	static const struct {
		const char *results;
		int code;
		const char *out, *err;
	} cases[] = {
		{ "{\"adapter\":\"card-0\"},{\"adapter\":\"card-1\"}", RPC_OK,
		  "card-0: restarts\ncard-1: restarts\n", "" },
		{ "{\"adapter\":\"card-0\"},{\"adapter\":\"card-1\",\"error\":{\"code\":7,\"message\":\"is flashed\"}}",
		  RPC_PARTIAL, "card-0: restarts\n", "mydevcli: card-1: is flashed\n" },
		{ "{\"adapter\":\"card-1\",\"error\":{\"code\":7,\"message\":\"card-1: is flashed\",\"hint\":\"wait\"}}",
		  RPC_BUSY, "", "mydevcli: card-1: is flashed\n  hint: wait\n" },
		{ "{\"adapter\":\"card-0\",\"error\":{\"code\":7,\"message\":\"a\"}},"
		  "{\"adapter\":\"card-1\",\"error\":{\"code\":8,\"message\":\"b\"}}",
		  RPC_FAILED, "", "mydevcli: card-0: a\nmydevcli: card-1: b\n" },
		{ "{\"adapter\":\"card-0\",\"error\":{\"code\":0,\"message\":\"odd\"}}", RPC_FAILED, "",
		  "mydevcli: card-0: odd\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *result = xasprintf("{\"results\":[%s]}", cases[i].results);
		_run_cleanup_ struct run r = answer("adapter.reset", result, "reset x", (struct run_setup){ 0 });
		_run_cleanup_ struct run raw = answer("adapter.reset", result, "reset x --json",
						      (struct run_setup){ 0 });
		const char *why;
		_json_cleanup_ json *v = json_parse(raw.out, strlen(raw.out), &why);

		assert_string_equal(r.out, cases[i].out);
		assert_string_equal(r.err, cases[i].err);
		assert_int_equal(r.code, cases[i].code);
		assert_int_equal(raw.code, cases[i].code);
		assert_int_equal(json_num(json_get(json_get(v, "error"), "code"), 0), cases[i].code);
		assert_true(json_len(json_get(v, "results")) > 0);
	}
}

static void test_events(void **state)
{
	_run_cleanup_ struct run r = answer("events.get",
		"{\"events\":[{\"seq\":41,\"time\":\"2026-01-31T12:00:00.000Z\",\"severity\":\"warning\","
		"\"adapter\":\"card-0\",\"message\":\"channel 1: cable unplugged\"},{\"seq\":42,\"severity\":\"info\","
		"\"adapter\":null,\"message\":\"started\"}],\"lost\":2,\"next\":42}", "events --since 3",
		(struct run_setup){ 0 });

	assert_string_equal(r.out,
		"    41  2026-01-31T12:00:00.000Z  warning  card-0    channel 1: cable unplugged\n"
		"    42  -  info     -         started\n");
	assert_string_equal(r.err, "mydevcli: 2 events are not kept any more\n");
}

static void test_verify_invalid(void **state)
{
	_run_cleanup_ struct run r = answer("firmware.verify",
		"{\"image\":{\"file\":\"x\",\"valid\":false,\"problem\":\"x: the digest does not match\"}}",
		"firmware verify tests/unit/fake.h", (struct run_setup){ 0 });

	assert_contains(r.out, "x: NOT valid\n");
	assert_string_equal(r.err, "mydevcli: x: the digest does not match\n");
	assert_int_equal(r.code, RPC_REFUSED);
}

static void test_old_daemon(void **state)
{
	struct fake *f = fake_start((const struct fake_reply[]){
		{ "daemon.version", "{\"daemon\":\"0.0.1\"}" }, { NULL } });
	_run_cleanup_ struct run r = run_cli(&(struct run_setup){ .socket = fake_path(f) },
					     "firmware cancel card-0");

	fake_stop(f);
	assert_string_equal(r.err, "mydevcli: mydevd 0.0.1 cannot do what mydevcli " MYDEV_VERSION
			    " asks for: there is no method firmware.cancel\n"
			    "  hint: after an update, restart the daemon: systemctl restart mydevd\n");
	assert_int_equal(r.code, RPC_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show_piped),
		cmocka_unit_test(test_show_fits),
		cmocka_unit_test(test_show_asks_for_what_it_shows),
		cmocka_unit_test(test_show_colors),
		cmocka_unit_test(test_show_one),
		cmocka_unit_test(test_show_nothing),
		cmocka_unit_test(test_missing_and_odd_fields),
		cmocka_unit_test(test_show_while_flashing),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_hostile_error),
		cmocka_unit_test(test_config_show),
		cmocka_unit_test(test_config_get_one),
		cmocka_unit_test(test_config_set_types),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_verify_invalid),
		cmocka_unit_test(test_old_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
