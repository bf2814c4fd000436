// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/progress.h"

#include <inttypes.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/table.h"
#include "mgmtcli/text.h"

/*
 * Outcomes
 */

bool progress_failed(json *flash, struct rpc_error *e)
{
	_rpc_error_cleanup_ struct rpc_error ignored = { 0 };
	const char *wanted = json_str(json_get(flash, "wanted"), NULL);
	const char *after = json_str(json_get(flash, "after"), NULL);
	json *error = json_get(flash, "error");

	e = e ? e : &ignored;
	if (error) {
		rpc_error_read(e, error);
		return true;
	}
	/* Done is what was read back, whatever the rest says. */
	if (json_true(json_get(flash, "pending")) || !wanted || (after && !strcmp(after, wanted)))
		return false;
	rpc_error_set(e, RPC_FAILED, "version %s was wanted, but %s was read back", wanted,
		      after ? after : "none");
	return true;
}

static char *failure(json *flash)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	const char *stage = json_str(json_get(flash, "failed_stage"), NULL);
	const char *after = json_str(json_get(flash, "after"), NULL);

	progress_failed(flash, &e);
	return xasprintf("failed%s%s: %s%s%s%s", stage ? " while " : "", stage ? stage : "", e.message,
			 after ? "; " : "", after ? after : "", after ? " runs" : "");
}

char *progress_outcome(json *flash)
{
	const char *stage = json_str(json_get(flash, "stage"), "-");
	const char *before = json_str(json_get(flash, "before"), "-");
	const char *wanted = json_str(json_get(flash, "wanted"), "-");
	_free_cleanup_ char *took = text_duration(json_num(json_get(flash, "elapsed_ms"), 0));

	if (strcmp(stage, "done"))
		return xasprintf("%s, %d %%, for %s", stage,
				 (int)json_num(json_get(flash, "percent"), 0), took);
	if (progress_failed(flash, NULL))
		return failure(flash);
	if (json_true(json_get(flash, "pending")))
		return xasprintf("%s is stored and pending, %s runs until it is activated", wanted, before);
	return xasprintf("%s -> %s, done in %s", before, json_str(json_get(flash, "after"), "-"), took);
}

/*
 * Bars and lines
 */

struct bar {
	char *adapter;
	char *stage;
	int percent;		/* -1: not known */
	int64_t bytes, total;	/* of this stage; 0: not known */
	int64_t began;		/* rpc_now_ms() */
	int told;		/* tenths last printed as a line */
};

struct progress {
	struct cli *cli;
	struct bar *bars;
	unsigned int n_bars;
	unsigned int drawn;	/* lines of bars above the cursor */
	int64_t drawn_at;
};

/* Faster, nobody sees; and hundreds of adapters report ten times a second. */
#define REDRAW_MS 50

struct progress *progress_new(struct cli *cli)
{
	struct progress *p = xzalloc(sizeof(*p));

	p->cli = cli;
	return p;
}

static void bar_free(struct bar *b)
{
	free(b->adapter);
	free(b->stage);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; i < p->n_bars; i++)
		bar_free(&p->bars[i]);
	free(p->bars);
	free(p);
}

/* The bar of an adapter; they are in the order of names. */
static struct bar *bar_of(struct progress *p, const char *adapter)
{
	unsigned int i = 0;
	int order = -1;

	while (i < p->n_bars && (order = strverscmp(p->bars[i].adapter, adapter)) < 0)
		i++;
	if (i < p->n_bars && !order)
		return &p->bars[i];
	p->bars = xrealloc(p->bars, p->n_bars + 1, sizeof(*p->bars));
	memmove(p->bars + i + 1, p->bars + i, (p->n_bars - i) * sizeof(*p->bars));
	p->n_bars++;
	p->bars[i] = (struct bar){ .adapter = xstrdup(adapter), .stage = xstrdup(""), .told = -1 };
	return &p->bars[i];
}

static void bar_update(struct bar *b, json *flash)
{
	const char *stage = json_str(json_get(flash, "stage"), "-");

	if (strcmp(b->stage, stage))
		b->told = -1;
	free(b->stage);
	b->stage = xstrdup(stage);
	b->percent = json_num(json_get(flash, "percent"), -1);
	b->bytes = json_num(json_get(flash, "bytes"), 0);
	b->total = json_num(json_get(flash, "total"), 0);
	b->began = rpc_now_ms() - json_num(json_get(flash, "elapsed_ms"), 0);
}

