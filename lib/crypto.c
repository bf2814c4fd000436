// SPDX-License-Identifier: GPL-2.0
/*
 * dom0 has OpenSSL 1.1.1, so its API is used. 3.x deprecates the SHA256_ functions for EVP
 * ones, which allocate: a digest that is abandoned half-way, as by a simulated power cut,
 * would leak.
 */
#define OPENSSL_API_COMPAT 0x10101000L

#include "lib/crypto.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "lib/alloc.h"
#include "lib/util.h"

#define PEM_MAX		16384	/* bytes; a key file has some hundred */
#define SPKI_SIZE	91

_Static_assert(sizeof(SHA256_CTX) <= CRYPTO_SHA256_STATE, "a digest's state");

struct crypto_key {
	EVP_PKEY *pkey;
	uint8_t hash[CRYPTO_DIGEST_SIZE];
};

/* SubjectPublicKeyInfo of a P-256 key, up to the uncompressed point's 64 bytes. */
static const uint8_t p256_prefix[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
	0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
};

void crypto_sha256(const void *data, size_t len, uint8_t digest[CRYPTO_DIGEST_SIZE])
{
	SHA256(data, len, digest);
}

void crypto_sha256_init(void *state)
{
	SHA256_Init(state);
}

void crypto_sha256_update(void *state, const void *data, uint32_t len)
{
	SHA256_Update(state, data, len);
}

void crypto_sha256_final(void *state, uint8_t digest[CRYPTO_DIGEST_SIZE])
{
	SHA256_Final(digest, state);
}


static void bio_freep(BIO **b)
{
	BIO_free(*b);
}

