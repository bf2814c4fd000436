// SPDX-License-Identifier: GPL-2.0
/* The events' file through restarts, rotations and crashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "mgmtd/store.h"

static char dir[64];

static int setup(void **state)
{
	strcpy(dir, "/tmp/mydev-store.XXXXXX");
	return !mkdtemp(dir);
}

static int teardown(void **state)
{
	_free_cleanup_ char *command = xasprintf("rm -r %s", dir);

	return system(command);
}

static struct store *reopen(struct store *s, unsigned int keep)
{
	_free_cleanup_ char *why = NULL;

	if (s)
		store_close(s);
	s = store_open(dir, keep, &why);
	if (!s)
		fail_msg("%s", why);
	return s;
}

static void add(struct store *s, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		_free_cleanup_ char *line = xasprintf("{\"seq\":%u,\"x\":\"%0*d\"}",
						      (unsigned int)store_last(s) + 1, i % 200, 0);

		assert_int_equal(store_append(s, line, strlen(line)), 0);
	}
}

struct seen {
	uint64_t first, last, n;
	uint64_t stop;
};

static bool see(uint64_t seq, const char *line, size_t len, void *arg)
{
	_free_cleanup_ char *head = xasprintf("{\"seq\":%u,", (unsigned int)seq);
	struct seen *s = arg;

	assert_int_equal(line[len - 1], '\n');
	assert_int_equal(strncmp(line, head, strlen(head)), 0);
	if (!s->n++)
		s->first = seq;
	else
		assert_int_equal(seq, s->last + 1);
	s->last = seq;
	return seq != s->stop;
}

static void assert_range(const struct store *s, uint64_t since, uint64_t first, uint64_t last)
{
	struct seen seen = { 0 };

	store_each(s, since, see, &seen);
	assert_int_equal(seen.first, first);
	assert_int_equal(seen.last, last);
}

static void test_empty(void **state)
{
	struct store *s = reopen(NULL, 100);

	assert_int_equal(store_first(s), 1);
	assert_int_equal(store_last(s), 0);
	assert_null(store_last_line(s));
	assert_range(s, 0, 0, 0);
	store_close(s);
}

static void test_every_start(void **state)
{
	struct store *s = reopen(NULL, 1000);

	add(s, 150);
	for (uint64_t since = 0; since < 150; since++)
		assert_range(s, since, since + 1, 150);
	assert_range(s, 150, 0, 0);
	assert_range(s, 1000, 0, 0);
	store_close(s);
}

static void test_stop(void **state)
{
	struct store *s = reopen(NULL, 40);
	struct seen seen = { .stop = 15 };

	add(s, 30);
	store_each(s, 10, see, &seen);
	assert_int_equal(seen.n, 5);
	store_close(s);
}

static void test_rotation(void **state)
{
	struct store *s = reopen(NULL, 100);

	add(s, 1234);
	assert_int_equal(store_last(s), 1234);
	/* Between half and all of what is kept. */
	assert_in_range(store_last(s) - store_first(s) + 1, 50, 100);
	assert_range(s, 0, store_first(s), 1234);
	s = reopen(s, 100);
	assert_int_equal(store_last(s), 1234);
	add(s, 1);
	assert_range(s, 1233, 1234, 1235);
	/* Fewer are kept from now on. */
	s = reopen(s, 10);
	add(s, 20);
	assert_in_range(store_last(s) - store_first(s) + 1, 5, 10);
	store_close(s);
}

static void change(const char *name, off_t size, const char *tail)
{
	_free_cleanup_ char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_APPEND);

	if (size >= 0)
		assert_int_equal(truncate(path, size), 0);
	assert_int_equal(write(fd, tail, strlen(tail)), strlen(tail));
	close(fd);
}

static off_t size_of(const char *name)
{
	_free_cleanup_ char *path = xasprintf("%s/%s", dir, name);
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

/* A file that is cut anywhere keeps its whole lines, and goes on behind them. */
static void test_cut_anywhere(void **state)
{
	struct store *s = reopen(NULL, 1000);
	off_t full;

	add(s, 5);
	store_close(s);
	full = size_of("events.jsonl");
	for (off_t cut = full; cut >= 0; cut--) {
		uint64_t last;

		change("events.jsonl", cut, "");
		s = reopen(NULL, 1000);
		last = store_last(s);
		assert_true(last <= 5);
		add(s, 1);
		assert_int_equal(store_last(s), last + 1);
		assert_range(s, 0, 1, last + 1);
		store_close(s);
		change("events.jsonl", 0, "");
		s = reopen(NULL, 1000);
		add(s, 5);
		store_close(s);
	}
}

static void test_garbage_at_the_end(void **state)
{
	static const char *const tails[] = { "x", "\n", "{\"seq\":6", "garbage\nmore\n",
					     "{\"seq\":\"a\"}\n", "{}\n\n\n" };

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct store *s = reopen(NULL, 1000);

		if (!store_last(s))
			add(s, 5);
		store_close(s);
		change("events.jsonl", -1, tails[i]);
		s = reopen(NULL, 1000);
		assert_int_equal(store_last(s), 5);
		assert_range(s, 0, 1, 5);
		store_close(s);
	}
}

/* What makes no sense is put aside; the numbers do not begin anew below it. */
static void test_damaged(void **state)
{
	struct store *s = reopen(NULL, 20);

	add(s, 15);
	store_close(s);
	change("events.jsonl", -1, "{\"seq\":99}\n");
	s = reopen(NULL, 20);
	assert_true(size_of("events.jsonl.damaged") > 0);
	assert_int_equal(store_last(s), 10);
	add(s, 3);
	assert_range(s, 0, 1, 13);
	store_close(s);
}

static void test_volatile(void **state)
{
	struct store *s = store_open_volatile(20);

	add(s, 35);
	assert_int_equal(store_last(s), 35);
	assert_true(store_last(s) - store_first(s) < 20);
	assert_range(s, 0, store_first(s), 35);
	assert_int_equal(store_sync_fd(s), -1);
	store_close(s);
}

static void test_too_long(void **state)
{
	struct store *s = reopen(NULL, 100);
	_free_cleanup_ char *line = xmalloc(STORE_LINE_MAX + 1);

	memset(line, 'x', STORE_LINE_MAX);
	assert_true(store_append(s, line, STORE_LINE_MAX) < 0);
	assert_int_equal(store_last(s), 0);
	store_close(s);
}

static void test_no_directory(void **state)
{
	_free_cleanup_ char *why = NULL;

	assert_null(store_open("/nonexistent", 100, &why));
	assert_string_equal(why, "/nonexistent: No such file or directory");
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_empty),
		FILE_TEST(test_every_start),
		FILE_TEST(test_stop),
		FILE_TEST(test_rotation),
		FILE_TEST(test_cut_anywhere),
		FILE_TEST(test_garbage_at_the_end),
		FILE_TEST(test_damaged),
		FILE_TEST(test_volatile),
		FILE_TEST(test_too_long),
		cmocka_unit_test(test_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
