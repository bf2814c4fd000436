// SPDX-License-Identifier: GPL-2.0
/* The directory of trusted keys: rotation, revocation, files that are no keys. */
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

#include "lib/crypto.h"
#include "lib/keyring.h"

struct bench {
	char dir[32];
	unsigned int problems;
	char last[128];		/* problem */
};

static const uint8_t digest[CRYPTO_DIGEST_SIZE] = "thirty-two bytes of some digest";

static void run(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	strcpy(b->dir, "/tmp/mydev-test.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	run("rm -rf %s", b->dir);
	free(b);
	return 0;
}

static void problem(void *arg, const char *file, unsigned int line, const char *why)
{
	struct bench *b = arg;

	b->problems++;
	snprintf(b->last, sizeof(b->last), "%s:%u %s", file, line, why);
}

static struct keyring *load(struct bench *b)
{
	b->problems = 0;
	return keyring_load(b->dir, problem, b);
}

static void new_key(struct bench *b, const char *name)
{
	run("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out %s/%s.secret "
	    "2>/dev/null && openssl pkey -in %s/%s.secret -pubout -out %s/%s.pem",
	    b->dir, name, b->dir, name, b->dir, name);
}

static struct crypto_key *secret(struct bench *b, const char *name)
{
	struct crypto_key *key;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.secret", b->dir, name);
	fd = open(path, O_RDONLY);
	assert_int_equal(crypto_key_read(fd, true, &key), 0);
	close(fd);
	return key;
}

/* How the directory judges what the key `name` signed. */
static enum keyring_verdict judge(struct bench *b, const char *name)
{
	_keyring_cleanup_ struct keyring *ring = load(b);
	_crypto_key_cleanup_ struct crypto_key *key = secret(b, name);
	uint8_t sig[CRYPTO_SIG_MAX];
	enum keyring_verdict v;
	const char *file = "";
	char expected[32];
	size_t len;

	assert_int_equal(crypto_sign(key, digest, sig, &len), 0);
	v = keyring_verify(ring, crypto_key_hash(key), digest, sig, len, &file);
	snprintf(expected, sizeof(expected), "%s.pem", v == KEYRING_TRUSTED ? name : "");
	assert_string_equal(file, v == KEYRING_TRUSTED ? expected : "");
	return v;
}

static void test_rotation(void **state)
{
	struct bench *b = *state;

	new_key(b, "old");
	assert_int_equal(judge(b, "old"), KEYRING_TRUSTED);
	new_key(b, "new");
	assert_int_equal(judge(b, "old"), KEYRING_TRUSTED);
	assert_int_equal(judge(b, "new"), KEYRING_TRUSTED);
	assert_int_equal(b->problems, 0);
	run("rm %s/old.pem", b->dir);
	assert_int_equal(judge(b, "old"), KEYRING_UNKNOWN);
	assert_int_equal(judge(b, "new"), KEYRING_TRUSTED);
}

static void write_hash(struct bench *b, const char *name, const char *fmt)
{
	_crypto_key_cleanup_ struct crypto_key *key = secret(b, name);
	char hex[2 * CRYPTO_DIGEST_SIZE + 1], path[64];
	FILE *f;

	for (int i = 0; i < CRYPTO_DIGEST_SIZE; i++)
		sprintf(hex + 2 * i, fmt, crypto_key_hash(key)[i]);
	snprintf(path, sizeof(path), "%s/revoked", b->dir);
	f = fopen(path, "a");
	fprintf(f, "# lost with the laptop\n\n  %s\t# on Tuesday\n", hex);
	fclose(f);
}

static void test_revocation(void **state)
{
	struct bench *b = *state;

	new_key(b, "old");
	new_key(b, "new");
	write_hash(b, "old", "%02X");
	assert_int_equal(judge(b, "old"), KEYRING_REVOKED);
	assert_int_equal(judge(b, "new"), KEYRING_TRUSTED);
	assert_int_equal(b->problems, 0);
	/* Without its file, too: the message is better. */
	run("rm %s/old.pem", b->dir);
	assert_int_equal(judge(b, "old"), KEYRING_REVOKED);
	/* A line that is none was to revoke a key, too. */
	run("echo 0123 >> %s/revoked", b->dir);
	assert_int_equal(judge(b, "new"), KEYRING_UNKNOWN);
	assert_int_equal(judge(b, "old"), KEYRING_REVOKED);
	assert_int_equal(b->problems, 1);
	assert_string_equal(b->last,
			    "revoked:4 is not a SHA-256 hash in hex: no key is trusted");
}

/* Who might be revoked is not trusted. */
static void test_revoked_unreadable(void **state)
{
	struct bench *b = *state;

	new_key(b, "key");
	run("mkdir %s/revoked", b->dir);
	assert_int_equal(judge(b, "key"), KEYRING_UNKNOWN);
	assert_string_equal(b->last, "revoked:0 cannot be read: no key is trusted");
}

static void test_forged(void **state)
{
	struct bench *b = *state;
	_keyring_cleanup_ struct keyring *ring = NULL;
	_crypto_key_cleanup_ struct crypto_key *key = NULL;
	uint8_t sig[CRYPTO_SIG_MAX], other[CRYPTO_DIGEST_SIZE] = { 1 };
	const char *file;
	size_t len;

	new_key(b, "key");
	key = secret(b, "key");
	ring = load(b);
	assert_int_equal(crypto_sign(key, digest, sig, &len), 0);
	assert_int_equal(keyring_verify(ring, crypto_key_hash(key), other, sig, len, &file),
			 KEYRING_FORGED);
	assert_int_equal(keyring_verify(ring, crypto_key_hash(key), digest, sig, len - 1, &file),
			 KEYRING_FORGED);
	memset(sig, 0, sizeof(sig));
	for (size_t n = 0; n <= sizeof(sig); n++)
		assert_int_equal(keyring_verify(ring, crypto_key_hash(key), digest, sig, n, &file),
				 KEYRING_FORGED);
}

/* Each is reported, and the good one counts. */
static void test_no_keys(void **state)
{
	static const struct {
		const char *make, *problem;
	} cases[] = {
		{ "echo hello > %s/a.pem", "a.pem:0 holds no public key in PEM" },
		{ "> %s/a.pem", "a.pem:0 holds no public key in PEM" },
		{ "mkdir %s/a.pem", "a.pem:0 cannot be read" },
		{ "mkfifo %s/a.pem", "a.pem:0 cannot be read" },
		{ "ln -s nowhere %s/a.pem", "a.pem:0 cannot be read" },
		{ "head -c 20000 /dev/zero > %s/a.pem", "a.pem:0 is too long for a key" },
		{ "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 2>/dev/null | "
		  "openssl pkey -pubout > %s/a.pem",
		  "a.pem:0 is not an ECDSA key of curve P-256" },
		{ "openssl genpkey -algorithm ED25519 | openssl pkey -pubout > %s/a.pem",
		  "a.pem:0 is not an ECDSA key of curve P-256" },
		{ "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
		  "> %s/a.pem 2>/dev/null", "a.pem:0 holds no public key in PEM" },
	};
	struct bench *b = *state;

	new_key(b, "good");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run(cases[i].make, b->dir);
		assert_int_equal(judge(b, "good"), KEYRING_TRUSTED);
		assert_int_equal(b->problems, 1);
		assert_string_equal(b->last, cases[i].problem);
		run("rm -rf %s/a.pem", b->dir);
	}
}

static void test_no_directory(void **state)
{
	struct bench *b = *state;
	_keyring_cleanup_ struct keyring *ring = NULL;

	ring = keyring_load("/nonexistent", problem, b);
	assert_int_equal(keyring_count(ring), 0);
	assert_string_equal(b->last, "/nonexistent:0 does not exist");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_rotation),
		T(test_revocation),
		T(test_revoked_unreadable),
		T(test_forged),
		T(test_no_keys),
		T(test_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
