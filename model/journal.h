/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records in a ring of flash sectors, whole or not there at all. The boot state and the
 * configuration keep their latest snapshot this way, the log its entries.
 *
 * A record takes whole pages: header, data, CRC-32 over both. Records follow each other;
 * when a sector is full, the next one of the ring is erased and goes on. The sequence number
 * is a count of pages, so it tells the order of all records, torn ones between them included.
 *
 * What a power cut leaves:
 *   - A torn record fails its CRC and is passed over. It may pass at one read and fail at the
 *     next: whoever acts on a record after power-on first appends it anew.
 *   - Pages behind the latest whole record may hold a torn one, or read as blank at one power-on
 *     and not at the next. Before the first record after power-on they are spoilt: all their
 *     bits are programmed, in ascending order, up to the first page that reads as blank. So
 *     no torn record comes back later, and no page is written that may have been touched.
 *   - A torn erase hits only a sector without the latest record, and is repeated before use.
 *
 * A sector has room for several records, so that the one before, in the other sector, is
 * there until a new one is whole, even if power fails a few times in a row.
 */
#ifndef MODEL_JOURNAL_H
#define MODEL_JOURNAL_H

#include "model.h"

#define MODEL_RECORD_MAX	512	/* bytes of data in a record */

struct model_journal_header {
	__le16 magic;		/* 0 */
	u8 kind;		/* 2: enum model_journal_kind */
	u8 reserved;		/* 3 */
	__le32 seq;		/* 4: of its first page */
	__le32 len;		/* 8: bytes of data */
	__le32 crc;		/* 12: of the 12 bytes before and the data */
};				/* 16 */

#define MODEL_RECORD_BYTES	(sizeof(struct model_journal_header) + MODEL_RECORD_MAX)

enum model_journal_kind {
	MODEL_JOURNAL_BOOT	= 1,
	MODEL_JOURNAL_CONFIG	= 2,
	MODEL_JOURNAL_LOG	= 3,
};

struct model_journal {
	u32 start;		/* in the flash */
	u8 sectors;
	u8 kind;
	u8 sector;		/* that is written now */
	u8 good;		/* sector of the latest whole record: not to be erased */
	bool settled;		/* what an earlier power-on may have left is spoilt */
	u32 page;		/* the next one in it */
	u32 base;		/* sequence number of its first page */
};

struct model_journal_pos {
	u32 sector;		/* from the oldest on */
	u32 page;
};

/* Begins an empty journal in erased sectors. */
void model_journal_format(const struct model *m, struct model_journal *j);

/*
 * Finds the end of the journal that lies at `start`. Copies the latest record into `last`
 * (`max` bytes): its length, 0 when there is none, -EIO when there is none and not all could
 * be read.
 */
int model_journal_open(struct model *m, struct model_journal *j, void *last, u32 max);

/* Appends a record. 0, or -EIO, -EILSEQ: then the latest record is the one before. */
int model_journal_append(struct model *m, struct model_journal *j, const void *data, u32 len);

/* The next record from *pos on (begin with zeros), oldest first, in m->record: its length, 0
 * at the end. *data: where it lies. */
u32 model_journal_next(struct model *m, const struct model_journal *j,
		       struct model_journal_pos *pos, const void **data);

#endif
