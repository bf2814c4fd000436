// SPDX-License-Identifier: GPL-2.0
/* The model as a whole: power on, time, and telling what happens. */
#include "model.h"
#include "boot.h"
#include "flash.h"
#include "state.h"

static u8 channels_of(u16 model)
{
	switch (model) {
	case MYDEV_MODEL_MD2000:
		return 2;
	case MYDEV_MODEL_MD4000:
		return 4;
	default:
		return 0;
	}
}

u32 model_sizeof(void)
{
	return sizeof(struct model);
}

static void lay_out(struct model_journal *j, u8 kind, u32 start, u8 sectors)
{
	j->kind = kind;
	j->start = start;
	j->sectors = sectors;
}

static int set_up(struct model *m, const struct model_card *card, const struct model_ops *ops,
		  void *env)
{
	memset(m, 0, sizeof(*m));
	if (!model_geometry_ok(&card->geometry) || !channels_of(card->model))
		return -EINVAL;
	m->card = *card;
	m->ops = ops;
	m->env = env;
	m->channels = channels_of(card->model);
	m->boot_ms = ops->now_ms(env);
	lay_out(&m->boot.journal, MODEL_JOURNAL_BOOT, model_flash_boot(m), MODEL_SECTORS_BOOT);
	lay_out(&m->config.journal, MODEL_JOURNAL_CONFIG, model_flash_config(m),
		MODEL_SECTORS_CONFIG);
	lay_out(&m->log.journal, MODEL_JOURNAL_LOG, model_flash_log(m), MODEL_SECTORS_LOG);
	return 0;
}

int model_manufacture(struct model *m, const struct model_card *card,
		      const struct model_ops *ops, void *env)
{
	int r;

	r = set_up(m, card, ops, env);
	if (r)
		return r;
	r = model_config_manufacture(m);
	if (r)
		return r;
	return model_boot_manufacture(m);
}

static void tell_boot(struct model *m)
{
	struct model_notice n = {
		.type = MYDEV_EV_BOOT,
		.severity = MYDEV_SEV_INFO,
		.channel = MYDEV_HW_NONE,
		.code = m->boot.running,
		.value = le32_to_cpu(m->boot.record.boots),
		.note = true,
	};

	model_tell(m, &n);
}

int model_power_on(struct model *m, const struct model_card *card, const struct model_ops *ops,
		   void *env)
{
	int r;

	r = set_up(m, card, ops, env);
	if (r)
		return r;
	model_log_open(m);
	r = model_boot_start(m);
	if (r)
		return r;
	m->alive = true;
	tell_boot(m);
	model_config_start(m);
	model_sensor_start(m);
	model_channel_start(m);
	if (m->boot.trial)
		model_selftest_start(m);
	return 0;
}

bool model_wants_restart(const struct model *m)
{
	return m->restart;
}

int model_restart(struct model *m)
{
	const struct model_card card = m->card;

	return model_power_on(m, &card, m->ops, m->env);
}

static u32 locate_tick(struct model *m)
{
	struct model_notice n = {
		.type = MYDEV_EV_LOCATE,
		.severity = MYDEV_SEV_INFO,
		.channel = MYDEV_HW_NONE,
	};

	if (!m->locate_end_ms)
		return 0;
	if (model_uptime_ms(m) < m->locate_end_ms)
		return model_until(m, m->locate_end_ms);
	m->locate_end_ms = 0;
	model_tell(m, &n);
	return 0;
}

u32 model_tick(struct model *m)
{
	u32 wait;

	if (!m->alive || m->restart)
		return 0;
	wait = model_selftest_tick(m);
	wait = model_wait(wait, model_boot_tick(m));
	wait = model_wait(wait, model_channel_tick(m));
	wait = model_wait(wait, model_sensor_tick(m));
	return model_wait(wait, locate_tick(m));
}

u64 model_uptime_ms(const struct model *m)
{
	return m->ops->now_ms(m->env) - m->boot_ms;
}

u32 model_wait(u32 a, u32 b)
{
	return a && b ? model_min(a, b) : a + b;
}

u32 model_until(const struct model *m, u64 end_ms)
{
	u64 now = model_uptime_ms(m);

	return end_ms > now ? end_ms - now : 1;
}

void model_tell(struct model *m, const struct model_notice *n)
{
	struct mydev_hw_event ev = {
		.type = n->type,
		.severity = n->severity,
		.channel = n->channel,
		.code = n->code,
		.value = cpu_to_le32(n->value),
		.time_ms = cpu_to_le64(model_uptime_ms(m)),
	};
	int r = n->note ? model_log_append(m, &ev) : 0;

	m->ops->event(m->env, &ev);
	if (r) {
		/* Not into the log, which just failed. */
		struct model_notice media = {
			.type = MYDEV_EV_MEDIA,
			.severity = MYDEV_SEV_ERROR,
			.channel = MYDEV_HW_NONE,
			.value = m->log.journal.start,
		};

		model_tell(m, &media);
	}
}

void model_tell_media(struct model *m, u32 off)
{
	struct model_notice n = {
		.type = MYDEV_EV_MEDIA,
		.severity = MYDEV_SEV_ERROR,
		.channel = MYDEV_HW_NONE,
		.value = off,
		.note = true,
	};

	model_tell(m, &n);
}
