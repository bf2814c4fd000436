// SPDX-License-Identifier: GPL-2.0
#include "emu/store.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/log.h"
#include "lib/alloc.h"
#include "lib/crypto.h"
#include "lib/fwimage.h"
#include "lib/json.h"

#define CARD		"card.json"
#define CARD_NEW	"card.json.new"
#define FLASH		"flash"
#define FLASH_NEW	"flash.new"
#define KEYS		"keys"
#define KEYS_NEW	KEYS "/new"
#define TEST_KEY	KEYS "/mydev-TEST-ONLY.pem"

#define FORMAT		1		/* of card.json */
#define CARD_MAX	4096		/* bytes of it */
#define KEY_MAX		16384		/* of a key in PEM */
#define BOARD_REV	2

static const struct model_geometry geometry = {
	.slot_size = 256 * 1024,
	.sector_size = 4096,
	.page_size = 256,
	.erased = 0xff,
};

__asm__(".section .rodata\n"
	"store_test_key:\n"
	".incbin \"firmware/mydev-TEST-ONLY.pem\"\n"
	".byte 0\n"
	".previous\n");
extern const char store_test_key[] __attribute__((visibility("hidden")));

/* What is wrong with the directory or a file in it. Always false. */
static bool __attribute__((format(printf, 3, 4)))
refuse(const struct options *o, const char *file, const char *fmt, ...)
{
	_free_cleanup_ char *why = NULL;
	va_list ap;

	va_start(ap, fmt);
	why = xvasprintf(fmt, ap);
	va_end(ap);
	say("%s%s%s %s", o->state, file ? "/" : "", file ? file : "", why);
	return false;
}

static const char *hint(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return ": make room there, or give another --state";
	case EROFS:
	case EACCES:
	case EPERM:
		return ": the card writes there; give it a --state that it may write to";
	default:
		return "";
	}
}

static bool failed(const struct options *o, const char *file, const char *what)
{
	int error = errno;

	return refuse(o, file, "cannot be %s (%s)%s", what, strerror(error), hint(error));
}

static bool open_dir(struct store *s, const struct options *o)
{
	/* It is not made: a card would be another one after a slip of the pen. */
	s->dir = open(o->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0 && errno == ENOENT)
		return refuse(o, NULL, "does not exist: make the directory for a new card, or give "
			      "another --state");
	if (s->dir < 0)
		return failed(o, NULL, "opened");
	if (!flock(s->dir, LOCK_EX | LOCK_NB))
		return true;
	if (errno == EWOULDBLOCK)
		return refuse(o, NULL, "is in use by another mydev-emu: end that, or give "
			      "another --state");
	return failed(o, NULL, "locked");
}

static bool exists(const struct store *s, const char *file)
{
	return !faccessat(s->dir, file, F_OK, 0);
}

static bool write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = write(fd, p, len);
		if (n < 0)
			return false;
	}
	return true;
}

/* A file that is there whole or not at all. */
static bool put_file(const struct store *s, const struct options *o, const char *file,
		     const char *fresh, const char *text)
{
	_close_cleanup_ int fd = openat(s->dir, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
					0666);

	if (fd < 0 || !write_all(fd, text, strlen(text)) || fsync(fd) ||
	    renameat(s->dir, fresh, s->dir, file))
		return failed(o, file, "written");
	return true;
}

static char *card_text(const struct store *s, const struct options *o)
{
	const struct model_geometry *g = &s->card.geometry;
	_json_cleanup_ json *j = json_object();

	json_set_int(j, "format", FORMAT);
	json_set_str(j, "model", o->model_name);
	json_set_str(j, "serial", s->card.serial);
	json_set_int(j, "board_rev", s->card.board_rev);
	json_set_int(j, "slot_size", g->slot_size);
	json_set_int(j, "sector_size", g->sector_size);
	json_set_int(j, "page_size", g->page_size);
	json_set_int(j, "erased", g->erased);
	return xasprintf("%s\n", json_pretty(j));
}

/* A number of card.json that is there and fits, or UINT32_MAX. */
static u32 number(json *j, const char *name)
{
	int64_t n = json_num(json_get(j, name), -1);

	return n < 0 || n > UINT32_MAX ? UINT32_MAX : n;
}

static bool parse_geometry(struct model_geometry *g, json *j)
{
	u32 erased = number(j, "erased");

	g->slot_size = number(j, "slot_size");
	g->sector_size = number(j, "sector_size");
	g->page_size = number(j, "page_size");
	g->erased = erased;
	return erased <= UINT8_MAX && model_flash_size(g);
}

