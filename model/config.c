// SPDX-License-Identifier: GPL-2.0
#include "config.h"
#include "channel.h"
#include "health.h"
#include "nvram.h"
#include "sensor.h"
#include "state.h"

/*
 * THE table of keys, in ascending order of ids. A key with a feature exists only while the
 * running image has that feature. To add one: an id in config.h, a line here.
 */
static const struct key {
	u16 id;			/* enum model_key */
	u8 type;		/* enum mydev_hw_config_type */
	bool per_channel;	/* a bit for each channel of the card: its maximum and default */
	u32 feature;		/* MYDEV_FEATURE_*, 0: always there */
	u32 min, max, def;	/* a string's: lengths, and the default is empty */
	const char *name, *unit, *choices;
} keys[] = {
	{ .id = MODEL_KEY_LABEL, .type = MYDEV_CONFIG_STRING, .name = "label",
	  .max = MYDEV_CONFIG_VALUE_LEN - 1 },
	{ .id = MODEL_KEY_CHANNEL_MASK, .type = MYDEV_CONFIG_UINT, .name = "channel.mask",
	  .min = 1, .per_channel = true },
	{ .id = MODEL_KEY_ENTROPY_RATE, .type = MYDEV_CONFIG_UINT, .name = "entropy.rate",
	  .max = 1U << 20, .unit = "KiB/s" },
	{ .id = MODEL_KEY_CONDITIONING, .type = MYDEV_CONFIG_ENUM,
	  .name = "entropy.conditioning", .feature = MYDEV_FEATURE_CONDITIONING,
	  .max = MODEL_CONDITIONING_SHA256, .def = MODEL_CONDITIONING_SHA256,
	  .choices = "none,sha256" },
	{ .id = MODEL_KEY_ALPHA, .type = MYDEV_CONFIG_UINT, .name = "health.alpha",
	  .min = MODEL_HEALTH_ALPHA_MIN, .max = MODEL_HEALTH_ALPHA_MAX, .def = 30 },
	{ .id = MODEL_KEY_SENSOR_INTERVAL, .type = MYDEV_CONFIG_UINT,
	  .name = "sensor.interval", .min = 1, .max = 3600, .def = 10, .unit = "s" },
	{ .id = MODEL_KEY_TEMP_HYSTERESIS, .type = MYDEV_CONFIG_UINT,
	  .name = "sensor.hysteresis", .feature = MYDEV_FEATURE_TEMP_HYSTERESIS,
	  .max = 20, .def = 3, .unit = "C" },
	{ .id = MODEL_KEY_TEMP_WARN, .type = MYDEV_CONFIG_UINT, .name = "temp.warn",
	  .min = 40, .max = 95, .def = 70, .unit = "C" },
	{ .id = MODEL_KEY_TEMP_CRITICAL, .type = MYDEV_CONFIG_UINT, .name = "temp.critical",
	  .min = 50, .max = 105, .def = 85, .unit = "C" },
	{ .id = MODEL_KEY_LED, .type = MYDEV_CONFIG_ENUM, .name = "led",
	  .max = 2, .def = 2, .choices = "off,on,activity" },
};

_Static_assert(ARRAY_SIZE(keys) == MODEL_KEYS, "ids are an index, plus one");

static bool visible(const struct model *m, const struct key *k)
{
	return !k->feature || (m->boot.features & k->feature);
}

static const struct key *find(const struct model *m, u16 id)
{
	const struct key *k;

	if (!id || id > MODEL_KEYS)
		return NULL;
	k = &keys[id - 1];
	return visible(m, k) ? k : NULL;
}

static u32 key_max(const struct model *m, const struct key *k)
{
	return k->per_channel ? (1U << m->channels) - 1 : k->max;
}

static void key_default(const struct model *m, const struct key *k,
			union mydev_hw_config_data *data)
{
	memset(data, 0, sizeof(*data));
	if (k->type != MYDEV_CONFIG_STRING)
		data->num = cpu_to_le32(k->per_channel ? key_max(m, k) : k->def);
}

static void defaults(const struct model *m, union mydev_hw_config_data *values)
{
	unsigned int i;

	for (i = 0; i < MODEL_KEYS; i++)
		key_default(m, &keys[i], &values[i]);
}

