// SPDX-License-Identifier: GPL-2.0
#include "health.h"
#include <mydev/hw.h>

/*
 * C = 1 + critbinom(512, 2^-H, 1 - 2^-alpha) for H = 4 and alpha = 20..40, the smallest
 * counts with P(X >= C) <= 2^-alpha, X binomial: computed exactly, with rationals.
 */
static const u8 apt_cutoff[] = {
	62, 63, 64, 65, 66, 66, 67, 68, 69, 70, 71,
	71, 72, 73, 74, 74, 75, 76, 76, 77, 78,
};

_Static_assert(MODEL_HEALTH_ENTROPY == 4, "the table's H");
_Static_assert(ARRAY_SIZE(apt_cutoff) == MODEL_HEALTH_ALPHA_MAX - MODEL_HEALTH_ALPHA_MIN + 1,
	       "the table's range");

/* 4.4.1: 1 + ceil(alpha / H) */
u32 model_health_rct_cutoff(u32 alpha)
{
	return 1 + DIV_ROUND_UP(alpha, MODEL_HEALTH_ENTROPY);
}

u32 model_health_apt_cutoff(u32 alpha)
{
	return apt_cutoff[alpha - MODEL_HEALTH_ALPHA_MIN];
}

/* The longest repetition that ends in this window. */
static u32 repetition(struct model_health *h, const u8 *window)
{
	struct model_health at = *h;
	u32 i, longest = 0;

	for (i = 0; i < MODEL_HEALTH_WINDOW; i++) {
		if (!at.run || window[i] != at.last) {
			at.last = window[i];
			at.run = 0;
		}
		at.run++;
		longest = model_max(longest, at.run);
	}
	*h = at;
	return longest;
}

/* How often the window's first sample occurs in it. */
static u32 proportion(const u8 *window)
{
	u32 i, count = 0;

	for (i = 0; i < MODEL_HEALTH_WINDOW; i++)
		count += window[i] == window[0];
	return count;
}

u8 model_health_test(struct model_health *h, const u8 *window, u32 alpha)
{
	if (repetition(h, window) >= model_health_rct_cutoff(alpha))
		return MYDEV_HEALTH_RCT;
	if (proportion(window) >= model_health_apt_cutoff(alpha))
		return MYDEV_HEALTH_APT;
	return MYDEV_HEALTH_OK;
}
