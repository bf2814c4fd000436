// SPDX-License-Identifier: GPL-2.0
#include "nvram.h"
#include "config.h"
#include "state.h"

#define ENTRY_MAX	(sizeof(struct model_nvram_entry) + MYDEV_CONFIG_VALUE_LEN)

_Static_assert(sizeof(struct model_nvram_entry) == 4, "a stored value's header");
_Static_assert(sizeof(__le32) + MODEL_CONFIG_FOREIGN + MODEL_KEYS * ENTRY_MAX <=
	       MODEL_RECORD_MAX, "a snapshot always fits");

/* Takes one entry from `len` bytes at `p`: its size, 0 when they hold none. */
static u32 entry_take(struct model *m, const u8 *p, u32 len, model_nvram_take *take)
{
	union mydev_hw_config_data data;
	struct model_nvram_entry e;

	if (len < sizeof(e))
		return 0;
	memcpy(&e, p, sizeof(e));
	if (e.len > sizeof(data) || e.len > len - sizeof(e))
		return 0;
	memset(&data, 0, sizeof(data));
	memcpy(&data, p + sizeof(e), e.len);
	take(m, le16_to_cpu(e.key), e.type, &data);
	return sizeof(e) + e.len;
}

/* Makes firm what may have been read from a torn page, so that the next power-on finds it too. */
static void make_firm(struct model *m, u32 len)
{
	struct model_config *c = &m->config;

	if (model_journal_append(m, &c->journal, c->snapshot, len))
		model_tell_media(m, c->journal.start);
}

int model_nvram_load(struct model *m, model_nvram_take *take)
{
	struct model_config *c = &m->config;
	__le32 gen;
	u32 off, n;
	int len;

	len = model_journal_open(m, &c->journal, c->snapshot, sizeof(c->snapshot));
	if (len < (int)sizeof(gen))
		return -ENODATA;
	make_firm(m, len);
	memcpy(&gen, c->snapshot, sizeof(gen));
	c->gen = le32_to_cpu(gen);
	for (off = sizeof(gen); off < (u32)len; off += n) {
		n = entry_take(m, c->snapshot + off, len - off, take);
		if (!n)
			return -EILSEQ;
	}
	return 0;
}

static u32 used(u8 type, const union mydev_hw_config_data *data)
{
	u32 len = sizeof(*data);

	if (type != MYDEV_CONFIG_STRING)
		return sizeof(data->num);
	while (len && !data->str[len - 1])
		len--;
	return len;
}

static u32 entry_put(u8 *p, u16 key, u8 type, const union mydev_hw_config_data *data)
{
	struct model_nvram_entry e = {
		.key = cpu_to_le16(key),
		.type = type,
		.len = used(type, data),
	};

	memcpy(p, &e, sizeof(e));
	memcpy(p + sizeof(e), data, e.len);
	return sizeof(e) + e.len;
}

bool model_nvram_keep(struct model *m, u16 key, u8 type, const union mydev_hw_config_data *data)
{
	struct model_config *c = &m->config;

	if (ENTRY_MAX > sizeof(c->foreign) - c->foreign_len)
		return false;
	c->foreign_len += entry_put(c->foreign + c->foreign_len, key, type, data);
	return true;
}

void model_nvram_begin(struct model *m)
{
	struct model_config *c = &m->config;
	__le32 gen = cpu_to_le32(c->gen);

	memcpy(c->snapshot, &gen, sizeof(gen));
	memcpy(c->snapshot + sizeof(gen), c->foreign, c->foreign_len);
	c->snapshot_len = sizeof(gen) + c->foreign_len;
}

void model_nvram_put(struct model *m, u16 key, u8 type, const union mydev_hw_config_data *data)
{
	struct model_config *c = &m->config;

	c->snapshot_len += entry_put(c->snapshot + c->snapshot_len, key, type, data);
}

int model_nvram_commit(struct model *m)
{
	return model_journal_append(m, &m->config.journal, m->config.snapshot,
				    m->config.snapshot_len);
}

bool model_nvram_readable(struct model *m)
{
	struct model_config *c = &m->config;
	struct model_journal j = c->journal;

	return model_journal_open(m, &j, c->snapshot, sizeof(c->snapshot)) > 0;
}