/* Copies a string and clears what is behind it, when it is one that the key takes. */
static bool take_string(const struct key *k, const char *from, char *to)
{
	u32 len;

	memset(to, 0, MYDEV_CONFIG_VALUE_LEN);
	for (len = 0; len < MYDEV_CONFIG_VALUE_LEN && from[len]; len++) {
		if (from[len] < ' ' || from[len] > '~')
			return false;
		to[len] = from[len];
	}
	return len >= k->min && len <= k->max;
}

/* Takes a value for a key, when it is of the key's type and in its range. */
static bool take(const struct model *m, const struct key *k, u8 type,
		 const union mydev_hw_config_data *from, union mydev_hw_config_data *to)
{
	u32 num = le32_to_cpu(from->num);

	if (type != k->type)
		return false;
	if (type == MYDEV_CONFIG_STRING)
		return take_string(k, from->str, to->str);
	memset(to, 0, sizeof(*to));
	to->num = from->num;
	return num >= k->min && num <= key_max(m, k);
}

static bool contradictory(const union mydev_hw_config_data *values)
{
	return le32_to_cpu(values[MODEL_KEY_TEMP_WARN - 1].num) >=
	       le32_to_cpu(values[MODEL_KEY_TEMP_CRITICAL - 1].num);
}

u32 model_config_num(const struct model *m, enum model_key key)
{
	return le32_to_cpu(m->config.value[key - 1].num);
}

u16 model_config_keys(const struct model *m)
{
	u16 i, n = 0;

	for (i = 0; i < MODEL_KEYS; i++)
		n += visible(m, &keys[i]);
	return n;
}

/* Only what is not the default: then a firmware with a better default brings it along. */
static int store(struct model *m, const union mydev_hw_config_data *values)
{
	union mydev_hw_config_data def;
	u32 i;

	model_nvram_begin(m);
	for (i = 0; i < MODEL_KEYS; i++) {
		key_default(m, &keys[i], &def);
		if (visible(m, &keys[i]) && memcmp(&values[i], &def, sizeof(def)))
			model_nvram_put(m, keys[i].id, keys[i].type, &values[i]);
	}
	return model_nvram_commit(m);
}

int model_config_manufacture(struct model *m)
{
	model_journal_format(m, &m->config.journal);
	defaults(m, m->config.value);
	m->config.gen = 1;
	return store(m, m->config.value);
}

/* A stored value: one of a key that is not there is kept, another is used or given up. */
static void load_value(struct model *m, u16 id, u8 type, const union mydev_hw_config_data *data)
{
	struct model_config *c = &m->config;
	const struct key *k = find(m, id);

	if (!k) {
		if (!model_nvram_keep(m, id, type, data))
			c->lost = true;
	} else if (!take(m, k, type, data, &c->value[id - 1])) {
		key_default(m, k, &c->value[id - 1]);
		c->lost = true;
	}
}

void model_config_start(struct model *m)
{
	struct model_config *c = &m->config;

	defaults(m, c->value);
	if (model_nvram_load(m, load_value))
		c->lost = true;
	if (contradictory(c->value)) {
		key_default(m, &keys[MODEL_KEY_TEMP_WARN - 1],
			    &c->value[MODEL_KEY_TEMP_WARN - 1]);
		key_default(m, &keys[MODEL_KEY_TEMP_CRITICAL - 1],
			    &c->value[MODEL_KEY_TEMP_CRITICAL - 1]);
		c->lost = true;
	}
}

static void put_name(char *to, const char *from, u32 size)
{
	if (from)
		memcpy(to, from, model_min(strlen(from), size - 1));
}

u16 model_config_describe(struct model *m, struct model_call *c)
{
	struct mydev_hw_config_desc d;
	u32 i, index = 0;

	for (i = 0; i < MODEL_KEYS; i++) {
		if (!visible(m, &keys[i]) || index++ < c->arg[0])
			continue;
		if (!model_reply_has_room(c, sizeof(d)))
			break;
		memset(&d, 0, sizeof(d));
		d.key = cpu_to_le16(keys[i].id);
		d.type = keys[i].type;
		d.min = cpu_to_le32(keys[i].min);
		d.max = cpu_to_le32(key_max(m, &keys[i]));
		key_default(m, &keys[i], &d.def);
		put_name(d.name, keys[i].name, sizeof(d.name));
		put_name(d.unit, keys[i].unit, sizeof(d.unit));
		put_name(d.choices, keys[i].choices, sizeof(d.choices));
		model_reply_append(c, &d, sizeof(d));
	}
	return MYDEV_ST_OK;
}

