// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "lib/alloc.h"
#include "mgmtd/log.h"

#define STACK_SIZE	(256 * 1024)	/* signature checks need some 20 KiB of it */
#define IDLE_S		5
/* Jobs whose done() is called before others in the loop get their turn. */
#define DONE_A_TURN	16

STAILQ_HEAD(job_list, job);

/* The loop's alone. */
struct job_queue {
	struct workers *workers;
	struct job_list waiting;
	struct job *running;		/* handed to the threads, its done() not yet called */
	unsigned int length;
	bool closed;
	LIST_ENTRY(job_queue) entry;
};

struct workers {
	struct event *finished_event;
	LIST_HEAD(job_queue_list, job_queue) queues;
	int wake_fd;			/* eventfd: something is in `finished` */

	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t work;
	pthread_cond_t left;		/* a thread has ended */
	struct job_list ready;
	struct job_list ready_bulk;
	struct job_list finished;
	unsigned int bulk;		/* jobs of the second list that run */
	unsigned int threads;
	unsigned int idle;
	bool stopping;
};

static struct timespec in_seconds(unsigned int s)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += s;
	return ts;
}

/* ---- on the threads ---- */

static struct job_list *ready_list(struct workers *w, const struct job *job)
{
	return job->bulk ? &w->ready_bulk : &w->ready;
}

/* The job that is next; NULL: there is none that may run now. */
static struct job *first_ready(const struct workers *w)
{
	struct job *job = STAILQ_FIRST(&w->ready);

	return job || w->bulk >= WORKER_BULK_MAX ? job : STAILQ_FIRST(&w->ready_bulk);
}

/* The next job, or NULL when this thread shall end. */
static struct job *next_job(struct workers *w)
{
	struct timespec until = in_seconds(IDLE_S);
	struct job *job;
	int rc = 0;

	w->idle++;
	while (!first_ready(w) && !w->stopping && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&w->work, &w->lock, &until);
	w->idle--;
	job = first_ready(w);
	if (job) {
		STAILQ_REMOVE_HEAD(ready_list(w, job), entry);
		w->bulk += job->bulk;
	}
	return job;
}

static void *thread_main(void *arg)
{
	struct workers *w = arg;
	struct job *job;

	pthread_mutex_lock(&w->lock);
	while ((job = next_job(w))) {
		pthread_mutex_unlock(&w->lock);
		job->run(job);
		pthread_mutex_lock(&w->lock);
		w->bulk -= job->bulk;
		STAILQ_INSERT_TAIL(&w->finished, job, entry);
		eventfd_write(w->wake_fd, 1);
	}
	w->threads--;
	pthread_cond_signal(&w->left);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- in the loop ---- */

/* Signals are the loop's. */
static int start_thread(struct workers *w)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread, &attr, thread_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

static unsigned int count_up_to(const struct job_list *list, unsigned int max)
{
	const struct job *job;
	unsigned int n = 0;

	STAILQ_FOREACH(job, list, entry)
		if (n++ == max)
			return max;
	return n;
}

/* Jobs that a thread could take now. */
static unsigned int ready_jobs(const struct workers *w)
{
	return count_up_to(&w->ready, WORKER_THREADS_MAX) +
	       count_up_to(&w->ready_bulk, WORKER_BULK_MAX - w->bulk);
}

/* Hands a job over. Without a thread for it now, one that is busy takes it later. */
static void hand_over(struct workers *w, struct job *job)
{
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	STAILQ_INSERT_TAIL(ready_list(w, job), job, entry);
	if (w->idle < ready_jobs(w) && w->threads < WORKER_THREADS_MAX) {
		rc = start_thread(w);
		if (!rc)
			w->threads++;
	}
	pthread_cond_signal(&w->work);
	/* With no thread at all nobody would ever take it. */
	if (rc && !w->threads) {
		STAILQ_REMOVE(ready_list(w, job), job, job, entry);
		job->cancelled = true;
		STAILQ_INSERT_TAIL(&w->finished, job, entry);
		eventfd_write(w->wake_fd, 1);
	}
	pthread_mutex_unlock(&w->lock);
	if (rc)
		log_error("cannot start a thread: %s", strerror(rc));
}

static void queue_free(struct job_queue *q)
{
	LIST_REMOVE(q, entry);
	free(q);
}

static void queue_next(struct job_queue *q)
{
	struct job *job = STAILQ_FIRST(&q->waiting);

	if (q->running || !job)
		return;
	STAILQ_REMOVE_HEAD(&q->waiting, entry);
	q->running = job;
	hand_over(q->workers, job);
}

static void finish(struct job *job)
{
	struct job_queue *q = job->queue;

	q->running = NULL;
	q->length--;
	job->queue = NULL;
	queue_next(q);
	if (q->closed && !q->length)
		queue_free(q);
	job->done(job);
}

/* Whether there was one. */
static bool finish_next(struct workers *w)
{
	struct job *job;

	pthread_mutex_lock(&w->lock);
	job = STAILQ_FIRST(&w->finished);
	if (job)
		STAILQ_REMOVE_HEAD(&w->finished, entry);
	pthread_mutex_unlock(&w->lock);
	if (job)
		finish(job);
	return job;
}

static void on_finished(evutil_socket_t fd, short what, void *arg)
{
	struct workers *w = arg;
	unsigned int n = 0;
	eventfd_t count;

	eventfd_read(fd, &count);
	while (n < DONE_A_TURN && finish_next(w))
		n++;
	if (n == DONE_A_TURN)
		eventfd_write(fd, 1);
}

struct workers *workers_new(struct event_base *base)
{
	struct workers *w = xzalloc(sizeof(*w));

	LIST_INIT(&w->queues);
	STAILQ_INIT(&w->ready);
	STAILQ_INIT(&w->ready_bulk);
	STAILQ_INIT(&w->finished);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->left, NULL);
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->finished_event = event_new(base, w->wake_fd, EV_READ | EV_PERSIST, on_finished, w);
	if (w->wake_fd < 0 || !w->finished_event || event_add(w->finished_event, NULL) < 0)
		xalloc_failed();
	return w;
}

