// SPDX-License-Identifier: GPL-2.0
/* mydev-emu: a MyDev card as a process, behind a PCI function of QEMU. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "emu/card.h"
#include "emu/control.h"
#include "emu/log.h"
#include "emu/options.h"
#include "emu/serve.h"
#include "emu/store.h"
#include "lib/alloc.h"

struct emu {
	struct options options;
	struct store store;
	struct knobs knobs;
	struct flash flash;
	struct link link;
	struct card card;
	struct control control;
};

static bool turn_knobs(struct emu *e)
{
	char *name, *value, *why;
	size_t i;

	for (i = 0; i < e->options.n_faults; i++) {
		value = e->options.faults[i];
		name = strsep(&value, "= ");
		why = knobs_turn(&e->knobs, name, value);
		if (why) {
			say("--fault: %s", why);
			free(why);
			return false;
		}
	}
	return true;
}

static bool manufacture(struct emu *e)
{
	if (!e->store.fresh)
		return true;
	if (!card_manufacture(&e->card) && store_finish(&e->store))
		return true;
	say("%s: the card could not be manufactured", e->options.state);
	return false;
}

static bool serve_card(struct emu *e, int listener)
{
	bool well = false;

	if (card_start(&e->card)) {
		say("no thread for the card");
		return false;
	}
	well = serve(&e->link, listener, &e->control);
	link_stop(&e->link);
	card_stop(&e->card);
	return well;
}

/* The control socket is the last thing to appear: who finds it finds everything. */
static int listen_and_serve(struct emu *e)
{
	_close_cleanup_ int listener = serve_listen(e->options.socket);
	int control = -1, rc = EXIT_FAILURE;

	if (listener < 0)
		return rc;
	if (e->options.control) {
		control = serve_listen(e->options.control);
		if (control < 0)
			goto out_socket;
	}
	control_init(&e->control, &e->card, control);
	if (serve_card(e, listener))
		rc = EXIT_SUCCESS;
	control_close(&e->control);
	if (e->options.control)
		unlink(e->options.control);
out_socket:
	unlink(e->options.socket);
	return rc;
}

static int run(struct emu *e)
{
	int rc = EXIT_FAILURE;

	if (!store_open(&e->store, &e->options))
		goto out_store;
	if (flash_open(&e->flash, e->store.flash, &e->store.card.geometry, &e->knobs)) {
		say("%s: the flash cannot be mapped", e->options.state);
		goto out_store;
	}
	if (link_init(&e->link, &e->knobs)) {
		say("no descriptors for doorbells and interrupts");
		goto out_flash;
	}
	e->card = (struct card){
		.ident = e->store.card,
		.knobs = &e->knobs,
		.link = &e->link,
		.flash = &e->flash,
		.keys = e->store.keys,
	};
	card_init(&e->card);
	if (manufacture(e))
		rc = listen_and_serve(e);
	card_free(&e->card);
	link_free(&e->link);
out_flash:
	flash_close(&e->flash);
out_store:
	store_close(&e->store);
	return rc;
}

/* The flash lost its room: the disk is full under a copy of it, or somebody cut it off. */
static void on_bus_error(int signal)
{
	static const char text[] = "mydev-emu: the flash in --state is cut off, or its disk "
				   "full: the card ends\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(EXIT_FAILURE);
}

/* What ends us is read from a descriptor, by one thread. */
static void set_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGBUS, on_bus_error);
}

int main(int argc, char **argv)
{
	static struct emu e;
	int rc = options_parse(&e.options, argc, argv);

	if (rc >= 0)
		return rc;
	knobs_init(&e.knobs, e.options.model == MYDEV_MODEL_MD2000 ? 2 : 4);
	if (!turn_knobs(&e))
		return 2;
	set_signals();
	return run(&e);
}
