/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The keys whose firmware images are trusted, from a directory: every *.pem in it is the
 * public key of a signer, so keys are rotated by having several side by side. The file
 * `revoked` has SHA-256 hashes of keys that are refused, in hex, a line each, even if their
 * file is still there; `#` begins a comment.
 */
#ifndef LIB_KEYRING_H
#define LIB_KEYRING_H

#include <stddef.h>
#include <stdint.h>

struct keyring;

/* Something is wrong with a file of the directory. `line`: in it, 0: none. `why` is static. */
typedef void keyring_problem(void *arg, const char *file, unsigned int line, const char *why);

/*
 * Loads a directory. Files that cannot be used are told to `problem` (NULL: nobody), the
 * others count; but when `revoked` is there and not all of it can be read, no key is trusted:
 * who wrote that line wanted a key refused.
 */
struct keyring *keyring_load(const char *dir, keyring_problem *problem, void *arg);
void keyring_free(struct keyring *k);	/* NULL is fine */

static inline void keyring_freep(struct keyring **k)
{
	keyring_free(*k);
}
#define _keyring_cleanup_ __attribute__((cleanup(keyring_freep)))

/* How many keys it holds. */
size_t keyring_count(const struct keyring *k);

enum keyring_verdict {
	KEYRING_TRUSTED = 0,
	KEYRING_UNKNOWN,	/* no such key */
	KEYRING_REVOKED,
	KEYRING_FORGED,		/* the signature is not the key's */
};

/*
 * Judges a signature over `digest` by the key with that hash. *file: the key's file name when
 * it is trusted, valid as long as the keyring; not touched otherwise.
 */
enum keyring_verdict keyring_verify(const struct keyring *k, const uint8_t key_hash[32],
				    const uint8_t digest[32], const uint8_t *sig, size_t sig_len,
				    const char **file);

#endif
