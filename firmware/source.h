/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The source of a firmware image: a text of `key = value` lines, `#` begins a comment.
 *
 *   model = MD-2000                 or MD-4000, or any number
 *   version = MAJOR.MINOR.REVISION[+BUILD]
 *   counter = N                     security counter
 *   features = WORD...              conditioning, hysteresis; may be empty
 *   board_rev_min = N               oldest board that it runs on
 *   code_size = N                   bytes of code
 *
 * and, for images that tests want to be wrong:
 *
 *   code_crc_flip = N               bits that the code's CRC is wrong in
 *   manifest = no                   a payload without one
 */
#ifndef FIRMWARE_SOURCE_H
#define FIRMWARE_SOURCE_H

#include "lib/fwbuild.h"

#define SOURCE_ERROR_MAX	256

/* Sets what `key` means to `value`. False, and why in `error`: that is not possible. */
bool source_set(struct fwbuild *b, const char *key, const char *value,
		char error[SOURCE_ERROR_MAX]);

/* Reads a source file. False, and why in `error`. */
bool source_read(struct fwbuild *b, const char *path, char error[SOURCE_ERROR_MAX]);

#endif
