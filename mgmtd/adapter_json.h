/* SPDX-License-Identifier: GPL-2.0 */
/* An adapter as the RPC document has it. All values are new references. */
#ifndef MGMTD_ADAPTER_JSON_H
#define MGMTD_ADAPTER_JSON_H

#include "lib/json.h"
#include "mgmtd/adapters.h"

json *adapter_json(const struct adapter *a);
/* What a line of a list shows. */
json *adapter_brief_json(const struct adapter *a);
json *firmware_json(const struct adapter *a);
/* A flash, running or ended; `now_ms` is boottime_ms(). */
json *flash_json(const struct mdnl_flash *f, int64_t now_ms);
/* What is wrong with the outcome of a flash that has ended; NULL: nothing. To be freed. */
char *flash_failure(const struct mdnl_flash *f);
/* The name under which the image was given, NULL: none. To be freed. */
char *flash_image_name(const struct mdnl_flash *f);

#endif
