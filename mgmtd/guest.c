// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/guest.h"

#include <ctype.h>
#include <string.h>

#include "lib/alloc.h"

void guest_clear(struct guest *g)
{
	free(g->name);
}

/* What the toolstack wrote about a guest: nothing that the guest itself may write counts. */
static char *told(struct xenstore *s, unsigned int domain, const char *node)
{
	if (!xenstore_is_ours(s, DOMAINS "/%u/%s", domain, node))
		return NULL;
	return xenstore_read(s, DOMAINS "/%u/%s", domain, node);
}

/* "/vm/UUID", in some toolstacks with a number behind it. */
static void read_uuid(const char *vm, char *uuid)
{
	const char *last = vm ? strrchr(vm, '/') : NULL;
	size_t n;

	uuid[0] = '\0';
	if (!last || strspn(last + 1, "0123456789abcdefABCDEF-") < UUID_LEN)
		return;
	for (n = 0; n < UUID_LEN; n++)
		uuid[n] = tolower((unsigned char)last[1 + n]);
	uuid[n] = '\0';
}

void guest_read(struct xenstore *s, unsigned int id, struct guest *g)
{
	_free_cleanup_ char *vm = told(s, id, "vm");

	*g = (struct guest){ .id = id, .name = told(s, id, "name") };
	read_uuid(vm, g->uuid);
}

static bool is_called(const struct guest *g, const char *word)
{
	return (g->name && !strcmp(g->name, word)) || (g->uuid[0] && !strcasecmp(g->uuid, word));
}

static int no_guest(struct rpc_error *e, const char *word)
{
	rpc_error_set(e, RPC_NOT_FOUND, "there is no guest %s", word);
	rpc_error_hint(e, "xl list lists the guests of this host; a name, an id or a UUID is meant");
	return e->code;
}

static int control_domain(struct rpc_error *e)
{
	return rpc_error_set(e, RPC_REFUSED, "domain 0 is no guest: the adapters are its own");
}

static int find_called(struct xenstore *s, const char *word, struct guest *found, struct rpc_error *e)
{
	_free_cleanup_ unsigned int *ids = NULL;
	size_t n, matches = 0;

	ids = xenstore_numbers(s, &n, DOMAINS);
	for (size_t i = 0; i < n; i++) {
		_guest_cleanup_ struct guest g = { 0 };

		guest_read(s, ids[i], &g);
		if (!is_called(&g, word))
			continue;
		if (matches++)
			return rpc_error_set(e, RPC_REFUSED, "%s are the domains %u and %u: give "
					     "an id", word, found->id, g.id);
		*found = g;
		g.name = NULL;
	}
	if (xenstore_failed(s, e))
		return e->code;
	return matches ? RPC_OK : no_guest(e, word);
}

int guest_find(struct xenstore *s, const char *word, struct guest *g, struct rpc_error *e)
{
	size_t digits = strspn(word, "0123456789");
	unsigned long id;

	*g = (struct guest){ 0 };
	if (digits && digits < 10 && !word[digits]) {
		id = strtoul(word, NULL, 10);
		if (!id)
			return control_domain(e);
		if (xenstore_exists(s, DOMAINS "/%lu", id)) {
			guest_read(s, id, g);
			return xenstore_failed(s, e);
		}
	}
	if (find_called(s, word, g, e))
		return e->code;
	return g->id ? RPC_OK : control_domain(e);
}

char *guest_text(const struct guest *g)
{
	return g->name ? xasprintf("%s (domain %u)", g->name, g->id) : xasprintf("domain %u", g->id);
}
