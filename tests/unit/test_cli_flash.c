// SPDX-License-Identifier: GPL-2.0
/* Updates as the CLI follows them: what it says of each way in which one can go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "fake.h"
#include "lib/alloc.h"
#include "mgmtcli/command.h"

#define SUBSCRIBED	"{\"lost\":0,\"next\":10}"
#define IMAGE		"\"image\":{\"file\":\"new.bin\",\"model\":\"MD-4000\",\"version\":\"1.1.0\"}"
#define STARTED(name)	"{\"adapter\":\"" name "\",\"action\":\"started\",\"from\":\"1.0.0\"," \
			"\"to\":\"1.1.0\",\"flash_id\":3}"
#define RESULT(results)	"{\"schema\":1," IMAGE ",\"event_seq\":10,\"results\":[" results "]}"
#define FLASH(stage, more) "{\"id\":3,\"stage\":\"" stage "\",\"before\":\"1.0.0\",\"wanted\":\"1.1.0\"," \
			"\"elapsed_ms\":1200," more "}"
#define DONE		FLASH("done", "\"percent\":100,\"after\":\"1.1.0\",\"error\":null")
#define ENDED(seq, name, flash) "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"seq\":" #seq "," \
			"\"type\":\"flash.ended\",\"adapter\":\"" name "\",\"data\":" flash "}}\n"
#define PROGRESS(stage, percent) "{\"method\":\"progress\",\"params\":{\"adapter\":\"mydev0\"," \
			"\"flash\":" FLASH(stage, "\"percent\":" #percent) "}}\n"

struct files {
	char dir[32];
	char *image, *name;	/* the same file, with its directory and without */
};

static int make_files(void **state)
{
	struct files *f = xzalloc(sizeof(*f));
	FILE *out;

	strcpy(f->dir, "/tmp/mydevcli-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->image = xasprintf("%s/new.bin", f->dir);
	f->name = f->image + strlen(f->dir) + 1;
	out = fopen(f->image, "w");
	fputs("the image", out);
	fclose(out);
	*state = f;
	return 0;
}

static int remove_files(void **state)
{
	struct files *f = *state;

	unlink(f->image);
	rmdir(f->dir);
	free(f->image);
	free(f);
	return 0;
}

/* Runs "flash IMAGE OPTIONS" against a daemon with these replies. */
static struct run flash(struct files *files, const struct fake_reply *replies, const char *options,
			struct run_setup setup)
{
	_free_cleanup_ char *line = xasprintf("flash %s %s", files->image, options);
	struct fake *f = fake_start(replies);
	struct run r;

	setup.socket = fake_path(f);
	r = run_cli(&setup, line);
	fake_stop(f);
	return r;
}

static void test_done(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.flash", RESULT(STARTED("mydev0")), NULL,
		  PROGRESS("preparing", 4) PROGRESS("transferring", 41) PROGRESS("transferring", 44)
		  PROGRESS("transferring", 52) ENDED(11, "mydev0", DONE) },
		{ NULL },
	};
	_run_cleanup_ struct run r = flash(*state, replies, "", (struct run_setup){ 0 });

	assert_string_equal(r.out,
		"new.bin: MD-4000 1.1.0\n"
		"mydev0: 1.0.0 -> 1.1.0\n"
		"mydev0: preparing, 4 %\n"
		"mydev0: transferring, 41 %\n"
		"mydev0: transferring, 52 %\n"
		"mydev0: 1.0.0 -> 1.1.0, done in 1.2 s\n");
	assert_string_equal(r.err, "");
	assert_int_equal(r.code, RPC_OK);
}

