// SPDX-License-Identifier: GPL-2.0
#include "selftest.h"
#include "boot.h"
#include "channel.h"
#include "crc32.h"
#include "flash.h"
#include "nvram.h"
#include "sensor.h"
#include "slot.h"
#include "state.h"

#define STEP_MS		500

static u32 code_crc(struct model *m, u32 off, u32 len)
{
	u32 n, crc = 0;

	for (; len; off += n, len -= n) {
		n = model_min(len, sizeof(m->io));
		if (model_flash_read(m, off, m->io, n))
			return ~crc;
		crc = model_crc32(crc, m->io, n);
	}
	return crc;
}

static bool test_flash(struct model *m)
{
	u8 slot = m->boot.running;
	const struct mydev_fw_manifest *mf = &m->image.manifest;
	u32 start;

	if (model_slot_check(m, slot, le32_to_cpu(m->boot.record.slot[slot].size), 0))
		return false;
	start = model_flash_slot(m, slot) + m->image.payload + sizeof(*mf);
	return code_crc(m, start, le32_to_cpu(mf->code_size)) == le32_to_cpu(mf->code_crc);
}

static bool test_sensors(struct model *m)
{
	return model_sensor_plausible(m);
}

static const struct {
	u16 bit;
	bool (*passed)(struct model *m);
} steps[] = {
	{ MYDEV_SELFTEST_FLASH, test_flash },
	{ MYDEV_SELFTEST_NVRAM, model_nvram_readable },
	{ MYDEV_SELFTEST_SENSOR, test_sensors },
	{ MYDEV_SELFTEST_CHANNEL, model_channel_selftest },
};

static void finish(struct model *m)
{
	struct model_selftest *t = &m->selftest;
	struct model_notice n = {
		.type = MYDEV_EV_SELFTEST,
		.severity = t->failed ? MYDEV_SEV_ERROR : MYDEV_SEV_INFO,
		.channel = MYDEV_HW_NONE,
		.code = t->failed ? MYDEV_SELFTEST_FAILED : MYDEV_SELFTEST_PASSED,
		.value = t->failed,
		.note = true,
	};

	t->result = n.code;
	model_tell(m, &n);
}

void model_selftest_start(struct model *m)
{
	struct model_selftest *t = &m->selftest;

	memset(t, 0, sizeof(*t));
	t->result = MYDEV_SELFTEST_RUNNING;
	t->due_ms = model_uptime_ms(m) + STEP_MS;
}

u32 model_selftest_tick(struct model *m)
{
	struct model_selftest *t = &m->selftest;

	if (t->result != MYDEV_SELFTEST_RUNNING)
		return 0;
	if (model_uptime_ms(m) < t->due_ms)
		return model_until(m, t->due_ms);
	if (!steps[t->step].passed(m))
		t->failed |= steps[t->step].bit;
	if (++t->step == ARRAY_SIZE(steps)) {
		finish(m);
		return 0;
	}
	t->due_ms += STEP_MS;
	return model_until(m, t->due_ms);
}

u16 model_selftest_command(struct model *m, struct model_call *c)
{
	if (m->selftest.result == MYDEV_SELFTEST_RUNNING)
		return MYDEV_ST_BUSY;
	model_selftest_start(m);
	return MYDEV_ST_OK;
}
