// SPDX-License-Identifier: GPL-2.0
#include "tests/unit/nor.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

uint32_t nor_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static uint32_t pages(const struct nor *n)
{
	return n->size / n->geometry.page_size;
}

void nor_init(struct nor *n, const struct model_geometry *g)
{
	*n = (struct nor){ .geometry = *g, .size = model_flash_size(g), .random = 1,
			  .tear = NOR_TEAR_ANY };
	assert_true(n->size);
	n->mem = malloc(n->size);
	n->unstable = calloc(1, n->size);
	n->torn = calloc(pages(n), sizeof(*n->torn));
	n->erased = malloc(pages(n) * sizeof(*n->erased));
	memset(n->mem, g->erased, n->size);
	memset(n->erased, true, pages(n) * sizeof(*n->erased));
}

void nor_free(struct nor *n)
{
	free(n->mem);
	free(n->unstable);
	free(n->torn);
	free(n->erased);
}

void nor_copy(struct nor *to, const struct nor *from)
{
	uint32_t len = from->geometry.page_size;
	uint32_t page;

	memcpy(to->mem, from->mem, from->size);
	for (page = 0; page < pages(from); page++)
		if (to->torn[page] || from->torn[page])
			memcpy(to->unstable + page * len, from->unstable + page * len, len);
	memcpy(to->erased, from->erased, pages(from) * sizeof(*from->erased));
	memcpy(to->torn, from->torn, pages(from) * sizeof(*from->torn));
	to->ops = from->ops;
}

static void unsettle(struct nor *n, uint32_t off, uint8_t *buf, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		if (n->unstable[off + i])
			buf[i] ^= n->unstable[off + i] & nor_random(&n->random) >> 8;
}

int nor_read(struct nor *n, uint32_t off, void *buf, uint32_t len)
{
	uint32_t page = n->geometry.page_size;
	uint32_t done, some;

	assert_true(off <= n->size && len <= n->size - off);
	if (n->unreadable && off >= n->fault_from && off < n->fault_to)
		return -1;
	memcpy(buf, n->mem + off, len);
	for (done = 0; done < len; done += some) {
		some = page - (off + done) % page;
		if (some > len - done)
			some = len - done;
		if (n->torn[(off + done) / page])
			unsettle(n, off + done, (uint8_t *)buf + done, some);
	}
	return 0;
}

static uint8_t changed_bits(struct nor *n, enum nor_tear d)
{
	uint32_t r = nor_random(&n->random);

	switch (d) {
	case NOR_TEAR_FEW:
		return r & r >> 8 & r >> 16 & r >> 24;
	case NOR_TEAR_HALF:
		return r >> 8;
	default:
		return r | r >> 8 | r >> 16 | r >> 24;
	}
}

static enum nor_tear how(const struct nor *n)
{
	return n->tear == NOR_TEAR_ANY ? n->random % NOR_TEAR_ANY : n->tear;
}

static bool unsettle_bits(struct nor *n, uint32_t off, uint8_t bits)
{
	n->unstable[off] |= bits;
	n->torn[off / n->geometry.page_size] = true;
	return bits;
}

struct tear {
	enum nor_tear how;
	uint32_t from, to;	/* the bytes that change as they should */
	uint32_t edge;		/* the one in which power failed */
	bool unsettled;		/* there is a bit that reads otherwise */
};

static struct tear tear_begin(struct nor *n, const struct nor_op *op, enum nor_tear how)
{
	uint32_t some = nor_random(&n->random) % op->len;
	struct tear t = { .how = how, .edge = op->len };

	if (how == NOR_TEAR_ALL_BUT || how == NOR_TEAR_LAST)
		t.to = op->len;
	if (how == NOR_TEAR_FIRST)
		t.to = t.edge = some;
	if (how == NOR_TEAR_LAST)
		t.from = t.edge = some;
	t.unsettled = how == NOR_TEAR_FIRST || how == NOR_TEAR_LAST;
	return t;
}

