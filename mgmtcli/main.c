// SPDX-License-Identifier: GPL-2.0
/* mydevcli: the command line of mydevd. */
#include "mgmtcli/run.h"

int main(int argc, char **argv)
{
	struct cli cli;
	int ret;

	cli_init(&cli);
	ret = cli_run(&cli, argc, argv);
	cli_free(&cli);
	return ret;
}
