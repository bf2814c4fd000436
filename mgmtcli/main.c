// SPDX-License-Identifier: GPL-2.0
/* mydevcli: the command line of mydevd. */
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "mgmtcli/run.h"

int main(int argc, char **argv)
{
	static char out[64 << 10];
	struct cli cli;
	int ret;

	/* A thousand adapters in JSON are megabytes: in few system calls. */
	mallopt(M_TOP_PAD, 1 << 20);
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, out, _IOFBF, sizeof(out));
	cli_init(&cli);
	ret = cli_run(&cli, argc, argv);
	cli_free(&cli);
	return ret;
}
