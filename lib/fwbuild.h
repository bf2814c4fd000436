/* SPDX-License-Identifier: GPL-2.0 */
/* Makes firmware images (mydev/fwimg.h): for mkimage, and for tests. */
#ifndef LIB_FWBUILD_H
#define LIB_FWBUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mydev/fwimg.h>

#include "lib/crypto.h"

struct fwbuild {
	struct mydev_fwimg_version version;
	uint16_t model;
	uint32_t counter;
	uint32_t features;
	uint16_t board_rev_min;
	uint32_t code_size;		/* bytes */
	uint32_t code_crc_flip;		/* bits that the code's CRC is wrong in */
	bool no_manifest;		/* code alone is the payload */
};

/*
 * Builds an image, signed with `key` (NULL: not signed). The code is made from model and
 * version, so the same input gives the same image but for the signature, which is random.
 * 0 and *image (*size bytes, to be freed), or -EIO when signing fails.
 */
int fwbuild(const struct fwbuild *b, const struct crypto_key *key, uint8_t **image, size_t *size);

#endif
