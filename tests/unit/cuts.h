/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Power cuts at every operation of a scenario, in every way, and again at every operation of
 * the recovery from each.
 *
 * A cut leaves nothing but the flash. So a scenario is played once, and at each operation
 * another card goes on with a copy of the flash as the cut leaves it; and so on, as deep as a
 * round asks. A stage is the card after so many cuts, with what must be true of it.
 */
#ifndef TESTS_CUTS_H
#define TESTS_CUTS_H

#include "tests/unit/card.h"

#define CUTS_LOG_KEPT	32	/* entries of the log that are looked at */

/* Versions of the images. From RAISED on the security counter is higher. */
enum { OLD = 1, NEW, RAISED, NEXT, VERSIONS };

#define BIT(n)		(1U << (n))

/* What must be found after power-on. */
struct truth {
	uint32_t versions;	/* a bit for each that may run */
	uint32_t counter;	/* at least */
	uint32_t config, config_tried; /* numbers of configurations: one of the two */
	uint32_t log_last;	/* sequence number of the latest entry tried */
	bool log_tried;		/* its operation is not over yet */
	struct {
		struct mydev_hw_log_entry entry;
		bool sure;	/* it was written; otherwise it may be there or not */
	} log[CUTS_LOG_KEPT];	/* by sequence number */
};

struct stage {
	struct card card;
	struct truth truth;
	bool cuts;		/* its operations are cut */
	uint32_t op, way;	/* the latest one that was */
};

struct scenario {
	const char *name;
	void (*play)(struct stage *s);
	int from;		/* the version that runs when it begins */
};

struct round {
	struct model_geometry geometry;
	unsigned int phase, phases; /* how far the journals are when it begins, and how often */
	unsigned int depth;	/* cuts in a row, at most 3 */
	bool next;		/* the next update is cut as well */
	const char *only;	/* this scenario; NULL: all of them */
};

/* Plays a scenario and all that follows from its cuts. */
void cuts_play(const struct scenario *sc, const struct round *r);

/* Fixtures of the group and of a test: images; where a test failed; how many cuts ended how. */
int cuts_setup(void **state);
int cuts_test_teardown(void **state);
int cuts_report(void **state);

/* What scenarios are made of; it asserts that all goes well. */

/* Looks at everything. What is found now must be found from here on. */
void cuts_observe(struct stage *s);
/* Sets configuration n: label and temp.warn; 0 is the default of both. */
void cuts_configure(struct stage *s, uint32_t n);
/* An image written and committed; activated; confirmed in time; and all of it. */
void cuts_commit(struct stage *s, int version);
void cuts_activate(struct stage *s);
void cuts_hello(struct stage *s);
void cuts_install(struct stage *s, int version);

/* The image of that version. */
const struct card_image *cuts_image(int version);

#endif
