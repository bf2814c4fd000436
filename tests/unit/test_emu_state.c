// SPDX-License-Identifier: GPL-2.0
/* The emulator's directory: what persists, power cuts, and directories that it refuses. */
#include <endian.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/crypto.h"
#include "lib/util.h"
#include "tests/unit/emu.h"

#define POWER_CUT	3	/* exit status */

static const char *const plain[] = { NULL };

static void power_on(struct emu *e, const char *const *args)
{
	emu_start(e, args);
	emu_plug(e);
	emu_wait_state(e, MYDEV_CARD_READY);
	/* Answered when all that comes with a boot is done. */
	emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0);
}

static void power_off(struct emu *e)
{
	emu_unplug(e);
	emu_stop(e);
}

/* A card that has been there. */
static void make(struct emu *e)
{
	power_on(e, plain);
	power_off(e);
}

static void identify(struct emu *e, struct mydev_hw_identity *id)
{
	const struct emu_reply *r = emu_command(e, MYDEV_OP_IDENTIFY, 0, NULL, 0);

	assert_int_equal(r->status, MYDEV_ST_OK);
	memcpy(id, r->data, sizeof(*id));
}

static void fw_info(struct emu *e, struct mydev_hw_fw_info *info)
{
	const struct emu_reply *r = emu_command(e, MYDEV_OP_FW_INFO, 0, NULL, 0);

	assert_int_equal(r->status, MYDEV_ST_OK);
	memcpy(info, r->data, sizeof(*info));
}

static char *in_state(struct emu *e, const char *file)
{
	return xasprintf("%s/state/%s", e->dir, file);
}

/* What the files of the directory hold, as one digest. */
static void fingerprint(struct emu *e, uint8_t digest[32])
{
	_free_cleanup_ char *command =
		xasprintf("cd %s/state && find . -type f -o -type d | sort | while read -r f; do "
			  "echo \"$f\"; [ -d \"$f\" ] || cat \"$f\"; done | sha256sum", e->dir);
	FILE *f = popen(command, "r");
	char text[65] = "";

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	pclose(f);
	crypto_sha256(text, strlen(text), digest);
}

/* It ends with that status, and says why. */
static void assert_ends(struct emu *e, const char *const *args, int status, const char *why)
{
	_free_cleanup_ char *said = NULL;

	assert_int_equal(emu_run(e, args, &said), status);
	if (!strstr(said, why))
		fail_msg("it said: %s", said);
}

/* And leaves everything as it was. */
static void assert_refused(struct emu *e, const char *const *args, const char *why)
{
	uint8_t before[32], after[32];

	fingerprint(e, before);
	assert_ends(e, args, 1, why);
	fingerprint(e, after);
	assert_memory_equal(before, after, sizeof(before));
}

static void test_persists(void **state)
{
	static const char *const named[] = { "--serial", "MD-7", NULL };
	struct emu *e = *state;
	struct mydev_hw_identity id;

	power_on(e, named);
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_OK);
	power_off(e);
	power_on(e, plain);
	identify(e, &id);
	assert_string_equal(id.serial, "MD-7");
	/* Pending, it went on trial with the next start. */
	assert_int_equal(id.running.minor, 1);
	assert_int_equal(emu_wait_event(e, MYDEV_EV_BOOT).value, htole32(2));
}

static void test_slot_size(void **state)
{
	static const char *const odd[] = { "--slot-size", "300000", NULL };
	static const char *const large[] = { "--slot-size", "0x100000", NULL };
	struct emu *e = *state;
	struct mydev_hw_identity id;

	assert_ends(e, odd, 1, "--slot-size 300000: takes whole sectors");
	power_on(e, large);
	power_off(e);
	power_on(e, plain);
	identify(e, &id);
	assert_int_equal(le32toh(id.slot_size), 1 << 20);
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_OK);
}

/* Killed at any moment, it is as after a power cut. */
static void test_killed(void **state)
{
	struct emu *e = *state;
	unsigned int i;

	for (i = 1; i <= 10; i++) {
		power_on(e, plain);
		emu_command(e, MYDEV_OP_FW_BEGIN, 50000, NULL, 0);
		emu_submit(e, MYDEV_OP_FW_ERASE, 0, NULL, 0);
		usleep(i * 100);
		kill(e->pid, SIGKILL);
		assert_int_equal(emu_wait(e), -SIGKILL);
		emu_unplug(e);
	}
	power_on(e, plain);
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_OK);
}

