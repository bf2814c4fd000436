/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attributes of the family "mydev" into the structs of netlink.h. `attrs` is a run of
 * attributes of `len` bytes, aligned to 4: all of a message, or a nest's. Lengths are
 * checked, unknown attributes passed over, and the objects are cleared first.
 */
#ifndef LIB_NLDECODE_H
#define LIB_NLDECODE_H

#include "lib/netlink.h"

/* Calls fn for each attribute; `type` is without its flags. */
void mdnl_each_attr(const void *attrs, size_t len,
		    void (*fn)(int type, const void *data, size_t len, void *arg), void *arg);
/* The data of the first attribute of that type, NULL: none. */
const void *mdnl_find_attr(const void *attrs, size_t len, int type, size_t *data_len);
/* Leaves *value alone unless there is one of that size. */
void mdnl_find_num(const void *attrs, size_t len, int type, void *value, size_t size);
void mdnl_copy_text(char *dst, size_t size, const void *src, size_t len);

/* From the attributes of a message. False: it has no such object. */
bool mdnl_decode_version(const void *attrs, size_t len, struct mdnl_version *v);
bool mdnl_decode_adapter(const void *attrs, size_t len, struct mdnl_adapter *a);
bool mdnl_decode_event(const void *attrs, size_t len, struct mdnl_event *ev);
bool mdnl_decode_progress(const void *attrs, size_t len, uint32_t *index, struct mdnl_flash *f);
/* From a nest. */
bool mdnl_decode_config(const void *attrs, size_t len, struct mdnl_config *c);

#endif
