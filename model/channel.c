// SPDX-License-Identifier: GPL-2.0
#include "channel.h"
#include "config.h"
#include "state.h"

/*
 * SP 800-90B, 4.3 asks for 1024 samples. More, because the APT sees a bias in a window only
 * when that begins with the preferred sample.
 */
#define STARTUP_WINDOWS	8
#define RETRY_MS	5000
#define PROBE_MS	1000		/* at least between two tests of a channel that works */
#define BLOCK		128		/* samples that conditioning takes for a digest */

_Static_assert(MODEL_HEALTH_WINDOW / BLOCK * MYDEV_FWIMG_DIGEST_SIZE <= MODEL_HEALTH_WINDOW,
	       "a conditioned window fits the pool");

static struct model_channel *channel(struct model *m, unsigned int i)
{
	return &m->channel[i];
}

static void drop(struct model_channel *ch)
{
	model_wipe(ch->pool, sizeof(ch->pool));
	ch->from = 0;
	ch->to = 0;
}

static void set_health(struct model *m, unsigned int i, u8 health)
{
	struct model_channel *ch = channel(m, i);
	struct model_notice n = {
		.type = MYDEV_EV_HEALTH,
		.channel = i,
		.code = health,
		.note = true,
	};
	u8 before = ch->health;

	drop(ch);
	ch->health = health;
	if (health == before)
		return;
	/* Each boot begins in STARTUP: to leave it as wanted is no news. */
	if (before == MYDEV_HEALTH_STARTUP &&
	    (health == MYDEV_HEALTH_OK || health == MYDEV_HEALTH_DISABLED))
		return;
	if (health == MYDEV_HEALTH_CABLE)
		n.severity = MYDEV_SEV_WARNING;
	else if (health != MYDEV_HEALTH_OK && health != MYDEV_HEALTH_DISABLED)
		n.severity = MYDEV_SEV_ERROR;
	model_tell(m, &n);
}

/* Takes a window of samples into m->io and tests it. */
static bool sample(struct model *m, unsigned int i)
{
	struct model_channel *ch = channel(m, i);
	u8 verdict;

	m->ops->noise(m->env, i, m->io, MODEL_HEALTH_WINDOW);
	verdict = model_health_test(&ch->test, m->io, model_config_num(m, MODEL_KEY_ALPHA));
	if (verdict == MYDEV_HEALTH_OK)
		return true;

	model_wipe(m->io, MODEL_HEALTH_WINDOW);
	ch->failures++;
	ch->retry_ms = model_uptime_ms(m) + RETRY_MS;
	set_health(m, i, verdict);
	return false;
}

/* The samples of a start-up test are not used. */
static bool start_up(struct model *m, unsigned int i)
{
	unsigned int n;

	channel(m, i)->test.run = 0;
	for (n = 0; n < STARTUP_WINDOWS; n++)
		if (!sample(m, i))
			return false;
	model_wipe(m->io, MODEL_HEALTH_WINDOW);
	set_health(m, i, MYDEV_HEALTH_OK);
	return true;
}

static bool conditions(const struct model *m)
{
	return (m->boot.features & MYDEV_FEATURE_CONDITIONING) &&
	       model_config_num(m, MODEL_KEY_CONDITIONING) == MODEL_CONDITIONING_SHA256;
}

static u16 condition(struct model *m, u8 *pool)
{
	u32 in, out = 0;

	for (in = 0; in < MODEL_HEALTH_WINDOW; in += BLOCK, out += MYDEV_FWIMG_DIGEST_SIZE) {
		m->ops->sha256_init(m->sha256);
		m->ops->sha256_update(m->sha256, m->io + in, BLOCK);
		m->ops->sha256_final(m->sha256, pool + out);
	}
	model_wipe(m->sha256, sizeof(m->sha256));
	return out;
}

/* Fills the pool anew, unless the channel fails. */
static bool refill(struct model *m, unsigned int i)
{
	struct model_channel *ch = channel(m, i);

	if (!sample(m, i))
		return false;
	drop(ch);
	if (conditions(m)) {
		ch->to = condition(m, ch->pool);
	} else {
		memcpy(ch->pool, m->io, MODEL_HEALTH_WINDOW);
		ch->to = MODEL_HEALTH_WINDOW;
	}
	model_wipe(m->io, MODEL_HEALTH_WINDOW);
	return true;
}