/* The old image or the new one, and the next update succeeds. */
static void assert_recovers(struct emu *e)
{
	struct mydev_hw_fw_info info;
	struct mydev_hw_identity id;

	power_on(e, plain);
	identify(e, &id);
	assert_true(id.running.minor <= 1);
	assert_int_equal(id.running.major, 1);
	fw_info(e, &info);
	if (info.slot[info.running].state == MYDEV_SLOT_TRIAL) {
		emu_command(e, MYDEV_OP_HELLO, MYDEV_HW_VERSION, NULL, 0);
		while (emu_wait_event(e, MYDEV_EV_FIRMWARE).code != MYDEV_SLOT_CONFIRMED)
			;
	}
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_OK);
	power_off(e);
}

static void cut_update(struct emu *e, const char *how, unsigned int at)
{
	_free_cleanup_ char *line = xasprintf("%s %u", how, at);

	power_on(e, plain);
	emu_tell(e, line);
	assert_int_equal(emu_update(e, "1.1.0"), EMU_GONE);
	assert_int_equal(emu_wait(e), POWER_CUT);
	emu_unplug(e);
	assert_recovers(e);
}

static void test_power_cuts(void **state)
{
	static const char *const ways[] = {
		"power_cut_before", "power_cut_torn", "power_cut_after",
	};
	/* Of the marks before, of erases, of pages. */
	static const unsigned int moments[] = { 1, 2, 3, 9, 60 };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		for (k = 0; k < ARRAY_SIZE(moments); k++) {
			struct emu *e = *state;

			cut_update(e, ways[i], moments[k]);
			emu_teardown(e);
			emu_setup(e);
		}
	}
}

/* Of a torn erase some of the sector is left, and what was programmed is known. */
static void test_torn(void **state)
{
	static const char *const torn[] = { "--fault", "power_cut_torn=3", NULL };
	struct emu *e = *state;

	make(e);
	emu_start(e, torn);
	emu_plug(e);
	assert_int_equal(emu_wait(e), POWER_CUT);
	emu_unplug(e);
	assert_recovers(e);
}

/* Whatever operation of the manufacture power fails at, the next start makes a whole card. */
static void test_cut_at_the_factory(void **state)
{
	struct emu *e = *state;
	unsigned int i;
	int status;

	for (i = 1; ; i++) {
		_free_cleanup_ char *said = NULL, *fault = xasprintf("power_cut_torn=%u", i);
		const char *const args[] = { "--socket", "/nonexistent/s", "--fault", fault, NULL };

		status = emu_run(e, args, &said);
		if (status != POWER_CUT)
			break;
	}
	assert_true(i > 2);
	/* Manufactured, and then it could not listen. */
	assert_int_equal(status, 1);
	assert_recovers(e);
}

static void test_unfinished_is_made_again(void **state)
{
	static const char *const cut[] = { "--fault", "power_cut_before=1", "--serial", "OLD", NULL };
	struct emu *e = *state;
	struct mydev_hw_identity id;
	_free_cleanup_ char *said = NULL;

	assert_int_equal(emu_run(e, cut, &said), POWER_CUT);
	power_on(e, plain);
	identify(e, &id);
	assert_string_not_equal(id.serial, "OLD");
}

static void test_locked(void **state)
{
	struct emu *e = *state;
	struct emu other = { .socket = -1 };
	_free_cleanup_ char *dir = xasprintf("%s/state", e->dir);
	const char *const args[] = { "--state", dir, NULL };

	power_on(e, plain);
	emu_setup(&other);
	assert_ends(&other, args, 1, "in use by another mydev-emu");
	emu_teardown(&other);
	emu_command(e, MYDEV_OP_STATUS, 0, NULL, 0);
}

static void test_socket_taken(void **state)
{
	struct emu *e = *state;
	struct emu other = { .socket = -1 };
	_free_cleanup_ char *path = xasprintf("%s/card.sock", e->dir);
	const char *const args[] = { "--socket", path, NULL };

	emu_start(e, plain);
	emu_setup(&other);
	assert_ends(&other, args, 1, "card.sock: Address already in use");
	emu_teardown(&other);
	/* Nobody noticed. */
	emu_plug(e);
	assert_int_equal(emu_wait_event(e, MYDEV_EV_BOOT).value, htole32(1));
}

