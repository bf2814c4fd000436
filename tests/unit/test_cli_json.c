// SPDX-License-Identifier: GPL-2.0
/* --json on every verb, and what the tables of the CLI say against the documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "fake.h"
#include "lib/alloc.h"
#include "mgmtcli/args.h"

/* A line of each verb that reaches the daemon. A new verb needs one here. */
static const char *const lines[] = {
	"show", "show mydev0", "flash tests/unit/fake.h", "firmware list",
	"firmware verify tests/unit/fake.h", "firmware activate mydev0", "firmware rollback mydev0",
	"firmware cancel mydev0", "config show", "config get mydev0 led", "config set mydev0 led=on",
	"config reset mydev0", "config diff", "config apply", "events", "locate mydev0",
	"reset mydev0", "selftest mydev0", "selftest mydev0 --wait", "log mydev0", "version", "guest list", "guest attach web",
	"guest detach web",
};

static bool has_line(const char *verb)
{
	size_t n = strlen(verb);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strncmp(lines[i], verb, n) && (lines[i][n] == ' ' || !lines[i][n]))
			return true;
	return false;
}

static void test_every_verb_has_a_line(void **state)
{
	for (const struct command *const *c = commands; *c; c++) {
		const char *name = (*c)->name;

		/* These two are tested by themselves. */
		if (strcmp(name, "help") && strcmp(name, "support"))
			assert_true(has_line(name));
		for (const struct command *const *s = (*c)->sub; s && *s; s++) {
			_free_cleanup_ char *verb = xasprintf("%s %s", name, (*s)->name);

			assert_true(has_line(verb));
		}
	}
}

/* Asserts that all of `text` is JSON, a value or a value a line, and returns the last. */
static json *pure(const char *text)
{
	const char *why, *end;
	json *v = json_parse(text, strlen(text), &why);

	if (v)
		return v;
	for (; *text; text = end + 1) {
		json_unref(v);
		end = strchr(text, '\n');
		assert_non_null(end);
		v = json_parse(text, end - text, &why);
		assert_non_null(v);
	}
	return v;
}

static void check_json(const struct fake_reply *replies, int code)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		_free_cleanup_ char *line = xasprintf("%s --json", lines[i]);
		struct fake *f = replies ? fake_start(replies) : NULL;
		_run_cleanup_ struct run r = run_cli(&(struct run_setup){
			.socket = f ? fake_path(f) : NULL, .color = true }, line);
		json *v = pure(r.out);

		if (f)
			fake_stop(f);
		assert_string_equal(r.err, "");
		assert_int_equal(r.code, code);
		assert_int_equal(json_num(json_get(json_get(v, "error"), "code"), RPC_OK), code);
		if (code) {
			assert_non_null(json_get(json_get(v, "error"), "message"));
			assert_non_null(json_get(json_get(v, "error"), "name"));
		}
		json_unref(v);
	}
}

static void test_without_daemon(void **state)
{
	check_json(NULL, RPC_UNREACHABLE);
}

#define REFUSED "{\"code\":5,\"name\":\"not-permitted\",\"message\":\"not you\",\"hint\":\"be root\"}"

static void test_refused(void **state)
{
	static const struct fake_reply replies[] = {
		{ "adapter.list", NULL, REFUSED },	{ "events.subscribe", NULL, REFUSED },
		{ "firmware.list", NULL, REFUSED },	{ "firmware.verify", NULL, REFUSED },
		{ "firmware.cancel", NULL, REFUSED },	{ "config.get", NULL, REFUSED },
		{ "config.reset", NULL, REFUSED },	{ "config.diff", NULL, REFUSED },
		{ "config.apply", NULL, REFUSED },	{ "events.get", NULL, REFUSED },
		{ "adapter.locate", NULL, REFUSED },	{ "adapter.reset", NULL, REFUSED },
		{ "adapter.selftest", NULL, REFUSED },	{ "adapter.log", NULL, REFUSED },
		{ "daemon.version", NULL, REFUSED },	{ "guest.list", NULL, REFUSED },
		{ "guest.attach", NULL, REFUSED },	{ "guest.detach", NULL, REFUSED },
		{ NULL },
	};

	check_json(replies, RPC_NOT_PERMITTED);
}

