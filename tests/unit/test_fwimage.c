// SPDX-License-Identifier: GPL-2.0
/* Firmware image files: what imgtool and mkimage make is read, whatever is wrong is refused. */
#include <endian.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <mydev/hw.h>

#include "lib/alloc.h"
#include "lib/fwimage.h"
#include "lib/keyring.h"
#include "tests/unit/card.h"

#define VECTORS "tests/unit/vectors/"

struct bench {
	struct card_image image;
	struct keyring *keys;
};

static void no_problem(void *arg, const char *file, unsigned int line, const char *why)
{
	fail_msg("%s:%u %s", file, line, why);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct fwbuild spec = { .version = { .major = 1 }, .counter = 3, .code_size = 700 };

	b->image = card_build(&spec);
	b->keys = keyring_load("firmware", NULL, NULL);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	card_image_free(&b->image);
	keyring_free(b->keys);
	free(b);
	return 0;
}

static enum fwimage_problem check(const struct bench *b, const uint8_t *data, size_t size)
{
	/* A copy of exactly that size, so that reading beyond it shows. */
	uint8_t *copy = malloc(size);
	struct fwimage img = { .data = copy, .size = size };
	enum fwimage_problem p;

	memcpy(copy, data, size);
	p = fwimage_check(&img, b->keys);
	assert_non_null(fwimage_problem_text(p));
	fwimage_free(&img);
	return p;
}

static enum fwimage_problem check_file(const struct keyring *keys, const char *path)
{
	_fwimage_cleanup_ struct fwimage img = { .data = NULL };
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	enum fwimage_problem p;

	assert_true(fd >= 0);
	p = fwimage_read(&img, fd);
	close(fd);
	return p ? p : fwimage_check(&img, keys);
}

static void test_good(void **state)
{
	struct bench *b = *state;

	assert_int_equal(check(b, b->image.data, b->image.size), FWIMAGE_OK);
}

static void test_every_truncation(void **state)
{
	struct bench *b = *state;

	for (size_t size = 1; size < b->image.size; size++) {
		enum fwimage_problem p = check(b, b->image.data, size);

		assert_true(p == FWIMAGE_TRUNCATED || (size < 4 && p == FWIMAGE_MAGIC));
	}
}

static void test_trailing(void **state)
{
	struct bench *b = *state;
	uint8_t *longer = calloc(1, b->image.size + 1);

	memcpy(longer, b->image.data, b->image.size);
	assert_int_equal(check(b, longer, b->image.size + 1), FWIMAGE_TRAILING);
	free(longer);
}

static void test_every_flip(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < b->image.size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			b->image.data[i] ^= 1 << bit;
			assert_int_not_equal(check(b, b->image.data, b->image.size), FWIMAGE_OK);
			b->image.data[i] ^= 1 << bit;
		}
		b->image.data[i] ^= 0xff;
		assert_int_not_equal(check(b, b->image.data, b->image.size), FWIMAGE_OK);
		b->image.data[i] ^= 0xff;
	}
	assert_int_equal(check(b, b->image.data, b->image.size), FWIMAGE_OK);
}

static void test_noise(void **state)
{
	struct bench *b = *state;
	uint32_t random = 5;

	/* Several bytes at once, where the structure is. */
	for (int n = 0; n < 20000; n++) {
		uint8_t *copy = malloc(b->image.size);

		memcpy(copy, b->image.data, b->image.size);
		for (int i = 0; i < 3; i++) {
			uint32_t r = nor_random(&random);
			size_t at = r % 2 ? r % 32 : b->image.size - 1 - r % 180;

			copy[at] ^= 1 + (r >> 16) % 255;
		}
		check(b, copy, b->image.size);
		free(copy);
	}
}

static enum fwimage_problem check_spec(const struct bench *b, const struct fwbuild *spec)
{
	struct card_image i = card_build(spec);
	enum fwimage_problem p = check(b, i.data, i.size);

	card_image_free(&i);
	return p;
}

