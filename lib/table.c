// SPDX-License-Identifier: GPL-2.0
#include "lib/table.h"

#include <locale.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#include "lib/alloc.h"
#include "lib/utf8.h"

#define GAP 2	/* cells between columns */

struct cell {
	char *text;
	unsigned int width;
	enum table_style style;
};

struct table {
	struct table_column *columns;
	unsigned int n_columns;
	struct cell *cells;
	size_t n_cells;
};

struct table *table_new(const struct table_column *columns, unsigned int n)
{
	struct table *t = xzalloc(sizeof(*t));

	t->columns = xrealloc(NULL, n, sizeof(*columns));
	memcpy(t->columns, columns, n * sizeof(*columns));
	t->n_columns = n;
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t->columns);
	free(t);
}

static struct cell cell_of(enum table_style style, char *text)
{
	return (struct cell){
		.text = text, .width = text_width(text, strlen(text)), .style = style,
	};
}

static void add_cell(struct table *t, enum table_style style, char *text)
{
	/* Grows by powers of two. */
	if (!(t->n_cells & (t->n_cells - 1)))
		t->cells = xrealloc(t->cells, t->n_cells ? 2 * t->n_cells : 1, sizeof(*t->cells));
	t->cells[t->n_cells++] = cell_of(style, text);
}

void table_cell(struct table *t, enum table_style style, const char *text)
{
	add_cell(t, style, xstrdup(text && *text ? text : "-"));
}

void table_cellf(struct table *t, enum table_style style, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_cell(t, style, xvasprintf(fmt, ap));
	va_end(ap);
}

void table_set_drop(struct table *t, unsigned int column, unsigned int drop)
{
	t->columns[column].drop = drop;
}

/* Cells of one character; bytes that are none count as one. */
static unsigned int char_width(uint32_t cp)
{
	static bool located;
	int w;

	if (cp < 0x7f)
		return 1;
	/* A quarter of a short command's system calls: only for who has such characters. */
	if (!located)
		setlocale(LC_CTYPE, "");
	located = true;
	w = wcwidth(cp);
	return w < 0 ? 1 : w;
}

unsigned int text_width(const char *s, size_t n)
{
	unsigned int width = 0;
	uint32_t cp = 0;
	size_t len;

	for (; n && *s; s += len, n -= len) {
		len = utf8_char(s, n, &cp);
		width += len ? char_width(cp) : 1;
		if (!len)
			len = 1;
	}
	return width;
}

const char *style_begin(enum table_style style)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "",
		[STYLE_GOOD] = "\x1b[32m",
		[STYLE_WARN] = "\x1b[33m",
		[STYLE_BAD] = "\x1b[31m",
	};

	return codes[style];
}

/*
 * Layout: the width of each column, 0 for one that is left out
 */

static void natural_widths(const struct table *t, bool titles, unsigned int *widths)
{
	for (unsigned int c = 0; c < t->n_columns; c++) {
		const char *title = t->columns[c].title;

		widths[c] = titles ? text_width(title, strlen(title)) : 1;
	}
	for (size_t i = 0; i < t->n_cells; i++)
		if (t->cells[i].width > widths[i % t->n_columns])
			widths[i % t->n_columns] = t->cells[i].width;
}

static unsigned int total_width(const struct table *t, const unsigned int *widths)
{
	unsigned int sum = 0;

	for (unsigned int c = 0; c < t->n_columns; c++)
		if (widths[c])
			sum += widths[c] + (sum ? GAP : 0);
	return sum;
}

/* Leaves the column out that can be spared most; false when none can. */
static bool drop_one(const struct table *t, unsigned int *widths)
{
	unsigned int best = t->n_columns, c;

	for (c = 0; c < t->n_columns; c++)
		if (widths[c] && t->columns[c].drop &&
		    (best == t->n_columns || t->columns[c].drop > t->columns[best].drop))
			best = c;
	if (best == t->n_columns)
		return false;
	widths[best] = 0;
	return true;
}

