/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MODEL_CRC32_H
#define MODEL_CRC32_H

#include "port.h"

/* CRC-32 of IEEE 802.3 (zlib's). Begin with 0; give the result again to go on. */
u32 model_crc32(u32 crc, const void *data, u32 len);

#endif
