/* SPDX-License-Identifier: GPL-2.0 */
/* Tables of text in aligned columns, for terminals and for pipes. */
#ifndef LIB_TABLE_H
#define LIB_TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum table_style { STYLE_PLAIN, STYLE_GOOD, STYLE_WARN, STYLE_BAD };

struct table_column {
	const char *title;
	bool right;		/* numbers: aligned to the right */
	unsigned int shrink;	/* may be cut down to this many cells of a terminal; 0: never */
	unsigned int drop;	/* left out when there is no room, the greatest first; 0: never */
};

struct table;

/* `columns` is copied. Freed with table_free(). */
struct table *table_new(const struct table_column *columns, unsigned int n);
void table_free(struct table *t);
static inline void table_freep(struct table **t)
{
	table_free(*t);
}
#define _table_cleanup_ __attribute__((cleanup(table_freep)))

/* Adds the next cell, row by row; `text` is UTF-8 without control characters, and copied;
 * NULL or "" shows as "-". */
void table_cell(struct table *t, enum table_style style, const char *text);
void table_cellf(struct table *t, enum table_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Changes when a column is left out: to what table_column.drop says of a whole column. */
void table_set_drop(struct table *t, unsigned int column, unsigned int drop);

/*
 * Prints it, `indent` cells to the right. `width` is how wide it may be in all; 0, for
 * pipes and files: as wide as it needs. `color`: with escape sequences for the styles.
 */
void table_print(const struct table *t, FILE *out, unsigned int indent, unsigned int width,
		 bool color);
/* The same without the line of titles. */
void table_print_rows(const struct table *t, FILE *out, unsigned int indent, unsigned int width,
		      bool color);

/* How many cells of a terminal `s` takes; of its first `n` bytes. Characters beyond ASCII set the
 * process's LC_CTYPE to what its environment says. */
unsigned int text_width(const char *s, size_t n);

/* The escape sequence that begins a style; "" for STYLE_PLAIN. STYLE_END ends each. */
const char *style_begin(enum table_style style);
#define STYLE_END "\x1b[0m"

#endif
