// SPDX-License-Identifier: GPL-2.0
#include "journal.h"
#include "crc32.h"
#include "flash.h"
#include "state.h"

#define MAGIC		0x4a4d		/* "MJ" */
#define APPEND_TRIES	4		/* pages that a record is tried in */
#define CRC_OFFSET	12		/* of the CRC in the header */

_Static_assert(sizeof(struct model_journal_header) == 16, "a record's header");

static u32 sector_pages(const struct model *m)
{
	return m->card.geometry.sector_size / m->card.geometry.page_size;
}

static u32 record_pages(const struct model *m, u32 len)
{
	return DIV_ROUND_UP(sizeof(struct model_journal_header) + len,
			    m->card.geometry.page_size);
}

static u32 page_offset(const struct model *m, const struct model_journal *j, u32 sector,
		       u32 page)
{
	return j->start + sector * m->card.geometry.sector_size +
	       page * m->card.geometry.page_size;
}

static u32 record_crc(const void *record, u32 len)
{
	const u8 *p = record;
	u32 crc = model_crc32(0, p, CRC_OFFSET);

	return model_crc32(crc, p + sizeof(struct model_journal_header), len);
}

static bool header_ok(const struct model *m, const struct model_journal *j,
		      const struct model_journal_header *h, u32 page)
{
	u32 pages = sector_pages(m);
	u32 len = le32_to_cpu(h->len);

	return le16_to_cpu(h->magic) == MAGIC && h->kind == j->kind && len &&
	       len <= MODEL_RECORD_MAX && record_pages(m, len) <= pages - page &&
	       (le32_to_cpu(h->seq) - page) % pages == 0;
}

/*
 * Reads what lies at a page into m->record: 1 when it is a whole record, 0 when not, -EIO
 * when it could not be read. Header and data are judged as read here, and never read again.
 */
static int record_read(struct model *m, const struct model_journal *j, u32 sector, u32 page)
{
	struct model_journal_header *h = (void *)m->record;
	u32 off = page_offset(m, j, sector, page);

	if (model_flash_read(m, off, h, sizeof(*h)))
		return -EIO;
	if (!header_ok(m, j, h, page))
		return 0;
	if (model_flash_read(m, off + sizeof(*h), h + 1, le32_to_cpu(h->len)))
		return -EIO;
	return record_crc(h, le32_to_cpu(h->len)) == le32_to_cpu(h->crc);
}

static void found(struct model *m, struct model_journal *j, u32 sector, u32 page)
{
	const struct model_journal_header *h = (void *)m->record;

	j->sector = sector;
	j->good = sector;
	j->base = le32_to_cpu(h->seq) - page;
	j->page = page + record_pages(m, le32_to_cpu(h->len));
}

/* As if the last sector were full, so that the first record erases and begins sector 0. */
void model_journal_format(const struct model *m, struct model_journal *j)
{
	j->sector = j->sectors - 1;
	j->good = j->sector;
	j->page = sector_pages(m);
	j->base = 0 - j->page;
	j->settled = true;
}

int model_journal_open(struct model *m, struct model_journal *j, void *last, u32 max)
{
	const struct model_journal_header *h = (void *)m->record;
	u32 pages = sector_pages(m);
	u32 sector, page, len = 0, seq = 0;
	int r, error = 0;

	model_journal_format(m, j);
	j->settled = false;
	for (sector = 0; sector < j->sectors; sector++) {
		for (page = 0; page < pages; page++) {
			r = record_read(m, j, sector, page);
			if (r < 0)
				error = r;
			if (r <= 0 || le32_to_cpu(h->len) > max ||
			    (len && le32_to_cpu(h->seq) <= seq))
				continue;
			found(m, j, sector, page);
			seq = le32_to_cpu(h->seq);
			len = le32_to_cpu(h->len);
			memcpy(last, h + 1, len);
		}
	}
	return len ? (int)len : error;
}

/*
 * Goes on in the next sector. One that got no whole record is used again instead: the next
 * may hold the latest one.
 */
