// SPDX-License-Identifier: GPL-2.0
/* Command lines that are refused before anybody is asked, and those that explain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake.h"
#include "mgmtcli/command.h"

static void test_usage_errors(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "", "a verb is missing" },
		{ "shwo", "shwo: no such verb" },
		{ "config shwo", "config shwo: no such verb" },
		{ "config", "config: a verb is missing" },
		{ "''", "a verb is missing" },
		{ "config ''", "config: a verb is missing" },
		{ "frobnicate", "frobnicate: no such verb" },
		{ "--frob show", "--frob: no such option" },
		{ "show --frob", "--frob: no such option" },
		{ "show -Z", "-Z: no such option" },
		{ "show --watch=1", "--watch=1: this option takes no value" },
		{ "show --socket", "--socket takes a value" },
		{ "flash", "flash: too few arguments: FILE" },
		{ "flash ''", "flash: argument 1 is empty" },
		{ "show mydev0 ''", "show: argument 2 is empty" },
		{ "support ''", "support: argument 1 is empty" },
		{ "flash x y --all", "flash: --all and naming adapters exclude each other" },
		{ "firmware activate", "firmware activate: too few arguments: ADAPTER..." },
		{ "firmware verify a b", "firmware verify: one argument too many: b" },
		{ "config set mydev0", "config set: too few arguments: ADAPTER KEY=VALUE..." },
		{ "config set mydev0 led", "config set: 'led' is not KEY=VALUE" },
		{ "config set mydev0 =on", "config set: '=on' is not KEY=VALUE" },
		{ "config set mydev0 led=on led=off", "config set: led is given twice" },
		{ "config get mydev0", "config get: too few arguments: ADAPTER KEY..." },
		{ "events --since x", "--since takes a number from 0 to" },
		{ "events --since -1", "--since takes a number from 0 to" },
		{ "events --limit 0", "--limit takes a number from 1 to 10000, not '0'" },
		{ "events --limit 99999999999999999999", "--limit takes a number from 1 to" },
		{ "events --progress", "events: --progress goes with --follow" },
		{ "events --follow --limit 3", "events: --follow and --limit exclude each other" },
		{ "locate", "locate: too few arguments: ADAPTER..." },
		{ "locate a --seconds 5 --off", "locate: --seconds and --off exclude each other" },
		{ "locate a --seconds 86401", "--seconds takes a number from 1 to 86400, not '86401'" },
		{ "locate a --seconds 5x", "--seconds takes a number from 1 to 86400, not '5x'" },
		{ "reset", "reset: too few arguments: ADAPTER..." },
		{ "log", "log: too few arguments: ADAPTER" },
		{ "log a b", "log: one argument too many: b" },
		{ "support", "support: too few arguments: FILE" },
		{ "version x", "version: one argument too many: x" },
		{ "help frob", "help: frob: no such verb" },
		{ "help show x", "help: x: no such verb" },
		{ "help --completion fish", "help: completion is made for bash only" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_run_cleanup_ struct run r = run_cli(&(struct run_setup){ 0 }, cases[i].line);

		assert_contains(r.err, cases[i].message);
		assert_contains(r.err, "mydevcli: ");
		assert_contains(r.err, "\n  hint: ");
		assert_int_equal(r.code, RPC_USAGE);
		assert_string_equal(r.out, "");
	}
}

static void test_usage_errors_in_json(void **state)
{
	static const char *const lines[] = {
		"--json", "--json shwo", "shwo --json", "show --frob --json", "--json config",
		"help --completion bash --json", "help --complete-keys --json",
		"-j locate a --seconds 0", "flash --json", "config set --json mydev0 led",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		_run_cleanup_ struct run r = run_cli(&(struct run_setup){ 0 }, lines[i]);
		const char *why;
		_json_cleanup_ json *v = json_parse(r.out, strlen(r.out), &why);

		assert_int_equal(json_num(json_get(json_get(v, "error"), "code"), 0), RPC_USAGE);
		assert_string_equal(json_str(json_get(json_get(v, "error"), "name"), ""), "usage");
		assert_int_equal(r.code, RPC_USAGE);
		assert_string_equal(r.err, "");
	}
}

static void test_guesses(void **state)
{
	_run_cleanup_ struct run r = run_cli(&(struct run_setup){ 0 }, "firmware rolback mydev0");

	assert_contains(r.err, "hint: did you mean: mydevcli firmware rollback\n");
}

/* Options may stand before the verb and after it; words after "--" are none. */
static void test_order(void **state)
{
	static const char *const lines[] = {
		"--socket /nonexistent/x show mydev0", "show --socket /nonexistent/x mydev0",
		"show mydev0 --socket=/nonexistent/x", "show --socket /nonexistent/x -- mydev0",
		"firmware --socket /nonexistent/x list", "firmware list --socket /nonexistent/x",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		_run_cleanup_ struct run r = run_cli(&(struct run_setup){ 0 }, lines[i]);

		assert_string_equal(r.err, "mydevcli: /nonexistent/x: mydevd is not running\n"
				    "  hint: start it with: systemctl start mydevd\n");
		assert_int_equal(r.code, RPC_UNREACHABLE);
	}
}

static struct run help_of(const char *before, const char *group, const char *name, const char *after)
{
	char line[100];

	snprintf(line, sizeof(line), "%s %s %s %s", before, group, name, after);
	return run_cli(&(struct run_setup){ 0 }, line);
}

static void check_help(const char *group, const struct command *c)
{
	_run_cleanup_ struct run by_verb = help_of("help", group, c->name, "");
	_run_cleanup_ struct run by_option = help_of("", group, c->name, "--help");

	assert_int_equal(by_verb.code, RPC_OK);
	assert_string_equal(by_verb.out, by_option.out);
	assert_contains(by_verb.out, "Usage: mydevcli ");
	for (const struct option_desc *o = c->options; o && o->name; o++)
		if (!o->hidden)
			assert_contains(by_verb.out, o->help);
	if (!c->sub)
		assert_contains(by_verb.out, "\nExamples:\n  mydevcli ");
	for (const struct command *const *s = c->sub; s && *s; s++)
		check_help(c->name, *s);
}

static void test_help_teaches_every_verb(void **state)
{
	for (const struct command *const *c = commands; *c; c++)
		check_help("", *c);
}

static void test_help_overview(void **state)
{
	_run_cleanup_ struct run help = run_cli(&(struct run_setup){ 0 }, "help");
	_run_cleanup_ struct run option = run_cli(&(struct run_setup){ 0 }, "--help");

	assert_string_equal(help.out, option.out);
	assert_contains(help.out, "  firmware rollback      go back");
	assert_lacks(help.out, "complete-adapters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage_errors),
		cmocka_unit_test(test_usage_errors_in_json),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_help_teaches_every_verb),
		cmocka_unit_test(test_help_overview),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
