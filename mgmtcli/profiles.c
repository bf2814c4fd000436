// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/profiles.h"

unsigned int profiles_complain(struct cli *cli, json *profiles)
{
	unsigned int n = 0;

	for (size_t i = 0; i < json_len(profiles); i++) {
		json *problems = json_get(json_at(profiles, i), "problems");

		for (size_t j = 0; j < json_len(problems); j++, n++)
			cli_note(cli, "%s", json_str(json_at(problems, j), "-"));
	}
	return n;
}