static int next_sector(struct model *m, struct model_journal *j)
{
	u32 sector = j->sector == j->good ? (j->sector + 1U) % j->sectors : j->sector;
	int r;

	r = model_flash_erase(m, page_offset(m, j, sector, 0));
	if (r)
		return r;
	j->sector = sector;
	j->base += sector_pages(m);
	j->page = 0;
	return 0;
}

static bool blank(struct model *m, u32 off)
{
	return model_flash_blank(m, off, m->card.geometry.page_size);
}

/* In the sector that is written: all up to the first page from which on all read as blank. */
static void settle_current(struct model *m, struct model_journal *j)
{
	u32 pages = sector_pages(m);
	u32 end = pages;
	u32 off;

	while (end > j->page && blank(m, page_offset(m, j, j->sector, end - 1)))
		end--;
	for (end = model_min(end + 1, pages); j->page < end; j->page++) {
		off = page_offset(m, j, j->sector, j->page);
		if (!model_flash_spoilt(m, off))
			model_flash_spoil(m, off);
	}
}

/* In another sector: all but older records, and pages without any content. */
static void settle_other(struct model *m, const struct model_journal *j, u32 sector)
{
	const struct model_journal_header *h = (void *)m->record;
	u32 pages = sector_pages(m);
	u32 end = j->base + j->page;
	u32 page = 0;
	u32 off;

	while (page < pages) {
		if (record_read(m, j, sector, page) > 0 && le32_to_cpu(h->seq) < end) {
			page += record_pages(m, le32_to_cpu(h->len));
			continue;
		}
		off = page_offset(m, j, sector, page++);
		if (!blank(m, off) && !model_flash_spoilt(m, off))
			model_flash_spoil(m, off);
	}
}

/*
 * Spoils all that may have been touched behind the latest record. Should that fail, it is
 * still passed over: it takes a power cut as well to do harm.
 */
static void settle(struct model *m, struct model_journal *j)
{
	u32 sector;

	for (sector = 0; sector < j->sectors; sector++)
		if (sector != j->sector)
			settle_other(m, j, sector);
	settle_current(m, j);
	j->settled = true;
}

static int append_once(struct model *m, struct model_journal *j, const void *data, u32 len)
{
	struct model_journal_header *h = (void *)m->record;
	u32 done, page;
	int r;

	if (!j->settled)
		settle(m, j);
	if (j->page + record_pages(m, len) > sector_pages(m)) {
		r = next_sector(m, j);
		if (r)
			return r;
	}
	page = j->page;
	j->page += record_pages(m, len);

	memset(h, 0, sizeof(*h));
	h->magic = cpu_to_le16(MAGIC);
	h->kind = j->kind;
	h->seq = cpu_to_le32(j->base + page);
	h->len = cpu_to_le32(len);
	memcpy(h + 1, data, len);
	h->crc = cpu_to_le32(record_crc(h, len));

	r = model_flash_program(m, page_offset(m, j, j->sector, page), h, sizeof(*h) + len, &done);
	if (!r)
		j->good = j->sector;
	return r;
}

int model_journal_append(struct model *m, struct model_journal *j, const void *data, u32 len)
{
	int tries, r = -EIO;

	for (tries = 0; r && tries < APPEND_TRIES; tries++)
		r = append_once(m, j, data, len);
	return r;
}

u32 model_journal_next(struct model *m, const struct model_journal *j,
		       struct model_journal_pos *pos, const void **data)
{
	const struct model_journal_header *h = (void *)m->record;
	u32 pages = sector_pages(m);
	u32 sector, page;

	while (pos->sector < j->sectors) {
		sector = (j->sector + 1U + pos->sector) % j->sectors;
		page = pos->page++;
		if (page >= pages) {
			pos->sector++;
			pos->page = 0;
		} else if (record_read(m, j, sector, page) > 0) {
			*data = h + 1;
			return le32_to_cpu(h->len);
		}
	}
	return 0;
}
