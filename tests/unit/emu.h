/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host for mydev-emu: runs the real program, is the client of its socket that QEMU
 * otherwise is, and drives the card through the window as a driver does. All functions fail
 * the test when something is not as it has to be, or does not come within EMU_WAIT_MS.
 */
#ifndef TESTS_EMU_H
#define TESTS_EMU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <mydev/hw.h>

#include "lib/json.h"

/* Only tests that fail wait so long; machines may be slow. */
#define EMU_WAIT_MS	60000

struct emu {
	char dir[64];		/* of this test: state/, card.sock, control.sock, log */
	pid_t pid;		/* 0: it does not run */
	int socket;		/* -1: not plugged in */
	struct mydev_hw_window *window;
	int ring[MYDEV_PCI_IRQS], irq[MYDEV_PCI_IRQS];
	uint32_t generation, sq_tail, cq_head, eq_head;
	uint32_t next_tag;
};

/* A directory, and nothing running; and the end of both. */
void emu_setup(struct emu *e);
void emu_teardown(struct emu *e);
/* The same as a fixture of cmocka's. */
int emu_fixture_setup(void **state);
int emu_fixture_teardown(void **state);

/*
 * Starts it as an md2000 (unless args have another --model) with further arguments, NULL at the
 * end, and waits until it listens.
 */
void emu_start(struct emu *e, const char *const *args);
/* Waits for its end: the exit status, or -signal. */
int emu_wait(struct emu *e);
/* Ends it by SIGTERM: it has to exit with 0. */
void emu_stop(struct emu *e);
/* Runs it to its end: the exit status. What it said is in *said, to be freed. */
int emu_run(struct emu *e, const char *const *args, char **said);

/* Connects to a socket in the directory: -1, nobody listens. */
int emu_connect(struct emu *e, const char *name);
/* Connects as QEMU does, the handshake included; and disconnects. */
void emu_plug(struct emu *e);
void emu_unplug(struct emu *e);

uint32_t emu_state(struct emu *e);
void emu_wait_state(struct emu *e, uint32_t state);
/* Resets as a driver does, up to the acknowledgement. Sets the host's part back. */
void emu_reset(struct emu *e);

struct emu_reply {
	uint16_t id;
	uint16_t status;
	uint32_t result;
	uint32_t len;
	uint8_t data[MYDEV_HW_DATA_MAX];
};

/*
 * Submits a command: its id. With a tag that is free when not more than TAGS are in flight, or
 * not more than BULKS if they have more data than DATA_MAX.
 */
uint16_t emu_submit(struct emu *e, uint8_t opcode, uint32_t arg, const void *in, uint32_t in_len);
/* Waits for the next completion, at most so many ms: false, there is none; or the card ended. */
bool emu_completion(struct emu *e, struct emu_reply *r, int ms);
/* Both; the second one gives NULL when the card ends before it answers. */
const struct emu_reply *emu_command(struct emu *e, uint8_t opcode, uint32_t arg, const void *in,
				    uint32_t in_len);
const struct emu_reply *emu_try_command(struct emu *e, uint8_t opcode, uint32_t arg,
					const void *in, uint32_t in_len);
/* Takes an event, or waits for it at most so many ms. */
bool emu_event(struct emu *e, struct mydev_hw_event *ev, int ms);
/* Waits for one of that type, and drops those before it. */
struct mydev_hw_event emu_wait_event(struct emu *e, uint8_t type);

/* Waits until a descriptor is readable, and drains it if it is an eventfd. */
bool emu_interrupt(struct emu *e, unsigned int vector, int ms);
void emu_ring(struct emu *e, unsigned int vector);

/*
 * Updates to build/firmware/md2000-VERSION.bin, up to the pending mark: the status of the first
 * command that failed, or EMU_GONE.
 */
#define EMU_GONE	0xffff
uint16_t emu_update(struct emu *e, const char *version);

/* Sends a line to the control socket: its answer, to be freed. */
char *emu_ask(struct emu *e, const char *line);
/* The same, for lines that have to be answered by `ok`. */
void emu_tell(struct emu *e, const char *line);
json *emu_status(struct emu *e);

#endif
