/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon's events: numbered through restarts, kept in a file, sent to subscribers. Each
 * also notes up to which of the kernel's events everything has been seen, so that a daemon
 * that was away knows where to go on.
 */
#ifndef MGMTD_EVENTS_H
#define MGMTD_EVENTS_H

#include <event2/event.h>

#include "lib/json.h"
#include "mgmtd/store.h"
#include "mgmtd/worker.h"

struct events;

/* Where one stands in the kernel's numbering. */
struct cursor {
	uint64_t epoch;		/* 0: never saw an event of any */
	uint64_t number;
	bool this_boot;		/* it is of the running kernel */
};

/* What happened, as Event in doc/openrpc.json. */
struct occurrence {
	const char *type;
	const char *severity;	/* "info", "warning", "error" */
	const char *adapter;	/* NULL: none */
	const char *serial;	/* NULL or "": not known */
	int64_t time_ms;	/* since 1970; 0: now */
};

/* A directory that cannot be used is logged; events are then kept in memory alone. */
struct events *events_new(struct event_base *base, struct workers *workers, const char *dir,
			  unsigned int keep);
void events_free(struct events *e);

/* Takes over the reference to data (NULL: {}). The message is made of fmt. */
void events_tell(struct events *e, const struct occurrence *o, json *data, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* All kernel events up to there were told. Noted with the next event. */
void events_set_cursor(struct events *e, uint64_t epoch, uint64_t number);
const struct cursor *events_cursor(const struct events *e);

const struct store *events_store(const struct events *e);
/* The number of the newest event. */
uint64_t events_last(const struct events *e);

/* Called, from the loop, after new events have come. */
void events_on_news(struct events *e, void (*fn)(void *arg), void *arg);

/* Of the text of an event: the value of a member that is a plain string, into buf; "" else. */
const char *event_member(const char *line, size_t len, const char *member, char *buf, size_t size);

#endif