static void test_other_model(void **state)
{
	static const char *const other[] = { "--model", "md4000", NULL };
	struct emu *e = *state;

	make(e);
	assert_refused(e, other, "a card of model md2000: start it with --model md2000");
}

static void test_other_serial(void **state)
{
	static const char *const other[] = { "--serial", "ANOTHER", NULL };
	struct emu *e = *state;

	make(e);
	assert_refused(e, other, "which is not ANOTHER");
}

static void test_truncated(void **state)
{
	struct emu *e = *state;
	_free_cleanup_ char *flash = in_state(e, "flash");

	make(e);
	assert_int_equal(truncate(flash, 100000), 0);
	assert_refused(e, plain, "has 100000 bytes, but this card's flash 557056");
	assert_int_equal(truncate(flash, 0), 0);
	assert_refused(e, plain, "has 0 bytes");
}

static void test_files_missing(void **state)
{
	struct emu *e = *state;
	_free_cleanup_ char *flash = in_state(e, "flash"), *card = in_state(e, "card.json"),
			    *keys = in_state(e, "keys"), *away = in_state(e, "away");

	make(e);
	assert_int_equal(rename(flash, away), 0);
	assert_refused(e, plain, "flash is missing");
	assert_int_equal(rename(away, flash), 0);
	assert_int_equal(rename(card, away), 0);
	assert_refused(e, plain, "card.json is missing");
	assert_int_equal(rename(away, card), 0);
	assert_int_equal(rename(keys, away), 0);
	assert_refused(e, plain, "keys is missing");
	assert_int_equal(rename(away, keys), 0);
	power_on(e, plain);
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_bad_identity(void **state)
{
	static const char geometry[] = "{\"format\": 1, \"model\": \"md2000\", \"serial\": \"A\", "
				       "\"sector_size\": 1}";
	struct emu *e = *state;
	_free_cleanup_ char *card = in_state(e, "card.json");

	make(e);
	put(card, "");
	assert_refused(e, plain, "is damaged");
	put(card, "[]");
	assert_refused(e, plain, "is damaged");
	put(card, "{\"format\": 2}");
	assert_refused(e, plain, "of a format");
	put(card, geometry);
	assert_refused(e, plain, "describes what no card is");
}

/* What is in the flash is the card's matter: this one is dead, and says so. */
static void test_garbage_in_flash(void **state)
{
	struct emu *e = *state;
	_free_cleanup_ char *flash = in_state(e, "flash"), *zeros = xzalloc(557056);
	int fd;

	make(e);
	fd = open(flash, O_WRONLY);
	assert_int_equal(write(fd, zeros, 557056), 557056);
	close(fd);
	emu_start(e, plain);
	emu_plug(e);
	emu_wait_state(e, MYDEV_CARD_DEAD);
	assert_int_equal(emu_command(e, MYDEV_OP_IDENTIFY, 0, NULL, 0)->status,
			 MYDEV_ST_INTERNAL);
}

/* The flash is cut off while the card runs. */
static void test_cut_off(void **state)
{
	struct emu *e = *state;
	_free_cleanup_ char *flash = in_state(e, "flash");

	power_on(e, plain);
	assert_int_equal(truncate(flash, 0), 0);
	assert_null(emu_try_command(e, MYDEV_OP_LOG_READ, 1, NULL, 0));
	assert_int_equal(emu_wait(e), 1);
}

/* Runs it where it may not, or cannot, write: as another user, or on a small disk. */
static void assert_cannot_write(struct emu *e, const char *state_dir, const char *why)
{
	const char *const args[] = { "--state", state_dir, NULL };

	assert_ends(e, args, 1, why);
}

static void test_dir_missing(void **state)
{
	struct emu *e = *state;
	_free_cleanup_ char *dir = xasprintf("%s/none", e->dir);

	assert_cannot_write(e, dir, "none does not exist: make the directory for a new card");
	assert_int_equal(access(dir, F_OK), -1);
}

static void test_read_only(void **state)
{
	assert_cannot_write(*state, "/proc", "cannot be");
	assert_cannot_write(*state, "/sys/kernel", "cannot be");
	assert_cannot_write(*state, "/dev/null", "cannot be opened (Not a directory)");
}

/* /dev/full is a file that always is on a full disk. */
static void test_full(void **state)
{
	struct emu *e = *state;
	_free_cleanup_ char *dir = xasprintf("%s/state", e->dir), *fresh = in_state(e, "flash.new");

	assert_int_equal(symlink("/dev/full", fresh), 0);
	assert_cannot_write(e, dir, "(No space left on device): make room there");
	/* There is room now. */
	assert_int_equal(unlink(fresh), 0);
	put(fresh, "");
	power_on(e, plain);
}

static void test_factory(void **state)
{
	static const char *const missing[] = { "--factory", "/nonexistent", NULL };
	static const char *const junk[] = { "--factory", "HACKING.md", NULL };
	static const char *const other[] = { "--factory", "build/firmware/md4000-1.0.0.bin", NULL };
	struct emu *e = *state;

	assert_ends(e, missing, 1, "/nonexistent: the firmware");
	assert_ends(e, junk, 1, "HACKING.md: ");
	assert_ends(e, other, 1, "for another model");
	power_on(e, plain);
}

/* A card without the signer's key in its slots refuses the image, whatever the host says. */
static void test_key_slots(void **state)
{
	struct emu *e = *state;
	_free_cleanup_ char *key = in_state(e, "keys/mydev-TEST-ONLY.pem");
	static const char *const again[] = { "--key", "firmware/mydev-TEST-ONLY.pem", NULL };

	make(e);
	assert_int_equal(unlink(key), 0);
	emu_start(e, plain);
	emu_plug(e);
	emu_wait_state(e, MYDEV_CARD_DEAD);
	power_off(e);
	power_on(e, again);
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_OK);
	power_off(e);
	power_on(e, plain);
}

