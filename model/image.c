// SPDX-License-Identifier: GPL-2.0
#include "image.h"

#define TLV_COUNTER_LEN	4
#define TLV_MODEL_LEN	2
#define TLV_SIG_MIN	8

_Static_assert(sizeof(struct mydev_fwimg_version) == 8, "mydev/fwimg.h");
_Static_assert(sizeof(struct mydev_fwimg_header) == 32, "mydev/fwimg.h");
_Static_assert(sizeof(struct mydev_fwimg_tlv_info) == 4, "mydev/fwimg.h");
_Static_assert(sizeof(struct mydev_fwimg_tlv) == 4, "mydev/fwimg.h");
_Static_assert(sizeof(struct mydev_fw_manifest) == 32, "mydev/fwimg.h");

/* The TLVs that we know, in the area that they count in; elsewhere they are passed over. */
static const struct tlv_rule {
	u16 area;		/* magic */
	u16 type;
	u16 min, max;		/* bytes of data */
} rules[] = {
	{ MYDEV_FWIMG_TLV_PROTECTED_MAGIC, MYDEV_FWIMG_TLV_SEC_CNT,
	  TLV_COUNTER_LEN, TLV_COUNTER_LEN },
	{ MYDEV_FWIMG_TLV_PROTECTED_MAGIC, MYDEV_FWIMG_TLV_MODEL,
	  TLV_MODEL_LEN, TLV_MODEL_LEN },
	{ MYDEV_FWIMG_TLV_MAGIC, MYDEV_FWIMG_TLV_SHA256,
	  MYDEV_FWIMG_DIGEST_SIZE, MYDEV_FWIMG_DIGEST_SIZE },
	{ MYDEV_FWIMG_TLV_MAGIC, MYDEV_FWIMG_TLV_KEY_HASH,
	  MYDEV_FWIMG_DIGEST_SIZE, MYDEV_FWIMG_DIGEST_SIZE },
	{ MYDEV_FWIMG_TLV_MAGIC, MYDEV_FWIMG_TLV_ECDSA_SIG,
	  TLV_SIG_MIN, MYDEV_FWIMG_SIG_MAX },
};

struct parser {
	const struct fwimg_reader *r;
	struct fwimg_info *info;
	u32 off;		/* never beyond r->size */
	u32 seen;		/* a bit for each rule */
};

/* Reads what comes next. */
static enum fwimg_error take(struct parser *p, void *buf, u32 len)
{
	if (len > p->r->size - p->off)
		return FWIMG_TRUNCATED;
	if (p->r->read(p->r->ctx, p->off, buf, len))
		return FWIMG_READ;
	p->off += len;
	return FWIMG_OK;
}

static enum fwimg_error skip(struct parser *p, u32 len)
{
	if (len > p->r->size - p->off)
		return FWIMG_TRUNCATED;
	p->off += len;
	return FWIMG_OK;
}

static enum fwimg_error parse_header(struct parser *p, u32 *protected_size)
{
	struct mydev_fwimg_header h;
	enum fwimg_error e;

	e = take(p, &h, sizeof(h));
	if (e)
		return e;
	if (le32_to_cpu(h.magic) != MYDEV_FWIMG_MAGIC)
		return FWIMG_MAGIC;
	if (le16_to_cpu(h.header_size) < MYDEV_FWIMG_HDR_MIN ||
	    le16_to_cpu(h.header_size) > MYDEV_FWIMG_HDR_MAX)
		return FWIMG_HEADER;
	if (h.flags)
		return FWIMG_FLAGS;

	p->info->version = h.version;
	p->info->payload = le16_to_cpu(h.header_size);
	p->info->payload_size = le32_to_cpu(h.image_size);
	*protected_size = le16_to_cpu(h.protected_tlv_size);
	return skip(p, p->info->payload - sizeof(h));
}

static enum fwimg_error parse_payload(struct parser *p)
{
	struct fwimg_info *info = p->info;
	enum fwimg_error e;

	if (info->payload_size < sizeof(info->manifest))
		return skip(p, info->payload_size);
	e = take(p, &info->manifest, sizeof(info->manifest));
	if (e)
		return e;
	info->has_manifest = le32_to_cpu(info->manifest.magic) == MYDEV_FW_MANIFEST_MAGIC;
	return skip(p, info->payload_size - sizeof(info->manifest));
}

static enum fwimg_error take_tlv(struct parser *p, u16 type, u16 len)
{
	struct fwimg_info *info = p->info;
	enum fwimg_error e = FWIMG_OK;
	__le32 counter;
	__le16 model;