static void test_contents(void **state)
{
	struct bench *b = *state;
	struct fwbuild spec = { .counter = 1 };
	uint8_t *unsigned_image;
	size_t size;

	assert_int_equal(check_spec(b, &spec), FWIMAGE_OK);
	spec.model = 0x0030;
	assert_int_equal(check_spec(b, &spec), FWIMAGE_MODEL);
	spec.model = MYDEV_MODEL_MD4000;
	spec.no_manifest = true;
	assert_int_equal(check_spec(b, &spec), FWIMAGE_NO_MANIFEST);
	spec.no_manifest = false;
	assert_int_equal(fwbuild(&spec, NULL, &unsigned_image, &size), 0);
	assert_int_equal(check(b, unsigned_image, size), FWIMAGE_UNSIGNED);
	free(unsigned_image);
}

/* An image from parts, with any TLVs. */
struct raw {
	uint8_t data[1024];
	size_t len;
};

static void put(struct raw *r, const void *data, size_t len)
{
	assert_true(r->len + len <= sizeof(r->data));
	memcpy(r->data + r->len, data, len);
	r->len += len;
}

static void put_words(struct raw *r, uint16_t a, uint16_t b)
{
	uint16_t w[2] = { htole16(a), htole16(b) };

	put(r, w, sizeof(w));
}

struct tlv {
	uint16_t type, len;
};

static void put_area(struct raw *r, uint16_t magic, const struct tlv *tlvs, unsigned int n)
{
	static const uint8_t zeros[256];
	uint16_t total = 4;

	for (unsigned int i = 0; i < n; i++)
		total += 4 + tlvs[i].len;
	put_words(r, magic, total);
	for (unsigned int i = 0; i < n; i++) {
		put_words(r, tlvs[i].type, tlvs[i].len);
		put(r, zeros, tlvs[i].len);
	}
}

static enum fwimage_problem parse_tlvs(const struct tlv *prot, unsigned int n_prot,
				       const struct tlv *plain, unsigned int n_plain)
{
	struct mydev_fwimg_header h = {
		.magic = htole32(MYDEV_FWIMG_MAGIC), .header_size = htole16(32),
		.image_size = htole32(4),
	};
	struct raw r = { .len = 0 };
	struct fwimage img;
	uint16_t total = 4;

	for (unsigned int i = 0; i < n_prot; i++)
		total += 4 + prot[i].len;
	h.protected_tlv_size = htole16(n_prot ? total : 0);
	put(&r, &h, sizeof(h));
	put(&r, "code", 4);
	if (n_prot)
		put_area(&r, 0x6908, prot, n_prot);
	put_area(&r, 0x6907, plain, n_plain);
	img = (struct fwimage){ .data = r.data, .size = r.len };
	return fwimage_parse(&img);
}

static void test_tlvs(void **state)
{
	static const struct tlv prot[] = { { 0x50, 4 }, { 0xa0, 2 }, { 0xa1, 9 } };
	static const struct tlv plain[] = { { 0x10, 32 }, { 0x01, 32 }, { 0x22, 70 } };
	static const struct tlv unknown[] = { { 0x60, 0 }, { 0x10, 32 }, { 0xf0, 200 } };
	static const struct tlv counters[] = { { 0x50, 4 }, { 0xa0, 2 }, { 0x50, 4 } };
	static const struct tlv digests[] = { { 0x10, 32 }, { 0x10, 32 } };
	static const struct tlv sigs[] = { { 0x10, 32 }, { 0x22, 70 }, { 0x22, 70 } };
	static const struct tlv bad[][2] = {
		{ { 0x10, 31 } }, { { 0x10, 33 } }, { { 0x10, 0 } }, { { 0x10, 32 }, { 0x01, 20 } },
		{ { 0x10, 32 }, { 0x22, 73 } }, { { 0x10, 32 }, { 0x22, 7 } },
	};
	static const struct tlv bad_prot[][2] = {
		{ { 0x50, 3 }, { 0xa0, 2 } }, { { 0x50, 8 }, { 0xa0, 2 } },
		{ { 0x50, 4 }, { 0xa0, 4 } }, { { 0x50, 4 }, { 0xa0, 0 } },
	};
	/* Where they do not count, these are passed over, and then missing. */
	static const struct tlv misplaced[] = { { 0x10, 32 }, { 0x50, 4 }, { 0xa0, 2 } };

	assert_int_equal(parse_tlvs(prot, 3, plain, 3), FWIMAGE_OK);
	assert_int_equal(parse_tlvs(prot, 2, plain, 1), FWIMAGE_OK);
	assert_int_equal(parse_tlvs(prot, 2, unknown, 3), FWIMAGE_OK);
	assert_int_equal(parse_tlvs(prot, 2, plain, 0), FWIMAGE_NO_DIGEST);
	assert_int_equal(parse_tlvs(prot, 1, plain, 1), FWIMAGE_NO_MODEL);
	assert_int_equal(parse_tlvs(prot + 1, 1, plain, 1), FWIMAGE_NO_COUNTER);
	assert_int_equal(parse_tlvs(prot, 0, misplaced, 3), FWIMAGE_NO_COUNTER);
	assert_int_equal(parse_tlvs(misplaced, 3, misplaced + 1, 2), FWIMAGE_NO_DIGEST);
	assert_int_equal(parse_tlvs(counters, 3, plain, 1), FWIMAGE_TLVS);
	assert_int_equal(parse_tlvs(prot, 2, digests, 2), FWIMAGE_TLVS);
	assert_int_equal(parse_tlvs(prot, 2, sigs, 3), FWIMAGE_TLVS);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_tlvs(prot, 2, bad[i], bad[i][1].type ? 2 : 1), FWIMAGE_TLVS);
	for (size_t i = 0; i < sizeof(bad_prot) / sizeof(bad_prot[0]); i++)
		assert_int_equal(parse_tlvs(bad_prot[i], 2, plain, 1), FWIMAGE_TLVS);
}

