// SPDX-License-Identifier: GPL-2.0
/* Who is flashed with what, who is not and why, and what becomes of the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "kfake.h"
#include "lib/alloc.h"
#include "lib/crypto.h"
#include "lib/fwbuild.h"
#include "lib/rpc.h"
#include "rig.h"

static struct rig *rig;

static int start(void **state)
{
	_free_cleanup_ char *key = NULL;
	FILE *f = fopen("firmware/mydev-TEST-ONLY.pem", "r");
	size_t size = 0;

	rig = rig_start();
	assert_non_null(f);
	assert_true(getdelim(&key, &size, EOF, f) > 0);
	fclose(f);
	rig_write(rig, "etc/keys/test.pem", key);
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_add(1, MYDEV_MODEL_MD4000, "SN2");
	kfake_add(2, MYDEV_MODEL_MD4000, "SN3");
	rig_run(rig, 40);
	return 0;
}

static int stop(void **state)
{
	rig_stop(rig);
	return 0;
}

struct made {
	uint16_t model;
	unsigned int major;
	uint32_t counter;
	bool unsigned_;
	long flip;		/* byte that is changed; 0: none */
	long cut;		/* bytes that are left; 0: all */
};

/* An image in a file that is open for reading. */
static int make_image(const struct made *m)
{
	_crypto_key_cleanup_ struct crypto_key *key = NULL;
	_close_cleanup_ int key_fd = open("firmware/test-key.pem", O_RDONLY);
	_free_cleanup_ char *path = rig_path(rig, "image.bin");
	struct fwbuild b = { .version.major = m->major, .model = m->model, .counter = m->counter,
			     .code_size = 5000 };
	_free_cleanup_ uint8_t *image = NULL;
	size_t size;
	int fd;

	assert_int_equal(crypto_key_read(key_fd, true, &key), 0);
	assert_int_equal(fwbuild(&b, m->unsigned_ ? NULL : key, &image, &size), 0);
	if (m->flip)
		image[m->flip] ^= 1;
	if (m->cut)
		size = m->cut;
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, image, size), size);
	return fd;
}

static json *flash(const struct made *m, const char *params)
{
	_close_cleanup_ int fd = make_image(m);

	return rig_call(rig, "firmware.flash", params, fd);
}

