// SPDX-License-Identifier: GPL-2.0
#include "lib/fwimage.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mydev/hw.h>

#include "lib/alloc.h"
#include "lib/crypto.h"

static const char *const texts[FWIMAGE_PROBLEMS] = {
	[FWIMAGE_OK] = "is fine",
	[FWIMAGE_NOT_PLAIN] = "is not a plain file",
	[FWIMAGE_UNREADABLE] = "cannot be read",
	[FWIMAGE_EMPTY] = "is empty",
	[FWIMAGE_TOO_LARGE] = "is too large to be a firmware image",
	[FWIMAGE_MAGIC] = "is not a firmware image: it does not begin as one",
	[FWIMAGE_HEADER] = "is damaged: its header has an impossible size",
	[FWIMAGE_FLAGS] = "needs what no adapter can do: flags are set in its header",
	[FWIMAGE_TRUNCATED] = "is truncated: it is shorter than its headers say",
	[FWIMAGE_TRAILING] = "is damaged: it goes on after its end",
	[FWIMAGE_TLVS] = "is damaged: its trailer (the TLV areas) is malformed",
	[FWIMAGE_NO_DIGEST] = "has no SHA-256 digest",
	[FWIMAGE_NO_COUNTER] = "has no security counter",
	[FWIMAGE_NO_MODEL] = "does not say for which model it is",
	[FWIMAGE_DIGEST] = "is corrupted: its content does not match its digest",
	[FWIMAGE_MODEL] = "is for a model that is not known",
	[FWIMAGE_UNSIGNED] = "is not signed",
	[FWIMAGE_KEY_UNKNOWN] = "is signed with a key that is not trusted",
	[FWIMAGE_KEY_REVOKED] = "is signed with a key that has been revoked",
	[FWIMAGE_SIGNATURE] = "is not genuine: its signature is wrong",
	[FWIMAGE_NO_MANIFEST] = "holds no firmware: its payload has no manifest",
	[FWIMAGE_MANIFEST] = "holds firmware that no adapter starts: its manifest is wrong",
};

const char *fwimage_problem_text(enum fwimage_problem p)
{
	return texts[p];
}

static enum fwimage_problem from_parser(enum fwimg_error e)
{
	switch (e) {
	case FWIMG_OK:
		return FWIMAGE_OK;
	case FWIMG_READ:
		return FWIMAGE_UNREADABLE;
	case FWIMG_TRUNCATED:
		return FWIMAGE_TRUNCATED;
	case FWIMG_MAGIC:
		return FWIMAGE_MAGIC;
	case FWIMG_HEADER:
		return FWIMAGE_HEADER;
	case FWIMG_FLAGS:
		return FWIMAGE_FLAGS;
	case FWIMG_TLV_AREA:
	case FWIMG_TLV_LENGTH:
	case FWIMG_TLV_DOUBLED:
		return FWIMAGE_TLVS;
	case FWIMG_NO_DIGEST:
		return FWIMAGE_NO_DIGEST;
	case FWIMG_NO_COUNTER:
		return FWIMAGE_NO_COUNTER;
	case FWIMG_NO_MODEL:
		return FWIMAGE_NO_MODEL;
	}
	return FWIMAGE_HEADER;
}

/* Reads up to FWIMAGE_MAX bytes and one more: it tells that there are too many. */
static int copy(struct fwimage *img, int fd, size_t expected)
{
	size_t room = expected + 1;
	ssize_t n;

	img->data = xmalloc(room);
	for (;;) {
		n = pread(fd, img->data + img->size, room - img->size, img->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		img->size += n;
		if (!n || img->size > FWIMAGE_MAX)
			return 0;
		if (img->size == room) {
			room = FWIMAGE_MAX + 1;
			img->data = xrealloc(img->data, room, 1);
		}
	}
}

enum fwimage_problem fwimage_read(struct fwimage *img, int fd)
{
	struct stat st;

	*img = (struct fwimage){ .data = NULL };
	if (fstat(fd, &st))
		return FWIMAGE_UNREADABLE;
	if (!S_ISREG(st.st_mode))
		return FWIMAGE_NOT_PLAIN;
	if (st.st_size > FWIMAGE_MAX)
		return FWIMAGE_TOO_LARGE;
	if (copy(img, fd, st.st_size))
		return FWIMAGE_UNREADABLE;
	if (img->size > FWIMAGE_MAX)
		return FWIMAGE_TOO_LARGE;
	return img->size ? FWIMAGE_OK : FWIMAGE_EMPTY;
}

void fwimage_free(struct fwimage *img)
{
	free(img->data);
	img->data = NULL;
}

static int read_copy(void *ctx, u32 off, void *buf, u32 len)
{
	const struct fwimage *img = ctx;

	memcpy(buf, img->data + off, len);
	return 0;
}

enum fwimage_problem fwimage_parse(struct fwimage *img)
{
	struct fwimg_reader r = { .read = read_copy, .ctx = img, .size = img->size };
	enum fwimage_problem p = from_parser(fwimg_parse(&r, &img->info));

	if (!p && img->info.total != img->size)
		p = FWIMAGE_TRAILING;
	return p;
}

enum fwimage_problem fwimage_check_digest(const struct fwimage *img)
{
	uint8_t digest[CRYPTO_DIGEST_SIZE];

	crypto_sha256(img->data, img->info.covered, digest);
	return memcmp(digest, img->info.digest, sizeof(digest)) ? FWIMAGE_DIGEST : FWIMAGE_OK;
}

enum fwimage_problem fwimage_check_signature(struct fwimage *img, const struct keyring *keys)
{
	const struct fwimg_info *info = &img->info;

	if (!info->sig_len || !info->has_key_hash)
		return FWIMAGE_UNSIGNED;
	switch (keyring_verify(keys, info->key_hash, info->digest, info->sig, info->sig_len,
			       &img->key)) {
	case KEYRING_TRUSTED:
		return FWIMAGE_OK;
	case KEYRING_UNKNOWN:
		return FWIMAGE_KEY_UNKNOWN;
	case KEYRING_REVOKED:
		return FWIMAGE_KEY_REVOKED;
	case KEYRING_FORGED:
		break;
	}
	return FWIMAGE_SIGNATURE;
}

/* Whether some board of the model would start it: which one there is, the adapter knows. */
enum fwimage_problem fwimage_check_payload(const struct fwimage *img)
{
	if (img->info.model != MYDEV_MODEL_MD2000 && img->info.model != MYDEV_MODEL_MD4000)
		return FWIMAGE_MODEL;
	switch (fwimg_manifest_check(&img->info, UINT16_MAX)) {
	case FWIMG_MANIFEST_OK:
		return FWIMAGE_OK;
	case FWIMG_MANIFEST_NONE:
		return FWIMAGE_NO_MANIFEST;
	default:
		return FWIMAGE_MANIFEST;
	}
}

enum fwimage_problem fwimage_check(struct fwimage *img, const struct keyring *keys)
{
	enum fwimage_problem p = fwimage_parse(img);

	if (!p)
		p = fwimage_check_digest(img);
	if (!p)
		p = fwimage_check_signature(img, keys);
	if (!p)
		p = fwimage_check_payload(img);
	return p;
}