static void tear_byte(struct nor *n, struct tear *t, uint32_t off, uint32_t i, uint8_t to)
{
	uint8_t differ = n->mem[off] ^ to;

	if (!differ)
		return;
	if (t->how <= NOR_TEAR_MOST) {
		n->mem[off] ^= differ & changed_bits(n, t->how);
		unsettle_bits(n, off, differ & changed_bits(n, NOR_TEAR_HALF) &
				      changed_bits(n, NOR_TEAR_HALF));
		return;
	}
	if (!t->unsettled)
		t->unsettled = unsettle_bits(n, off, differ & -differ);
	if (i == t->edge)
		unsettle_bits(n, off, differ);
	if (i >= t->from && i < t->to)
		n->mem[off] = to;
}

/* Whether this operation is the one that power fails at, and has to be torn. */
static bool power_fails(struct nor *n)
{
	n->ops++;
	if (n->ops != n->cut_at)
		return false;
	if (n->cut == NOR_CUT_BEFORE)
		longjmp(*n->off, 1);
	return n->cut == NOR_CUT_TORN;
}

static void power_failed(struct nor *n)
{
	if (n->ops == n->cut_at)
		longjmp(*n->off, 1);
}

static enum nor_fault fault(const struct nor *n, uint32_t off)
{
	return off >= n->fault_from && off < n->fault_to ? n->fault : NOR_OK;
}

/* All bits of a page may be programmed at any time: what state it was in does not matter. */
static bool spoils(const struct nor *n, const uint8_t *buf, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		if ((buf[i] ^ n->geometry.erased) != 0xff)
			return false;
	return len == n->geometry.page_size;
}

static uint8_t becomes(const struct nor *n, const struct nor_op *op, uint32_t i)
{
	if (!op->data)
		return n->geometry.erased;
	return n->geometry.erased ? n->mem[op->off + i] & op->data[i] :
				    n->mem[op->off + i] | op->data[i];
}

static void mark(struct nor *n, const struct nor_op *op, bool erased)
{
	uint32_t page = op->off / n->geometry.page_size;
	uint32_t count = op->data ? 1 : op->len / n->geometry.page_size;

	memset(n->erased + page, erased, count * sizeof(*n->erased));
	if (erased)
		memset(n->torn + page, false, count * sizeof(*n->torn));
}

void nor_tear(struct nor *n, const struct nor_op *op, enum nor_tear how)
{
	struct tear t = tear_begin(n, op, how);
	uint32_t i;

	for (i = 0; i < op->len; i++)
		tear_byte(n, &t, op->off + i, i, becomes(n, op, i));
	mark(n, op, false);
}

void nor_do(struct nor *n, const struct nor_op *op)
{
	uint32_t i;

	if (!op->data) {
		memset(n->mem + op->off, n->geometry.erased, op->len);
		memset(n->unstable + op->off, 0, op->len);
	}
	for (i = 0; op->data && i < op->len; i++) {
		n->mem[op->off + i] = becomes(n, op, i);
		/* A bit that is programmed well is no longer unstable. */
		n->unstable[op->off + i] &= ~(op->data[i] ^ n->geometry.erased);
	}
	mark(n, op, !op->data);
}

static int operate(struct nor *n, const struct nor_op *op)
{
	bool torn;

	if (n->tap)
		n->tap(n->tap_arg, op);
	torn = power_fails(n);
	if (!op->data)
		n->erased_at = n->ops;
	if (fault(n, op->off))
		return fault(n, op->off) == NOR_FAILS ? -1 : 0;
	if (torn)
		nor_tear(n, op, how(n));
	else
		nor_do(n, op);
	power_failed(n);
	return 0;
}

int nor_program(struct nor *n, uint32_t off, const void *buf, uint32_t len)
{
	const struct nor_op op = { .off = off, .len = len, .data = buf };
	uint32_t page = off / n->geometry.page_size;

	assert_true(off <= n->size && len && len <= n->size - off);
	assert_int_equal(page, (off + len - 1) / n->geometry.page_size);
	if (!n->erased[page] && !spoils(n, buf, len))
		fail_msg("page at 0x%x is programmed, but not erased", off);
	return operate(n, &op);
}

int nor_erase(struct nor *n, uint32_t off)
{
	const struct nor_op op = { .off = off, .len = n->geometry.sector_size };

	assert_true(off < n->size && off % op.len == 0);
	return operate(n, &op);
}

bool nor_sound(const struct nor *n, uint32_t off, uint32_t len)
{
	uint32_t page;

	for (page = off / n->geometry.page_size; page * n->geometry.page_size < off + len; page++)
		if (n->torn[page])
			return false;
	return true;
}
