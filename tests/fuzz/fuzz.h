/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What libFuzzer calls, and what must hold. A target is a file here; its corpus is a directory
 * of the same name in corpus/, which `make fuzz` reads and adds nothing to.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition)	((condition) ? (void)0 : abort())

#endif
