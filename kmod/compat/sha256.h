/* SPDX-License-Identifier: GPL-2.0 */
/* struct sha256_state, sha256_init() and so on, of the kernel's library. */
#ifndef KMOD_COMPAT_SHA256_H
#define KMOD_COMPAT_SHA256_H

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#include <crypto/sha.h>
#else
#include <crypto/sha2.h>
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define sha256_state sha256_ctx
#endif

#endif
