// SPDX-License-Identifier: GPL-2.0
#include "emu/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <mydev/hw.h>

#include "emu/control.h"
#include "emu/knobs.h"
#include "lib/alloc.h"

enum { OPT_MODEL = 256, OPT_SOCKET, OPT_STATE, OPT_SERIAL, OPT_SLOT_SIZE, OPT_FACTORY, OPT_KEY,
       OPT_CONTROL, OPT_FAULT, OPT_TELL };

static const char help[] =
	"mydev-emu --model MODEL --socket PATH --state DIR [OPTION...]\n"
	"mydev-emu --tell PATH COMMAND...\n"
	"\n"
	"A MyDev card as a process, behind a PCI function of QEMU:\n"
	"\n"
	"  mkdir /tmp/card\n"
	"  mydev-emu --model md4000 --socket /tmp/card.sock --state /tmp/card &\n"
	"  qemu-system-x86_64 ... -chardev socket,id=card,path=/tmp/card.sock \\\n"
	"                         -device ivshmem-doorbell,chardev=card,vectors=2\n"
	"\n"
	"  --model MODEL    md2000 or md4000\n"
	"  --socket PATH    where QEMU connects; the card is plugged in while it is connected\n"
	"  --state DIR      its flash, serial number and key slots; a new card if DIR is empty\n"
	"  --serial TEXT    of a new card: its serial number (a random one)\n"
	"  --slot-size BYTES  of a new card: its slots' (262144), at most 16777216\n"
	"  --factory FILE   of a new card: its firmware (the product's 1.0.0)\n"
	"  --key FILE       a public key (PEM) for its key slots (a new card: the test key)\n"
	"  --control PATH   a socket that takes faults at run time\n"
	"  --fault NAME=VALUE   a fault from the start on\n"
	"  --tell PATH      sends a command to the --control of one that runs: status, help,\n"
	"                   poke OFFSET VALUE, interrupt VECTOR [TIMES], or a fault: NAME VALUE\n"
	"  --version, --help\n"
	"\n"
	"Faults, and their values:\n";

static const struct option longs[] = {
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "serial", required_argument, NULL, OPT_SERIAL },
	{ "slot-size", required_argument, NULL, OPT_SLOT_SIZE },
	{ "factory", required_argument, NULL, OPT_FACTORY },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "tell", required_argument, NULL, OPT_TELL },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL }
};

static int wrong(const char *fmt, const char *what)
{
	fprintf(stderr, "mydev-emu: ");
	fprintf(stderr, fmt, what);
	fprintf(stderr, "; see mydev-emu --help\n");
	return 2;
}

static int parse_model(struct options *o, const char *name)
{
	o->model_name = name;
	if (!strcmp(name, "md2000"))
		o->model = MYDEV_MODEL_MD2000;
	else if (!strcmp(name, "md4000"))
		o->model = MYDEV_MODEL_MD4000;
	else
		return wrong("--model takes md2000 or md4000, not %s", name);
	return -1;
}

bool options_serial_ok(const char *serial)
{
	size_t len;

	for (len = 0; serial[len]; len++)
		if (!isalnum((unsigned char)serial[len]) && serial[len] != '-')
			return false;
	return len && len < MYDEV_HW_SERIAL_LEN;
}

static int parse_serial(struct options *o, const char *serial)
{
	o->serial = serial;
	if (options_serial_ok(serial))
		return -1;
	return wrong("--serial takes 1 to 15 letters, digits and '-', not %s", serial);
}

/* Whether the flash can have such slots is the store's to know. */
static int parse_slot_size(struct options *o, const char *text)
{
	unsigned long long size;
	char *end;

	errno = 0;
	size = strtoull(text, &end, 0);
	if (errno || *end || *text == '-' || !size || size > UINT32_MAX)
		return wrong("--slot-size takes a number of bytes, not %s", text);
	o->slot_size = size;
	return -1;
}

static int print_help(void)
{
	_free_cleanup_ char *faults = knobs_help();

	printf("%s%s", help, faults);
	return 0;
}

static int parse_one(struct options *o, int opt)
{
	switch (opt) {
	case OPT_MODEL:
		return parse_model(o, optarg);
	case OPT_SOCKET:
		o->socket = optarg;
		return -1;
	case OPT_STATE:
		o->state = optarg;
		return -1;
	case OPT_SERIAL:
		return parse_serial(o, optarg);
	case OPT_SLOT_SIZE:
		return parse_slot_size(o, optarg);
	case OPT_FACTORY:
		o->factory = optarg;
		return -1;
	case OPT_KEY:
		if (o->n_keys == OPTIONS_MANY)
			return wrong("too many --key: %s", optarg);
		o->keys[o->n_keys++] = optarg;
		return -1;
	case OPT_CONTROL:
		o->control = optarg;
		return -1;
	case OPT_FAULT:
		if (o->n_faults == OPTIONS_MANY)
			return wrong("too many --fault: %s", optarg);
		o->faults[o->n_faults++] = optarg;
		return -1;
	case OPT_TELL:
		o->tell = optarg;
		return -1;
	case 'V':
		puts("mydev-emu " MYDEV_VERSION);
		return 0;
	case 'h':
		return print_help();
	default:
		return wrong("that is no command line%s", "");
	}
}

int options_parse(struct options *o, int argc, char **argv)
{
	int opt, rc;

	*o = (struct options){ 0 };
	while ((opt = getopt_long(argc, argv, "+Vh", longs, NULL)) != -1) {
		rc = parse_one(o, opt);
		if (rc >= 0)
			return rc;
	}
	if (o->tell)
		return optind < argc ? control_tell(o->tell, argv + optind) :
		       wrong("--tell wants a command%s", "");
	if (optind != argc)
		return wrong("%s: no arguments are taken", argv[optind]);
	if (!o->model || !o->socket || !o->state)
		return wrong("%s is missing", !o->model ? "--model" :
			     !o->socket ? "--socket" : "--state");
	return -1;
}
