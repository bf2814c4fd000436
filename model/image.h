/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads the structure of a firmware image (mydev/fwimg.h) from wherever it lies. Used by the
 * adapter's boot loader here, and by lib/ for files: both refuse the same.
 *
 * Only the structure is judged: digest and signature are the caller's to check, and nothing
 * that this yields is to be trusted before.
 */
#ifndef MODEL_IMAGE_H
#define MODEL_IMAGE_H

#include "port.h"
#include <mydev/fwimg.h>

struct fwimg_reader {
	/* Reads `len` bytes at `off`, which lie within `size`: 0, or negative. */
	int (*read)(void *ctx, u32 off, void *buf, u32 len);
	void *ctx;
	u32 size;		/* of what the image lies in, at most 2^31 */
};

enum fwimg_error {
	FWIMG_OK = 0,
	FWIMG_READ,		/* the reader failed */
	FWIMG_TRUNCATED,	/* something lies beyond the end */
	FWIMG_MAGIC,
	FWIMG_HEADER,		/* header size out of its bounds */
	FWIMG_FLAGS,		/* flags set: encrypted, compressed, ... */
	FWIMG_TLV_AREA,		/* a TLV area's magic or length, or what it holds is longer */
	FWIMG_TLV_LENGTH,	/* a known TLV of the wrong length */
	FWIMG_TLV_DOUBLED,
	FWIMG_NO_DIGEST,
	FWIMG_NO_COUNTER,
	FWIMG_NO_MODEL,
};

struct fwimg_info {
	struct mydev_fwimg_version version;
	u32 payload;		/* offset */
	u32 payload_size;	/* bytes */
	u32 covered;		/* bytes from the start that the digest covers */
	u32 total;		/* bytes of the whole image */
	u32 counter;		/* security counter */
	u16 model;
	u16 sig_len;		/* 0: not signed */
	bool has_key_hash;
	bool has_manifest;	/* the payload begins with one, of whatever content */
	u8 digest[MYDEV_FWIMG_DIGEST_SIZE];
	u8 key_hash[MYDEV_FWIMG_DIGEST_SIZE];
	u8 sig[MYDEV_FWIMG_SIG_MAX];
	struct mydev_fw_manifest manifest;
};

/* Fills *info, all of it when FWIMG_OK is returned. */
enum fwimg_error fwimg_parse(const struct fwimg_reader *r, struct fwimg_info *info);

enum fwimg_manifest_error {
	FWIMG_MANIFEST_OK = 0,
	FWIMG_MANIFEST_NONE,	/* the payload does not begin with one */
	FWIMG_MANIFEST_ABI,
	FWIMG_MANIFEST_SIZE,	/* is not what the payload has */
	FWIMG_MANIFEST_BOARD,	/* wants a newer board */
};

/* Whether a boot loader on that board would start the image. */
enum fwimg_manifest_error fwimg_manifest_check(const struct fwimg_info *info, u16 board_rev);

/* <0, 0, >0 as a is older than, the same as or newer than b. */
int fwimg_version_cmp(const struct mydev_fwimg_version *a, const struct mydev_fwimg_version *b);

#endif
