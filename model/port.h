/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the model needs of C and of its surroundings: the same names in the kernel and in a
 * process. The only file here that knows which of the two it is compiled for.
 */
#ifndef MODEL_PORT_H
#define MODEL_PORT_H

#ifdef __KERNEL__

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

static inline u64 model_div(u64 dividend, u32 divisor)
{
	return div_u64(dividend, divisor);
}

static inline void model_wipe(void *buf, size_t len)
{
	memzero_explicit(buf, len);
}

#else

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;

#define cpu_to_le16(v)		htole16(v)
#define cpu_to_le32(v)		htole32(v)
#define cpu_to_le64(v)		htole64(v)
#define le16_to_cpu(v)		le16toh(v)
#define le32_to_cpu(v)		le32toh(v)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))

static inline u64 model_div(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

/* A memset() that stays although nobody reads the buffer again (glibc 2.17 has none). */
static inline void model_wipe(void *buf, size_t len)
{
	memset(buf, 0, len);
	__asm__ volatile("" : : "r"(buf) : "memory");
}

#endif

/* Not the kernel's min(): that is a macro whose type rules differ between versions. */
static inline u32 model_min(u32 a, u32 b)
{
	return a < b ? a : b;
}

static inline u32 model_max(u32 a, u32 b)
{
	return a > b ? a : b;
}

#endif
