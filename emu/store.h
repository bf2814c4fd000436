/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The card's directory, which it alone uses at a time:
 *
 *   card.json   what it is: model, serial number, board, geometry of its flash
 *   flash       the flash, byte by byte
 *   keys/       its key slots (lib/keyring.h): whose firmware it runs
 *
 * It is made at the first start, as the factory does. While `flash.new` is there that was not
 * finished, and begins anew; nothing else is ever overwritten.
 */
#ifndef EMU_STORE_H
#define EMU_STORE_H

#include "emu/options.h"
#include "lib/keyring.h"
#include "model/model.h"

struct store {
	int dir;			/* locked */
	int flash;
	bool fresh;			/* `flash` is flash.new: to be manufactured */
	struct model_card card;
	struct keyring *keys;
};

/*
 * Opens the directory, makes what is missing. Of a fresh card the flash has the factory image
 * in slot 0 and is erased elsewhere; the caller manufactures and calls store_finish(). False:
 * it cannot be used, and why has been said.
 */
bool store_open(struct store *s, const struct options *o);
bool store_finish(struct store *s);
void store_close(struct store *s);

#endif