/* Sizes in the header that add up beyond 32 bits, or to nothing. */
static void test_header_sizes(void **state)
{
	static const struct {
		uint16_t header, prot;
		uint32_t image;
		enum fwimage_problem problem;
	} cases[] = {
		{ 31, 0, 4, FWIMAGE_HEADER },
		{ 0x1001, 0, 4, FWIMAGE_HEADER },
		{ 0x1000, 0, 4, FWIMAGE_TRUNCATED },
		{ 32, 0, 0xffffffff, FWIMAGE_TRUNCATED },
		{ 32, 0, 0xffffffe0, FWIMAGE_TRUNCATED },
		{ 32, 0xffff, 4, FWIMAGE_TLVS },
		{ 32, 4, 4, FWIMAGE_TLVS },
	};
	struct bench *b = *state;
	uint8_t *data = malloc(b->image.size);
	struct mydev_fwimg_header h;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(data, b->image.data, b->image.size);
		memcpy(&h, data, sizeof(h));
		h.header_size = htole16(cases[i].header);
		h.protected_tlv_size = htole16(cases[i].prot);
		h.image_size = htole32(cases[i].image);
		memcpy(data, &h, sizeof(h));
		assert_int_equal(check(b, data, b->image.size), cases[i].problem);
	}
	memcpy(data, b->image.data, b->image.size);
	data[16] = 4;				/* MCUboot's "encrypted" */
	assert_int_equal(check(b, data, b->image.size), FWIMAGE_FLAGS);
	free(data);
}

static void check_vector(const char *path, const struct keyring *keys, uint16_t model,
			 const char *version, uint32_t counter, uint32_t payload)
{
	_fwimage_cleanup_ struct fwimage img = { .data = NULL };
	int fd = open(path, O_RDONLY);
	char text[64];

	assert_int_equal(fwimage_read(&img, fd), FWIMAGE_OK);
	close(fd);
	assert_int_equal(fwimage_parse(&img), FWIMAGE_OK);
	assert_int_equal(fwimage_check_digest(&img), FWIMAGE_OK);
	assert_int_equal(fwimage_check_signature(&img, keys), FWIMAGE_OK);
	assert_string_equal(img.key, "imgtool-test.pub.pem");
	assert_int_equal(fwimage_check_payload(&img), FWIMAGE_NO_MANIFEST);
	assert_int_equal(img.info.model, model);
	assert_int_equal(img.info.counter, counter);
	assert_int_equal(img.info.payload, payload);
	snprintf(text, sizeof(text), "%u.%u.%u+%u", img.info.version.major,
		 img.info.version.minor, le16toh(img.info.version.revision),
		 le32toh(img.info.version.build));
	assert_string_equal(text, version);
}

