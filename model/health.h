/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The continuous health tests of NIST SP 800-90B, 4.4.1 (repetition count, RCT) and 4.4.2
 * (adaptive proportion, APT), for a source of one-byte samples with an assessed min-entropy
 * of H = MODEL_HEALTH_ENTROPY bits a sample.
 *
 * alpha is given as its negative binary logarithm: a source that has H alarms falsely once
 * in 2^alpha samples (RCT) or windows (APT).
 */
#ifndef MODEL_HEALTH_H
#define MODEL_HEALTH_H

#include "port.h"

/* Half of what the converter could give: what a noise diode's vendor can vouch for. */
#define MODEL_HEALTH_ENTROPY	4

#define MODEL_HEALTH_ALPHA_MIN	20
#define MODEL_HEALTH_ALPHA_MAX	40
#define MODEL_HEALTH_WINDOW	512	/* samples of an APT window, for a non-binary source */

struct model_health {
	u8 last;		/* the RCT goes on from window to window: its last sample */
	u32 run;		/* and how often that came in a row; 0: begin anew */
};

u32 model_health_rct_cutoff(u32 alpha);
u32 model_health_apt_cutoff(u32 alpha);

/*
 * Tests a window of MODEL_HEALTH_WINDOW samples: enum mydev_hw_health, OK, RCT or APT. The
 * whole window is to be dropped when it fails.
 */
u8 model_health_test(struct model_health *h, const u8 *window, u32 alpha);

#endif
