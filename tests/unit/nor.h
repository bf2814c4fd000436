/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A NOR flash that can be cut off at any operation, and that watches its user: to program a
 * page that was not erased since it was last touched fails the test.
 */
#ifndef TESTS_NOR_H
#define TESTS_NOR_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"

enum nor_cut {
	NOR_CUT_BEFORE,		/* the operation did not begin */
	NOR_CUT_TORN,		/* some bits changed, and some read differently each time */
	NOR_CUT_AFTER,		/* it was done, but nobody was told */
	NOR_CUTS,
};

/*
 * How many of the bits that were to change did in a torn operation: few, half, most; or none
 * or all of them, but one of them may read otherwise; or all of the bytes up to some one, or
 * from there on.
 */
enum nor_tear { NOR_TEAR_FEW, NOR_TEAR_HALF, NOR_TEAR_MOST, NOR_TEAR_NONE_BUT, NOR_TEAR_ALL_BUT,
		NOR_TEAR_FIRST, NOR_TEAR_LAST, NOR_TEAR_ANY };

/* A program of `len` bytes, or, with NULL for `data`, the erase of a sector. */
struct nor_op {
	uint32_t off, len;
	const uint8_t *data;
};

enum nor_fault {
	NOR_OK,
	NOR_FAILS,		/* operations say so and change nothing */
	NOR_LIES,		/* operations say all is well and change nothing */
};

struct nor {
	struct model_geometry geometry;
	uint32_t size;
	uint8_t *mem;
	uint8_t *unstable;	/* bits that are read at random */
	bool *torn;		/* by page: only where true there are unstable bits */
	bool *erased;		/* by page: may be programmed */
	uint32_t random;

	uint32_t ops;		/* programs and erases so far */
	uint32_t cut_at;	/* power fails at that one (from 1); 0: never */
	enum nor_cut cut;
	enum nor_tear tear;
	uint32_t erased_at;	/* number of the latest erase */
	jmp_buf *off;		/* where to go then */

	/* Told of each operation, which is about to be done. */
	void (*tap)(void *arg, const struct nor_op *op);
	void *tap_arg;

	enum nor_fault fault;	/* of operations at fault_from..fault_to */
	uint32_t fault_from, fault_to;
	bool unreadable;	/* reads there fail */
};

void nor_init(struct nor *n, const struct model_geometry *g);
void nor_free(struct nor *n);
/* Makes *to, an initialised one of the same geometry, equal. */
void nor_copy(struct nor *to, const struct nor *from);

int nor_read(struct nor *n, uint32_t off, void *buf, uint32_t len);
int nor_program(struct nor *n, uint32_t off, const void *buf, uint32_t len);
int nor_erase(struct nor *n, uint32_t off);

/* Do an operation, or a part of it as when power fails within. They ask and count nothing. */
void nor_do(struct nor *n, const struct nor_op *op);
void nor_tear(struct nor *n, const struct nor_op *op, enum nor_tear how);

/* Whether none of these bytes was touched by a torn operation since it was last erased. */
bool nor_sound(const struct nor *n, uint32_t off, uint32_t len);

/* A generator of the tests' own, so that a failure can be played again. */
uint32_t nor_random(uint32_t *state);

#endif