/* What MCUboot's own tool made. */
static void test_imgtool(void **state)
{
	struct bench *b = *state;
	_keyring_cleanup_ struct keyring *keys = keyring_load(VECTORS, no_problem, NULL);

	check_vector(VECTORS "imgtool-md2000-1.2.3+4-sec7.bin", keys, MYDEV_MODEL_MD2000,
		     "1.2.3+4", 7, 0x20);
	check_vector(VECTORS "imgtool-md4000-2.0.0-sec8-hdr512.bin", keys, MYDEV_MODEL_MD4000,
		     "2.0.0+0", 8, 0x200);
	assert_int_equal(check_file(b->keys, VECTORS "imgtool-md2000-1.2.3+4-sec7.bin"),
			 FWIMAGE_KEY_UNKNOWN);
}

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
}

/* Another implementation accepts our signature. */
static void test_openssl(void **state)
{
	struct bench *b = *state;
	struct fwimage img = { .data = b->image.data, .size = b->image.size };
	char dir[] = "/tmp/mydev-test.XXXXXX";
	char command[512];

	assert_int_equal(fwimage_parse(&img), FWIMAGE_OK);
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command), "%s/digest", dir);
	write_file(command, img.info.digest, sizeof(img.info.digest));
	snprintf(command, sizeof(command), "%s/sig", dir);
	write_file(command, img.info.sig, img.info.sig_len);
	snprintf(command, sizeof(command),
		 "openssl pkeyutl -verify -pubin -inkey firmware/mydev-TEST-ONLY.pem "
		 "-in %s/digest -sigfile %s/sig >/dev/null", dir, dir);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

static void test_built_images(void **state)
{
	static const char *const names[] = {
		"md2000-1.0.0", "md2000-1.1.0", "md2000-2.0.0",
		"md4000-1.0.0", "md4000-1.1.0", "md4000-2.0.0",
	};
	struct bench *b = *state;
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "build/firmware/%s.bin", names[i]);
		assert_int_equal(check_file(b->keys, path), FWIMAGE_OK);
	}
}

static void test_files(void **state)
{
	struct bench *b = *state;
	_fwimage_cleanup_ struct fwimage img = { .data = NULL };
	char path[] = "/tmp/mydev-test.XXXXXX";
	int fd = mkstemp(path), p[2];

	assert_int_equal(check_file(b->keys, path), FWIMAGE_EMPTY);
	assert_int_equal(check_file(b->keys, "/"), FWIMAGE_NOT_PLAIN);
	assert_int_equal(check_file(b->keys, "/dev/zero"), FWIMAGE_NOT_PLAIN);
	assert_int_equal(check_file(b->keys, "README.md"), FWIMAGE_MAGIC);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(fwimage_read(&img, p[0]), FWIMAGE_NOT_PLAIN);
	assert_int_equal(fwimage_read(&img, p[1]), FWIMAGE_NOT_PLAIN);
	close(p[0]);
	close(p[1]);
	assert_int_equal(fwimage_read(&img, -1), FWIMAGE_UNREADABLE);
	assert_int_equal(ftruncate(fd, FWIMAGE_MAX + 1L), 0);
	assert_int_equal(check_file(b->keys, path), FWIMAGE_TOO_LARGE);
	assert_int_equal(ftruncate(fd, FWIMAGE_MAX), 0);
	assert_int_equal(check_file(b->keys, path), FWIMAGE_MAGIC);

	/* The descriptor's offset does not matter, nor what becomes of the file later. */
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, b->image.data, b->image.size, 0), b->image.size);
	lseek(fd, 100, SEEK_SET);
	assert_int_equal(fwimage_read(&img, fd), FWIMAGE_OK);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 100);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(fwimage_check(&img, b->keys), FWIMAGE_OK);
	close(fd);
	unlink(path);
}

static void test_version_order(void **state)
{
	static const struct mydev_fwimg_version v[] = {
		{ 0, 9, 65535, 0xffffffff }, { 1, 0, 0, 0 }, { 1, 0, 0, 1 }, { 1, 0, 256, 0 },
		{ 1, 1, 0, 0 }, { 2, 0, 0, 0 },
	};

	for (int i = 0; i < 6; i++)
		for (int j = 0; j < 6; j++)
			assert_int_equal(fwimg_version_cmp(&v[i], &v[j]), (i > j) - (i < j));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_good),
		T(test_every_truncation),
		T(test_trailing),
		T(test_every_flip),
		T(test_noise),
		T(test_contents),
		cmocka_unit_test(test_tlvs),
		T(test_header_sizes),
		T(test_imgtool),
		T(test_openssl),
		T(test_built_images),
		T(test_files),
		cmocka_unit_test(test_version_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