u16 model_config_get(struct model *m, struct model_call *c)
{
	struct mydev_hw_config_value v;
	u32 i, index = 0;

	for (i = 0; i < MODEL_KEYS; i++) {
		if (!visible(m, &keys[i]) || index++ < c->arg[0])
			continue;
		if (!model_reply_has_room(c, sizeof(v)))
			break;
		memset(&v, 0, sizeof(v));
		v.key = cpu_to_le16(keys[i].id);
		v.type = keys[i].type;
		v.data = m->config.value[i];
		model_reply_append(c, &v, sizeof(v));
	}
	return MYDEV_ST_OK;
}

static void tell_changed(struct model *m)
{
	struct model_notice n = {
		.type = MYDEV_EV_CONFIG,
		.severity = MYDEV_SEV_INFO,
		.channel = MYDEV_HW_NONE,
		.value = m->config.gen,
		.note = true,
	};

	model_tell(m, &n);
}

/* Makes the staged values the configuration: first in NVRAM, then in fact. */
static u16 apply(struct model *m)
{
	struct model_config *c = &m->config;
	int r;

	if (!memcmp(c->staged, c->value, sizeof(c->value)))
		return MYDEV_ST_OK;
	c->gen++;
	r = store(m, c->staged);
	if (r) {
		c->gen--;
		model_tell_media(m, c->journal.start);
		return r == -EILSEQ ? MYDEV_ST_VERIFY : MYDEV_ST_MEDIA;
	}
	memcpy(c->value, c->staged, sizeof(c->value));
	c->lost = false;
	tell_changed(m);
	model_channel_flush(m);
	model_channel_tick(m);
	model_sensor_tick(m);
	return MYDEV_ST_OK;
}

static u16 stage(struct model *m, const struct mydev_hw_config_value *v, u32 *seen)
{
	u16 id = le16_to_cpu(v->key);
	const struct key *k = find(m, id);

	if (!k)
		return MYDEV_ST_KEY;
	if (!take(m, k, v->type, &v->data, &m->config.staged[id - 1]))
		return MYDEV_ST_RANGE;
	if (*seen & (1U << id))
		return MYDEV_ST_CONFLICT;
	*seen |= 1U << id;
	return MYDEV_ST_OK;
}

static bool temperature_key(u16 id)
{
	return id == MODEL_KEY_TEMP_WARN || id == MODEL_KEY_TEMP_CRITICAL;
}

u16 model_config_set(struct model *m, struct model_call *c)
{
	struct mydev_hw_config_value v;
	u32 i, culprit = 0, seen = 0;
	u16 st;

	memcpy(m->config.staged, m->config.value, sizeof(m->config.staged));
	for (i = 0; i < c->in_len / sizeof(v); i++) {
		memcpy(&v, c->in + i * sizeof(v), sizeof(v));
		st = stage(m, &v, &seen);
		if (st) {
			c->result = i;
			return st;
		}
		if (temperature_key(le16_to_cpu(v.key)))
			culprit = i;
	}
	if (contradictory(m->config.staged)) {
		c->result = culprit;
		return MYDEV_ST_CONFLICT;
	}
	return apply(m);
}

static void stage_defaults(struct model *m)
{
	unsigned int i;

	for (i = 0; i < MODEL_KEYS; i++)
		if (visible(m, &keys[i]))
			key_default(m, &keys[i], &m->config.staged[i]);
}

u16 model_config_reset(struct model *m, struct model_call *c)
{
	u32 i, culprit = 0;
	const struct key *k;
	__le16 id;

	memcpy(m->config.staged, m->config.value, sizeof(m->config.staged));
	if (!c->in_len)
		stage_defaults(m);
	for (i = 0; i < c->in_len / sizeof(id); i++) {
		memcpy(&id, c->in + i * sizeof(id), sizeof(id));
		k = find(m, le16_to_cpu(id));
		if (!k) {
			c->result = i;
			return MYDEV_ST_KEY;
		}
		key_default(m, k, &m->config.staged[k->id - 1]);
		if (temperature_key(k->id))
			culprit = i;
	}
	if (contradictory(m->config.staged)) {
		c->result = culprit;
		return MYDEV_ST_CONFLICT;
	}
	return apply(m);
}
