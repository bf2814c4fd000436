// SPDX-License-Identifier: GPL-2.0
#include <linux/netlink.h>
#include <string.h>

#include "lib/nldecode.h"
#include "lib/util.h"

enum kind { NUM, STR, BIN, FLASH };

struct field {
	uint16_t attr;
	uint8_t kind;
	uint16_t offset;
	uint16_t size;
};

#define FIELD(attr, kind, type, member) \
	{ attr, kind, offsetof(type, member), sizeof(((type *)0)->member) }
#define COUNT(table) table, ARRAY_SIZE(table)

static const struct field version_fields[] = {
#define F(attr, kind, member) FIELD(MYDEV_A_##attr, kind, struct mdnl_version, member)
	F(LEVEL, NUM, level),
	F(MODULE_VERSION, STR, module),
	F(EPOCH, NUM, epoch),
	F(EVENT_SEQ, NUM, event_seq),
#undef F
};

static const struct field flash_fields[] = {
#define F(attr, kind, member) FIELD(MYDEV_A_FLASH_##attr, kind, struct mdnl_flash, member)
	F(COOKIE, NUM, cookie),
	F(STAGE, NUM, stage),
	F(FAILED_STAGE, NUM, failed_stage),
	F(BYTES, NUM, bytes),
	F(TOTAL, NUM, total),
	F(ERROR, NUM, error),
	F(MESSAGE, STR, message),
	F(IMAGE, STR, image),
	F(BEFORE, BIN, before),
	F(AFTER, BIN, after),
	F(WANTED, BIN, wanted),
	F(STARTED, NUM, started),
	F(ENDED, NUM, ended),
#undef F
	{ MYDEV_A_FLASH_PENDING, BIN, 0, 0 },
};

static const struct field adapter_fields[] = {
#define F(attr, kind, member) FIELD(MYDEV_A_ADAPTER_##attr, kind, struct mdnl_adapter, member)
	F(INDEX, NUM, index),
	F(DEVNAME, STR, name),
	F(STATE, NUM, state),
	F(TRANSPORT, NUM, transport),
	F(ADDRESS, STR, address),
	F(MODEL, NUM, model),
	F(SERIAL, STR, serial),
	F(BOARD_REV, NUM, board_rev),
	F(CAPS, NUM, caps),
	F(FEATURES, NUM, features),
	F(ALLOWED, NUM, allowed),
	F(SLOT_SIZE, NUM, slot_size),
	F(STATUS, BIN, status),
	F(STATUS_AGE, NUM, status_age),
	F(FW, BIN, fw),
	F(CONFIG_GEN, NUM, config_gen),
	F(RESETS, NUM, resets),
	F(FLASH, FLASH, flash),
#undef F
};

static const struct field config_fields[] = {
#define F(attr, kind, member) FIELD(MYDEV_A_CONFIG_##attr, kind, struct mdnl_config, member)
	F(KEY_ID, NUM, id),
	F(TYPE, NUM, type),
	F(NAME, STR, name),
	F(NUM_MIN, NUM, min),
	F(NUM_MAX, NUM, max),
	F(UNIT, STR, unit),
	F(CHOICES, STR, choices),
	F(NUM, NUM, num),
	F(STR, STR, str),
	F(DEF_NUM, NUM, def_num),
	F(DEF_STR, STR, def_str),
#undef F
};

static const struct field event_fields[] = {
#define F(attr, kind, member) FIELD(MYDEV_A_EVENT_##attr, kind, struct mdnl_event, member)
	F(NUMBER, NUM, number),
	F(TIME, NUM, time),
	F(TYPE, NUM, type),
	F(INDEX, NUM, index),
	F(SERIAL, STR, serial),
	F(NEW_STATE, NUM, new_state),
	F(HW, BIN, hw),
	F(FLASH, FLASH, flash),
	F(OPCODE, NUM, opcode),
#undef F
};

/* The text may come from an adapter: it must not be able to upset a terminal or JSON. */
void mdnl_copy_text(char *dst, size_t size, const void *src, size_t len)
{
	const unsigned char *s = src;
	size_t i;

	len = strnlen(src, len);
	if (len >= size)
		len = size - 1;
	for (i = 0; i < len; i++)
		dst[i] = s[i] >= ' ' && s[i] <= '~' ? s[i] : '?';
	dst[len] = '\0';
}

/* Steps over one attribute; false at the end, and at one that does not fit. */
static bool next_attr(const char **p, size_t *left, struct nlattr *attr, const void **data)
{
	size_t step;

	if (*left < NLA_HDRLEN)
		return false;
	memcpy(attr, *p, sizeof(*attr));
	if (attr->nla_len < NLA_HDRLEN || attr->nla_len > *left)
		return false;
	*data = *p + NLA_HDRLEN;
	step = NLA_ALIGN(attr->nla_len);
	if (step > *left)
		step = *left;
	*p += step;
	*left -= step;
	return true;
}

