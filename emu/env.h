/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EMU_ENV_H
#define EMU_ENV_H

#include "model/model.h"

/* The model's surroundings in a process; `env` is the struct card. */
extern const struct model_ops env_ops;

/* Milliseconds, monotonic. */
u64 env_now_ms(void);

void env_random_bytes(void *buf, size_t len);
u32 env_random(void);

#endif
