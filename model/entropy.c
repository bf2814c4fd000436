// SPDX-License-Identifier: GPL-2.0
#include "entropy.h"
#include "config.h"
#include "state.h"

/* The unit of credit, in which 1 KiB/s is a whole number a millisecond. */
#define UNITS_PER_BYTE	125
#define UNITS_PER_KIB	128
#define BURST_MS	100		/* credit that may pile up, but a command's at least */

/* Bytes that the rate limit leaves now. */
static u32 allowance(struct model *m)
{
	struct model_entropy *e = &m->entropy;
	u32 rate = model_config_num(m, MODEL_KEY_ENTROPY_RATE);
	u64 now = model_uptime_ms(m);
	u64 most;

	if (!rate)
		return MYDEV_HW_DATA_MAX;
	most = (u64)rate * UNITS_PER_KIB * BURST_MS;
	if (most < MYDEV_HW_DATA_MAX * UNITS_PER_BYTE)
		most = MYDEV_HW_DATA_MAX * UNITS_PER_BYTE;

	/* A day is enough to fill it at any rate, and does not overflow. */
	e->credit += (u64)rate * UNITS_PER_KIB * (now - e->counted_ms < 86400000 ?
						  now - e->counted_ms : 86400000);
	if (e->credit > most)
		e->credit = most;
	e->counted_ms = now;
	return model_div(e->credit, UNITS_PER_BYTE);
}

/* The next usable channel in turn, or MYDEV_HW_NONE. */
static u8 next_channel(struct model *m)
{
	unsigned int n;
	u8 i;

	for (n = 0; n < m->channels; n++) {
		i = m->entropy.next;
		m->entropy.next = (i + 1U) % m->channels;
		if (model_channel_usable(m, i))
			return i;
	}
	return MYDEV_HW_NONE;
}

static u32 gather(struct model *m, u8 *out, u32 want)
{
	u32 len = 0;
	u8 i;

	while (len < want) {
		i = next_channel(m);
		if (i == MYDEV_HW_NONE)
			break;
		len += model_channel_take(m, i, out + len, want - len);
	}
	return len;
}

u16 model_entropy_read(struct model *m, struct model_call *c)
{
	u32 want;

	if (c->arg[0] > MYDEV_HW_DATA_MAX)
		return MYDEV_ST_INVALID;
	if (m->temperature.alarms & MYDEV_ALARM_TEMP_CRITICAL)
		return MYDEV_ST_HEALTH;
	want = model_min(model_min(c->arg[0], c->out_max), allowance(m));
	if (!want)
		return c->arg[0] && c->out_max ? MYDEV_ST_AGAIN : MYDEV_ST_INVALID;

	c->out_len = gather(m, c->out, want);
	if (!c->out_len)
		return MYDEV_ST_HEALTH;
	if (model_config_num(m, MODEL_KEY_ENTROPY_RATE))
		m->entropy.credit -= c->out_len * UNITS_PER_BYTE;
	return MYDEV_ST_OK;
}