static void test_request(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.flash", RESULT("{\"adapter\":\"mydev0\",\"action\":\"would-start\","
					   "\"from\":\"1.0.0\",\"to\":\"1.1.0\"}") },
		{ NULL },
	};
	struct files *files = *state;
	_free_cleanup_ char *line = xasprintf("flash %s mydev0 mydev1 -f -n --no-activate "
					      "--allow-downgrade", files->name);
	struct fake *f = fake_start(replies);
	struct run_setup setup = { .socket = fake_path(f), .firmware_dir = files->dir };
	_run_cleanup_ struct run r = run_cli(&setup, line);

	assert_string_equal(json_text(fake_params(f, "firmware.flash", 0), NULL),
		"{\"name\":\"new.bin\",\"adapters\":[\"mydev0\",\"mydev1\"],\"dry_run\":true,"
		"\"activate\":false,\"force\":true,\"allow_downgrade\":true}");
	assert_string_equal(fake_file(f), "the image");
	fake_stop(f);
	assert_contains(r.out, "mydev0: would go from 1.0.0 to 1.1.0\n");
	assert_int_equal(r.code, RPC_OK);
}

static void test_ways_to_end(void **state)
{
	static const struct {
		const char *flash, *out, *err;
		int code;
	} cases[] = {
		{ FLASH("done", "\"after\":\"1.0.0\",\"pending\":true"),
		  "mydev0: 1.1.0 is stored and pending, 1.0.0 runs until it is activated\n"
		  "  activate it with: mydevcli firmware activate mydev0\n", "", RPC_OK },
		{ FLASH("done", "\"after\":\"1.0.0\",\"failed_stage\":\"verifying\",\"error\":{\"code\":1,"
			"\"message\":\"the image reads back differently\",\"hint\":\"try again\"}"), "",
		  "mydevcli: mydev0: failed while verifying: the image reads back differently; 1.0.0 runs\n"
		  "  hint: try again\n", RPC_FAILED },
		{ FLASH("done", "\"after\":null,\"error\":{\"code\":8,\"message\":\"gone\"}"), "",
		  "mydevcli: mydev0: failed: gone\n", RPC_TIMED_OUT },
		/* Whatever says so, it is not done when another version is read back. */
		{ FLASH("done", "\"after\":\"1.0.0\",\"error\":null"), "",
		  "mydevcli: mydev0: failed: version 1.1.0 was wanted, but 1.0.0 was read back; 1.0.0 runs\n",
		  RPC_FAILED },
		{ FLASH("done", "\"after\":null,\"error\":null"), "",
		  "mydevcli: mydev0: failed: version 1.1.0 was wanted, but none was read back\n", RPC_FAILED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *after = xasprintf(ENDED(11, "mydev0", "%s"), cases[i].flash);
		const struct fake_reply replies[] = {
			{ "events.subscribe", SUBSCRIBED },
			{ "firmware.flash", RESULT(STARTED("mydev0")), NULL, after },
			{ NULL },
		};
		_run_cleanup_ struct run r = flash(*state, replies, "", (struct run_setup){ 0 });

		assert_contains(r.out, cases[i].out);
		assert_string_equal(r.err, cases[i].err);
		assert_int_equal(r.code, cases[i].code);
	}
}

/* Other updates of the same adapter end, and this one's end comes before the answer. */
static void test_end_before_the_answer(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED, NULL,
		  "{\"method\":\"event\",\"params\":{\"seq\":11,\"type\":\"flash.ended\",\"adapter\":\"mydev0\","
		  "\"data\":{\"id\":2,\"stage\":\"done\",\"error\":{\"code\":1,\"message\":\"old\"}}}}\n"
		  ENDED(12, "mydev0", DONE) },
		{ "firmware.flash", RESULT(STARTED("mydev0")) },
		{ NULL },
	};
	_run_cleanup_ struct run r = flash(*state, replies, "", (struct run_setup){ 0 });

	assert_contains(r.out, "mydev0: 1.0.0 -> 1.1.0, done in 1.2 s\n");
	assert_int_equal(r.code, RPC_OK);
}

