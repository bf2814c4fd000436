// SPDX-License-Identifier: GPL-2.0
/* Signatures are those of RFC 6979's test vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/crypto.h"

/* The key of A.2.5. */
static const char pem[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
	"AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
	"maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
	"-----END EC PRIVATE KEY-----\n";

static struct crypto_key *key_of(const char *text)
{
	FILE *f = tmpfile();
	struct crypto_key *key;

	assert_non_null(f);
	assert_int_not_equal(fputs(text, f), EOF);
	rewind(f);
	assert_int_equal(crypto_key_read(fileno(f), true, &key), 0);
	fclose(f);
	return key;
}

/* The message, and R and S in one. */
static void check_vector(const char *message, const char *rs)
{
	_crypto_key_cleanup_ struct crypto_key *key = key_of(pem);
	uint8_t digest[CRYPTO_DIGEST_SIZE], sig[CRYPTO_SIG_MAX];
	char hex[2 * 64 + 1];
	size_t len, i, at = 2;

	crypto_sha256(message, strlen(message), digest);
	assert_int_equal(crypto_sign(key, digest, sig, &len), 0);
	assert_true(crypto_verify(key, digest, sig, len));
	/* SEQUENCE of two INTEGERs, which begin with a zero when they would look negative. */
	for (i = 0; i < 64; i++) {
		if (i % 32 == 0) {
			assert_int_equal(sig[at], 0x02);
			at += 2 + sig[at + 1] - 32;
		}
		snprintf(hex + 2 * i, 3, "%02X", sig[at++]);
	}
	assert_string_equal(hex, rs);
}

static void test_vectors(void **state)
{
	check_vector("sample",
		     "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
		     "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
	check_vector("test",
		     "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
		     "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
