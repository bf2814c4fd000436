/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MYDEV_SIM_ENV_H
#define MYDEV_SIM_ENV_H

#include <model/model.h>

/* The model's surroundings in the kernel; `env` is the struct sim_card. */
extern const struct model_ops sim_env_ops;

#endif
