// SPDX-License-Identifier: GPL-2.0
#include "sensor.h"
#include "config.h"
#include "state.h"

#define MILLI		1000
#define TEMP_STEP	2000		/* 1/1000 degree: a change worth an event */
#define TEMP_MIN	(-40 * MILLI)	/* what the sensor can read */
#define TEMP_MAX	(125 * MILLI)
#define VOLT_NOMINAL	3300		/* mV */
#define VOLT_TOLERANCE	(VOLT_NOMINAL / 20)
#define VOLT_STEP	50		/* mV: a change worth an event */
#define VOLT_MIN	2000
#define VOLT_MAX	5000

enum { CHANGED = 0, BEGINS = 1, ENDS = 2 };	/* code of the events */

static bool beyond(s32 value, u32 limit, u32 hysteresis, bool standing)
{
	return value >= (s32)(limit - (standing ? hysteresis : 0)) * MILLI;
}

static u32 temperature_alarms(const struct model *m, s32 t, u32 standing)
{
	u32 hysteresis = 0;
	u32 alarms = 0;

	if (m->boot.features & MYDEV_FEATURE_TEMP_HYSTERESIS)
		hysteresis = model_config_num(m, MODEL_KEY_TEMP_HYSTERESIS);
	if (beyond(t, model_config_num(m, MODEL_KEY_TEMP_WARN), hysteresis,
		   standing & MYDEV_ALARM_TEMP_WARN))
		alarms |= MYDEV_ALARM_TEMP_WARN;
	if (beyond(t, model_config_num(m, MODEL_KEY_TEMP_CRITICAL), hysteresis,
		   standing & MYDEV_ALARM_TEMP_CRITICAL))
		alarms |= MYDEV_ALARM_TEMP_CRITICAL;
	return alarms;
}

static u32 voltage_alarms(u32 mv)
{
	bool ok = mv >= VOLT_NOMINAL - VOLT_TOLERANCE && mv <= VOLT_NOMINAL + VOLT_TOLERANCE;

	return ok ? 0 : MYDEV_ALARM_VOLTAGE;
}

static void tell(struct model *m, struct model_sensor *s, u8 type, s32 value, u8 code)
{
	struct model_notice n = {
		.type = type,
		.severity = MYDEV_SEV_INFO,
		.channel = MYDEV_HW_NONE,
		.code = code,
		.value = value,
		.note = code != CHANGED,
	};

	if (code == BEGINS)
		n.severity = s->alarms & MYDEV_ALARM_TEMP_CRITICAL ? MYDEV_SEV_ERROR :
								     MYDEV_SEV_WARNING;
	s->told = value;
	s->told_ms = model_uptime_ms(m);
	model_tell(m, &n);
}

/* Alarms are told at once, changes not more often than the configuration allows. */
static u32 judge(struct model *m, struct model_sensor *s, u8 type, s32 value, s32 step,
		 u32 alarms)
{
	u64 due = s->told_ms + (u64)model_config_num(m, MODEL_KEY_SENSOR_INTERVAL) * MILLI;
	u32 before = s->alarms;

	s->alarms = alarms;
	if (alarms & ~before) {
		tell(m, s, type, value, BEGINS);
	} else if (before & ~alarms) {
		tell(m, s, type, value, ENDS);
	} else if (value - s->told >= step || s->told - value >= step) {
		if (model_uptime_ms(m) < due)
			return model_until(m, due);
		tell(m, s, type, value, CHANGED);
	}
	return 0;
}

/* A sensor that reads nonsense must not overflow what is computed from it. */
static s32 read_temperature(const struct model *m)
{
	s32 t = m->ops->temperature(m->env);

	if (t < -1000 * MILLI)
		return -1000 * MILLI;
	return t > 1000 * MILLI ? 1000 * MILLI : t;
}

static u32 read_voltage(const struct model *m)
{
	return model_min(m->ops->voltage(m->env), 1000 * MILLI);
}

void model_sensor_start(struct model *m)
{
	m->temperature.told = read_temperature(m);
	m->voltage.told = read_voltage(m);
	model_sensor_tick(m);
}

u32 model_sensor_tick(struct model *m)
{
	s32 t = read_temperature(m);
	u32 mv = read_voltage(m);
	u32 wait;

	wait = judge(m, &m->temperature, MYDEV_EV_TEMPERATURE, t, TEMP_STEP,
		     temperature_alarms(m, t, m->temperature.alarms));
	return model_wait(wait, judge(m, &m->voltage, MYDEV_EV_VOLTAGE, mv, VOLT_STEP,
				      voltage_alarms(mv)));
}

u32 model_sensor_alarms(const struct model *m)
{
	return m->temperature.alarms | m->voltage.alarms;
}

bool model_sensor_plausible(const struct model *m)
{
	s32 t = m->ops->temperature(m->env);
	u32 mv = m->ops->voltage(m->env);

	return t >= TEMP_MIN && t <= TEMP_MAX && mv >= VOLT_MIN && mv <= VOLT_MAX;
}