static void watch_cable(struct model *m, unsigned int i)
{
	bool in = m->ops->cable(m->env, i);
	struct model_notice n = {
		.type = MYDEV_EV_CABLE,
		.severity = in ? MYDEV_SEV_INFO : MYDEV_SEV_WARNING,
		.channel = i,
		.value = in,
		.note = true,
	};

	if (in == channel(m, i)->cable)
		return;
	channel(m, i)->cable = in;
	model_tell(m, &n);
}

static bool enabled(const struct model *m, unsigned int i)
{
	return model_config_num(m, MODEL_KEY_CHANNEL_MASK) & (1U << i);
}

static bool failed(const struct model_channel *ch)
{
	return ch->health == MYDEV_HEALTH_RCT || ch->health == MYDEV_HEALTH_APT;
}

static bool test_due(const struct model *m, const struct model_channel *ch, bool probe)
{
	if (ch->health == MYDEV_HEALTH_OK)
		return probe;
	return !failed(ch) || model_uptime_ms(m) >= ch->retry_ms;
}

static u32 watch(struct model *m, unsigned int i, bool probe)
{
	struct model_channel *ch = channel(m, i);

	watch_cable(m, i);
	if (!enabled(m, i))
		set_health(m, i, MYDEV_HEALTH_DISABLED);
	else if (!ch->cable)
		set_health(m, i, MYDEV_HEALTH_CABLE);
	else if (test_due(m, ch, probe))
		start_up(m, i);
	return failed(ch) ? model_until(m, ch->retry_ms) : 0;
}

void model_channel_start(struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->channels; i++) {
		channel(m, i)->health = MYDEV_HEALTH_STARTUP;
		channel(m, i)->cable = m->ops->cable(m->env, i);
	}
	model_channel_tick(m);
}

/*
 * Channels that work are tested too, so that a failure shows though nobody reads; but ticks
 * come with every command, and not each is worth a test.
 */
u32 model_channel_tick(struct model *m)
{
	bool probe = model_uptime_ms(m) >= m->probe_ms;
	unsigned int i;
	u32 wait;

	if (probe)
		m->probe_ms = model_uptime_ms(m) + PROBE_MS;
	wait = probe ? 0 : model_until(m, m->probe_ms);
	for (i = 0; i < m->channels; i++)
		wait = model_wait(wait, watch(m, i, probe));
	return wait;
}

void model_channel_flush(struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->channels; i++)
		drop(channel(m, i));
}

bool model_channel_selftest(struct model *m)
{
	bool passed = true;
	unsigned int i;

	for (i = 0; i < m->channels; i++)
		if (enabled(m, i) && channel(m, i)->cable && !start_up(m, i))
			passed = false;
	return passed;
}

bool model_channel_alarm(const struct model *m)
{
	unsigned int i;
	u8 health;

	for (i = 0; i < m->channels; i++) {
		health = m->channel[i].health;
		if (health != MYDEV_HEALTH_OK && health != MYDEV_HEALTH_DISABLED)
			return true;
	}
	return false;
}

void model_channel_status(const struct model *m, struct mydev_hw_status *st)
{
	const struct model_channel *ch = m->channel;
	unsigned int i;

	st->channels = m->channels;
	for (i = 0; i < m->channels; i++, ch++) {
		st->channel[i].health = ch->health;
		st->channel[i].cable = ch->cable;
		st->channel[i].failures = cpu_to_le32(ch->failures);
		st->channel[i].bytes = cpu_to_le64(ch->bytes);
	}
}

bool model_channel_usable(struct model *m, unsigned int i)
{
	if (m->ops->cable(m->env, i) != channel(m, i)->cable)
		watch(m, i, false);
	return channel(m, i)->health == MYDEV_HEALTH_OK;
}

u32 model_channel_take(struct model *m, unsigned int i, u8 *out, u32 len)
{
	struct model_channel *ch = channel(m, i);

	if (ch->from == ch->to && !refill(m, i))
		return 0;
	len = model_min(len, ch->to - ch->from);
	memcpy(out, ch->pool + ch->from, len);
	model_wipe(ch->pool + ch->from, len);
	ch->from += len;
	ch->bytes += len;
	return len;
}
