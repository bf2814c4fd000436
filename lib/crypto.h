/* SPDX-License-Identifier: GPL-2.0 */
/* Digests and signatures. crypto.c is the only file that includes OpenSSL. */
#ifndef LIB_CRYPTO_H
#define LIB_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_DIGEST_SIZE	32
#define CRYPTO_SIG_MAX		72	/* bytes of an ECDSA P-256 signature in ASN.1 DER */
#define CRYPTO_SHA256_STATE	256	/* bytes that hold the state of a digest, 8-aligned */

void crypto_sha256(const void *data, size_t len, uint8_t digest[CRYPTO_DIGEST_SIZE]);

/* The same in parts. The state needs no clean-up; it may be abandoned at any time. */
void crypto_sha256_init(void *state);
void crypto_sha256_update(void *state, const void *data, uint32_t len);
void crypto_sha256_final(void *state, uint8_t digest[CRYPTO_DIGEST_SIZE]);

/* An ECDSA key of curve P-256. */
struct crypto_key;

/*
 * Reads a key in PEM, the public or (`secret`) the private one: 0; -errno; -EFBIG for what
 * is no key file by its size; -EBADMSG: no such key in it; -ENOTSUP: of another kind.
 * *key is the caller's to free.
 */
int crypto_key_read(int fd, bool secret, struct crypto_key **key);
void crypto_key_free(struct crypto_key *key);		/* NULL is fine */

static inline void crypto_key_freep(struct crypto_key **key)
{
	crypto_key_free(*key);
}
#define _crypto_key_cleanup_ __attribute__((cleanup(crypto_key_freep)))

/* SHA-256 of the public key as DER SubjectPublicKeyInfo: how images name their key. */
const uint8_t *crypto_key_hash(const struct crypto_key *key);

bool crypto_verify(const struct crypto_key *key, const uint8_t digest[CRYPTO_DIGEST_SIZE],
		   const uint8_t *sig, size_t len);

/*
 * Signs with a private key; *len: bytes of `sig` that are used. 0, or -EIO. Key and digest
 * determine the signature (RFC 6979).
 */
int crypto_sign(const struct crypto_key *key, const uint8_t digest[CRYPTO_DIGEST_SIZE],
		uint8_t sig[CRYPTO_SIG_MAX], size_t *len);

#endif
