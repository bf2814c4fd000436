/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket: lines of `NAME VALUE` (a knob), `poke OFFSET VALUE`, `interrupt VECTOR`,
 * `status` or `help`. The answer is a line `ok`, a line that begins with `error: `, or what was
 * asked for.
 */
#ifndef EMU_CONTROL_H
#define EMU_CONTROL_H

#include <poll.h>

#include "emu/card.h"

#define CONTROL_CLIENTS	8
#define CONTROL_FDS	(1 + CONTROL_CLIENTS)
#define CONTROL_LINE	256		/* bytes, with the newline */

struct control {
	struct card *card;
	int listener;			/* -1: no control socket */
	struct control_client {
		int fd;			/* -1: none */
		size_t len;
		char line[CONTROL_LINE];
	} clients[CONTROL_CLIENTS];
};

/* Takes over the listening socket; -1: nobody controls it. */
void control_init(struct control *c, struct card *card, int listener);
void control_close(struct control *c);

/* What to poll for, CONTROL_FDS entries; and acts on what was found. */
void control_watch(const struct control *c, struct pollfd *fds);
void control_act(struct control *c, const struct pollfd *fds);

/* `mydev-emu --tell PATH WORD...`: sends a line, prints the answer. The exit status. */
int control_tell(const char *path, char **words);

#endif
