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
	memcpy(to->mem, from->mem, from->size);
	memcpy(to->unstable, from->unstable, from->size);
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

static void change(struct nor *n, uint32_t off, uint8_t to, enum nor_tear d)
{
	uint8_t differ = n->mem[off] ^ to;

	if (!differ)
		return;
	n->mem[off] ^= differ & changed_bits(n, d);
	n->unstable[off] |= differ & changed_bits(n, NOR_TEAR_HALF) & changed_bits(n, NOR_TEAR_HALF);
	n->torn[off / n->geometry.page_size] = true;
}

static enum nor_tear how(const struct nor *n)
{
	return n->tear == NOR_TEAR_ANY ? n->random % NOR_TEAR_ANY : n->tear;
}

/* Makes one of the bits that differ unstable: whether there is one. */
static bool unsettle_bit(struct nor *n, uint32_t off, uint8_t to)
{
	uint8_t differ = n->mem[off] ^ to;

	n->unstable[off] |= differ & -differ;
	n->torn[off / n->geometry.page_size] = true;
	return differ;
}

static void tear(struct nor *n, uint32_t off, uint8_t to, enum nor_tear d, bool *unsettled)
{
	if (d != NOR_TEAR_NONE_BUT && d != NOR_TEAR_ALL_BUT) {
		change(n, off, to, d);
		return;
	}
	if (!*unsettled)
		*unsettled = unsettle_bit(n, off, to);
	if (d == NOR_TEAR_ALL_BUT)
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

/* A bit that is programmed well is no longer unstable. */
static void program_byte(struct nor *n, uint32_t off, uint8_t to)
{
	n->mem[off] = to;
	n->unstable[off] &= ~(to ^ n->geometry.erased);
}

int nor_program(struct nor *n, uint32_t off, const void *buf, uint32_t len)
{
	uint32_t page = off / n->geometry.page_size;
	const uint8_t *from = buf;
	enum nor_tear d = how(n);
	bool unsettled = false;
	uint32_t i;
	bool torn;

	assert_true(off <= n->size && len && len <= n->size - off);
	assert_int_equal(page, (off + len - 1) / n->geometry.page_size);
	if (!n->erased[page] && !spoils(n, from, len))
		fail_msg("page at 0x%x is programmed, but not erased", off);
	torn = power_fails(n);
	if (fault(n, off))
		return fault(n, off) == NOR_FAILS ? -1 : 0;
	n->erased[page] = false;
	for (i = 0; i < len; i++) {
		uint8_t to = n->geometry.erased ? n->mem[off + i] & from[i] :
						  n->mem[off + i] | from[i];

		if (torn)
			tear(n, off + i, to, d, &unsettled);
		else
			program_byte(n, off + i, to);
	}
	power_failed(n);
	return 0;
}

int nor_erase(struct nor *n, uint32_t off)
{
	uint32_t len = n->geometry.sector_size;
	uint32_t page = off / n->geometry.page_size;
	uint32_t count = len / n->geometry.page_size;
	enum nor_tear d = how(n);
	bool unsettled = false;
	uint32_t i;
	bool torn;

	assert_true(off < n->size && off % len == 0);
	torn = power_fails(n);
	n->erased_at = n->ops;
	if (fault(n, off))
		return fault(n, off) == NOR_FAILS ? -1 : 0;
	for (i = 0; torn && i < len; i++)
		tear(n, off + i, n->geometry.erased, d, &unsettled);
	if (!torn) {
		memset(n->mem + off, n->geometry.erased, len);
		memset(n->unstable + off, 0, len);
		memset(n->torn + page, false, count * sizeof(*n->torn));
	}
	for (i = 0; i < count; i++)
		n->erased[page + i] = !torn;
	power_failed(n);
	return 0;
}