static void test_several(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.flash", RESULT(STARTED("mydev1") "," STARTED("mydev0") ","
			"{\"adapter\":\"mydev2\",\"action\":\"nothing-to-do\",\"reason\":\"1.1.0 runs already\"},"
			"{\"adapter\":\"mydev3\",\"action\":\"skipped\",\"reason\":\"is an MD-2000\"},"
			"{\"adapter\":\"mydev4\",\"action\":\"refused\",\"error\":{\"code\":7,\"message\":\"is flashed\"}}"),
		  NULL, ENDED(11, "mydev1", DONE)
		  "{\"method\":\"event\",\"params\":{\"seq\":12,\"type\":\"adapter.removed\",\"adapter\":\"mydev0\"}}\n" },
		{ NULL },
	};
	_run_cleanup_ struct run r = flash(*state, replies, "--all --yes", (struct run_setup){ 0 });

	assert_contains(r.out, "mydev2: nothing to do: 1.1.0 runs already\n");
	assert_contains(r.out, "mydev3: skipped: is an MD-2000\n");
	assert_contains(r.out, "mydev1: 1.0.0 -> 1.1.0, done");
	assert_contains(r.err, "mydevcli: mydev4: is flashed\n");
	assert_contains(r.err, "mydevcli: mydev0: was removed during the update\n");
	assert_int_equal(r.code, RPC_PARTIAL);
}

static void test_nothing_to_do(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.flash", RESULT("{\"adapter\":\"mydev0\",\"action\":\"nothing-to-do\","
					   "\"reason\":\"mydev0 runs 1.1.0 already\"}") },
		{ NULL },
	};
	_run_cleanup_ struct run r = flash(*state, replies, "", (struct run_setup){ 0 });

	assert_contains(r.out, "\nnothing to do: mydev0 runs 1.1.0 already\n");
	assert_int_equal(r.code, RPC_OK);
}

/* A rollback that only marks an image starts nothing that could be followed. */
static void test_nothing_to_follow(void **state)
{
	struct fake *f = fake_start((const struct fake_reply[]){
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.rollback", "{\"results\":[{\"adapter\":\"mydev0\",\"action\":\"started\","
		  "\"from\":\"1.1.0\",\"to\":\"1.0.0\",\"flash_id\":null}]}" }, { NULL } });
	_run_cleanup_ struct run r = run_cli(&(struct run_setup){ .socket = fake_path(f) },
					     "firmware rollback mydev0 --no-activate");

	assert_string_equal(json_text(fake_params(f, "firmware.rollback", 0), NULL),
			    "{\"adapters\":[\"mydev0\"],\"activate\":false}");
	fake_stop(f);
	assert_string_equal(r.out, "mydev0: 1.0.0 is pending, 1.1.0 runs until it is activated\n");
	assert_int_equal(r.code, RPC_OK);
}

/* mydevd is restarted in the middle; the end comes as an event after it is back ... */
static void test_restart_with_event(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "events.subscribe", "{\"lost\":0,\"next\":12}", NULL, ENDED(12, "mydev0", DONE) },
		{ "firmware.flash", RESULT(STARTED("mydev0")), NULL, PROGRESS("transferring", 20), true },
		{ "adapter.list", "{\"adapters\":[{\"name\":\"mydev0\",\"flash\":"
				  FLASH("confirming", "\"percent\":99") "}]}" },
		{ NULL },
	};
	_run_cleanup_ struct run r = flash(*state, replies, "", (struct run_setup){ 0 });

	assert_contains(r.out, "mydev0: 1.0.0 -> 1.1.0, done in 1.2 s\n");
	assert_string_equal(r.err, "mydevcli: the connection to mydevd is lost; trying again\n"
			    "mydevcli: connected to mydevd again\n");
	assert_int_equal(r.code, RPC_OK);
}

