/* SPDX-License-Identifier: GPL-2.0 */
/* The command line of mydev-emu. */
#ifndef EMU_OPTIONS_H
#define EMU_OPTIONS_H

#include <stddef.h>

#include "model/port.h"

#define OPTIONS_MANY	32		/* of --fault, of --key */

struct options {
	u16 model;			/* MYDEV_MODEL_* */
	const char *model_name;
	const char *socket;
	const char *state;
	const char *serial;		/* NULL: whatever it has, or gets */
	u32 slot_size;			/* of a new card; 0: the usual one */
	const char *factory;		/* NULL: the product's for the model */
	const char *control;		/* NULL: none */
	const char *tell;		/* the control socket of another; NULL: be a card */
	char *faults[OPTIONS_MANY];
	size_t n_faults;
	const char *keys[OPTIONS_MANY];
	size_t n_keys;
};

/* Whether a card may have that serial number. */
bool options_serial_ok(const char *serial);

/* -1: go on; else the exit status, and everything has been said. */
int options_parse(struct options *o, int argc, char **argv);

#endif
