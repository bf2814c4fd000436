/* SPDX-License-Identifier: GPL-2.0 */
/* Values of an adapter's configuration keys, whose types and ranges the adapter tells. */
#ifndef MGMTD_CONFIGKEY_H
#define MGMTD_CONFIGKEY_H

#include "lib/json.h"
#include "lib/netlink.h"

/* The key of that name, NULL: this adapter's firmware has none. */
const struct mdnl_config *config_find(const struct mdnl_configs *c, const char *name);

/*
 * `text` as a value of that key. NULL, or why it is none, in words that say what would be:
 * to be freed.
 */
char *config_parse(const struct mdnl_config *key, const char *text, struct mdnl_value *value);

bool config_is(const struct mdnl_config *key, const struct mdnl_value *value);

/* As the RPC document has them: true or false, a number, a string; NULL: not known. */
json *config_json(const struct mdnl_config *key, const struct mdnl_value *value);
/* .. the value it has, and the default. */
json *config_json_now(const struct mdnl_config *key);
json *config_json_default(const struct mdnl_config *key);

/* The value as text that config_parse() takes; to be freed. */
char *config_text(const struct mdnl_config *key, const struct mdnl_value *value);

const char *config_type_name(uint8_t type);

#endif
