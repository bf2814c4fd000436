/* SPDX-License-Identifier: GPL-2.0 */
/* Firmware image files: a copy in memory, and what is wrong with it. */
#ifndef LIB_FWIMAGE_H
#define LIB_FWIMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/keyring.h"
#include "model/image.h"

#define FWIMAGE_MAX	(16U << 20)	/* bytes; no adapter has a larger slot */

enum fwimage_problem {
	FWIMAGE_OK = 0,
	/* of the file */
	FWIMAGE_NOT_PLAIN,
	FWIMAGE_UNREADABLE,
	FWIMAGE_EMPTY,
	FWIMAGE_TOO_LARGE,
	/* of the structure */
	FWIMAGE_MAGIC,
	FWIMAGE_HEADER,
	FWIMAGE_FLAGS,
	FWIMAGE_TRUNCATED,
	FWIMAGE_TRAILING,
	FWIMAGE_TLVS,
	FWIMAGE_NO_DIGEST,
	FWIMAGE_NO_COUNTER,
	FWIMAGE_NO_MODEL,
	/* of the content */
	FWIMAGE_DIGEST,
	FWIMAGE_MODEL,
	/* of the signature */
	FWIMAGE_UNSIGNED,
	FWIMAGE_KEY_UNKNOWN,
	FWIMAGE_KEY_REVOKED,
	FWIMAGE_SIGNATURE,
	/* of the payload's manifest */
	FWIMAGE_NO_MANIFEST,
	FWIMAGE_MANIFEST,

	FWIMAGE_PROBLEMS	/* how many */
};

/* What is wrong, as a phrase that follows the name of the file. Static. */
const char *fwimage_problem_text(enum fwimage_problem p);

struct fwimage {
	uint8_t *data;
	uint32_t size;
	struct fwimg_info info;	/* valid after fwimage_parse() */
	const char *key;	/* file name of the key that signed, after fwimage_check_signature();
				 * the keyring's */
};

/*
 * Copies a plain file from its beginning, whatever the descriptor's offset. The file may
 * change meanwhile: everything else works on the copy. To be freed, after a problem too.
 */
enum fwimage_problem fwimage_read(struct fwimage *img, int fd);
void fwimage_free(struct fwimage *img);
#define _fwimage_cleanup_ __attribute__((cleanup(fwimage_free)))

/* The steps of a check, in this order. A step takes for granted that those before it passed. */
enum fwimage_problem fwimage_parse(struct fwimage *img);
enum fwimage_problem fwimage_check_digest(const struct fwimage *img);
enum fwimage_problem fwimage_check_signature(struct fwimage *img, const struct keyring *keys);
enum fwimage_problem fwimage_check_payload(const struct fwimage *img); /* model, manifest */

/* All of them: whether the image may be flashed. */
enum fwimage_problem fwimage_check(struct fwimage *img, const struct keyring *keys);

#endif
