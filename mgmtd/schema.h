/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values against JSON Schemas, as far as doc/openrpc.json uses them: type, enum, minimum,
 * maximum, minLength, maxLength, pattern, items, minItems, maxItems, properties, required,
 * additionalProperties, minProperties, maxProperties, anyOf, $ref. Other keywords are
 * taken for descriptions.
 */
#ifndef MGMTD_SCHEMA_H
#define MGMTD_SCHEMA_H

#include "lib/json.h"

/*
 * NULL when `value` is what `schema` says; else why not, to be freed, in words that begin
 * with `where`. `root` is the document in which $ref look.
 */
char *schema_check(json *root, json *schema, json *value, const char *where);

#endif
