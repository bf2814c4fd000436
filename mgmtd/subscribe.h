/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Subscribers to events. Each has its own place in the store and is sent what comes after
 * it as fast as it reads; so one that is slow costs nothing, until it is dropped.
 */
#ifndef MGMTD_SUBSCRIBE_H
#define MGMTD_SUBSCRIBE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"

struct adapter;
struct adapters;
struct conn;
struct dispatch;
struct events;
struct subscriber;

/* After the event numbered `since`; patterns: of adapters, NULL: all. */
struct subscriber *subscriber_new(struct dispatch *dispatch, struct conn *c, uint64_t since,
				  bool progress, json *patterns);
void subscriber_free(struct subscriber *s);
/* Sends what there is, as far as there is room. */
void subscriber_pump(struct subscriber *s);
/* It does not read: the last thing it is sent says so. */
void subscriber_drop(struct subscriber *s);

/* There are new events. */
void subscribers_news(struct dispatch *dispatch);
/* A flash of that adapter moved on. */
void subscribers_progress(struct dispatch *dispatch, const struct adapter *a);

/* Whether an event's text is of one of those adapters (NULL: all), or of loss. */
bool event_matches(const struct adapters *all, const char *line, size_t len, json *patterns);

#endif
