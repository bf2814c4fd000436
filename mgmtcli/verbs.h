/* SPDX-License-Identifier: GPL-2.0 */
/* The verbs, each in the file of its name. */
#ifndef MGMTCLI_VERBS_H
#define MGMTCLI_VERBS_H

#include "mgmtcli/command.h"

extern const struct command command_show;
extern const struct command command_flash;
extern const struct command command_firmware;
extern const struct command command_config;
extern const struct command command_events;
extern const struct command command_locate;
extern const struct command command_reset;
extern const struct command command_selftest;
extern const struct command command_log;
extern const struct command command_guest;
extern const struct command command_support;
extern const struct command command_version;
extern const struct command command_help;

/* Of the group config. */
extern const struct command command_config_show;
extern const struct command command_config_get;
extern const struct command command_config_diff;
extern const struct command command_config_set;
extern const struct command command_config_reset;
extern const struct command command_config_apply;

#endif