/* The model is known from the options, and has to be the same. */
static bool parse_card(struct store *s, const struct options *o, json *j)
{
	const char *model = json_str(json_get(j, "model"), "");
	const char *serial = json_str(json_get(j, "serial"), "");

	if (json_num(json_get(j, "format"), 0) != FORMAT)
		return refuse(o, CARD, "is of a format that this mydev-emu (" MYDEV_VERSION
			      ") does not know");
	if (strcmp(model, o->model_name))
		return refuse(o, NULL, "has the flash of a card of model %.16s: start it with "
			      "--model %.16s, or give another --state", model, model);
	if (o->serial && strcmp(serial, o->serial))
		return refuse(o, NULL, "has the flash of card %.16s, which is not %s: leave "
			      "--serial out, or give another --state", serial, o->serial);
	if (!options_serial_ok(serial) || number(j, "board_rev") > UINT16_MAX ||
	    !parse_geometry(&s->card.geometry, j))
		return refuse(o, CARD, "describes what no card is: restore it from a copy, or "
			      "give another --state");
	strcpy(s->card.serial, serial);
	s->card.model = o->model;
	s->card.board_rev = number(j, "board_rev");
	return true;
}

static bool read_card(struct store *s, const struct options *o)
{
	_close_cleanup_ int fd = openat(s->dir, CARD, O_RDONLY | O_CLOEXEC);
	_json_cleanup_ json *j = NULL;
	char text[CARD_MAX];
	const char *why;
	ssize_t len;

	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (len < 0)
		return failed(o, CARD, "read");
	j = json_parse(text, len, &why);
	if (json_kind(j) != JSON_OBJECT)
		return refuse(o, CARD, "is damaged (%s): restore it from a copy, or give another "
			      "--state", j ? "no object" : why);
	return parse_card(s, o, j);
}

/* A card from before: everything has to be there, and is left as it is. */
static bool open_card(struct store *s, const struct options *o)
{
	struct stat st;
	u32 size;

	if (!read_card(s, o))
		return false;
	size = model_flash_size(&s->card.geometry);
	s->flash = openat(s->dir, FLASH, O_RDWR | O_CLOEXEC);
	if (s->flash < 0 || fstat(s->flash, &st))
		return failed(o, FLASH, "opened");
	if (st.st_size == size)
		return true;
	return refuse(o, FLASH, "has %lld bytes, but this card's flash %u: restore it from a copy, "
		      "or give another --state", (long long)st.st_size, size);
}

static const char *product_factory(const struct options *o, char **path)
{
	char exe[4096];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	/* From a build tree: build/obj/mydev-emu, build/firmware. */
	if (len > 0) {
		exe[len] = '\0';
		slash = strrchr(exe, '/');
		*path = xasprintf("%.*s/../firmware/%s-1.0.0.bin", (int)(slash - exe), exe,
				  o->model_name);
		if (!access(*path, R_OK))
			return *path;
		free(*path);
	}
	*path = xasprintf("/lib/firmware/mydev/%s-1.0.0.bin", o->model_name);
	return *path;
}

static bool check_factory(struct store *s, const struct options *o, const char *path,
			  struct fwimage *img)
{
	_close_cleanup_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum fwimage_problem p;

	if (fd < 0) {
		say("%s: the firmware that the card leaves the factory with cannot be opened "
		    "(%s): build it (make firmware), or give another --factory", path,
		    strerror(errno));
		return false;
	}
	p = fwimage_read(img, fd);
	if (!p)
		p = fwimage_check(img, s->keys);
	if (p) {
		say("%s: %s: give another --factory%s", path, fwimage_problem_text(p),
		    p == FWIMAGE_KEY_UNKNOWN ? ", or its signer's public key as --key" : "");
		return false;
	}
	if (img->info.model == o->model && img->size <= s->card.geometry.slot_size)
		return true;
	say("%s: is %s: give another --factory", path,
	    img->info.model == o->model ? "larger than a slot" : "for another model");
	return false;
}

static bool fill_flash(struct store *s, const struct fwimage *img)
{
	u32 size = model_flash_size(&s->card.geometry);
	_free_cleanup_ u8 *flash = xmalloc(size);

	memset(flash, s->card.geometry.erased, size);
	memcpy(flash, img->data, img->size);
	return write_all(s->flash, flash, size) && !fsync(s->flash);
}

static void new_serial(struct store *s, const struct options *o)
{
	unsigned int n;

	if (o->serial)
		strcpy(s->card.serial, o->serial);
	else if (getrandom(&n, sizeof(n), 0) == sizeof(n))
		snprintf(s->card.serial, sizeof(s->card.serial), "EMU%08X", n);
	else
		abort();
}

