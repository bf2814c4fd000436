// SPDX-License-Identifier: GPL-2.0
/* Configuration files: what they say, and which line is wrong and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "mgmtd/configkey.h"
#include "mgmtd/ownprofile.h"
#include "mgmtd/profile.h"
#include "mgmtd/settings.h"

static char dir[64];

static int setup(void **state)
{
	strcpy(dir, "/tmp/mydev-profile.XXXXXX");
	return !mkdtemp(dir);
}

static int teardown(void **state)
{
	_free_cleanup_ char *command = xasprintf("rm -r %s", dir);

	return system(command);
}

static void write_file(const char *name, const char *text, size_t len)
{
	_free_cleanup_ char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

/* The first problem of a profile with that text; "" when there is none. To be freed. */
static char *problem_of(const char *text, size_t len)
{
	struct profiles p;
	char *problem;

	write_file("10-x.conf", text, len);
	profiles_init(&p, dir);
	profiles_load(&p);
	assert_int_equal(p.all.n, 1);
	problem = xstrdup(p.all.list[0]->problems.n ? p.all.list[0]->problems.list[0] : "");
	profiles_clear(&p);
	return problem;
}

static void test_mistakes(void **state)
{
	static const char nul[] = "[Config]\na=1\0b=2\n";
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{ "", "" },
		{ "# only\n; comments\n\n", "" },
		{ "[Match]\nModel=MD-2000\n[Config]\na=1\n", "" },
		{ "[Config]\na = 1 ; not a comment\n", "" },
		{ "[Config]\r\na=1\r\n", "" },
		{ "[Confog]\na=1\n", ":2: a stands in section [Confog]; only [Match] and [Config]" },
		{ "a=1\n", ":1: a stands in no section; only [Match]" },
		{ "[Config]\na=1\na=2\n", ":3: a is set twice, first at line 2" },
		{ "[Match]\nModel=a\nModel=b\n", ":3: Model is set twice" },
		{ "[Match]\nModel=\n", ":2: Model is empty: it would match nothing" },
		{ "[Match]\nmodel=a\n", ":2: unknown key model in [Match]" },
		{ "[Config\na=1\n", ":1: neither [Section] nor Key=value" },
		{ "[Config]\n=1\n", ":2: neither [Section] nor Key=value" },
		{ "[Config]\n\nnonsense\n", ":3: neither [Section] nor Key=value" },
		{ "[Config]\na=1\n b=2\n", ":3: the line begins with a blank" },
	};
	_free_cleanup_ char *with_nul = NULL, *too_long = NULL;
	char line[400] = "[Config]\na=";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *p = problem_of(cases[i].text, strlen(cases[i].text));

		if (!strstr(p, cases[i].problem) || !p[0] != !cases[i].problem[0])
			fail_msg("%s: \"%s\"", cases[i].text, p);
	}
	with_nul = problem_of(nul, sizeof(nul) - 1);
	assert_non_null(strstr(with_nul, ":2: the line is too long, or holds a NUL byte"));
	memset(line + strlen(line), 'x', 300);
	too_long = problem_of(line, strlen(line));
	assert_non_null(strstr(too_long, ":2: the line is too long"));
}

/* Random files do no harm. */
static void test_noise(void **state)
{
	static const char alphabet[] = "[]=:;#\"\n\r\t aMatchConfig\0\xff";
	unsigned int seed = 3;

	for (int round = 0; round < 500; round++) {
		char text[300];
		size_t len = rand_r(&seed) % sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[rand_r(&seed) % (sizeof(alphabet) - 1)];
		free(problem_of(text, len));
	}
}

static struct profiles load(void)
{
	struct profiles p;

	profiles_init(&p, dir);
	profiles_load(&p);
	return p;
}