/* ... or is not kept any more, and only the adapter's state tells it. */
static void test_restart_without_event(void **state)
{
	static const struct {
		const char *adapters, *err;
		int code;
	} cases[] = {
		{ "{\"name\":\"mydev0\",\"flash\":" DONE "}", "", RPC_OK },
		{ "{\"name\":\"mydev0\",\"flash\":{\"id\":4,\"stage\":\"preparing\"}}",
		  "mydev0: the update is over; what became of it is not known\n", RPC_FAILED },
		{ "{\"name\":\"mydev7\"}", "mydev0: was removed during the update\n", RPC_NOT_FOUND },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *list = xasprintf("{\"adapters\":[%s]}", cases[i].adapters);
		const struct fake_reply replies[] = {
			{ "events.subscribe", SUBSCRIBED },
			{ "events.subscribe", "{\"lost\":5,\"next\":99}" },
			{ "firmware.flash", RESULT(STARTED("mydev0")), .hang_up = true },
			{ "adapter.list", list },
			{ NULL },
		};
		_run_cleanup_ struct run r = flash(*state, replies, "", (struct run_setup){ 0 });

		assert_contains(r.err, cases[i].err);
		assert_int_equal(r.code, cases[i].code);
	}
}

static void test_resumes_where_it_was(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.flash", RESULT(STARTED("mydev0")), NULL,
		  "{\"method\":\"event\",\"params\":{\"seq\":17,\"type\":\"locate\",\"adapter\":\"mydev5\"}}\n", true },
		{ "adapter.list", "{\"adapters\":[{\"name\":\"mydev0\",\"flash\":" DONE "}]}" },
		{ NULL },
	};
	struct files *files = *state;
	_free_cleanup_ char *line = xasprintf("flash %s", files->image);
	struct fake *f = fake_start(replies);
	_run_cleanup_ struct run r = run_cli(&(struct run_setup){ .socket = fake_path(f) }, line);

	assert_string_equal(json_text(fake_params(f, "events.subscribe", 0), NULL), "{\"progress\":true}");
	assert_string_equal(json_text(fake_params(f, "events.subscribe", 1), NULL),
			    "{\"since\":17,\"progress\":true}");
	fake_stop(f);
	assert_int_equal(r.code, RPC_OK);
}

static void test_json_lines(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.flash", RESULT(STARTED("mydev0") ",{\"adapter\":\"mydev4\",\"action\":\"refused\","
					   "\"error\":{\"code\":7,\"message\":\"is flashed\"}}"),
		  NULL, PROGRESS("transferring", 41) ENDED(11, "mydev0", DONE) },
		{ NULL },
	};
	static const char *const types[] = { "start", "progress", "end" };
	_run_cleanup_ struct run r = flash(*state, replies, "--json", (struct run_setup){ 0 });
	unsigned int n = 0;
	json *last = NULL;

	for (char *l = strtok(r.out, "\n"); l; l = strtok(NULL, "\n"), n++) {
		const char *why;

		json_unref(last);
		last = json_parse(l, strlen(l), &why);
		assert_true(n < 3);
		assert_string_equal(json_str(json_get(last, "type"), ""), types[n]);
	}
	assert_int_equal(n, 3);
	assert_int_equal(json_num(json_get(json_get(last, "error"), "code"), 0), RPC_PARTIAL);
	assert_string_equal(json_str(json_get(json_get(json_at(json_get(last, "results"), 0), "flash"),
				     "after"), ""), "1.1.0");
	json_unref(last);
	assert_string_equal(r.err, "");
	assert_int_equal(r.code, RPC_PARTIAL);
}

/* mydevd dies before it has said what it started. */
static void test_daemon_dies(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.flash", .hang_up = true },
		{ NULL },
	};
	_run_cleanup_ struct run r = flash(*state, replies, "", (struct run_setup){ 0 });

	assert_contains(r.err, "mydevd closed the connection during firmware.flash\n"
			"  hint: it may have been done, or be going on: see mydevcli events, and mydevcli show\n");
	assert_int_equal(r.code, RPC_UNREACHABLE);
}

