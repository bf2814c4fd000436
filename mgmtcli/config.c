// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/verbs.h"

#include <stddef.h>

const struct command command_config = {
	.name = "config",
	.args = "VERB [ARGUMENT...]",
	.summary = "look at and change the configuration of adapters",
	.about = "Profiles in /etc/mydev/profiles.d say what adapters shall be like, see mydev.conf(5). What\n"
		 "is set here goes to the adapter and into its own profile, 90-SERIAL.conf.",
	.sub = (const struct command *const[]){
		&command_config_show, &command_config_get, &command_config_set,
		&command_config_reset, &command_config_diff, &command_config_apply, NULL,
	},
};