static void put(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

static void test_order_and_matching(void **state)
{
	const struct traits traits = { { "MD-4000", "SN41-7", "0000:03:00.0" } };
	struct profiles p;
	struct wishes w;

	put("10-all.conf", "[Config]\na=1\nb=1\n");
	put("20-model.conf", "[Match]\nModel=MD-2000 MD-4*\n[Config]\nb=2\nc=2\n");
	put("30-other.conf", "[Match]\nModel=MD-4000\nSerial=SN5*\n[Config]\nc=3\n");
	put("40-address.conf", "[Match]\nAddress=0000:03:*\nSerial=SN5* SN41*\n[Config]\nd=4\n");
	put("50-empty.conf", "# nothing\n");
	put("60-bad.conf", "[Match]\nModel=\n[Config]\na=6\n");
	put("70-not-a-profile", "[Config]\na=7\n");
	put(".80-hidden.conf", "[Config]\na=8\n");
	p = load();
	profiles_wishes(&p, &traits, &w);
	assert_string_equal(w.profiles, "10-all.conf 20-model.conf 40-address.conf");
	assert_int_equal(w.n, 4);
	assert_string_equal(wishes_find(&w, "a")->value, "1");
	assert_string_equal(wishes_find(&w, "b")->value, "2");
	assert_string_equal(wishes_find(&w, "c")->value, "2");
	assert_string_equal(wishes_find(&w, "d")->value, "4");
	assert_non_null(strstr(wishes_find(&w, "b")->source, "20-model.conf:4"));
	assert_null(wishes_find(&w, "e"));
	wishes_clear(&w);
	profiles_clear(&p);
}

static void test_one_file_anew(void **state)
{
	const struct traits traits = { { "", "", "" } };
	_free_cleanup_ char *path = xasprintf("%s/20-x.conf", dir);
	struct profiles p;
	struct wishes w;

	put("10-a.conf", "[Config]\na=1\n");
	put("30-c.conf", "[Config]\nc=1\n");
	p = load();
	put("20-x.conf", "[Config]\na=2\nc=2\n");
	profiles_load_file(&p, path);
	profiles_load_file(&p, path);
	assert_int_equal(p.all.n, 3);
	profiles_wishes(&p, &traits, &w);
	assert_string_equal(wishes_find(&w, "a")->value, "2");
	assert_string_equal(wishes_find(&w, "c")->value, "1");
	wishes_clear(&w);
	unlink(path);
	profiles_load_file(&p, path);
	assert_int_equal(p.all.n, 2);
	profiles_clear(&p);
}

/* One for a single serial number stands among the others by its name, not behind them. */
static void test_of_one_and_of_many(void **state)
{
	const struct traits traits = { { "MD-4000", "S2", "" } }, mute = { { "", "", "" } };
	struct profiles p;
	struct wishes w;

	put("10-all.conf", "[Config]\na=1\nb=1\nc=1\n");
	put("20-s2.conf", "[Match]\nSerial=S2\n[Config]\nb=2\nc=2\n");
	put("30-all.conf", "[Match]\nSerial=S*\n[Config]\nc=3\n");
	put("90-S1.conf", "[Match]\nSerial=S1\n[Config]\na=9\n");
	put("90-S2.conf", "[Match]\nSerial=S2\nModel=MD-2000\n[Config]\na=9\n");
	put("90-S3.conf", "[Match]\nSerial=S3\n[Config]\na=9\n");
	put("95-s2.conf", "[Match]\nSerial=S2\n[Config]\nd=4\n");
	p = load();
	profiles_wishes(&p, &traits, &w);
	assert_string_equal(w.profiles, "10-all.conf 20-s2.conf 30-all.conf 95-s2.conf");
	assert_string_equal(wishes_find(&w, "a")->value, "1");
	assert_string_equal(wishes_find(&w, "b")->value, "2");
	assert_string_equal(wishes_find(&w, "c")->value, "3");
	wishes_clear(&w);
	profiles_wishes(&p, &mute, &w);
	assert_string_equal(w.profiles, "10-all.conf");
	wishes_clear(&w);
	profiles_clear(&p);
}

/* Only what has changed is read again. */
static void test_load_again(void **state)
{
	const struct traits traits = { { "", "", "" } };
	_free_cleanup_ char *path = xasprintf("%s/20-x.conf", dir);
	struct profiles p;
	struct wishes w;

	put("10-a.conf", "[Config]\na=1\n");
	put("20-x.conf", "[Config]\na=2\n");
	p = load();
	assert_false(profiles_load(&p));
	put("10-a.conf", "[Config]\na=1\nb=33\n");
	put("30-y.conf", "[Config]\nc=4\n");
	unlink(path);
	assert_true(profiles_load(&p));
	assert_false(profiles_load(&p));
	profiles_wishes(&p, &traits, &w);
	assert_string_equal(w.profiles, "10-a.conf 30-y.conf");
	assert_string_equal(wishes_find(&w, "b")->value, "33");
	wishes_clear(&w);
	profiles_clear(&p);
}

static void test_values(void **state)
{
	static const struct mdnl_config keys[] = {
		{ .name = "n", .type = MYDEV_CONFIG_UINT, .min = 5, .max = 10, .unit = "C" },
		{ .name = "b", .type = MYDEV_CONFIG_BOOL },
		{ .name = "e", .type = MYDEV_CONFIG_ENUM, .choices = "off,on,activity" },
		{ .name = "s", .type = MYDEV_CONFIG_STRING, .min = 1, .max = 5 },
		{ .name = "x", .type = 99 },
	};
	static const struct {
		int key;
		const char *text, *why;	/* NULL: it is fine */
		uint32_t num;
	} cases[] = {
		{ 0, "7", NULL, 7 },
		{ 0, "4", "n = 4: out of range, it takes 5 to 10 C" },
		{ 0, "11", "out of range" },
		{ 0, "99999999999999999999", "out of range" },
		{ 0, "-6", "not a whole number" },
		{ 0, "", "not a whole number" },
		{ 0, "7C", "not a whole number" },
		{ 0, " 7", "not a whole number" },
		{ 1, "yes", NULL, 1 },
		{ 1, "OFF", NULL, 0 },
		{ 1, "2", "neither yes nor no" },
		{ 2, "activity", NULL, 2 },
		{ 2, "On", NULL, 1 },
		{ 2, "o", "not one of off,on,activity" },
		{ 2, "", "not one of" },
		{ 2, "off,on", "not one of" },
		{ 3, "abcde", NULL },
		{ 3, "", "0 characters long, it takes 1 to 5" },
		{ 3, "abcdef", "6 characters long" },
		{ 3, "a\tb", "only printable ASCII" },
		{ 4, "1", "of a type that this mydevd does not know" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mdnl_value v;
		_free_cleanup_ char *why = config_parse(&keys[cases[i].key], cases[i].text, &v);

		if (!why != !cases[i].why || (why && !strstr(why, cases[i].why)))
			fail_msg("%s: %s", cases[i].text, why ? why : "taken");
		if (!why && cases[i].key != 3)
			assert_int_equal(v.num, cases[i].num);
	}
}

static void count_problem(const char *text, void *arg)
{
	++*(int *)arg;
}

static void test_settings(void **state)
{
	_free_cleanup_ char *path = xasprintf("%s/mydev.conf", dir);
	struct settings s;
	int problems = 0;

	settings_load(&s, path, count_problem, &problems);
	assert_int_equal(problems, 0);
	assert_true(s.auto_configure);
	assert_false(s.mend_drift);
	assert_int_equal(s.events_kept, 10000);
	put("mydev.conf", "[Daemon]\nAutoConfigure=no\nMendDrift=YES\nEventsKept=500\n");
	settings_load(&s, path, count_problem, &problems);
	assert_int_equal(problems, 0);
	assert_false(s.auto_configure);
	assert_true(s.mend_drift);
	assert_int_equal(s.events_kept, 500);
	put("mydev.conf", "[Daemon]\nAutoConfigure=perhaps\nMendDrift=yes\nEventsKept=99\nFoo=1\n"
	    "[Other]\nMendDrift=no\n");
	settings_load(&s, path, count_problem, &problems);
	assert_int_equal(problems, 4);
	assert_true(s.auto_configure);
	assert_true(s.mend_drift);
	assert_int_equal(s.events_kept, 10000);
}

static void test_own_profile(void **state)
{
	_free_cleanup_ char *path = own_profile_path(dir, "SN-1"), *why = NULL;
	char label[] = "label", led[] = "led", value[] = "  a ; \"b\" ", on[] = "on";
	struct own_change changes[] = { { label, value }, { led, on } };
	struct own_change out = { led, NULL };
	const struct traits traits = { { "", "SN-1", "" } };
	struct profiles p;
	struct wishes w;
	struct stat st;

	assert_null(own_profile_path(dir, ""));
	assert_null(own_profile_path(dir, "../x"));
	assert_null(own_profile_path(dir, "a b"));
	assert_null(own_profile_change(path, "SN-1", changes, 2, false));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	/* What is written is what is read, blanks and quotes too. */
	p = load();
	profiles_wishes(&p, &traits, &w);
	assert_string_equal(wishes_find(&w, "label")->value, changes[0].value);
	assert_string_equal(wishes_find(&w, "led")->value, "on");
	wishes_clear(&w);
	assert_null(own_profile_change(path, "SN-1", &out, 1, false));
	profiles_load(&p);
	profiles_wishes(&p, &traits, &w);
	assert_null(wishes_find(&w, "led"));
	assert_non_null(wishes_find(&w, "label"));
	wishes_clear(&w);
	profiles_clear(&p);
	/* One that is broken is not written over. */
	put("90-SN-1.conf", "[Config\n");
	why = own_profile_change(path, "SN-1", changes, 2, false);
	assert_non_null(strstr(why, "90-SN-1.conf: line 1"));
	assert_null(own_profile_change(path, "SN-1", NULL, 0, true));
	assert_int_equal(stat(path, &st), -1);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_mistakes),
		FILE_TEST(test_noise),
		FILE_TEST(test_order_and_matching),
		FILE_TEST(test_one_file_anew),
		FILE_TEST(test_of_one_and_of_many),
		FILE_TEST(test_load_again),
		cmocka_unit_test(test_values),
		FILE_TEST(test_settings),
		FILE_TEST(test_own_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
