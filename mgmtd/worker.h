/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work that may wait, for an adapter or a disk, on threads of its own: the loop never waits.
 *
 * A job belongs to a queue. Jobs of one queue run one at a time, in order; each adapter has
 * a queue. Threads are made on demand and leave when there is nothing to do.
 */
#ifndef MGMTD_WORKER_H
#define MGMTD_WORKER_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

struct workers;
struct job_queue;

/* To be embedded in what the job works on. */
struct job {
	void (*run)(struct job *job);	/* on a thread: touches its own job alone */
	void (*done)(struct job *job);	/* in the loop afterwards; the job is its own again */
	bool bulk;			/* one of very many: lets others go first */
	bool cancelled;			/* in done(): run() was not called */
	/* The rest is the workers'. */
	struct job_queue *queue;
	STAILQ_ENTRY(job) entry;
};

#define WORKER_THREADS_MAX	64
#define WORKER_BULK_MAX		16	/* of them for bulk: they leave CPU time to the loop */
#define WORKER_STOP_S		10
#define WORKER_QUEUE_MAX	32	/* jobs that wait in one queue */

struct workers *workers_new(struct event_base *base);
/*
 * Cancels what waits, waits for what runs, calls done() of both, closes all queues. False:
 * something did not end within WORKER_STOP_S, and nothing was freed.
 */
bool workers_free(struct workers *w);

/* Whether no job waits, runs, or ran and has its done() before it. */
bool workers_idle(const struct workers *w);

struct job_queue *job_queue_new(struct workers *w);
/* Cancels what waits. A job that runs goes on, its done() is called. */
void job_queue_close(struct job_queue *q);

/* False: the queue is full, and the job was not taken. */
bool job_submit(struct job_queue *q, struct job *job);
/* Takes a job back that has not begun and calls its done(); false: it runs, or ran. */
bool job_cancel(struct job *job);

#endif