/* A card of somebody else's: their key and their firmware, and the test key is nobody. */
static void test_other_keys(void **state)
{
	struct emu *e = *state;
	_free_cleanup_ char *secret = xasprintf("%s/key", e->dir),
			    *public = xasprintf("%s/pub", e->dir),
			    *image = xasprintf("%s/image", e->dir);
	_free_cleanup_ char *make_all =
		xasprintf("{ openssl ecparam -name prime256v1 -genkey -noout -out %s && "
			  "openssl ec -in %s -pubout -out %s && "
			  "build/obj/mkimage --key %s firmware/md2000-1.0.0.fw %s; } >%s/made 2>&1",
			  secret, secret, public, secret, image, e->dir);
	const char *const no_key[] = { "--key", secret, NULL };
	const char *const no_image[] = { "--key", public, NULL };
	const char *const both[] = { "--key", public, "--factory", image, NULL };

	assert_int_equal(system(make_all), 0);
	assert_ends(e, no_key, 1, "holds no public key in PEM");
	assert_ends(e, no_image, 1, "or its signer's public key as --key");
	power_on(e, both);
	assert_int_equal(emu_update(e, "1.1.0"), MYDEV_ST_SIGNATURE);
}

static void test_usage(void **state)
{
	static const char *const model[] = { "--model", "md9", NULL };
	static const char *const serial[] = { "--serial", "a_b", NULL };
	static const char *const slot[] = { "--slot-size", "1M", NULL };
	static const char *const longest[] = { "--serial", "1234567890123456", NULL };
	static const char *const more[] = { "more", NULL };
	static const char *const fault[] = { "--fault", "worse=1", NULL };
	static const char *const value[] = { "--fault", "boot_ms=long", NULL };
	struct emu *e = *state;

	assert_ends(e, model, 2, "md2000 or md4000, not md9");
	assert_ends(e, serial, 2, "--serial takes");
	assert_ends(e, longest, 2, "--serial takes");
	assert_ends(e, slot, 2, "--slot-size takes");
	assert_ends(e, more, 2, "no arguments are taken");
	assert_ends(e, fault, 2, "worse is no fault");
	assert_ends(e, value, 2, "takes 0..60000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_persists, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_slot_size, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_killed, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_power_cuts, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_torn, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_cut_at_the_factory, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_unfinished_is_made_again, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_locked, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_socket_taken, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_other_model, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_other_serial, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_truncated, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_files_missing, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bad_identity, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_garbage_in_flash, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_cut_off, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_dir_missing, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_read_only, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_full, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_factory, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_key_slots, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_other_keys, emu_fixture_setup, emu_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_usage, emu_fixture_setup, emu_fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