/* From here on flash.new says that the card is not finished. */
static bool make_card(struct store *s, const struct options *o)
{
	__attribute__((cleanup(fwimage_free))) struct fwimage img = { 0 };
	_free_cleanup_ char *path = NULL, *text = NULL;

	s->card.model = o->model;
	s->card.board_rev = BOARD_REV;
	s->card.geometry = geometry;
	if (o->slot_size)
		s->card.geometry.slot_size = o->slot_size;
	if (!model_flash_size(&s->card.geometry)) {
		say("--slot-size %u: takes whole sectors of %u bytes, at most 16 MiB",
		    o->slot_size, geometry.sector_size);
		return false;
	}
	new_serial(s, o);
	if (!check_factory(s, o, o->factory ? o->factory : product_factory(o, &path), &img))
		return false;
	s->flash = openat(s->dir, FLASH_NEW, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (s->flash < 0)
		return failed(o, FLASH_NEW, "made");
	text = card_text(s, o);
	if (!put_file(s, o, CARD, CARD_NEW, text))
		return false;
	if (!fill_flash(s, &img))
		return failed(o, FLASH_NEW, "written");
	s->fresh = true;
	return true;
}

bool store_finish(struct store *s)
{
	return !fsync(s->flash) && !renameat(s->dir, FLASH_NEW, s->dir, FLASH);
}

static void key_problem(void *arg, const char *file, unsigned int line, const char *why)
{
	const struct options *o = arg;

	say("%s/" KEYS "/%s%s %s", o->state, file, line ? ": a line" : "", why);
}

static const char *key_error(int error)
{
	switch (error) {
	case -EFBIG:
	case -EBADMSG:
		return "holds no public key in PEM";
	case -ENOTSUP:
		return "is not an ECDSA key of curve P-256";
	default:
		return strerror(-error);
	}
}

static bool copy_key(const struct store *s, const struct options *o, const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t len = strlen(name);
	_free_cleanup_ char *to =
		xasprintf(KEYS "/%s%s", name,
			  len > 4 && !strcmp(name + len - 4, ".pem") ? "" : ".pem");
	_crypto_key_cleanup_ struct crypto_key *key = NULL;
	_close_cleanup_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[KEY_MAX] = "";
	int r;

	r = fd < 0 ? -errno : crypto_key_read(fd, false, &key);
	if (!r && pread(fd, text, sizeof(text) - 1, 0) < 0)
		r = -errno;
	if (!r)
		return put_file(s, o, to, KEYS_NEW, text);
	say("--key %s: %s", path, key_error(r));
	return false;
}

/* `fresh`: of a new card, which has the test key if nobody gave it another. */
static bool open_keys(struct store *s, const struct options *o, bool fresh)
{
	_free_cleanup_ char *dir = xasprintf("%s/" KEYS, o->state);
	size_t i;

	if (fresh && mkdirat(s->dir, KEYS, 0777) && errno != EEXIST)
		return failed(o, KEYS, "made");
	if (!exists(s, KEYS))
		return refuse(o, KEYS, "is missing, though there is a card: restore it from a copy, "
			      "or give another --state");
	for (i = 0; i < o->n_keys; i++)
		if (!copy_key(s, o, o->keys[i]))
			return false;
	s->keys = keyring_load(dir, key_problem, (void *)o);
	if (!fresh || keyring_count(s->keys))
		return true;
	if (!put_file(s, o, TEST_KEY, KEYS_NEW, store_test_key))
		return false;
	keyring_free(s->keys);
	s->keys = keyring_load(dir, key_problem, (void *)o);
	return true;
}

bool store_open(struct store *s, const struct options *o)
{
	bool fresh;

	*s = (struct store){ .dir = -1, .flash = -1 };
	if (!open_dir(s, o))
		return false;
	if (exists(s, FLASH) && !exists(s, CARD))
		return refuse(o, CARD, "is missing, though there is a flash: restore it from a copy, "
			      "or give another --state");
	if (exists(s, CARD) && !exists(s, FLASH) && !exists(s, FLASH_NEW))
		return refuse(o, FLASH, "is missing, though there is a " CARD ": restore it from a "
			      "copy, or give another --state");
	fresh = !exists(s, FLASH);
	return open_keys(s, o, fresh) && (fresh ? make_card(s, o) : open_card(s, o));
}

void store_close(struct store *s)
{
	keyring_free(s->keys);
	closep(&s->flash);
	closep(&s->dir);
}
