// SPDX-License-Identifier: GPL-2.0
/* The completion script, in a real bash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fake.h"
#include "lib/alloc.h"

/* What completes `line`, whose last word (maybe empty, after a blank) is being typed. */
static char *complete(const char *script, const char *line)
{
	_free_cleanup_ char *command = xasprintf(
		"bash -c '. %s\n"
		"compopt() { :; }\n"
		"mydevcli() { case $2 in --complete-adapters) echo mydev0 mydev1 SN4000-0001 ;;\n"
		"	--complete-keys) echo led temp.warn ;; esac; }\n"
		"read -ra COMP_WORDS <<< \"%s\"\n"
		"case \"%s\" in *\" \") COMP_WORDS+=(\"\") ;; esac\n"
		"COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
		"_mydevcli; echo \"${COMPREPLY[*]}\"'", script, line, line);
	FILE *out = popen(command, "r");
	char *text = xzalloc(4096);

	assert_non_null(out);
	text[fread(text, 1, 4095, out)] = '\0';
	pclose(out);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static int make_script(void **state)
{
	char *path = xstrdup("/tmp/mydevcli-XXXXXX");
	_run_cleanup_ struct run r = run_cli(&(struct run_setup){ 0 }, "help --completion bash");
	_close_cleanup_ int fd = mkstemp(path);

	*state = path;
	return write(fd, r.out, strlen(r.out)) == (ssize_t)strlen(r.out) ? 0 : -1;
}

static int remove_script(void **state)
{
	unlink(*state);
	free(*state);
	return 0;
}

static void test_completion(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "mydevcli fl", "flash" },
		{ "mydevcli --json co", "config" },
		{ "mydevcli config ", "show get set reset diff apply" },
		{ "mydevcli firmware ro", "rollback" },
		{ "mydevcli guest ", "list attach detach" },
		{ "mydevcli guest attach web --ra", "--rate" },
		{ "mydevcli show ", "mydev0 mydev1 SN4000-0001" },
		{ "mydevcli show mydev0 SN", "SN4000-0001" },
		{ "mydevcli show --wa", "--watch" },
		{ "mydevcli flash --dry-run --no-a", "--no-activate" },
		{ "mydevcli flash doc/openrpc.json mydev1", "mydev1" },
		{ "mydevcli flash doc/open", "doc/openrpc.json" },
		{ "mydevcli config get mydev0 te", "temp.warn" },
		{ "mydevcli config set mydev0 le", "led=" },
		{ "mydevcli --socket doc/openr", "doc/openrpc.json" },
		{ "mydevcli --socket /x log mydev", "mydev0 mydev1" },
		{ "mydevcli log --since 5 mydev", "mydev0 mydev1" },
		{ "mydevcli log --since ", "" },
		{ "mydevcli log mydev0 mydev", "" },
		{ "mydevcli help fi", "firmware" },
		{ "mydevcli help --comp", "--completion" },
		{ "mydevcli nonsense ", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *got = complete(*state, cases[i].line);

		assert_string_equal(got, cases[i].want);
	}
}

static void test_asked_names(void **state)
{
	struct fake *f = fake_start((const struct fake_reply[]){
		{ "adapter.list", "{\"adapters\":[{\"name\":\"mydev0\",\"serial\":\"SN1\"},{\"name\":\"mydev1\","
				  "\"serial\":null}]}" },
		{ "config.get", "{\"results\":[{\"keys\":[{\"key\":\"led\"}]}]}" }, { NULL } });
	struct run_setup alive = { .socket = fake_path(f) }, dead = { 0 };
	_run_cleanup_ struct run adapters = run_cli(&alive, "help --complete-adapters");
	_run_cleanup_ struct run keys = run_cli(&alive, "help --complete-keys");
	_run_cleanup_ struct run none = run_cli(&dead, "help --complete-adapters");

	fake_stop(f);
	assert_string_equal(adapters.out, "mydev0\nmydev1\nSN1\n");
	assert_string_equal(keys.out, "led\n");
	assert_string_equal(none.out, "");
	assert_string_equal(none.err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_completion, make_script, remove_script),
		cmocka_unit_test(test_asked_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
