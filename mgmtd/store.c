// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/alloc.h"
#include "lib/util.h"

#define INDEX_STEP	32	/* lines: the place of each such one is known */
#define FILE_MAX	(1u << 30)

struct segment {
	char *path;		/* NULL: volatile */
	int fd;			/* -1: no file */
	uint64_t first;
	uint32_t n;
	off_t size;
	off_t *index;
};

struct store {
	struct segment old, now;
	unsigned int per_segment;
};

static void segment_init(struct segment *g, char *path, int fd, uint64_t first)
{
	*g = (struct segment){ .path = path, .fd = fd, .first = first };
}

static void segment_clear(struct segment *g)
{
	closep(&g->fd);
	free(g->path);
	free(g->index);
	segment_init(g, NULL, -1, 0);
}

static void segment_add(struct segment *g, size_t len)
{
	if (g->n % INDEX_STEP == 0) {
		g->index = xrealloc(g->index, g->n / INDEX_STEP + 1, sizeof(*g->index));
		g->index[g->n / INDEX_STEP] = g->size;
	}
	g->n++;
	g->size += len;
}

static uint64_t segment_end(const struct segment *g)
{
	return g->first + g->n;
}

/* ---- opening ---- */

/* The number of an event's line, 0: it is none. */
static uint64_t line_seq(const char *line, size_t len)
{
	const char *why;
	_json_cleanup_ json *v = json_parse(line, len, &why);
	int64_t seq = json_num(json_get(v, "seq"), 0);

	return seq > 0 ? seq : 0;
}

/* The length up to which the text is whole lines, of which the last is an event. */
static size_t whole_length(const char *text, size_t len)
{
	const char *end, *line;

	while (len) {
		end = memrchr(text, '\n', len);
		if (!end)
			return 0;
		line = memrchr(text, '\n', end - text);
		line = line ? line + 1 : text;
		if (line_seq(line, end - line))
			return end + 1 - text;
		len = line - text;
	}
	return 0;
}

/* Fills the segment from its file's text. False: the numbers do not add up. */
static bool segment_scan(struct segment *g, const char *text, size_t len)
{
	const char *p = text, *end = NULL;

	for (; (size_t)(p - text) < len; p = end + 1) {
		end = memchr(p, '\n', len - (p - text));
		if (!g->n)
			g->first = line_seq(p, end - p);
		segment_add(g, end + 1 - p);
	}
	if (!g->n)
		return true;
	p = memrchr(text, '\n', len - 1);
	p = p ? p + 1 : text;
	return g->first && line_seq(p, end - p) == g->first + g->n - 1;
}

static int segment_load(struct segment *g)
{
	struct stat st;
	bool good;
	size_t len;
	char *text;

	if (fstat(g->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return -EINVAL;
	if (!st.st_size)
		return 0;
	text = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, g->fd, 0);
	if (text == MAP_FAILED)
		return -errno;
	len = whole_length(text, st.st_size);
	good = segment_scan(g, text, len);
	munmap(text, st.st_size);
	if (!good)
		return -EBADMSG;
	return len < (size_t)st.st_size && ftruncate(g->fd, len) < 0 ? -errno : 0;
}

/* A file that makes no sense is put aside: what is in it may still be read by people. */
static int segment_open(struct segment *g, char *path, int flags)
{
	_free_cleanup_ char *aside = xasprintf("%s.damaged", path);
	int rc;

	segment_init(g, path, open(path, O_RDWR | O_CLOEXEC | O_APPEND | flags, 0640), 1);
	if (g->fd < 0)
		return -errno;
	rc = segment_load(g);
	if (rc != -EBADMSG)
		return rc;
	if (rename(path, aside) < 0)
		return -errno;
	g->path = NULL;
	segment_clear(g);
	segment_init(g, path, open(path, O_RDWR | O_CLOEXEC | O_APPEND | O_CREAT, 0640), 1);
	return g->fd < 0 ? -errno : 0;
}

struct store *store_open(const char *dir, unsigned int keep, char **why)
{
	struct store *s = xzalloc(sizeof(*s));
	int rc;

	s->per_segment = keep / 2;
	rc = segment_open(&s->old, xasprintf("%s/events.1.jsonl", dir), 0);
	if (rc == -ENOENT)
		rc = 0;
	if (!rc)
		rc = segment_open(&s->now, xasprintf("%s/events.jsonl", dir), O_CREAT);
	else
		segment_init(&s->now, NULL, -1, 0);
	if (rc) {
		*why = xasprintf("%s: %s", dir, strerror(-rc));
		store_close(s);
		return NULL;
	}
	if (!s->now.n)
		s->now.first = s->old.n ? segment_end(&s->old) : 1;
	/* Numbers go on without a gap, or the older ones are of no use. */
	if (s->old.n && segment_end(&s->old) != s->now.first)
		segment_clear(&s->old);
	return s;
}

struct store *store_open_volatile(unsigned int keep)
{
	struct store *s = xzalloc(sizeof(*s));
	FILE *f = tmpfile();

	s->per_segment = keep / 2;
	segment_init(&s->old, NULL, -1, 0);
	segment_init(&s->now, NULL, f ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 0) : -1, 1);
	if (f)
		fclose(f);
	return s;
}

