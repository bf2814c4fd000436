/* SPDX-License-Identifier: GPL-2.0 */
/* Strings and numbers as people read them. */
#ifndef MGMTCLI_TEXT_H
#define MGMTCLI_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json.h"

/*
 * A copy without what a terminal would obey: control and formatting characters are written
 * as \uXXXX, malformed bytes as \xXX. Doing it twice changes nothing more.
 */
char *text_clean(const char *s);

/* The same for every string in a value. Takes over the reference, returns one. */
json *text_clean_json(json *v);

/* Milliseconds as "0.4 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
char *text_duration(int64_t ms);
/* As text_duration, in at most four characters: "0.4s", "12s", "3m", "2h", "99d". */
char *text_age(int64_t ms);
/* Bytes as "512 B", "64 KiB", "1.5 MiB". */
char *text_bytes(uint64_t n);

/* A number that JSON has as a string or an integer; `fallback` if it is neither. */
int64_t text_int64(json *v, int64_t fallback);

/* The strings of an array, joined; NULL when there are none. */
char *text_join(json *array, const char *separator);

/* A value of a configuration key: true and false as yes and no. NULL for null. */
char *text_value(json *v);

#endif