static void pkey_ctx_freep(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static int read_all(int fd, char *buf, size_t max, size_t *len)
{
	ssize_t n;

	for (*len = 0; *len < max; *len += n) {
		n = read(fd, buf + *len, max - *len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -errno;
		else if (!n)
			return 0;
	}
	return -EFBIG;
}

/* An encrypted private key is refused instead of asking the terminal for its password. */
static int no_password(char *buf, int size, int writing, void *arg)
{
	return -1;
}

/* The hash, and whether the key is of the curve: its DER form tells both. */
static int examine(struct crypto_key *key)
{
	uint8_t der[SPKI_SIZE], *p = der;

	if (i2d_PUBKEY(key->pkey, NULL) != SPKI_SIZE)
		return -ENOTSUP;
	i2d_PUBKEY(key->pkey, &p);
	if (memcmp(der, p256_prefix, sizeof(p256_prefix)))
		return -ENOTSUP;
	crypto_sha256(der, sizeof(der), key->hash);
	return 0;
}

int crypto_key_read(int fd, bool secret, struct crypto_key **out)
{
	_crypto_key_cleanup_ struct crypto_key *key = NULL;
	__attribute__((cleanup(bio_freep))) BIO *bio = NULL;
	char pem[PEM_MAX];
	size_t len;
	int r;

	r = read_all(fd, pem, sizeof(pem), &len);
	if (r)
		return r;
	bio = BIO_new_mem_buf(pem, len);
	if (!bio)
		xalloc_failed();
	key = xzalloc(sizeof(*key));
	key->pkey = secret ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) :
			     PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
	OPENSSL_cleanse(pem, sizeof(pem));
	ERR_clear_error();
	if (!key->pkey)
		return -EBADMSG;
	r = examine(key);
	if (r)
		return r;
	*out = take_ptr(key);
	return 0;
}

void crypto_key_free(struct crypto_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

const uint8_t *crypto_key_hash(const struct crypto_key *key)
{
	return key->hash;
}

bool crypto_verify(const struct crypto_key *key, const uint8_t digest[CRYPTO_DIGEST_SIZE],
		   const uint8_t *sig, size_t len)
{
	__attribute__((cleanup(pkey_ctx_freep))) EVP_PKEY_CTX *ctx =
		EVP_PKEY_CTX_new(key->pkey, NULL);
	bool good;

	if (!ctx)
		xalloc_failed();
	good = EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_verify(ctx, sig, len, digest, CRYPTO_DIGEST_SIZE) == 1;
	ERR_clear_error();
	return good;
}

/* One round of RFC 6979's generator, 3.2.d to g: key and v are its state. */
static void nonce_mix(uint8_t key[32], uint8_t v[32], uint8_t separator, const uint8_t *seed,
		      size_t len)
{
	uint8_t data[32 + 1 + 64];

	memcpy(data, v, 32);
	data[32] = separator;
	if (len)
		memcpy(data + 33, seed, len);
	HMAC(EVP_sha256(), key, 32, data, 33 + len, key, NULL);
	HMAC(EVP_sha256(), key, 32, v, 32, v, NULL);
	OPENSSL_cleanse(data, sizeof(data));
}

/*
 * The nonce of a signature, made of key and digest as RFC 6979 says: signing the same again
 * gives the same signature, and no weak random number can give the key away.
 */
static bool nonce(BIGNUM *k, const BIGNUM *secret, const BIGNUM *order,
		  const uint8_t digest[CRYPTO_DIGEST_SIZE], BN_CTX *ctx)
{
	uint8_t key[32] = { 0 }, v[32], seed[64];
	BIGNUM *z = BN_CTX_get(ctx);
	bool good;

	memset(v, 1, sizeof(v));
	good = z && BN_bin2bn(digest, CRYPTO_DIGEST_SIZE, z) && BN_nnmod(z, z, order, ctx) &&
	       BN_bn2binpad(secret, seed, 32) == 32 && BN_bn2binpad(z, seed + 32, 32) == 32;
	if (good) {
		nonce_mix(key, v, 0, seed, sizeof(seed));
		nonce_mix(key, v, 1, seed, sizeof(seed));
		HMAC(EVP_sha256(), key, 32, v, 32, v, NULL);
		while ((good = BN_bin2bn(v, 32, k)) && (BN_is_zero(k) || BN_cmp(k, order) >= 0)) {
			nonce_mix(key, v, 0, NULL, 0);
			HMAC(EVP_sha256(), key, 32, v, 32, v, NULL);
		}
	}
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(v, sizeof(v));
	OPENSSL_cleanse(seed, sizeof(seed));
	return good;
}

static bool sign(EC_KEY *ec, const uint8_t digest[CRYPTO_DIGEST_SIZE],
		 uint8_t sig[CRYPTO_SIG_MAX], size_t *len, BN_CTX *ctx)
{
	const EC_GROUP *group = EC_KEY_get0_group(ec);
	const BIGNUM *order = EC_GROUP_get0_order(group), *secret = EC_KEY_get0_private_key(ec);
	BIGNUM *k = BN_CTX_get(ctx), *r = BN_CTX_get(ctx), *inverse = BN_CTX_get(ctx);
	EC_POINT *point = EC_POINT_new(group);
	unsigned int n = 0;
	bool good;

	good = inverse && point && nonce(k, secret, order, digest, ctx) &&
	       EC_POINT_mul(group, point, k, NULL, NULL, ctx) == 1 &&
	       EC_POINT_get_affine_coordinates(group, point, r, NULL, ctx) == 1 &&
	       BN_nnmod(r, r, order, ctx) && BN_mod_inverse(inverse, k, order, ctx) &&
	       ECDSA_sign_ex(0, digest, CRYPTO_DIGEST_SIZE, sig, &n, inverse, r, ec) == 1;
	*len = n;
	EC_POINT_free(point);
	return good;
}

int crypto_sign(const struct crypto_key *key, const uint8_t digest[CRYPTO_DIGEST_SIZE],
		uint8_t sig[CRYPTO_SIG_MAX], size_t *len)
{
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(key->pkey);
	BN_CTX *ctx = BN_CTX_secure_new();
	bool good = false;

	if (!ctx)
		xalloc_failed();
	BN_CTX_start(ctx);
	/* A public key cannot sign. */
	if (ec && EC_KEY_get0_private_key(ec))
		good = sign(ec, digest, sig, len, ctx);
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	EC_KEY_free(ec);
	ERR_clear_error();
	return good ? 0 : -EIO;
}
