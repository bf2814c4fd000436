// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/rpc.h"
#include "mgmtd/log.h"
#include "mgmtd/server.h"

#define BUFFER_MIN	4096
#define BUFFER_MAX	(256 << 20)

static const char help[] =
	"mydevd [OPTION...]: manages MyDev adapters; see mydevd(8)\n"
	"\n"
	"  -s, --socket PATH         listen there, unless systemd passes a socket\n"
	"                            (" RPC_SOCKET ")\n"
	"  -c, --config-dir DIR      mydev.conf, profiles.d/, guests.d/, keys/ (/etc/mydev)\n"
	"  -d, --state-dir DIR       events (/var/lib/mydev)\n"
	"  -f, --firmware-dir DIR    images, staged/ (/lib/firmware/mydev)\n"
	"  -b, --netlink-buffer N    bytes for messages of the kernel (8388608)\n"
	"  -v, --verbose             log more\n"
	"  -V, --version\n"
	"  -h, --help\n";

static const struct option longs[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "config-dir", required_argument, NULL, 'c' },
	{ "state-dir", required_argument, NULL, 'd' },
	{ "firmware-dir", required_argument, NULL, 'f' },
	{ "netlink-buffer", required_argument, NULL, 'b' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL }
};

static bool parse_buffer(int *bytes, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n < BUFFER_MIN || n > BUFFER_MAX)
		return false;
	*bytes = n;
	return true;
}

static int parse_one(struct options *o, int opt)
{
	switch (opt) {
	case 's':
		o->socket = optarg;
		return -1;
	case 'c':
		o->config_dir = optarg;
		return -1;
	case 'd':
		o->state_dir = optarg;
		return -1;
	case 'f':
		o->firmware_dir = optarg;
		return -1;
	case 'b':
		if (parse_buffer(&o->netlink_buffer, optarg))
			return -1;
		fprintf(stderr, "mydevd: --netlink-buffer takes %d to %d\n", BUFFER_MIN, BUFFER_MAX);
		return 2;
	case 'v':
		log_verbose();
		return -1;
	case 'V':
		puts("mydevd " MYDEV_VERSION);
		return 0;
	case 'h':
		fputs(help, stdout);
		return 0;
	default:
		fprintf(stderr, "mydevd: see mydevd --help\n");
		return 2;
	}
}

int options_parse(struct options *o, int argc, char **argv)
{
	int opt, rc;

	*o = (struct options){
		.socket = RPC_SOCKET,
		.config_dir = "/etc/mydev",
		.state_dir = "/var/lib/mydev",
		.firmware_dir = "/lib/firmware/mydev",
		.netlink_buffer = 8 << 20,
		.stall_s = SERVER_STALL_S,
	};
	while ((opt = getopt_long(argc, argv, "s:c:d:f:b:vVh", longs, NULL)) != -1) {
		rc = parse_one(o, opt);
		if (rc >= 0)
			return rc;
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "mydevd: %s: no arguments are taken; see mydevd --help\n", argv[optind]);
	return 2;
}
