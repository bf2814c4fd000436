// SPDX-License-Identifier: GPL-2.0
/* mydevcli guest: what it asks for, and what people see of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake.h"
#include "lib/alloc.h"

#define DEVICES "{\"domain\":3,\"name\":\"web\",\"uuid\":null,\"device\":0,\"serial\":\"SN4000-0001\"," \
	"\"adapter\":\"mydev0\",\"allowed\":[\"view\",\"entropy\"],\"rate\":65536,\"burst\":null," \
	"\"online\":true,\"backend\":\"connected\",\"frontend\":\"connected\",\"status\":\"connected\"," \
	"\"error\":null,\"statistics\":{\"requests\":\"9\",\"denied\":\"2\",\"entropy_bytes\":\"2048\"," \
	"\"events_lost\":\"0\"}}," \
	"{\"domain\":12,\"name\":null,\"uuid\":null,\"device\":1,\"serial\":\"SN2\",\"adapter\":null," \
	"\"allowed\":[\"view\"],\"rate\":0,\"burst\":8192,\"online\":true,\"backend\":\"initialising\"," \
	"\"frontend\":\"initialising\",\"status\":null,\"error\":\"no such\",\"statistics\":null}"

static struct run list(const char *guests, const char *policies, const char *line,
		       struct run_setup setup)
{
	_free_cleanup_ char *result = xasprintf("{\"schema\":1,\"guests\":[%s],\"policies\":[%s]}",
						guests, policies);
	struct fake *f = fake_start((const struct fake_reply[]){ { "guest.list", result }, { NULL } });
	struct run r;

	setup.socket = fake_path(f);
	r = run_cli(&setup, line);
	fake_stop(f);
	return r;
}

static void test_list(void **state)
{
	_run_cleanup_ struct run r = list(DEVICES, "", "guest list", (struct run_setup){ 0 });
	_run_cleanup_ struct run narrow = list(DEVICES, "", "guest list", (struct run_setup){ .columns = 90 });
	_run_cleanup_ struct run none = list("", "", "guest list", (struct run_setup){ 0 });
	_run_cleanup_ struct run pure = list(DEVICES, "", "guest list --json", (struct run_setup){ 0 });

	assert_string_equal(r.out,
		"DOMAIN  NAME  DEVICE  ADAPTER      ALLOWED           RATE  BACKEND       FRONTEND      "
		"DELIVERED  DENIED  STATUS\n"
		"     3  web        0  SN4000-0001  view,entropy  64 KiB/s  connected     connected       "
		"  2 KiB       2  connected\n"
		"    12  -          1  SN2          view          no limit  initialising  initialising          "
		"-       -  no such\n");
	assert_lacks(narrow.out, "DENIED");
	assert_contains(narrow.out, "initialising");
	assert_string_equal(none.out, "No guest has an adapter.\n");
	assert_contains(pure.out, "\"entropy_bytes\": \"2048\"");
}

static void test_list_tells_of_mistakes(void **state)
{
	static const char policy[] = "{\"file\":\"/x/10-a.conf\",\"problems\":[\"/x/10-a.conf:2: no\"]}";
	_run_cleanup_ struct run r = list("", policy, "guest list", (struct run_setup){ 0 });

	assert_string_equal(r.err, "mydevcli: /x/10-a.conf:2: no\n");
	assert_int_equal(r.code, RPC_OK);
}

#define ATTACHED "{\"schema\":1,\"domain\":3,\"name\":\"web\",\"device\":0,\"serial\":\"SN4\"," \
	"\"allowed\":[\"view\",\"log\"],\"rate\":0}"

static void assert_asks(const char *line, const char *params)
{
	struct fake *f = fake_start((const struct fake_reply[]){
		{ "guest.attach", ATTACHED },
		{ "guest.detach", "{\"schema\":1,\"domain\":3,\"name\":null,\"device\":1,\"serial\":\"SN4\","
				  "\"forced\":true}" }, { NULL } });
	_run_cleanup_ struct run r = run_cli(&(struct run_setup){ .socket = fake_path(f) }, line);
	json *asked = fake_params(f, strstr(line, "attach") ? "guest.attach" : "guest.detach", 0);

	assert_int_equal(r.code, RPC_OK);
	assert_string_equal(json_text(asked, NULL), params);
	if (strstr(line, "attach")) {
		assert_string_equal(r.out, "web (domain 3): SN4 is device 0; allowed: view, log; "
				    "entropy: no limit\n");
	} else {
		assert_string_equal(r.out, "domain 3: device 1 (SN4) was taken back\n");
		assert_contains(r.err, "did not close the device in time");
	}
	fake_stop(f);
}

static void test_params(void **state)
{
	assert_asks("guest attach web", "{\"domain\":\"web\"}");
	assert_asks("guest attach 3 -a mydev1 --allow entropy,log --rate 0 --burst 4096",
		    "{\"domain\":\"3\",\"adapter\":\"mydev1\",\"allow\":[\"entropy\",\"log\"],"
		    "\"rate\":0,\"burst\":4096}");
	assert_asks("guest detach web", "{\"domain\":\"web\"}");
	assert_asks("guest detach web 1", "{\"domain\":\"web\",\"device\":1}");
}

static void test_usage(void **state)
{
	static const char *const lines[] = {
		"guest attach", "guest attach web --rate x", "guest attach web --rate -1",
		"guest attach web --rate 1073741825", "guest attach web --burst 4095",
		"guest detach web x", "guest detach web -- -1", "guest detach web 1 2", "guest", "guest lst",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		_run_cleanup_ struct run r = run_cli(&(struct run_setup){ 0 }, lines[i]);

		assert_int_equal(r.code, RPC_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_tells_of_mistakes),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
