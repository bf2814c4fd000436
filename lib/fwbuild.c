// SPDX-License-Identifier: GPL-2.0
#include "lib/fwbuild.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "model/crc32.h"

/* All that an image has beside its payload, and more. */
#define FRAME_MAX	1024

struct out {
	uint8_t *data;
	size_t len;
};

static void put(struct out *o, const void *data, size_t len)
{
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void put_tlv(struct out *o, uint16_t type, const void *data, uint16_t len)
{
	struct mydev_fwimg_tlv t = { .type = htole16(type), .length = htole16(len) };

	put(o, &t, sizeof(t));
	put(o, data, len);
}

/* An area's info header, whose total is known when the area ends. */
static size_t begin_area(struct out *o, uint16_t magic)
{
	struct mydev_fwimg_tlv_info info = { .magic = htole16(magic) };
	size_t start = o->len;

	put(o, &info, sizeof(info));
	return start;
}

static void end_area(struct out *o, size_t start)
{
	struct mydev_fwimg_tlv_info info;

	memcpy(&info, o->data + start, sizeof(info));
	info.total = htole16(o->len - start);
	memcpy(o->data + start, &info, sizeof(info));
}

static uint32_t seed(const struct fwbuild *b)
{
	uint32_t crc = model_crc32(0, &b->version, sizeof(b->version));
	uint16_t model = htole16(b->model);

	return model_crc32(crc, &model, sizeof(model)) | 1;
}

/*
 * Stands for machine code, which the model does not run: bytes that do not compress (xorshift,
 * Marsaglia 2003), so that nothing about their transfer is easier than with real code.
 */
static void put_code(struct out *o, const struct fwbuild *b)
{
	uint32_t x = seed(b);
	uint32_t i;

	for (i = 0; i < b->code_size; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		o->data[o->len++] = x >> 24;
	}
}

static void put_payload(struct out *o, const struct fwbuild *b)
{
	struct mydev_fw_manifest mf = {
		.magic = htole32(MYDEV_FW_MANIFEST_MAGIC),
		.abi = htole16(MYDEV_FW_ABI),
		.board_rev_min = htole16(b->board_rev_min),
		.features = htole32(b->features),
		.code_size = htole32(b->code_size),
	};
	size_t manifest = o->len;

	if (!b->no_manifest)
		put(o, &mf, sizeof(mf));
	put_code(o, b);
	if (b->no_manifest)
		return;
	mf.code_crc = htole32(model_crc32(0, o->data + manifest + sizeof(mf), b->code_size) ^
			      b->code_crc_flip);
	memcpy(o->data + manifest, &mf, sizeof(mf));
}

static void put_protected(struct out *o, const struct fwbuild *b)
{
	uint32_t counter = htole32(b->counter);
	uint16_t model = htole16(b->model);
	size_t area = begin_area(o, MYDEV_FWIMG_TLV_PROTECTED_MAGIC);

	put_tlv(o, MYDEV_FWIMG_TLV_SEC_CNT, &counter, sizeof(counter));
	put_tlv(o, MYDEV_FWIMG_TLV_MODEL, &model, sizeof(model));
	end_area(o, area);
}

static void put_header(struct out *o, const struct fwbuild *b)
{
	struct mydev_fwimg_header h = {
		.magic = htole32(MYDEV_FWIMG_MAGIC),
		.header_size = htole16(sizeof(h)),
		.version = b->version,
	};

	put(o, &h, sizeof(h));
}

/* What the header says of the sizes, when they are known. */
static void finish_header(struct out *o, size_t payload_end)
{
	struct mydev_fwimg_header h;

	memcpy(&h, o->data, sizeof(h));
	h.image_size = htole32(payload_end - sizeof(h));
	h.protected_tlv_size = htole16(o->len - payload_end);
	memcpy(o->data, &h, sizeof(h));
}

static int put_signature(struct out *o, const struct crypto_key *key)
{
	uint8_t digest[CRYPTO_DIGEST_SIZE], sig[CRYPTO_SIG_MAX];
	size_t area, sig_len;
	int r;

	crypto_sha256(o->data, o->len, digest);
	area = begin_area(o, MYDEV_FWIMG_TLV_MAGIC);
	put_tlv(o, MYDEV_FWIMG_TLV_SHA256, digest, sizeof(digest));
	if (key) {
		r = crypto_sign(key, digest, sig, &sig_len);
		if (r)
			return r;
		put_tlv(o, MYDEV_FWIMG_TLV_KEY_HASH, crypto_key_hash(key), CRYPTO_DIGEST_SIZE);
		put_tlv(o, MYDEV_FWIMG_TLV_ECDSA_SIG, sig, sig_len);
	}
	end_area(o, area);
	return 0;
}

int fwbuild(const struct fwbuild *b, const struct crypto_key *key, uint8_t **image, size_t *size)
{
	_free_cleanup_ uint8_t *data = xzalloc((size_t)b->code_size + FRAME_MAX);
	struct out o = { .data = data };
	size_t payload_end;
	int r;

	put_header(&o, b);
	put_payload(&o, b);
	payload_end = o.len;
	put_protected(&o, b);
	finish_header(&o, payload_end);
	r = put_signature(&o, key);
	if (r)
		return r;
	*size = o.len;
	*image = take_ptr(data);
	return 0;
}