/* Without an answer it is not known whether it was done; what only looks needs no such word. */
static void test_no_answer(void **state)
{
	static const struct fake_reply replies[] = {
		{ "config.reset", .hang_up = true }, { "config.get", .hang_up = true },
		{ "adapter.list", .hang_up = true }, { NULL },
	};
	static const struct {
		const char *line;
		bool may_be_done;
	} cases[] = {
		{ "config reset mydev0", true }, { "config show mydev0", false }, { "show", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake *f = fake_start(replies);
		_run_cleanup_ struct run r = run_cli(&(struct run_setup){ .socket = fake_path(f) },
						     cases[i].line);

		fake_stop(f);
		assert_int_equal(r.code, RPC_UNREACHABLE);
		if (cases[i].may_be_done)
			assert_contains(r.err, "hint: it may have been done");
		else
			assert_lacks(r.err, "may have been done");
	}
}

#define ONE "{\"schema\":1,\"results\":[{\"adapter\":\"mydev0\"}]}"
#define FLASHED "{\"schema\":1,\"results\":[{\"adapter\":\"mydev0\",\"action\":\"nothing-to-do\"," \
		"\"reason\":\"x\"}],\"event_seq\":1}"

static void test_done(void **state)
{
	static const struct fake_reply replies[] = {
		{ "adapter.list", "{\"schema\":1,\"adapters\":[]}" },
		{ "events.subscribe", "{\"lost\":0,\"next\":1}" },
		{ "firmware.list", "{\"schema\":1,\"adapters\":[],\"files\":[]}" },
		{ "firmware.verify", "{\"schema\":1,\"image\":{\"valid\":true}}" },
		{ "firmware.flash", FLASHED }, { "firmware.activate", FLASHED },
		{ "firmware.rollback", FLASHED }, { "firmware.cancel", ONE },
		{ "config.get", ONE }, { "config.set", ONE }, { "config.reset", ONE },
		{ "config.diff", ONE }, { "config.apply", ONE }, { "config.profiles", "{\"profiles\":[]}" },
		{ "events.get", "{\"schema\":1,\"events\":[],\"lost\":0,\"next\":1}" },
		{ "adapter.locate", ONE }, { "adapter.reset", ONE },
		{ "adapter.selftest", ONE, NULL, "{\"method\":\"event\",\"params\":{\"seq\":2,"
		  "\"type\":\"selftest.ended\",\"adapter\":\"mydev0\",\"data\":{\"result\":\"passed\"}}}\n" },
		{ "adapter.log", "{\"schema\":1,\"adapter\":\"mydev0\",\"entries\":[]}" },
		{ "daemon.version", "{\"schema\":1,\"daemon\":\"0.1.0\",\"modules\":[],\"limits\":[]}" },
		{ "guest.list", "{\"schema\":1,\"guests\":[],\"policies\":[]}" },
		{ "guest.attach", "{\"schema\":1,\"domain\":3}" },
		{ "guest.detach", "{\"schema\":1,\"domain\":3,\"forced\":true}" },
		{ NULL },
	};

	check_json(replies, RPC_OK);
}

static void test_help(void **state)
{
	static const char *const help[] = { "help --json", "--help --json", "help flash --json",
					    "config --help --json", "config set -h -j" };

	for (size_t i = 0; i < sizeof(help) / sizeof(help[0]); i++) {
		_run_cleanup_ struct run r = run_cli(&(struct run_setup){ 0 }, help[i]);

		json_unref(pure(r.out));
		assert_int_equal(r.code, RPC_OK);
	}
}

static char *temporary(char *dir)
{
	strcpy(dir, "/tmp/mydevcli-XXXXXX");
	assert_non_null(mkdtemp(dir));
	return xasprintf("%s/support.json", dir);
}

static void test_support(void **state)
{
	struct fake *f = fake_start((const struct fake_reply[]){
		{ "daemon.support", "{\"schema\":1,\"support\":{\"adapters\":[]}}" }, { NULL } });
	char dir[32];
	_free_cleanup_ char *path = temporary(dir);
	_free_cleanup_ char *first = xasprintf("support %s --json", path);
	_free_cleanup_ char *replace = xasprintf("support %s --yes", path);
	struct run_setup alive = { .socket = fake_path(f) }, dead = { 0 };
	_run_cleanup_ struct run written = run_cli(&alive, first), refused = run_cli(&alive, first);
	_run_cleanup_ struct run partly = run_cli(&dead, replace);
	struct stat st;
	json *v;

	fake_stop(f);
	assert_int_equal(written.code, RPC_OK);
	v = pure(written.out);
	assert_string_equal(json_str(json_get(v, "file"), ""), path);
	json_unref(v);
	assert_int_equal(refused.code, RPC_REFUSED);
	json_unref(pure(refused.out));
	assert_int_equal(partly.code, RPC_PARTIAL);
	assert_contains(partly.err, "written, but without what mydevd knows: /nonexistent");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);	/* nothing else was left there */
}

