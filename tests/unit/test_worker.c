// SPDX-License-Identifier: GPL-2.0
/* Jobs: in order within a queue, at once between queues, taken back, and at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/worker.h"

struct work {
	struct job job;
	const atomic_bool *until;	/* runs so long; NULL: is done at once */
	int number;
	atomic_bool done;
};

static struct event_base *base;
static struct workers *workers;
static atomic_int running, most;
static atomic_bool open;		/* the gate that jobs wait at */
static int order[64], n_order;

static int setup(void **state)
{
	base = event_base_new();
	workers = workers_new(base);
	running = most = 0;
	open = false;
	n_order = 0;
	return 0;
}

static int teardown(void **state)
{
	if (workers)
		assert_true(workers_free(workers));
	event_base_free(base);
	return 0;
}

static void run(struct job *job)
{
	struct work *w = container_of(job, struct work, job);
	int now = ++running;

	if (now > most)
		most = now;
	while (w->until && !*w->until)
		usleep(1000);
	running--;
}

static void done(struct job *job)
{
	struct work *w = container_of(job, struct work, job);

	w->done = true;
	order[n_order++] = w->number;
}

static struct work work(int number, const atomic_bool *until)
{
	return (struct work){ .job = { .run = run, .done = done }, .until = until,
			      .number = number };
}

static void loop_until(const atomic_bool *flag)
{
	for (int i = 0; !*flag && i < 60000; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	assert_true(*flag);
}

static void until_running(int n)
{
	for (int i = 0; running < n && i < 60000; i++)
		usleep(1000);
	assert_int_equal(running, n);
}

static void test_order(void **state)
{
	struct job_queue *q = job_queue_new(workers);
	struct work w[20];

	for (int i = 0; i < 20; i++) {
		w[i] = work(i, NULL);
		assert_true(job_submit(q, &w[i].job));
	}
	loop_until(&w[19].done);
	assert_int_equal(most, 1);
	for (int i = 0; i < 20; i++)
		assert_int_equal(order[i], i);
	job_queue_close(q);
}

static void test_at_once(void **state)
{
	struct work w[8];

	for (int i = 0; i < 8; i++) {
		struct job_queue *q = job_queue_new(workers);

		w[i] = work(i, &open);
		assert_true(job_submit(q, &w[i].job));
		until_running(i + 1);
		job_queue_close(q);	/* what runs goes on */
	}
	open = true;
	for (int i = 0; i < 8; i++) {
		loop_until(&w[i].done);
		assert_false(w[i].job.cancelled);
	}
	assert_int_equal(most, 8);
}

static void test_full_queue(void **state)
{
	struct job_queue *q = job_queue_new(workers);
	struct work w[WORKER_QUEUE_MAX + 2];
	int taken = 0;

	for (int i = 0; i < WORKER_QUEUE_MAX + 2; i++) {
		w[i] = work(i, &open);
		taken += job_submit(q, &w[i].job);
		until_running(1);
	}
	assert_int_equal(taken, WORKER_QUEUE_MAX + 1);
	job_queue_close(q);
	assert_true(w[1].job.cancelled);
	open = true;
	loop_until(&w[0].done);
	assert_false(w[0].job.cancelled);
}

static void test_cancel(void **state)
{
	struct job_queue *q = job_queue_new(workers);
	struct work a = work(0, &open), b = work(1, NULL), c = work(2, NULL);

	assert_true(job_submit(q, &a.job));
	assert_true(job_submit(q, &b.job));
	assert_true(job_submit(q, &c.job));
	until_running(1);
	assert_true(job_cancel(&b.job));
	assert_true(b.done && b.job.cancelled);
	assert_false(job_cancel(&a.job));
	open = true;
	loop_until(&c.done);
	assert_false(a.job.cancelled || c.job.cancelled);
	assert_false(job_cancel(&c.job));
	job_queue_close(q);
}

static void test_end(void **state)
{
	struct job_queue *q = job_queue_new(workers);
	struct work b = work(1, NULL), a = work(0, &b.done);

	assert_true(job_submit(q, &a.job));
	assert_true(job_submit(q, &b.job));
	until_running(1);
	assert_true(workers_free(workers));
	workers = NULL;
	assert_true(a.done && !a.job.cancelled);
	assert_true(b.done && b.job.cancelled);
}

/* Very many take a part of the threads only, and whoever is not of them goes first. */
static void test_bulk(void **state)
{
	static struct work many[48];
	struct work one = work(48, NULL);

	for (int i = 0; i < 48; i++) {
		many[i] = work(i, &open);
		many[i].job.bulk = true;
		assert_true(job_submit(job_queue_new(workers), &many[i].job));
	}
	until_running(WORKER_BULK_MAX);
	assert_true(job_submit(job_queue_new(workers), &one.job));
	loop_until(&one.done);
	assert_int_equal(n_order, 1);
	open = true;
	for (int i = 0; i < 48; i++)
		loop_until(&many[i].done);
	assert_int_equal(n_order, 49);
	assert_true(most <= WORKER_BULK_MAX + 1);
}

/* One that waits for its turn is taken back. */
static void test_bulk_taken_back(void **state)
{
	static struct work many[WORKER_BULK_MAX + 2];
	const int n = WORKER_BULK_MAX + 2;

	for (int i = 0; i < n; i++) {
		many[i] = work(i, &open);
		many[i].job.bulk = true;
		assert_true(job_submit(job_queue_new(workers), &many[i].job));
	}
	assert_true(job_cancel(&many[n - 1].job));
	assert_true(many[n - 1].job.cancelled);
	open = true;
	loop_until(&many[n - 2].done);
	assert_false(many[n - 2].job.cancelled);
}

#define WORKER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKER_TEST(test_order),
		WORKER_TEST(test_at_once),
		WORKER_TEST(test_full_queue),
		WORKER_TEST(test_cancel),
		WORKER_TEST(test_bulk),
		WORKER_TEST(test_bulk_taken_back),
		WORKER_TEST(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
