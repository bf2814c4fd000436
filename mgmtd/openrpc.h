/* SPDX-License-Identifier: GPL-2.0 */
/* doc/openrpc.json, embedded: what methods there are and what they take. */
#ifndef MGMTD_OPENRPC_H
#define MGMTD_OPENRPC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/json.h"

/* What a method needs, and what a peer has. */
enum permission { PERMIT_NONE, PERMIT_READ, PERMIT_CHANGE };

struct method_info {
	const char *name;
	enum permission permission;
	unsigned int deadline_ms;
	bool descriptor;	/* it takes an open file */
	json *params;		/* array of content descriptors */
};

struct openrpc {
	json *document;		/* without the results' schemas, which only tests use */
	int schema;		/* its version */
	struct method_info *methods;
	size_t n;
};

/* The document's text on one line; *len without the NUL. To be freed. */
char *openrpc_text(size_t *len);

/* Aborts when the embedded document is not what it must be, which tests would have seen. */
void openrpc_init(struct openrpc *rpc);
void openrpc_clear(struct openrpc *rpc);

const struct method_info *openrpc_find(const struct openrpc *rpc, const char *name);

/* NULL, or why these are no parameters of that method: to be freed. NULL params: none. */
char *openrpc_check_params(const struct openrpc *rpc, const struct method_info *m, json *params);

#endif