static void test_bars(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.flash", RESULT(STARTED("mydev0")), NULL,
		  "{\"method\":\"progress\",\"params\":{\"adapter\":\"mydev0\",\"flash\":"
		  FLASH("transferring", "\"percent\":50,\"bytes\":131072,\"total\":262144") "}}\n"
		  ENDED(11, "mydev0", DONE) },
		{ NULL },
	};
	_run_cleanup_ struct run r = flash(*state, replies, "", (struct run_setup){ .columns = 80 });

	assert_contains(r.out, "mydev0 [##########..........]  50%  transferring  128 KiB of 256 KiB  0:01\n");
	/* The bar is gone before the outcome stands there. */
	assert_contains(r.out, "\x1b[1A\r\x1b[J" "mydev0: 1.0.0 -> 1.1.0, done in 1.2 s\n");
}

static void test_interrupt_detaches(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED },
		{ "firmware.flash", RESULT(STARTED("mydev0") "," STARTED("mydev1")), NULL,
		  ENDED(11, "mydev0", DONE), .signal = SIGINT },
		{ NULL },
	};
	_run_cleanup_ struct run r = flash(*state, replies, "", (struct run_setup){ 0 });
	_run_cleanup_ struct run raw = flash(*state, replies, "--json", (struct run_setup){ 0 });

	assert_int_equal(r.code, EXIT_INTERRUPTED);
	assert_string_equal(r.err,
		"mydevcli: detached; the update goes on without us: mydev1\n"
		"mydevcli:   follow it with: mydevcli events --follow --progress\n"
		"mydevcli:   cancel it with: mydevcli firmware cancel mydev1\n");
	assert_int_equal(raw.code, EXIT_INTERRUPTED);
	assert_contains(raw.out, "{\"type\":\"detached\",\"adapters\":[\"mydev1\"],\"event_seq\":11}\n");
	assert_string_equal(raw.err, "");
}

/*
 * Files
 */

