// SPDX-License-Identifier: GPL-2.0
#include "lib/keyring.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/alloc.h"
#include "lib/crypto.h"
#include "lib/util.h"

#define REVOKED		"revoked"
#define KEYS_MAX	64

struct entry {
	char *file;
	struct crypto_key *key;
};

struct keyring {
	struct entry *keys;
	size_t n_keys;
	uint8_t (*revoked)[CRYPTO_DIGEST_SIZE];
	size_t n_revoked;
};

struct loader {
	struct keyring *ring;
	int dir;
	keyring_problem *problem;
	void *arg;
};

static void tell(const struct loader *l, const char *file, unsigned int line, const char *why)
{
	if (l->problem)
		l->problem(l->arg, file, line, why);
}

static const char *why(int error)
{
	switch (error) {
	case -EFBIG:
		return "is too long for a key";
	case -EBADMSG:
		return "holds no public key in PEM";
	case -ENOTSUP:
		return "is not an ECDSA key of curve P-256";
	case -EACCES:
	case -EPERM:
		return "may not be read";
	default:
		return "cannot be read";
	}
}

/* Opens a plain file; nothing else, which could make a reader wait. */
static int open_plain(int dir, const char *name)
{
	_close_cleanup_ int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return take_fd(fd);
}

static void load_key(struct loader *l, const char *name)
{
	struct keyring *k = l->ring;
	_close_cleanup_ int fd = open_plain(l->dir, name);
	struct crypto_key *key;
	int r;

	r = fd < 0 ? fd : crypto_key_read(fd, false, &key);
	if (r) {
		tell(l, name, 0, why(r));
		return;
	}
	k->keys = xrealloc(k->keys, k->n_keys + 1, sizeof(*k->keys));
	k->keys[k->n_keys++] = (struct entry){ .file = xstrdup(name), .key = key };
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads a hash in hex; what follows it must be space or a comment. */
static bool parse_hash(const char *s, uint8_t hash[CRYPTO_DIGEST_SIZE])
{
	size_t i;

	for (i = 0; i < CRYPTO_DIGEST_SIZE; i++, s += 2) {
		if (nibble(s[0]) < 0 || nibble(s[1]) < 0)
			return false;
		hash[i] = nibble(s[0]) << 4 | nibble(s[1]);
	}
	s += strspn(s, " \t\r\n");
	return !*s || *s == '#';
}

static void add_revoked(struct keyring *k, const uint8_t hash[CRYPTO_DIGEST_SIZE])
{
	k->revoked = xrealloc(k->revoked, k->n_revoked + 1, sizeof(*k->revoked));
	memcpy(k->revoked[k->n_revoked++], hash, CRYPTO_DIGEST_SIZE);
}

static void filep(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* False when there is a list and not all of it could be read. */
static bool load_revoked(struct loader *l)
{
	__attribute__((cleanup(filep))) FILE *f = NULL;
	uint8_t hash[CRYPTO_DIGEST_SIZE];
	_free_cleanup_ char *line = NULL;
	unsigned int n = 0;
	bool good = true;
	size_t room = 0;
	int fd;

	fd = open_plain(l->dir, REVOKED);
	if (fd == -ENOENT)
		return true;
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f) {
		tell(l, REVOKED, 0, "cannot be read: no key is trusted");
		return false;
	}
	while (getline(&line, &room, f) >= 0) {
		const char *s = line + strspn(line, " \t\r\n");

		n++;
		if (!*s || *s == '#')
			continue;
		if (parse_hash(s, hash)) {
			add_revoked(l->ring, hash);
			continue;
		}
		tell(l, REVOKED, n, "is not a SHA-256 hash in hex: no key is trusted");
		good = false;
	}
	if (ferror(f))
		tell(l, REVOKED, n, "cannot be read: no key is trusted");
	return good && !ferror(f);
}

static int is_key(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > 4 && !strcmp(d->d_name + len - 4, ".pem");
}

/* In the order of their names, so that what is reported does not depend on the directory. */
static void load_keys(struct loader *l)
{
	struct dirent **names;
	int i, n;

	n = scandirat(l->dir, ".", &names, is_key, alphasort);
	if (n < 0) {
		tell(l, ".", 0, why(-errno));
		return;
	}
	for (i = 0; i < n; i++) {
		if (i < KEYS_MAX)
			load_key(l, names[i]->d_name);
		else
			tell(l, names[i]->d_name, 0, "is left out: too many keys");
		free(names[i]);
	}
	free(names);
}

struct keyring *keyring_load(const char *dir, keyring_problem *problem, void *arg)
{
	_close_cleanup_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct loader l = {
		.ring = xzalloc(sizeof(struct keyring)),
		.dir = fd,
		.problem = problem,
		.arg = arg,
	};

	if (fd < 0)
		tell(&l, dir, 0, errno == ENOENT ? "does not exist" : why(-errno));
	else if (load_revoked(&l))
		load_keys(&l);
	return l.ring;
}

void keyring_free(struct keyring *k)
{
	size_t i;

	if (!k)
		return;
	for (i = 0; i < k->n_keys; i++) {
		crypto_key_free(k->keys[i].key);
		free(k->keys[i].file);
	}
	free(k->keys);
	free(k->revoked);
	free(k);
}

size_t keyring_count(const struct keyring *k)
{
	return k->n_keys;
}

static bool is_revoked(const struct keyring *k, const uint8_t hash[CRYPTO_DIGEST_SIZE])
{
	size_t i;

	for (i = 0; i < k->n_revoked; i++)
		if (!memcmp(k->revoked[i], hash, CRYPTO_DIGEST_SIZE))
			return true;
	return false;
}

enum keyring_verdict keyring_verify(const struct keyring *k, const uint8_t key_hash[32],
				    const uint8_t digest[32], const uint8_t *sig, size_t sig_len,
				    const char **file)
{
	size_t i;

	if (is_revoked(k, key_hash))
		return KEYRING_REVOKED;
	for (i = 0; i < k->n_keys; i++) {
		if (memcmp(crypto_key_hash(k->keys[i].key), key_hash, CRYPTO_DIGEST_SIZE))
			continue;
		if (!crypto_verify(k->keys[i].key, digest, sig, sig_len))
			return KEYRING_FORGED;
		*file = k->keys[i].file;
		return KEYRING_TRUSTED;
	}
	return KEYRING_UNKNOWN;
}