	switch (type) {
	case MYDEV_FWIMG_TLV_SEC_CNT:
		e = take(p, &counter, sizeof(counter));
		if (!e)
			info->counter = le32_to_cpu(counter);
		return e;
	case MYDEV_FWIMG_TLV_MODEL:
		e = take(p, &model, sizeof(model));
		if (!e)
			info->model = le16_to_cpu(model);
		return e;
	case MYDEV_FWIMG_TLV_SHA256:
		return take(p, info->digest, len);
	case MYDEV_FWIMG_TLV_KEY_HASH:
		info->has_key_hash = true;
		return take(p, info->key_hash, len);
	case MYDEV_FWIMG_TLV_ECDSA_SIG:
		info->sig_len = len;
		return take(p, info->sig, len);
	default:
		return skip(p, len);
	}
}

static enum fwimg_error parse_tlv(struct parser *p, u16 area, u16 type, u16 len)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].area != area || rules[i].type != type)
			continue;
		if (p->seen & (1U << i))
			return FWIMG_TLV_DOUBLED;
		p->seen |= 1U << i;
		if (len < rules[i].min || len > rules[i].max)
			return FWIMG_TLV_LENGTH;
		return take_tlv(p, type, len);
	}
	return skip(p, len);
}

/* An area with its info header; `size`: what the image's header says of it, 0: nothing. */
static enum fwimg_error parse_area(struct parser *p, u16 magic, u32 size)
{
	struct mydev_fwimg_tlv_info area;
	struct mydev_fwimg_tlv tlv;
	enum fwimg_error e;
	u32 left;

	e = take(p, &area, sizeof(area));
	if (e)
		return e;
	left = le16_to_cpu(area.total);
	if (le16_to_cpu(area.magic) != magic || left < sizeof(area) || (size && left != size))
		return FWIMG_TLV_AREA;
	left -= sizeof(area);
	if (left > p->r->size - p->off)
		return FWIMG_TRUNCATED;

	while (left) {
		if (left < sizeof(tlv))
			return FWIMG_TLV_AREA;
		e = take(p, &tlv, sizeof(tlv));
		if (e)
			return e;
		left -= sizeof(tlv);
		if (le16_to_cpu(tlv.length) > left)
			return FWIMG_TLV_AREA;
		left -= le16_to_cpu(tlv.length);
		e = parse_tlv(p, magic, le16_to_cpu(tlv.type), le16_to_cpu(tlv.length));
		if (e)
			return e;
	}
	return FWIMG_OK;
}

static bool seen(const struct parser *p, u16 type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].type == type)
			return p->seen & (1U << i);
	return false;
}

static enum fwimg_error parse_areas(struct parser *p, u32 protected_size)
{
	enum fwimg_error e;

	if (protected_size) {
		e = parse_area(p, MYDEV_FWIMG_TLV_PROTECTED_MAGIC, protected_size);
		if (e)
			return e;
	}
	p->info->covered = p->off;
	e = parse_area(p, MYDEV_FWIMG_TLV_MAGIC, 0);
	if (e)
		return e;
	p->info->total = p->off;

	if (!seen(p, MYDEV_FWIMG_TLV_SHA256))
		return FWIMG_NO_DIGEST;
	if (!seen(p, MYDEV_FWIMG_TLV_SEC_CNT))
		return FWIMG_NO_COUNTER;
	if (!seen(p, MYDEV_FWIMG_TLV_MODEL))
		return FWIMG_NO_MODEL;
	return FWIMG_OK;
}

enum fwimg_error fwimg_parse(const struct fwimg_reader *r, struct fwimg_info *info)
{
	struct parser p = { .r = r, .info = info };
	u32 protected_size;
	enum fwimg_error e;

	memset(info, 0, sizeof(*info));
	e = parse_header(&p, &protected_size);
	if (!e)
		e = parse_payload(&p);
	if (!e)
		e = parse_areas(&p, protected_size);
	return e;
}

enum fwimg_manifest_error fwimg_manifest_check(const struct fwimg_info *info, u16 board_rev)
{
	const struct mydev_fw_manifest *mf = &info->manifest;

	if (!info->has_manifest)
		return FWIMG_MANIFEST_NONE;
	if (le16_to_cpu(mf->abi) != MYDEV_FW_ABI)
		return FWIMG_MANIFEST_ABI;
	if (le32_to_cpu(mf->code_size) != info->payload_size - sizeof(*mf))
		return FWIMG_MANIFEST_SIZE;
	if (le16_to_cpu(mf->board_rev_min) > board_rev)
		return FWIMG_MANIFEST_BOARD;
	return FWIMG_MANIFEST_OK;
}

static int compare(u32 a, u32 b)
{
	return (a > b) - (a < b);
}

int fwimg_version_cmp(const struct mydev_fwimg_version *a, const struct mydev_fwimg_version *b)
{
	int c = compare(a->major, b->major);

	if (!c)
		c = compare(a->minor, b->minor);
	if (!c)
		c = compare(le16_to_cpu(a->revision), le16_to_cpu(b->revision));
	if (!c)
		c = compare(le32_to_cpu(a->build), le32_to_cpu(b->build));
	return c;
}