/* Said before anybody is asked. */
static void test_support_bad_path(void **state)
{
	struct fake *f = fake_start((const struct fake_reply[]){
		{ "daemon.support", "{\"schema\":1,\"support\":{}}" }, { NULL } });
	_run_cleanup_ struct run r = run_cli(&(struct run_setup){ .socket = fake_path(f) },
					     "support /nonexistent/x.json");

	assert_int_equal(r.code, RPC_NOT_FOUND);
	assert_contains(r.err, "/nonexistent/x.json: No such file or directory");
	assert_null(fake_params(f, "daemon.support", 0));
	fake_stop(f);
}

static void test_support_follows_no_link(void **state)
{
	char dir[32];
	_free_cleanup_ char *path = temporary(dir), *line = xasprintf("support %s --yes", path);
	_run_cleanup_ struct run r = { 0 };

	assert_int_equal(symlink("/etc/passwd", path), 0);
	r = run_cli(&(struct run_setup){ 0 }, line);
	assert_int_equal(r.code, RPC_REFUSED);
	assert_contains(r.err, "is no regular file");
	unlink(path);
	rmdir(dir);
}

/*
 * The documents
 */

static char *read_text(const char *path, size_t *len)
{
	FILE *in = fopen(path, "r");
	char *text = xzalloc(1 << 20);

	assert_non_null(in);
	*len = fread(text, 1, (1 << 20) - 1, in);
	fclose(in);
	return text;
}

/* The method in doc/openrpc.json; asserts that it is there. */
static json *documented(json *doc, const char *name)
{
	json *methods = json_get(doc, "methods");

	for (size_t i = 0; i < json_len(methods); i++)
		if (!strcmp(json_str(json_get(json_at(methods, i), "name"), ""), name))
			return json_at(methods, i);
	fail_msg("%s is not in doc/openrpc.json", name);
	return NULL;
}

static void check_methods(json *doc, const struct command *c)
{
	for (const char *const *m = c->methods; m && *m; m++)
		documented(doc, *m);
	for (const struct command *const *s = c->sub; s && *s; s++)
		check_methods(doc, *s);
}

static void test_methods_and_deadlines(void **state)
{
	size_t len;
	_free_cleanup_ char *text = read_text("doc/openrpc.json", &len);
	const char *why;
	_json_cleanup_ json *doc = json_parse(text, len, &why);
	json *methods = json_get(doc, "methods");

	assert_true(json_len(methods) > 0);
	for (size_t i = 0; i < json_len(methods); i++) {
		json *m = json_at(methods, i);
		const char *name = json_str(json_get(m, "name"), "");

		assert_int_equal(cli_deadline(name), json_num(json_get(m, "x-deadline-ms"), 1000));
		/* Two are for those who may change things because of what they tell. */
		assert_int_equal(cli_changes(name),
				 !strcmp(json_str(json_get(m, "x-permission"), ""), "change") &&
					 strcmp(name, "daemon.support") && strcmp(name, "adapter.log"));
	}
	for (const struct command *const *c = commands; *c; c++)
		check_methods(doc, *c);
}

static void check_manual(const char *manual, const char *group, const struct command *c)
{
	_free_cleanup_ char *verb = xasprintf(".It Cm %s%s%s", group, *group ? " " : "", c->name);

	if (!c->sub)
		assert_contains(manual, verb);
	for (const struct option_desc *o = c->options; o && o->name; o++) {
		_free_cleanup_ char *option = xasprintf("Fl -%s", o->name);

		if (!o->hidden)
			assert_contains(manual, option);
	}
	for (const struct command *const *s = c->sub; s && *s; s++)
		check_manual(manual, c->name, *s);
}

static void test_manual_has_everything(void **state)
{
	size_t len;
	_free_cleanup_ char *manual = read_text("doc/mydevcli.8", &len);

	for (const struct command *const *c = commands; *c; c++)
		check_manual(manual, "", *c);
	for (const struct option_desc *o = global_options; o->name; o++) {
		_free_cleanup_ char *option = xasprintf(".It Fl -%s", o->name);

		assert_contains(manual, option);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_verb_has_a_line),
		cmocka_unit_test(test_without_daemon),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_support),
		cmocka_unit_test(test_support_bad_path),
		cmocka_unit_test(test_support_follows_no_link),
		cmocka_unit_test(test_methods_and_deadlines),
		cmocka_unit_test(test_manual_has_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
