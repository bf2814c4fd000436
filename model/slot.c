// SPDX-License-Identifier: GPL-2.0
#include "slot.h"
#include "flash.h"
#include "state.h"

struct slot_reader {
	struct model *m;
	u32 start;
};

static int slot_read(void *ctx, u32 off, void *buf, u32 len)
{
	const struct slot_reader *s = ctx;

	return model_flash_read(s->m, s->start + off, buf, len);
}

u16 model_slot_parse(struct model *m, unsigned int slot, u32 size)
{
	struct slot_reader s = { .m = m, .start = model_flash_slot(m, slot) };
	struct fwimg_reader r = { .read = slot_read, .ctx = &s };
	enum fwimg_error e;

	r.size = size ? size : m->card.geometry.slot_size;
	e = fwimg_parse(&r, &m->image);
	if (e == FWIMG_READ)
		return MYDEV_ST_MEDIA;
	if (e || (size && m->image.total != size))
		return MYDEV_ST_IMAGE;
	return MYDEV_ST_OK;
}

u16 model_slot_hash(struct model *m, unsigned int slot, u32 from, u32 to, void *sha256)
{
	u32 n;

	for (; from < to; from += n) {
		n = model_min(to - from, sizeof(m->io));
		if (model_flash_read(m, model_flash_slot(m, slot) + from, m->io, n))
			return MYDEV_ST_MEDIA;
		m->ops->sha256_update(sha256, m->io, n);
	}
	return MYDEV_ST_OK;
}

static u16 judge_signature(struct model *m, const u8 *digest)
{
	const struct fwimg_info *info = &m->image;

	if (!info->sig_len || !info->has_key_hash)
		return MYDEV_ST_SIGNATURE;
	if (m->ops->verify &&
	    m->ops->verify(m->env, info->key_hash, info->sig, info->sig_len, digest))
		return MYDEV_ST_SIGNATURE;
	return MYDEV_ST_OK;
}

static u16 judge_manifest(const struct model *m)
{
	switch (fwimg_manifest_check(&m->image, m->card.board_rev)) {
	case FWIMG_MANIFEST_OK:
		return MYDEV_ST_OK;
	case FWIMG_MANIFEST_BOARD:
		return MYDEV_ST_MODEL;
	default:
		return MYDEV_ST_IMAGE;
	}
}

u16 model_slot_judge(struct model *m, const u8 *digest, u32 counter)
{
	u16 st;

	if (memcmp(digest, m->image.digest, sizeof(m->image.digest)))
		return MYDEV_ST_IMAGE;
	st = judge_signature(m, digest);
	if (st)
		return st;
	if (m->image.model != m->card.model)
		return MYDEV_ST_MODEL;
	if (m->image.counter < counter)
		return MYDEV_ST_COUNTER;
	return judge_manifest(m);
}

u16 model_slot_check(struct model *m, unsigned int slot, u32 size, u32 counter)
{
	u8 digest[MYDEV_FWIMG_DIGEST_SIZE];
	u16 st;

	st = model_slot_parse(m, slot, size);
	if (st)
		return st;
	m->ops->sha256_init(m->sha256);
	st = model_slot_hash(m, slot, 0, m->image.covered, m->sha256);
	if (st)
		return st;
	m->ops->sha256_final(m->sha256, digest);
	return model_slot_judge(m, digest, counter);
}
