/* SPDX-License-Identifier: GPL-2.0 */
/* A card on the test bench: the model, its flash, and an environment with all its faults. */
#ifndef TESTS_CARD_H
#define TESTS_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/fwbuild.h"
#include "model/model.h"
#include "tests/unit/nor.h"

#define CARD_EVENTS	64

enum card_noise { NOISE_GOOD, NOISE_STUCK, NOISE_BIASED };

struct card_reply {
	uint16_t status;
	uint32_t result;
	uint32_t len;
	uint8_t data[MYDEV_HW_DATA_MAX];
};

struct card {
	struct model *m;
	struct model_card card;
	struct model_ops ops;		/* a test may change it before power-on */
	struct nor flash;
	uint64_t now_ms;
	uint32_t wait_ms;		/* what model_tick() said last */
	int32_t temperature;
	uint32_t voltage;
	bool cable[MYDEV_HW_CHANNELS_MAX];
	enum card_noise noise[MYDEV_HW_CHANNELS_MAX];
	uint8_t stuck_at;
	uint32_t random;
	uint64_t samples;		/* taken from the noise sources */
	bool bad_boot[MYDEV_HW_SLOTS];
	int power;			/* what the last power-on said */
	struct mydev_hw_event events[CARD_EVENTS];	/* the latest ones */
	unsigned int n_events;
	struct card_reply reply;	/* to the latest command */
};

struct card_image {
	uint8_t *data;
	size_t size;
};

extern const struct model_geometry card_geometry;

/* An image signed with the tree's test key; fields of *b that are 0 get a usual value. */
struct card_image card_build(const struct fwbuild *b);
/* The same by version and counter, with both features. */
struct card_image card_image(unsigned int major, uint32_t counter);
void card_image_free(struct card_image *i);

/* A card with that image in slot 0, manufactured, not powered on. NULL geometry: the usual. */
void card_init(struct card *c, uint16_t model, const struct model_geometry *g,
	       const struct card_image *factory);
void card_free(struct card *c);

/* A card of that model on the heap, switched on, that runs an image with these features. */
struct card *card_new(uint16_t model, uint32_t features);
void card_delete(struct card *c);

/* Powers on; asserts that it boots, or gives what model_power_on() said. */
void card_on(struct card *c);
int card_try_on(struct card *c);

/* Lets time pass as the environment does: ticks when they are due, restarts when wanted. */
void card_run(struct card *c, uint32_t ms);
/* Tells the model that its environment changed. */
void card_changed(struct card *c);

/* Runs a command, and the restart if it wants one. */
const struct card_reply *card_command(struct card *c, uint8_t opcode, uint32_t arg, const void *in,
				      uint32_t in_len);
/* The same without data to the adapter: its status. */
uint16_t card_do(struct card *c, uint8_t opcode, uint32_t arg);

void card_fw_info(struct card *c, struct mydev_hw_fw_info *info);
void card_status(struct card *c, struct mydev_hw_status *st);

/* Writes an image into the inactive slot and verifies it; the status of what failed first. */
uint16_t card_write(struct card *c, const struct card_image *i);
/* And commits it. */
uint16_t card_update(struct card *c, const struct card_image *i);
/* And activates it, says HELLO, and waits until the trial is over. */
uint16_t card_install(struct card *c, const struct card_image *i);

/* Major version of the running image. */
unsigned int card_version(struct card *c);

void card_assert_slots(struct card *c, uint8_t running, uint8_t state0, uint8_t state1);

/* A fixture for tests of updates: a card that runs `one`; `two` has its counter, `three` the next. */
struct card_bench {
	struct card card;
	struct card_image one, two, three;
};

int card_bench_setup(void **state);
int card_bench_teardown(void **state);

/* How many of the latest events have that type and code. */
unsigned int card_count(const struct card *c, uint8_t type, uint8_t code);
void card_forget(struct card *c);

/* Runs `fn` with power failing at the flash's operation `at` from here on: whether it did. */
bool card_cut(struct card *c, uint32_t at, enum nor_cut cut, void (*fn)(struct card *, void *),
	      void *arg);

#endif