void store_close(struct store *s)
{
	segment_clear(&s->old);
	segment_clear(&s->now);
	free(s);
}

/* ---- writing ---- */

static int rotate(struct store *s)
{
	_free_cleanup_ char *old_path = NULL;
	int fd;

	if (!s->now.path) {	/* volatile: begin again */
		fd = s->now.fd;
		if (ftruncate(fd, 0) < 0)
			return -errno;
		free(s->now.index);
		segment_init(&s->now, NULL, fd, segment_end(&s->now));
		return 0;
	}
	old_path = xasprintf("%.*s.1.jsonl", (int)(strlen(s->now.path) - strlen(".jsonl")),
			     s->now.path);
	if (rename(s->now.path, old_path) < 0)
		return -errno;
	fd = open(s->now.path, O_RDWR | O_CLOEXEC | O_APPEND | O_CREAT | O_EXCL, 0640);
	if (fd < 0)
		return -errno;
	segment_clear(&s->old);
	s->old = s->now;
	s->old.path = take_ptr(old_path);
	segment_init(&s->now, s->now.path, fd, segment_end(&s->old));
	return 0;
}

int store_append(struct store *s, const char *text, size_t len)
{
	_free_cleanup_ char *line = xasprintf("%.*s\n", (int)len, text);
	ssize_t n;
	int rc;

	if (len >= STORE_LINE_MAX)
		return -EMSGSIZE;
	if (s->now.n >= s->per_segment) {
		rc = rotate(s);
		if (rc < 0)
			return rc;
	}
	n = pwrite(s->now.fd, line, len + 1, s->now.size);
	if (n == (ssize_t)len + 1) {
		segment_add(&s->now, len + 1);
		return 0;
	}
	rc = n < 0 ? -errno : -ENOSPC;
	/* Should that fail too, the next start drops what is no whole line. */
	return ftruncate(s->now.fd, s->now.size) < 0 ? -errno : rc;
}

int store_sync_fd(const struct store *s)
{
	return s->now.path ? fcntl(s->now.fd, F_DUPFD_CLOEXEC, 0) : -1;
}

/* ---- reading ---- */

uint64_t store_first(const struct store *s)
{
	return s->old.n ? s->old.first : s->now.first;
}

uint64_t store_last(const struct store *s)
{
	return segment_end(&s->now) - 1;
}

struct walk {
	uint64_t since;
	bool (*fn)(uint64_t seq, const char *line, size_t len, void *arg);
	void *arg;
};

/* Hands over the whole lines of `text`; the bytes that they take, 0: stop. */
static size_t walk_lines(const struct walk *w, const char *text, size_t len, uint64_t *seq)
{
	const char *p = text, *end;

	while ((end = memchr(p, '\n', len - (p - text)))) {
		if (*seq > w->since && !w->fn(*seq, p, end + 1 - p, w->arg))
			return 0;
		(*seq)++;
		p = end + 1;
	}
	return p - text;
}

static bool walk_segment(const struct segment *g, const struct walk *w)
{
	_free_cleanup_ char *buf = NULL;
	uint32_t skip = w->since >= g->first ? w->since + 1 - g->first : 0;
	uint64_t seq;
	ssize_t n;
	off_t pos;

	if (skip >= g->n)
		return true;
	skip -= skip % INDEX_STEP;
	seq = g->first + skip;
	buf = xmalloc(2 * STORE_LINE_MAX);
	for (pos = g->index[skip / INDEX_STEP]; pos < g->size; pos += n) {
		n = pread(g->fd, buf, 2 * STORE_LINE_MAX, pos);
		if (n <= 0)
			return true;
		n = walk_lines(w, buf, n, &seq);
		if (!n)
			return false;
	}
	return true;
}

void store_each(const struct store *s, uint64_t since,
		bool (*fn)(uint64_t seq, const char *line, size_t len, void *arg), void *arg)
{
	struct walk w = { since, fn, arg };

	if (walk_segment(&s->old, &w))
		walk_segment(&s->now, &w);
}

static bool keep_line(uint64_t seq, const char *line, size_t len, void *arg)
{
	const char *why;

	*(json **)arg = json_parse(line, len, &why);
	return false;
}

json *store_last_line(const struct store *s)
{
	uint64_t last = store_last(s);
	json *v = NULL;

	if (last >= store_first(s))
		store_each(s, last - 1, keep_line, &v);
	return v;
}
