/* SPDX-License-Identifier: GPL-2.0 */
/* Temperature and voltage: alarms, and events when they begin, end, or a value moved. */
#ifndef MODEL_SENSOR_H
#define MODEL_SENSOR_H

#include "model.h"

struct model_sensor {
	s32 told;		/* value that the last event had */
	u64 told_ms;		/* uptime then */
	u32 alarms;		/* MYDEV_ALARM_* of this sensor that stand */
};

/* Takes the first readings. */
void model_sensor_start(struct model *m);

/* Takes readings and tells. The wait in ms until a change may be told; 0: none to tell. */
u32 model_sensor_tick(struct model *m);

u32 model_sensor_alarms(const struct model *m);

/* Whether the readings are such as a working sensor gives. */
bool model_sensor_plausible(const struct model *m);

#endif
