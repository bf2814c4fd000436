/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of JSON (RFC 8259), checked strictly and before a parser sees the text: what
 * parsers do with the texts in between differs from version to version.
 */
#ifndef LIB_JSONSCAN_H
#define LIB_JSONSCAN_H

#include <stddef.h>

/*
 * Whether `text` is exactly one value of at most `depth` levels, in UTF-8, without NULs
 * (escaped ones too) and lone surrogates, with integers that fit int64_t and other numbers
 * that fit a double. NULL if so, with the number of members of all its objects in *members;
 * else what is wrong (static).
 */
const char *json_scan(const char *text, size_t len, unsigned int depth, size_t *members);

#endif
