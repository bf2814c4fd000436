// SPDX-License-Identifier: GPL-2.0
/* mkimage: makes firmware images, and looks at them. */
#include <argp.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mydev/hw.h>

#include "firmware/source.h"
#include "lib/alloc.h"
#include "lib/crypto.h"
#include "lib/fwimage.h"
#include "lib/keyring.h"
#include "lib/util.h"

#define SETS_MAX	16

enum { OPT_INFO = 256, OPT_VERIFY, OPT_KEYS, OPT_SET };

struct options {
	enum { MAKE, INFO, VERIFY } action;
	const char *key;		/* file of the private key */
	const char *keys;		/* directory of public keys */
	char *sets[SETS_MAX];
	unsigned int n_sets;
	const char *files[2];
	unsigned int n_files;
};

static void say_problem(void *arg, const char *file, unsigned int line, const char *why)
{
	fprintf(stderr, "mkimage: key directory: %s", file);
	if (line)
		fprintf(stderr, ":%u", line);
	fprintf(stderr, " %s\n", why);
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "mkimage: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	return 1;
}

static int read_key(const char *path, struct crypto_key **key)
{
	_close_cleanup_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return fail(path, strerror(errno));
	r = crypto_key_read(fd, true, key);
	if (r == -ENOTSUP)
		return fail(path, "is not an ECDSA key of curve P-256");
	if (r)
		return fail(path, "is not a private key in PEM without a password");
	return 0;
}

/* What has the name is always a whole image. */
static int write_image(const char *path, const uint8_t *image, size_t size)
{
	_free_cleanup_ char *tmp = xasprintf("%s.%d", path, (int)getpid());
	_close_cleanup_ int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t n = 0;

	if (fd < 0)
		return fail(tmp, strerror(errno));
	for (size_t done = 0; done < size && n >= 0; done += n)
		n = write(fd, image + done, size - done);
	if (n >= 0 && !rename(tmp, path))
		return 0;
	fail(path, strerror(errno));
	unlink(tmp);
	return 1;
}

static int make(const struct options *o)
{
	_crypto_key_cleanup_ struct crypto_key *key = NULL;
	_free_cleanup_ uint8_t *image = NULL;
	char error[SOURCE_ERROR_MAX];
	struct fwbuild b = { 0 };
	unsigned int i;
	size_t size;

	if (!source_read(&b, o->files[0], error))
		return fail(error, NULL);
	for (i = 0; i < o->n_sets; i++) {
		char *value = strchr(o->sets[i], '=');

		*value++ = '\0';
		if (!source_set(&b, o->sets[i], value, error))
			return fail(error, NULL);
	}
	if (o->key && read_key(o->key, &key))
		return 1;
	if (fwbuild(&b, key, &image, &size))
		return fail(o->key, "signing failed");
	return write_image(o->files[1], image, size);
}

static void print_hex(const char *what, const uint8_t *data, size_t len)
{
	size_t i;

	printf("%-15s ", what);
	for (i = 0; i < len; i++)
		printf("%02x", data[i]);
	putchar('\n');
}

static void print_manifest(const struct mydev_fw_manifest *mf)
{
	printf("%-15s %u\n", "abi", le16toh(mf->abi));
	printf("%-15s %u\n", "board_rev_min", le16toh(mf->board_rev_min));
	printf("%-15s 0x%x\n", "features", le32toh(mf->features));
	printf("%-15s %u bytes, CRC-32 0x%08x\n", "code", le32toh(mf->code_size),
	       le32toh(mf->code_crc));
}