/* Takes one cell from the widest column that may shrink; false when none may. */
static bool shrink_one(const struct table *t, unsigned int *widths)
{
	unsigned int best = t->n_columns, c;

	for (c = 0; c < t->n_columns; c++)
		if (t->columns[c].shrink && widths[c] > t->columns[c].shrink &&
		    (best == t->n_columns || widths[c] > widths[best]))
			best = c;
	if (best == t->n_columns)
		return false;
	widths[best]--;
	return true;
}

static void fit(const struct table *t, unsigned int *widths, unsigned int width)
{
	while (total_width(t, widths) > width && drop_one(t, widths))
		;
	while (total_width(t, widths) > width && shrink_one(t, widths))
		;
}

/*
 * Printing
 */

static void put_spaces(FILE *out, unsigned int n)
{
	static const char spaces[] = "                                ";

	for (; n >= sizeof(spaces); n -= sizeof(spaces) - 1)
		fwrite(spaces, 1, sizeof(spaces) - 1, out);
	fwrite(spaces, 1, n, out);
}

/* The bytes of `s` that fit into `width` cells. */
static size_t fitting(const char *s, unsigned int width)
{
	size_t n = strlen(s), used = 0, len;
	uint32_t cp;

	while (used < n) {
		len = utf8_char(s + used, n - used, &cp);
		if (text_width(s, used + (len ? len : 1)) > width)
			break;
		used += len ? len : 1;
	}
	return used;
}

/* Prints one cell; what does not fit ends in '~'. */
static void put_cell(FILE *out, const struct cell *cell, bool color, unsigned int width, bool right,
		     bool pad)
{
	bool cut = cell->width > width;
	size_t n = cut ? fitting(cell->text, width - 1) : strlen(cell->text);
	unsigned int used = cut ? text_width(cell->text, n) + 1 : cell->width;

	if (right)
		put_spaces(out, width - used);
	if (color)
		fputs(style_begin(cell->style), out);
	fwrite(cell->text, 1, n, out);
	if (cut)
		fputc('~', out);
	if (color && cell->style != STYLE_PLAIN)
		fputs(STYLE_END, out);
	if (!right && pad)
		put_spaces(out, width - used);
}

static void put_row(const struct table *t, FILE *out, unsigned int indent,
		    const unsigned int *widths, const struct cell *row, bool color)
{
	unsigned int last = 0, c;
	bool first = true;

	for (c = 0; c < t->n_columns; c++)
		if (widths[c])
			last = c;
	put_spaces(out, indent);
	for (c = 0; c <= last; c++) {
		if (!widths[c])
			continue;
		if (!first)
			put_spaces(out, GAP);
		first = false;
		put_cell(out, &row[c], color, widths[c], t->columns[c].right, c != last);
	}
	fputc('\n', out);
}

static void put_titles(const struct table *t, FILE *out, unsigned int indent,
		       const unsigned int *widths)
{
	_free_cleanup_ struct cell *row = xrealloc(NULL, t->n_columns, sizeof(*row));

	for (unsigned int c = 0; c < t->n_columns; c++)
		row[c] = cell_of(STYLE_PLAIN, (char *)t->columns[c].title);
	put_row(t, out, indent, widths, row, false);
}

static void print(const struct table *t, FILE *out, unsigned int indent, unsigned int width,
		  bool color, bool titles)
{
	_free_cleanup_ unsigned int *widths = xrealloc(NULL, t->n_columns, sizeof(*widths));

	natural_widths(t, titles, widths);
	if (width)
		fit(t, widths, width > indent ? width - indent : 1);
	if (titles)
		put_titles(t, out, indent, widths);
	for (size_t i = 0; i + t->n_columns <= t->n_cells; i += t->n_columns)
		put_row(t, out, indent, widths, t->cells + i, color);
}

void table_print(const struct table *t, FILE *out, unsigned int indent, unsigned int width,
		 bool color)
{
	print(t, out, indent, width, color, true);
}

void table_print_rows(const struct table *t, FILE *out, unsigned int indent, unsigned int width,
		      bool color)
{
	print(t, out, indent, width, color, false);
}
