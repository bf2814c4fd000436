/* SPDX-License-Identifier: GPL-2.0 */
/* Adapters for people: values of the schema Adapter, of which any field may be missing. */
#ifndef MGMTCLI_VIEW_H
#define MGMTCLI_VIEW_H

#include "lib/table.h"
#include "mgmtcli/cli.h"

/* A table with a row for each of the array `adapters`. Freed by table_free(). */
struct table *view_table(json *adapters);

/* Prints all about one. */
void view_detail(struct cli *cli, json *adapter);

/* A profile's path as its name: /etc/mydev/profiles.d/10-a.conf as 10-a; for several, joined
 * by ' ', too. NULL for NULL. */
char *view_profile(const char *paths);

/* Firmware slots as rows. */
void view_slots(struct cli *cli, json *firmware, unsigned int indent);

#endif