/* Ends the threads as their jobs end; false: one still runs. */
static bool stop_threads(struct workers *w)
{
	struct timespec until = in_seconds(WORKER_STOP_S);
	bool all;
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->work);
	while (w->threads && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&w->left, &w->lock, &until);
	all = !w->threads;
	pthread_mutex_unlock(&w->lock);
	return all;
}

bool workers_free(struct workers *w)
{
	struct job_queue *q, *next;

	for (q = LIST_FIRST(&w->queues); q; q = next) {
		next = LIST_NEXT(q, entry);
		job_queue_close(q);
	}
	if (!stop_threads(w))
		return false;
	while (finish_next(w))
		;
	event_free(w->finished_event);
	close(w->wake_fd);
	pthread_cond_destroy(&w->left);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return true;
}

struct job_queue *job_queue_new(struct workers *w)
{
	struct job_queue *q = xzalloc(sizeof(*q));

	q->workers = w;
	STAILQ_INIT(&q->waiting);
	LIST_INSERT_HEAD(&w->queues, q, entry);
	return q;
}

void job_queue_close(struct job_queue *q)
{
	struct job_list cancelled = STAILQ_HEAD_INITIALIZER(cancelled);
	struct job *job;

	if (q->closed)
		return;
	q->closed = true;
	STAILQ_CONCAT(&cancelled, &q->waiting);
	q->length = q->running ? 1 : 0;
	if (!q->length)
		queue_free(q);
	while ((job = STAILQ_FIRST(&cancelled))) {
		STAILQ_REMOVE_HEAD(&cancelled, entry);
		job->queue = NULL;
		job->cancelled = true;
		job->done(job);
	}
}

bool workers_idle(const struct workers *w)
{
	const struct job_queue *q;

	LIST_FOREACH(q, &w->queues, entry)
		if (q->length)
			return false;
	return true;
}

bool job_submit(struct job_queue *q, struct job *job)
{
	if (q->closed || q->length > WORKER_QUEUE_MAX)
		return false;
	job->queue = q;
	job->cancelled = false;
	q->length++;
	STAILQ_INSERT_TAIL(&q->waiting, job, entry);
	queue_next(q);
	return true;
}

/* Of a job that was handed over: whether no thread had taken it yet. */
static bool take_back(struct workers *w, struct job *job)
{
	struct job *other;

	pthread_mutex_lock(&w->lock);
	STAILQ_FOREACH(other, ready_list(w, job), entry)
		if (other == job)
			break;
	if (other)
		STAILQ_REMOVE(ready_list(w, job), job, job, entry);
	pthread_mutex_unlock(&w->lock);
	return other;
}

bool job_cancel(struct job *job)
{
	struct job_queue *q = job->queue;

	if (!q)
		return false;
	if (q->running == job) {
		if (!take_back(q->workers, job))
			return false;
		job->cancelled = true;
		finish(job);
		return true;
	}
	STAILQ_REMOVE(&q->waiting, job, job, entry);
	q->length--;
	job->queue = NULL;
	job->cancelled = true;
	job->done(job);
	return true;
}