void mdnl_each_attr(const void *attrs, size_t len,
		    void (*fn)(int type, const void *data, size_t len, void *arg), void *arg)
{
	const char *p = attrs;
	struct nlattr attr;
	const void *data;

	while (next_attr(&p, &len, &attr, &data))
		fn(attr.nla_type & NLA_TYPE_MASK, data, attr.nla_len - NLA_HDRLEN, arg);
}

const void *mdnl_find_attr(const void *attrs, size_t len, int type, size_t *data_len)
{
	const char *p = attrs;
	struct nlattr attr;
	const void *data;

	while (next_attr(&p, &len, &attr, &data)) {
		if ((attr.nla_type & NLA_TYPE_MASK) != type)
			continue;
		*data_len = attr.nla_len - NLA_HDRLEN;
		return data;
	}
	return NULL;
}

void mdnl_find_num(const void *attrs, size_t len, int type, void *value, size_t size)
{
	const void *data = mdnl_find_attr(attrs, len, type, &len);

	if (data && len == size)
		memcpy(value, data, size);
}

/* `have` is the first member of every object. */
struct target {
	const struct field *fields;
	size_t n;
	char *object;
};

static void decode_flash(const void *attrs, size_t len, struct mdnl_flash *f);

static bool decode_field(const struct field *f, const void *data, size_t len, char *member)
{
	switch (f->kind) {
	case NUM:
		if (len != f->size)
			return false;
		memcpy(member, data, len);
		return true;
	case STR:
		mdnl_copy_text(member, f->size, data, len);
		return true;
	case BIN:	/* longer from a newer kernel, shorter from an older one */
		memcpy(member, data, len < f->size ? len : f->size);
		return true;
	case FLASH:
		decode_flash(data, len, (struct mdnl_flash *)member);
		return true;
	}
	return false;
}

static void decode_attr(int type, const void *data, size_t len, void *arg)
{
	struct target *t = arg;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct field *f = &t->fields[i];

		if (f->attr == type && decode_field(f, data, len, t->object + f->offset))
			*(uint64_t *)t->object |= 1ULL << type;
	}
}

static void decode(const void *attrs, size_t len, const struct field *fields, size_t n,
		   void *object)
{
	struct target t = { fields, n, object };

	mdnl_each_attr(attrs, len, decode_attr, &t);
}

static void decode_flash(const void *attrs, size_t len, struct mdnl_flash *f)
{
	memset(f, 0, sizeof(*f));
	decode(attrs, len, COUNT(flash_fields), f);
}

bool mdnl_decode_version(const void *attrs, size_t len, struct mdnl_version *v)
{
	memset(v, 0, sizeof(*v));
	decode(attrs, len, COUNT(version_fields), v);
	return MDNL_HAVE(v, MYDEV_A_LEVEL);
}

bool mdnl_decode_adapter(const void *attrs, size_t len, struct mdnl_adapter *a)
{
	const void *nest = mdnl_find_attr(attrs, len, MYDEV_A_ADAPTER, &len);

	memset(a, 0, sizeof(*a));
	if (nest)
		decode(nest, len, COUNT(adapter_fields), a);
	return MDNL_HAVE(a, MYDEV_A_ADAPTER_INDEX) && MDNL_HAVE(a, MYDEV_A_ADAPTER_DEVNAME);
}

bool mdnl_decode_event(const void *attrs, size_t len, struct mdnl_event *ev)
{
	const void *nest = mdnl_find_attr(attrs, len, MYDEV_A_EVENT, &len);

	memset(ev, 0, sizeof(*ev));
	if (nest)
		decode(nest, len, COUNT(event_fields), ev);
	return MDNL_HAVE(ev, MYDEV_A_EVENT_NUMBER) && MDNL_HAVE(ev, MYDEV_A_EVENT_TYPE);
}

bool mdnl_decode_progress(const void *attrs, size_t len, uint32_t *index, struct mdnl_flash *f)
{
	size_t nest_len;
	const void *nest = mdnl_find_attr(attrs, len, MYDEV_A_FLASH, &nest_len);

	*index = UINT32_MAX;
	mdnl_find_num(attrs, len, MYDEV_A_ADAPTER_ID, index, sizeof(*index));
	if (!nest)
		return false;
	decode_flash(nest, nest_len, f);
	return *index != UINT32_MAX && MDNL_HAVE(f, MYDEV_A_FLASH_COOKIE);
}

/* It becomes a key in files: nothing but what is fit for that. */
static bool is_key_name(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	return name[0] && name[0] != '.' && strspn(name, good) == strlen(name);
}

bool mdnl_decode_config(const void *attrs, size_t len, struct mdnl_config *c)
{
	memset(c, 0, sizeof(*c));
	decode(attrs, len, COUNT(config_fields), c);
	return MDNL_HAVE(c, MYDEV_A_CONFIG_KEY_ID) && is_key_name(c->name);
}