static size_t staged_files(void)
{
	_free_cleanup_ char *path = rig_path(rig, "fw/staged");
	DIR *dir = opendir(path);
	struct dirent *d;
	size_t n = 0;

	while ((d = readdir(dir)))
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static const struct made good = { .model = MYDEV_MODEL_MD2000, .major = 2, .counter = 1 };
static const struct made good4 = { .model = MYDEV_MODEL_MD4000, .major = 2, .counter = 1 };

static void test_flash(void **state)
{
	_json_cleanup_ json *v = flash(&good, "{'name':'/root/md2000-2.0.0.bin'}");
	_free_cleanup_ char *name = NULL, *path = NULL, *message = NULL;
	struct stat st;

	assert_string_equal(rig_str(v, "result.results.0.action"), "started");
	assert_string_equal(rig_str(v, "result.results.0.adapter"), "mydev0");
	assert_string_equal(rig_str(v, "result.results.0.from"), "1.0.0");
	assert_string_equal(rig_str(v, "result.results.0.to"), "2.0.0");
	assert_int_equal(rig_num(v, "result.results.0.flash_id"), 1);
	assert_int_equal(rig_events(rig, "flash.started"), 1);
	/* The copy is there for the kernel, for root alone, until the flash has ended. */
	name = xasprintf("fw/%s", kfake_flash_file());
	path = rig_path(rig, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	kfake_info(0)->flash.wanted.major = 2;
	kfake_flash_stage(0, MYDEV_FLASH_TRANSFERRING, 50, 100);
	rig_settle(rig);
	assert_int_equal(staged_files(), 1);
	_json_cleanup_ json *running = rig_call(rig, "adapter.list", "{'adapters':['SN1']}", -1);

	assert_string_equal(rig_str(running, "result.adapters.0.flash.stage"), "transferring");
	assert_string_equal(rig_str(running, "result.adapters.0.flash.image"), "md2000-2.0.0.bin");
	assert_int_equal(rig_num(running, "result.adapters.0.flash.percent"), 40);
	kfake_flash_end(0, 0, NULL);
	rig_settle(rig);
	assert_int_equal(staged_files(), 0);
	message = rig_last_event(rig, "flash.ended");
	assert_string_equal(message, "firmware 2.0.0 runs (before: 1.0.0)");
}

static void test_refused_images(void **state)
{
	static const struct {
		struct made made;
		const char *why;
	} cases[] = {
		{ { MYDEV_MODEL_MD2000, 2, 1, .unsigned_ = true }, "is not signed" },
		{ { MYDEV_MODEL_MD2000, 2, 1, .flip = 1000 }, "does not match its digest" },
		{ { MYDEV_MODEL_MD2000, 2, 1, .cut = 3000 }, "is truncated" },
		{ { MYDEV_MODEL_MD2000, 2, 1, .cut = 20 }, "is truncated" },
		{ { 0x99, 2, 1 }, "a model that is not known" },
		{ { MYDEV_MODEL_MD2000, 2, 1, .flip = 0x20 }, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_json_cleanup_ json *v = flash(&cases[i].made, "{'name':'x.bin'}");

		assert_int_equal(rig_num(v, "error.code"), RPC_REFUSED);
		if (!strstr(rig_str(v, "error.message"), cases[i].why))
			fail_msg("%s", rig_str(v, "error.message"));
	}
	assert_int_equal(kfake_counts().commands, 0);
	assert_int_equal(staged_files(), 0);
}

static void test_refused_files(void **state)
{
	_free_cleanup_ char *path = rig_path(rig, "empty");
	_close_cleanup_ int empty = open(path, O_RDWR | O_CREAT, 0600);
	_close_cleanup_ int dir = open("/", O_RDONLY);
	_close_cleanup_ int write_only = open(path, O_WRONLY);
	_close_cleanup_ int device = open("/dev/zero", O_RDONLY);
	const struct {
		int fd;
		const char *why;
	} cases[] = {
		{ empty, "is empty" },
		{ dir, "is not a plain file" },
		{ device, "is not a plain file" },
		{ write_only, "is not open for reading" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_json_cleanup_ json *v = rig_call(rig, "firmware.flash", "{'name':'x'}", cases[i].fd);
		_json_cleanup_ json *w = rig_call(rig, "firmware.verify", "{'name':'x'}", cases[i].fd);

		assert_non_null(strstr(rig_str(v, "error.message"), cases[i].why));
		assert_non_null(strstr(rig_str(w, "result.image.problem"), cases[i].why));
	}
	assert_int_equal(staged_files(), 0);
}

static void test_verify(void **state)
{
	_close_cleanup_ int fd = make_image(&good);
	_json_cleanup_ json *v = rig_call(rig, "firmware.verify", "{'name':'x.bin'}", fd);

	assert_true(json_true(rig_at(v, "result.image.valid")));
	assert_string_equal(rig_str(v, "result.image.model"), "MD-2000");
	assert_string_equal(rig_str(v, "result.image.version"), "2.0.0");
	assert_string_equal(rig_str(v, "result.image.key"), "test.pem");
	assert_int_equal(staged_files(), 0);
}

/* Whose key is not trusted hears it if the files of keys are to blame. */
static void test_useless_keys(void **state)
{
	static const struct {
		const char *pem, *revoked;	/* the files; NULL: none */
		const char *name, *why;		/* what is said of which */
	} cases[] = {
		{ NULL, NULL, "", " holds no key" },
		{ "junk", NULL, "/test.pem", " holds no public key in PEM" },
		{ NULL, "zz\n", "/revoked", ":1 is not a SHA-256 hash in hex" },
	};
	_free_cleanup_ char *dir = rig_path(rig, "etc/keys");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *why = xasprintf("x is signed with a key that is not trusted: %s%s%s",
						     dir, cases[i].name, cases[i].why);
		_close_cleanup_ int fd = make_image(&good);
		_json_cleanup_ json *v = NULL, *f = NULL;

		rig_write(rig, "etc/keys/test.pem", cases[i].pem);
		rig_write(rig, "etc/keys/revoked", cases[i].revoked);
		v = rig_call(rig, "firmware.verify", "{'name':'x'}", fd);
		f = rig_call(rig, "firmware.flash", "{'name':'x','adapters':['SN1']}", fd);
		assert_non_null(strstr(rig_str(v, "result.image.problem"), why));
		assert_non_null(strstr(rig_str(f, "error.message"), why));
	}
}

/* Keys come and go without a restart, and a refusal says what is wrong with them. */
static void test_keys(void **state)
{
	static const char hash[] =	/* of the test key */
		"ca136f6e8f12d962d3e72dfd4fce696d36070c6e7ea9da4662f0924044108191\n";
	_free_cleanup_ char *key = rig_path(rig, "etc/keys/test.pem");
	_free_cleanup_ char *revoked = rig_path(rig, "etc/keys/revoked");
	_free_cleanup_ char *other = rig_path(rig, "etc/keys/other.pem");

	assert_int_equal(rename(key, other), 0);
	_close_cleanup_ int fd = make_image(&good);
	_json_cleanup_ json *renamed = rig_call(rig, "firmware.verify", "{'name':'x.bin'}", fd);

	assert_string_equal(rig_str(renamed, "result.image.key"), "other.pem");
	rig_write(rig, "etc/keys/revoked", hash);
	_json_cleanup_ json *v = flash(&good, "{'name':'x.bin'}");

	assert_int_equal(rig_num(v, "error.code"), RPC_REFUSED);
	assert_non_null(strstr(rig_str(v, "error.message"), "a key that has been revoked"));

	rig_write(rig, "etc/keys/revoked", "# the laptop\nca136f\n");
	_json_cleanup_ json *bad = flash(&good, "{'name':'x.bin'}");

	assert_non_null(strstr(rig_str(bad, "error.message"), "a key that is not trusted: "));
	assert_non_null(strstr(rig_str(bad, "error.message"),
			       "revoked:2 is not a SHA-256 hash in hex: no key is trusted"));

	assert_int_equal(unlink(revoked), 0);
	rig_write(rig, "etc/keys/other.pem", "no key");
	_json_cleanup_ json *none = flash(&good, "{'name':'x.bin'}");

	assert_non_null(strstr(rig_str(none, "error.message"),
			       "other.pem holds no public key in PEM"));
	assert_int_equal(kfake_counts().commands, 0);
}

static void test_which_adapter(void **state)
{
	/* Two of the model: one must be named. */
	_json_cleanup_ json *two = flash(&good4, "{'name':'x'}");
	_json_cleanup_ json *all = flash(&good4, "{'name':'x','all':true,'dry_run':true}");
	_json_cleanup_ json *both = flash(&good4, "{'name':'x','all':true,'adapters':['SN2']}");
	_json_cleanup_ json *wrong = flash(&good4, "{'name':'x','adapters':['SN1']}");
	_json_cleanup_ json *named = flash(&good4, "{'name':'x','adapters':['SN3']}");

	assert_int_equal(rig_num(two, "error.code"), RPC_REFUSED);
	assert_non_null(strstr(rig_str(two, "error.message"), "mydev1, mydev2"));
	assert_string_equal(rig_str(all, "result.results.0.action"), "skipped");
	assert_string_equal(rig_str(all, "result.results.1.action"), "would-start");
	assert_string_equal(rig_str(all, "result.results.2.action"), "would-start");
	assert_int_equal(rig_num(both, "error.code"), RPC_INVALID_PARAMS);
	assert_string_equal(rig_str(wrong, "result.results.0.action"), "refused");
	assert_string_equal(rig_str(named, "result.results.0.action"), "started");
	assert_int_equal(kfake_counts().commands, 1);
}

static void test_versions(void **state)
{
	const struct made same = { MYDEV_MODEL_MD2000, 1, 1 }, older = { MYDEV_MODEL_MD2000, 0, 1 };
	_json_cleanup_ json *nothing = flash(&same, "{'name':'x'}");
	_json_cleanup_ json *forced = flash(&same, "{'name':'x','force':true,'dry_run':true}");
	_json_cleanup_ json *down = flash(&older, "{'name':'x'}");
	_json_cleanup_ json *not_by_force = flash(&older, "{'name':'x','force':true}");
	_json_cleanup_ json *allowed = flash(&older, "{'name':'x','allow_downgrade':true,'dry_run':true}");

	assert_string_equal(rig_str(nothing, "result.results.0.action"), "nothing-to-do");
	assert_string_equal(rig_str(forced, "result.results.0.action"), "would-start");
	assert_string_equal(rig_str(down, "result.results.0.action"), "refused");
	assert_non_null(strstr(rig_str(down, "result.results.0.error.hint"), "--allow-downgrade"));
	assert_string_equal(rig_str(not_by_force, "result.results.0.action"), "refused");
	assert_string_equal(rig_str(allowed, "result.results.0.action"), "would-start");
	assert_int_equal(staged_files(), 0);
}

static void test_counter_is_never_overruled(void **state)
{
	kfake_info(0)->fw.counter = htole32(5);
	kfake_hw_event(0, (struct mydev_hw_event){ .type = MYDEV_EV_FIRMWARE });
	rig_settle(rig);
	_json_cleanup_ json *v = flash(&good, "{'name':'x','force':true,'allow_downgrade':true}");

	assert_string_equal(rig_str(v, "result.results.0.action"), "refused");
	assert_non_null(strstr(rig_str(v, "result.results.0.reason"), "security counter"));
}

static void test_fit(void **state)
{
	kfake_info(0)->slot_size = 100;
	kfake_info(1)->allowed = MYDEV_CLASS_VIEW;
	kfake_info(2)->state = MYDEV_STATE_UNRESPONSIVE;
	for (uint32_t i = 0; i < 3; i++)
		kfake_hw_event(i, (struct mydev_hw_event){ .type = MYDEV_EV_FIRMWARE });
	rig_settle(rig);
	_json_cleanup_ json *large = flash(&good, "{'name':'x'}");
	_json_cleanup_ json *two = flash(&good4, "{'name':'x','all':true}");

	assert_non_null(strstr(rig_str(large, "result.results.0.reason"), "but a slot of mydev0 has 100"));
	assert_non_null(strstr(rig_str(two, "result.results.1.reason"), "it does not allow this host the class firmware"));
	assert_non_null(strstr(rig_str(two, "result.results.2.reason"), "is unresponsive"));
}

static void test_busy(void **state)
{
	_json_cleanup_ json *first = flash(&good, "{'name':'first.bin'}");
	_json_cleanup_ json *second = NULL, *activate = NULL;

	kfake_flash_stage(0, MYDEV_FLASH_TRANSFERRING, 1, 2);
	rig_settle(rig);
	second = flash(&good, "{'name':'second.bin','adapters':['mydev0']}");
	assert_int_equal(rig_num(second, "result.results.0.error.code"), RPC_BUSY);
	assert_non_null(strstr(rig_str(second, "result.results.0.reason"),
			       "an update with first.bin is running: transferring, 40 %, since 0 s"));
	activate = rig_call(rig, "firmware.activate", "{'adapters':['mydev0']}", -1);
	assert_int_equal(rig_num(activate, "result.results.0.error.code"), RPC_BUSY);
	/* The second one's copy is gone, the first one's is not. */
	assert_int_equal(staged_files(), 1);
}

static void test_kernel_refuses(void **state)
{
	kfake_fail(0, EHOSTDOWN, "the adapter does not respond");
	_json_cleanup_ json *v = flash(&good, "{'name':'x'}");

	assert_string_equal(rig_str(v, "result.results.0.action"), "refused");
	assert_string_equal(rig_str(v, "result.results.0.reason"),
			    "mydev0 was not flashed: the adapter does not respond");
	assert_int_equal(staged_files(), 0);
}

static void test_wrong_version_is_no_success(void **state)
{
	json_unref(flash(&good, "{'name':'x'}"));
	kfake_info(0)->flash.wanted.major = 2;
	kfake_flash_end(0, 0, NULL);
	/* As if the kernel had not noticed. */
	rig_settle(rig);
	json_unref(flash(&(struct made){ MYDEV_MODEL_MD2000, 3, 1 }, "{'name':'x'}"));
	kfake_info(0)->flash.wanted.major = 3;
	kfake_info(0)->flash.after.major = 2;
	kfake_flash_stage(0, MYDEV_FLASH_CONFIRMING, 0, 0);
	rig_settle(rig);
	kfake_flash_end(0, EIO, "the new image was reverted");
	rig_settle(rig);
	_free_cleanup_ char *message = rig_last_event(rig, "flash.ended");
	_json_cleanup_ json *v = rig_call(rig, "adapter.list", "{'adapters':['SN1']}", -1);

	assert_string_equal(message,
			    "firmware update failed while confirming: the new image was reverted");
	assert_string_equal(rig_str(v, "result.adapters.0.flash.failed_stage"), "confirming");
	assert_string_equal(rig_str(v, "result.adapters.0.flash.error.message"),
			    "the new image was reverted");
	assert_non_null(strstr(rig_str(v, "result.adapters.0.flash.error.hint"), "try another image"));
	assert_string_equal(rig_str(v, "result.adapters.0.health"), "warning");
}

/* A daemon that dies in the middle tells the truth when it is back. */
static void test_restart_in_the_middle(void **state)
{
	json_unref(flash(&good, "{'name':'md2000-2.0.0.bin'}"));
	kfake_info(0)->flash.wanted.major = 2;
	kfake_flash_stage(0, MYDEV_FLASH_TRANSFERRING, 1, 4);
	rig_write(rig, "fw/staged/0123456789abcdef-old.bin", "left behind");
	rig_restart(rig);
	/* The file that the kernel may still read stays, the other one goes. */
	assert_int_equal(staged_files(), 1);
	_json_cleanup_ json *v = rig_call(rig, "adapter.list", "{'adapters':['SN1']}", -1);

	assert_string_equal(rig_str(v, "result.adapters.0.flash.stage"), "transferring");
	assert_string_equal(rig_str(v, "result.adapters.0.flash.image"), "md2000-2.0.0.bin");
	kfake_flash_end(0, 0, NULL);
	kfake_overflow();
	rig_restart(rig);
	rig_settle(rig);
	assert_int_equal(staged_files(), 0);
	assert_int_equal(rig_events(rig, "flash.ended"), 1);
	assert_int_equal(rig_events(rig, "flash.started"), 1);
}

static void test_unplugged_in_the_middle(void **state)
{
	json_unref(flash(&good, "{'name':'x'}"));
	kfake_remove(0);
	rig_settle(rig);
	assert_int_equal(staged_files(), 0);
}

static void test_cancel(void **state)
{
	_json_cleanup_ json *nothing = rig_call(rig, "firmware.cancel", "{'adapters':['SN1']}", -1);
	_json_cleanup_ json *running = NULL;

	assert_non_null(strstr(rig_str(nothing, "result.results.0.error.message"),
			       "no update is running, and no image is pending"));
	json_unref(flash(&good, "{'name':'x'}"));
	kfake_fail(0, EBUSY, "the update is past its point of no return");
	running = rig_call(rig, "firmware.cancel", "{'adapters':['SN1']}", -1);
	assert_int_equal(rig_num(running, "result.results.0.error.code"), RPC_BUSY);
	kfake_fail(0, 0, NULL);
	kfake_flash_end(0, ECANCELED, "cancelled");
	rig_settle(rig);
	_free_cleanup_ char *message = rig_last_event(rig, "flash.ended");

	assert_string_equal(message, "firmware update was cancelled while receiving");
}

/* The refusal names the cause that there is, and no other. */
static void test_no_rollback(void **state)
{
	static const struct {
		uint8_t state;
		const char *why;
	} cases[] = {
		{ MYDEV_SLOT_EMPTY, "its other slot is empty" },
		{ MYDEV_SLOT_WRITING, "what was written to its other slot is not whole" },
		{ MYDEV_SLOT_PENDING, "0.9.0 in its other slot is pending and has not run yet" },
		{ MYDEV_SLOT_TRIAL, "0.9.0 in its other slot is trial, not confirmed" },
		{ MYDEV_SLOT_REVERTED, "0.9.0 in its other slot was tried and reverted: "
		  "its self-test failed" },
		{ MYDEV_SLOT_CONFIRMED, "0.9.0 in its other slot has the security counter 1, and it "
		  "only takes 2 and above" },
	};
	struct mydev_hw_fw_info *fw = &kfake_info(0)->fw;

	fw->counter = htole32(2);
	fw->revert_reason = MYDEV_REVERT_SELFTEST;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *want = xasprintf("mydev0 has no image to go back to: %s",
						      cases[i].why);
		json *v;

		fw->slot[1] = (struct mydev_hw_slot){
			.state = cases[i].state, .size = htole32(10), .counter = htole32(1),
			.version.minor = 9,
		};
		kfake_hw_event(0, (struct mydev_hw_event){ .type = MYDEV_EV_FIRMWARE });
		rig_settle(rig);
		v = rig_call(rig, "firmware.rollback", "{'adapters':['SN1']}", -1);
		assert_string_equal(rig_str(v, "result.results.0.error.message"), want);
		assert_int_equal(rig_num(v, "result.results.0.error.code"), RPC_REFUSED);
		json_unref(v);
	}
}

static void test_rollback(void **state)
{
	struct mydev_hw_slot *other = &kfake_info(0)->fw.slot[1];

	*other = (struct mydev_hw_slot){ .state = MYDEV_SLOT_CONFIRMED, .size = htole32(10),
					 .counter = htole32(1), .version.minor = 9 };
	kfake_hw_event(0, (struct mydev_hw_event){ .type = MYDEV_EV_FIRMWARE });
	rig_settle(rig);
	_json_cleanup_ json *v = rig_call(rig, "firmware.rollback",
					  "{'adapters':['SN1'],'activate':false}", -1);

	assert_string_equal(rig_str(v, "result.results.0.to"), "0.9.0");
	assert_string_equal(rig_str(v, "result.results.0.action"), "started");
}

#define DAEMON_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_flash),
		DAEMON_TEST(test_refused_images),
		DAEMON_TEST(test_refused_files),
		DAEMON_TEST(test_verify),
		DAEMON_TEST(test_useless_keys),
		DAEMON_TEST(test_keys),
		DAEMON_TEST(test_which_adapter),
		DAEMON_TEST(test_versions),
		DAEMON_TEST(test_counter_is_never_overruled),
		DAEMON_TEST(test_fit),
		DAEMON_TEST(test_busy),
		DAEMON_TEST(test_kernel_refuses),
		DAEMON_TEST(test_wrong_version_is_no_success),
		DAEMON_TEST(test_restart_in_the_middle),
		DAEMON_TEST(test_unplugged_in_the_middle),
		DAEMON_TEST(test_cancel),
		DAEMON_TEST(test_no_rollback),
		DAEMON_TEST(test_rollback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