static char *clock_text(int64_t ms)
{
	return xasprintf("%" PRId64 ":%02d", ms / 60000, (int)(ms / 1000 % 60));
}

/* How long it has taken and may still take, as "0:12, about 0:15 left". */
static char *bar_times(const struct bar *b)
{
	int64_t took = rpc_now_ms() - b->began;
	_free_cleanup_ char *elapsed = clock_text(took), *left = NULL;

	/* At its beginning, an estimate is a guess; other stages do not go by bytes. */
	if (strcmp(b->stage, "transferring") || took < 2000 || b->percent <= 0)
		return xstrdup(elapsed);
	left = clock_text(took * (100 - b->percent) / b->percent);
	return xasprintf("%s, about %s left", elapsed, left);
}

static char *bar_text(const struct bar *b, unsigned int columns)
{
	static const char full[] = "########################################";
	static const char none[] = "........................................";
	int width = columns > 100 ? 40 : columns > 70 ? (int)columns - 60 : 10;
	int done = b->percent > 0 ? b->percent * width / 100 : 0;
	_free_cleanup_ char *times = bar_times(b), *bytes = NULL, *total = NULL;

	if (b->total > 0) {
		bytes = text_bytes(b->bytes);
		total = text_bytes(b->total);
	}
	return xasprintf("%s [%.*s%.*s] %3d%%  %s%s%s%s%s  %s", b->adapter, done, full, width - done,
			 none, b->percent < 0 ? 0 : b->percent, b->stage, total ? "  " : "",
			 total ? bytes : "", total ? " of " : "", total ? total : "", times);
}

/* Moves up over the bars and erases them. */
void progress_hide(struct progress *p)
{
	if (p->drawn)
		fprintf(p->cli->out, "\x1b[%uA\r\x1b[J", p->drawn);
	p->drawn = 0;
}

static void draw(struct progress *p)
{
	FILE *out = p->cli->out;
	unsigned int columns = p->cli->columns ? p->cli->columns : 80;
	unsigned int rows = p->cli->rows > 2 ? p->cli->rows - 2 : 1;
	unsigned int n = p->n_bars > rows ? rows : p->n_bars;

	progress_hide(p);
	for (unsigned int i = 0; i < n; i++) {
		_free_cleanup_ char *text = bar_text(&p->bars[i], columns);

		/* A line that wraps could not be gone back over. */
		fprintf(out, "%.*s\n", (int)columns - 1, text);
	}
	if (p->n_bars > n)
		fprintf(out, "and %u more\n", p->n_bars - n);
	p->drawn = n + (p->n_bars > n);
	p->drawn_at = rpc_now_ms();
	fflush(out);
}

void progress_tick(struct progress *p)
{
	if (p->cli->tty && !p->cli->json && p->n_bars)
		draw(p);
}

static void print_json(struct cli *cli, const char *adapter, json *flash)
{
	_json_cleanup_ json *v = json_object();

	json_set_str(v, "type", "progress");
	json_set_str(v, "adapter", adapter);
	json_set(v, "flash", json_ref(flash));
	cli_json_line(cli, v);
}

/* For logs and pipes: a line for each stage, and for each tenth of a long one. */
static void print_line(struct cli *cli, struct bar *b)
{
	int tenths = b->percent < 0 ? 0 : b->percent / 10;

	/* How it ended is told by who knows that it did. */
	if (tenths == b->told || !strcmp(b->stage, "done"))
		return;
	b->told = tenths;
	cli_say(cli, "%s: %s, %d %%", b->adapter, b->stage, b->percent < 0 ? 0 : b->percent);
}

void progress_show(struct progress *p, const char *adapter, json *flash)
{
	struct bar *b;

	if (p->cli->json) {
		print_json(p->cli, adapter, flash);
		return;
	}
	b = bar_of(p, adapter);
	bar_update(b, flash);
	if (!p->cli->tty)
		print_line(p->cli, b);
	else if (rpc_now_ms() - p->drawn_at >= REDRAW_MS)
		draw(p);
}

void progress_end(struct progress *p, const char *adapter)
{
	progress_hide(p);
	for (unsigned int i = 0; i < p->n_bars; i++) {
		if (strcmp(p->bars[i].adapter, adapter))
			continue;
		bar_free(&p->bars[i]);
		p->n_bars--;
		memmove(p->bars + i, p->bars + i + 1, (p->n_bars - i) * sizeof(*p->bars));
		return;
	}
}