static void test_files_that_are_none(void **state)
{
	struct files *files = *state;
	static const struct {
		const char *file, *message;
		int code;
	} cases[] = {
		{ "/nonexistent/x", "/nonexistent/x: no such file\n", RPC_NOT_FOUND },
		{ "nonexistent.bin", "nonexistent.bin: no such file, nor ", RPC_NOT_FOUND },
		{ "/tmp", "/tmp: is a directory\n", RPC_REFUSED },
		{ "/dev/null", "/dev/null: is no regular file\n", RPC_REFUSED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *line = xasprintf("flash %s", cases[i].file);
		_run_cleanup_ struct run r = run_cli(&(struct run_setup){ .firmware_dir = files->dir }, line);

		assert_contains(r.err, cases[i].message);
		assert_int_equal(r.code, cases[i].code);
	}
}

static void test_fifo_does_not_hang(void **state)
{
	struct files *files = *state;
	_free_cleanup_ char *fifo = xasprintf("%s/fifo", files->dir), *line = xasprintf("flash %s", fifo);
	_run_cleanup_ struct run r = { 0 };

	assert_int_equal(mkfifo(fifo, 0600), 0);
	r = run_cli(&(struct run_setup){ 0 }, line);
	unlink(fifo);
	assert_contains(r.err, "is no regular file");
	assert_int_equal(r.code, RPC_REFUSED);
}

/* Here and in the firmware directory: the same is fine, another is refused. */
static void test_two_files(void **state)
{
	static const struct fake_reply replies[] = {
		{ "events.subscribe", SUBSCRIBED }, { "firmware.flash", RESULT("") }, { NULL },
	};
	struct files *files = *state;
	static const char name[] = "mydevcli-test-image.tmp";
	_free_cleanup_ char *other = xasprintf("%s/%s", files->dir, name);
	struct fake *f = fake_start(replies);
	struct run_setup setup = { .socket = fake_path(f), .firmware_dir = files->dir };
	_run_cleanup_ struct run same = { 0 }, differ = { 0 }, explicit = { 0 };
	FILE *out;

	assert_int_equal(symlink(files->image, name), 0);
	assert_int_equal(link(files->image, other), 0);
	same = run_cli(&setup, "flash mydevcli-test-image.tmp");
	unlink(other);
	out = fopen(other, "w");
	fputs("the imagE", out);
	fclose(out);
	differ = run_cli(&setup, "flash mydevcli-test-image.tmp");
	explicit = run_cli(&setup, "flash ./mydevcli-test-image.tmp");
	unlink(name);
	unlink(other);
	fake_stop(f);
	assert_int_equal(same.code, RPC_OK);
	assert_int_equal(explicit.code, RPC_OK);
	assert_contains(differ.err, "mydevcli-test-image.tmp: this file and ");
	assert_contains(differ.err, "  hint: say which: ./mydevcli-test-image.tmp or ");
	assert_int_equal(differ.code, RPC_REFUSED);
}

/*
 * Questions
 */

static const struct fake_reply downgrade_replies[] = {
	{ "firmware.flash", RESULT("{\"adapter\":\"mydev0\",\"action\":\"would-start\",\"from\":\"1.10.0\","
				   "\"to\":\"1.9.0\"}") },
	{ "events.subscribe", SUBSCRIBED },
	{ "firmware.flash", RESULT("") },
	{ NULL },
};

static void test_confirmation(void **state)
{
	static const struct {
		const char *options, *answers, *err;
		int code;
	} cases[] = {
		{ "--all", NULL, "nobody is there to ask: Flash ", RPC_REFUSED },
		{ "--all", "n\n", "Flash 1.1.0, a lower version than what runs now, to 1 adapter: mydev0? [y/N] "
				  "mydevcli: not confirmed, nothing was done\n", RPC_REFUSED },
		{ "--all", "", "not confirmed, nothing was done\n", RPC_REFUSED },
		{ "--all", "y\n", "", RPC_OK },
		{ "--all --yes", NULL, "", RPC_OK },
		{ "mydev0 --allow-downgrade", NULL, "to 1 adapter: mydev0?\n  hint: if it is meant, add --yes\n", RPC_REFUSED },
		{ "mydev0 --allow-downgrade", "n\n", "a lower version than what runs now,", RPC_REFUSED },
		{ "mydev0 --allow-downgrade", "Yes\n", "", RPC_OK },
		{ "mydev0 --allow-downgrade -y", NULL, "", RPC_OK },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_run_cleanup_ struct run r = flash(*state, downgrade_replies, cases[i].options,
						   (struct run_setup){ .answers = cases[i].answers });

		assert_contains(r.err, cases[i].err);
		assert_int_equal(r.code, cases[i].code);
	}
}

static void test_json_never_asks(void **state)
{
	_run_cleanup_ struct run r = flash(*state, downgrade_replies, "--all --json",
					   (struct run_setup){ .answers = "y\n" });

	assert_contains(r.out, "\"code\":4,\"name\":\"refused\"");
	assert_string_equal(r.err, "");
	assert_int_equal(r.code, RPC_REFUSED);
}

#define FILES_TEST(test) cmocka_unit_test_setup_teardown(test, make_files, remove_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILES_TEST(test_done),
		FILES_TEST(test_request),
		FILES_TEST(test_ways_to_end),
		FILES_TEST(test_end_before_the_answer),
		FILES_TEST(test_several),
		FILES_TEST(test_nothing_to_do),
		cmocka_unit_test(test_nothing_to_follow),
		FILES_TEST(test_restart_with_event),
		FILES_TEST(test_restart_without_event),
		FILES_TEST(test_resumes_where_it_was),
		FILES_TEST(test_json_lines),
		FILES_TEST(test_daemon_dies),
		FILES_TEST(test_bars),
		FILES_TEST(test_interrupt_detaches),
		FILES_TEST(test_files_that_are_none),
		FILES_TEST(test_fifo_does_not_hang),
		FILES_TEST(test_two_files),
		FILES_TEST(test_confirmation),
		FILES_TEST(test_json_never_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