static void print_info(const struct fwimage *img)
{
	const struct fwimg_info *i = &img->info;

	printf("%-15s 0x%04x%s\n", "model", i->model,
	       i->model == MYDEV_MODEL_MD2000 ? " MD-2000" :
	       i->model == MYDEV_MODEL_MD4000 ? " MD-4000" : "");
	printf("%-15s %u.%u.%u+%u\n", "version", i->version.major, i->version.minor,
	       le16toh(i->version.revision), le32toh(i->version.build));
	printf("%-15s %u\n", "counter", i->counter);
	printf("%-15s %u bytes, payload %u at %u\n", "size", i->total, i->payload_size,
	       i->payload);
	print_hex("digest", i->digest, sizeof(i->digest));
	if (i->has_key_hash)
		print_hex("key", i->key_hash, sizeof(i->key_hash));
	print_hex("signature", i->sig, i->sig_len);
	if (i->has_manifest)
		print_manifest(&i->manifest);
	else
		printf("%-15s none\n", "manifest");
}

static enum fwimage_problem look(const struct options *o, struct fwimage *img)
{
	_keyring_cleanup_ struct keyring *keys = NULL;
	enum fwimage_problem p;

	if (o->action == VERIFY) {
		keys = keyring_load(o->keys, say_problem, NULL);
		p = fwimage_check(img, keys);
		if (!p)
			printf("%s is signed with %s\n", o->files[0], img->key);
		return p;
	}
	p = fwimage_parse(img);
	if (!p)
		print_info(img);
	return p ? p : fwimage_check_digest(img);
}

static int inspect(const struct options *o)
{
	_fwimage_cleanup_ struct fwimage img = { .data = NULL };
	_close_cleanup_ int fd = open(o->files[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	enum fwimage_problem p;

	if (fd < 0)
		return fail(o->files[0], strerror(errno));
	p = fwimage_read(&img, fd);
	if (!p)
		p = look(o, &img);
	return p ? fail(o->files[0], fwimage_problem_text(p)) : 0;
}

static const struct argp_option options[] = {
	{ "key", 'k', "KEY.pem", 0, "Sign with this private key (ECDSA P-256)", 0 },
	{ "set", OPT_SET, "KEY=VALUE", 0, "Instead of what SOURCE says; may be repeated", 0 },
	{ "info", OPT_INFO, NULL, 0, "Print what IMAGE is; no key is looked at", 0 },
	{ "verify", OPT_VERIFY, NULL, 0, "Check IMAGE as the host does before a flash", 0 },
	{ "keys", OPT_KEYS, "DIR", 0, "Directory of trusted public keys, for --verify", 0 },
	{ 0 },
};

static void check_usage(struct argp_state *state, const struct options *o)
{
	if (o->n_files != (o->action == MAKE ? 2 : 1))
		argp_error(state, o->action == MAKE ? "SOURCE and OUTPUT are needed" :
						      "an IMAGE is needed");
	if (o->action == VERIFY && !o->keys)
		argp_error(state, "--verify needs --keys");
	if (o->action != MAKE && (o->key || o->n_sets))
		argp_error(state, "--key and --set are for making an image");
}

static error_t parse(int opt, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (opt) {
	case 'k':
		o->key = arg;
		return 0;
	case OPT_SET:
		if (o->n_sets == SETS_MAX || !strchr(arg, '='))
			argp_error(state, "--set takes KEY=VALUE, %d times at most", SETS_MAX);
		o->sets[o->n_sets++] = arg;
		return 0;
	case OPT_INFO:
		o->action = INFO;
		return 0;
	case OPT_VERIFY:
		o->action = VERIFY;
		return 0;
	case OPT_KEYS:
		o->keys = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (o->n_files == ARRAY_SIZE(o->files))
			argp_error(state, "too many arguments");
		o->files[o->n_files++] = arg;
		return 0;
	case ARGP_KEY_END:
		check_usage(state, o);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "SOURCE OUTPUT\n--info IMAGE\n--verify --keys DIR IMAGE",
		.doc = "Makes firmware images in MCUboot's format, and looks at them."
		       "\vSOURCE is a text of `key = value` lines; firmware/source.h has the keys.",
	};
	struct options o = { .action = MAKE };

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	return o.action == MAKE ? make(&o) : inspect(&o);
}
