// SPDX-License-Identifier: GPL-2.0
/* The wanted state, drift, and what the daemon does when the kernel's words get lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "kfake.h"
#include "lib/alloc.h"
#include "rig.h"

static struct rig *rig;

static int start(void **state)
{
	rig = rig_start();
	return 0;
}

static int stop(void **state)
{
	rig_stop(rig);
	return 0;
}

static void assert_event(const char *type, const char *part)
{
	_free_cleanup_ char *message = rig_last_event(rig, type);

	if (!strstr(message, part))
		fail_msg("the last %s says \"%s\", not \"%s\"", type, message, part);
}

static void assert_config(const char *adapter, const char *state)
{
	_free_cleanup_ char *params = xasprintf("{'adapters':['%s']}", adapter);
	_json_cleanup_ json *v = rig_call(rig, "adapter.list", params, -1);

	assert_string_equal(rig_str(v, "result.adapters.0.config"), state);
}

static void profile(const char *name, const char *text)
{
	_free_cleanup_ char *path = xasprintf("etc/profiles.d/%s", name);

	rig_write(rig, path, text);
}

static void test_configured_when_it_appears(void **state)
{
	profile("20-a.conf", "[Config]\ntemp.warn=60\nled=off\n");
	profile("30-b.conf", "[Match]\nSerial=SN2*\n[Config]\ntemp.warn=65\n");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_add(1, MYDEV_MODEL_MD4000, "SN2");
	rig_settle(rig);
	assert_int_equal(kfake_get(0, "temp.warn"), 60);
	assert_int_equal(kfake_get(0, "led"), 0);
	assert_int_equal(kfake_get(1, "temp.warn"), 65);
	/* Once each: all that differs goes into one command. */
	assert_int_equal(kfake_counts().config_sets, 2);
	assert_int_equal(rig_events(rig, "config.applied"), 2);
	assert_config("mydev1", "applied");
}

static void test_nothing_to_set(void **state)
{
	profile("20-a.conf", "[Config]\ntemp.warn=70\n");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	assert_int_equal(kfake_counts().config_sets, 0);
	assert_config("mydev0", "applied");
}

static void test_drift_is_told_once(void **state)
{
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	kfake_set(0, "temp.warn", 90);
	rig_settle(rig);
	assert_int_equal(kfake_get(0, "temp.warn"), 90);
	assert_config("mydev0", "drift");
	assert_event("config.drift", "temp.warn = 90 (wanted: 60, ");
	kfake_hw_event(0, (struct mydev_hw_event){ .type = MYDEV_EV_TEMPERATURE });
	rig_settle(rig);
	assert_int_equal(rig_events(rig, "config.drift"), 1);
	/* Another drift is another event, and so is one that came back. */
	kfake_set(0, "temp.warn", 80);
	rig_settle(rig);
	assert_int_equal(rig_events(rig, "config.drift"), 2);
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	assert_config("mydev0", "applied");
	kfake_set(0, "temp.warn", 80);
	rig_settle(rig);
	assert_int_equal(rig_events(rig, "config.drift"), 3);
}

static void test_drift_is_mended_but_not_for_ever(void **state)
{
	rig_write(rig, "etc/mydev.conf", "[Daemon]\nMendDrift=yes\n");
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	rig_restart(rig);
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	for (int i = 0; i < 3; i++) {
		kfake_set(0, "temp.warn", 90);
		rig_settle(rig);
		assert_int_equal(kfake_get(0, "temp.warn"), 60);
	}
	kfake_set(0, "temp.warn", 90);
	rig_settle(rig);
	assert_int_equal(kfake_get(0, "temp.warn"), 90);
	assert_config("mydev0", "drift");
}

static void test_temporary_is_not_mended(void **state)
{
	rig_write(rig, "etc/mydev.conf", "[Daemon]\nMendDrift=yes\n");
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	rig_restart(rig);
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	json_unref(rig_call(rig, "config.set",
			    "{'adapters':['SN1'],'values':{'temp.warn':80},'temporary':true}", -1));
	rig_settle(rig);
	assert_int_equal(kfake_get(0, "temp.warn"), 80);
	assert_config("mydev0", "drift");
	assert_event("config.drift", "set temporarily");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	assert_int_equal(kfake_get(0, "temp.warn"), 60);
}

/* Everything at once, too. */
static void test_temporary_reset_is_not_mended(void **state)
{
	rig_write(rig, "etc/mydev.conf", "[Daemon]\nMendDrift=yes\n");
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	rig_restart(rig);
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	json_unref(rig_call(rig, "config.reset", "{'adapters':['SN1'],'temporary':true}", -1));
	rig_settle(rig);
	assert_int_equal(kfake_get(0, "temp.warn"), 70);
	assert_event("config.drift", "set temporarily");
}

static void test_auto_configure_off(void **state)
{
	rig_write(rig, "etc/mydev.conf", "[Daemon]\nAutoConfigure=no\n");
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	rig_restart(rig);
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	assert_int_equal(kfake_get(0, "temp.warn"), 70);
	assert_config("mydev0", "drift");
}

static void test_profile_mistakes(void **state)
{
	profile("10-bad.conf", "[Match]\nModle=MD-2000\n[Config]\ntemp.warn=40\n");
	profile("20-good.conf", "[Config]\ntemp.warn=200\nled=on\nfrob=1\n");
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	_json_cleanup_ json *applied = rig_call(rig, "config.apply", NULL, -1);

	/* What is right applies, and what is not is said. */
	assert_string_equal(rig_str(applied, "result.results.0.changed.0"), "led");
	assert_non_null(strstr(rig_str(applied, "result.results.0.error.message"), "out of range"));
	assert_int_equal(kfake_get(0, "led"), 1);
	assert_int_equal(kfake_get(0, "temp.warn"), 70);
	assert_config("mydev0", "failed");
	assert_event("profile.error", "20-good.conf:2: temp.warn = 200: out of range, it takes 40 to 95 C");
	_json_cleanup_ json *v = rig_call(rig, "config.profiles", NULL, -1);

	assert_int_equal(json_len(rig_at(v, "result.profiles")), 2);
	assert_non_null(strstr(rig_str(v, "result.profiles.0.problems.0"),
			       "10-bad.conf:2: unknown key Modle in [Match]"));
	assert_int_equal(json_len(rig_at(v, "result.profiles.0.matches")), 0);
	assert_string_equal(rig_str(v, "result.profiles.1.matches.0"), "mydev0");
	assert_int_equal(json_len(rig_at(v, "result.profiles.1.problems")), 2);
}

/* Wherever a key was first wanted: problems are told in the order of files and lines. */
static void test_mistakes_in_order(void **state)
{
	_json_cleanup_ json *v = NULL;

	profile("10-a.conf", "[Config]\ntemp.warn=1\n");
	profile("20-b.conf", "[Config]\nfrob=1\nled=blue\ntemp.warn=2\n");
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	v = rig_call(rig, "config.profiles", NULL, -1);
	assert_int_equal(json_len(rig_at(v, "result.profiles.1.problems")), 3);
	assert_non_null(strstr(rig_str(v, "result.profiles.1.problems.0"), "20-b.conf:2: "));
	assert_non_null(strstr(rig_str(v, "result.profiles.1.problems.1"), "20-b.conf:3: "));
	assert_non_null(strstr(rig_str(v, "result.profiles.1.problems.2"), "20-b.conf:4: "));
}

static void test_new_firmware_has_new_keys(void **state)
{
	profile("20-a.conf", "[Config]\nsensor.hysteresis=4\n");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	assert_config("mydev0", "failed");
	kfake_firmware(0, 2, 0);
	rig_settle(rig);
	assert_int_equal(kfake_get(0, "sensor.hysteresis"), 4);
	assert_config("mydev0", "applied");
}

static void test_failure_is_tried_again_when_it_is_back(void **state)
{
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_fail(0, EHOSTDOWN, "the adapter does not respond");
	rig_settle(rig);
	assert_config("mydev0", "failed");
	assert_event("config.failed", "the adapter does not respond");
	kfake_state(0, MYDEV_STATE_UNRESPONSIVE);
	rig_settle(rig);
	kfake_fail(0, 0, NULL);
	kfake_state(0, MYDEV_STATE_READY);
	rig_settle(rig);
	assert_int_equal(kfake_get(0, "temp.warn"), 60);
	assert_config("mydev0", "applied");
}

static void test_set_and_reset(void **state)
{
	_free_cleanup_ char *own = NULL, *gone = NULL;
	_json_cleanup_ json *v = NULL, *diff = NULL;

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	rig_settle(rig);
	v = rig_call(rig, "config.set", "{'adapters':['mydev0'],'values':{'temp.warn':80,'led':'on'}}",
		     -1);
	assert_null(rig_at(v, "result.results.0.error"));
	own = rig_read(rig, "etc/profiles.d/90-SN1.conf");
	assert_non_null(own);
	assert_non_null(strstr(own, "Serial=SN1\n"));
	assert_non_null(strstr(own, "temp.warn=\"80\"\n"));
	/* The wanted state followed at once: nothing is drift. */
	diff = rig_call(rig, "config.diff", NULL, -1);
	assert_int_equal(json_len(rig_at(diff, "result.results.0.keys")), 0);
	assert_int_equal(rig_events(rig, "config.drift"), 0);
	json_unref(rig_call(rig, "config.reset", "{'adapters':['mydev0'],'keys':['led']}", -1));
	assert_int_equal(kfake_get(0, "led"), 2);
	free(own);
	own = rig_read(rig, "etc/profiles.d/90-SN1.conf");
	assert_null(strstr(own, "led"));
	json_unref(rig_call(rig, "config.reset", "{'adapters':['mydev0']}", -1));
	gone = rig_read(rig, "etc/profiles.d/90-SN1.conf");
	assert_null(gone);
}

static void test_set_is_overruled(void **state)
{
	_json_cleanup_ json *set = NULL, *same = NULL, *reset = NULL, *own = NULL;

	profile("95-later.conf", "[Config]\n\ntemp.warn=60\n");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	set = rig_call(rig, "config.set", "{'adapters':['mydev0'],'values':{'temp.warn':80,'led':'on'}}",
		       -1);
	assert_int_equal(json_len(rig_at(set, "result.results.0.notes")), 1);
	assert_non_null(strstr(rig_str(set, "result.results.0.notes.0"),
			       "/95-later.conf:3 wants 60 and overrules 90-SN1.conf: this is drift"));
	assert_config("mydev0", "drift");
	same = rig_call(rig, "config.set", "{'adapters':['mydev0'],'values':{'temp.warn':60}}", -1);
	assert_null(rig_at(same, "result.results.0.notes"));
	assert_config("mydev0", "applied");
	reset = rig_call(rig, "config.reset", "{'adapters':['mydev0']}", -1);
	assert_int_equal(json_len(rig_at(reset, "result.results.0.notes")), 1);
	assert_non_null(strstr(rig_str(reset, "result.results.0.notes.0"),
			       "/95-later.conf:3 wants 60: this is drift"));
	profile("95-later.conf", NULL);
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	own = rig_call(rig, "config.set", "{'adapters':['mydev0'],'values':{'temp.warn':80}}", -1);
	assert_null(rig_at(own, "result.results.0.notes"));
}

static void test_temporary_is_marked(void **state)
{
	_json_cleanup_ json *set = NULL, *diff = NULL;

	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	set = rig_call(rig, "config.set",
		       "{'adapters':['SN1'],'values':{'temp.warn':80,'led':'on'},'temporary':true}", -1);
	assert_int_equal(json_len(rig_at(set, "result.results.0.notes")), 1);
	assert_string_equal(rig_str(set, "result.results.0.notes.0"),
			    "led: no profile wants it, so it stays until it is set again or reset");
	diff = rig_call(rig, "config.diff", NULL, -1);
	assert_int_equal(json_len(rig_at(diff, "result.results.0.keys")), 1);
	assert_true(json_true(rig_at(diff, "result.results.0.keys.0.temporary")));
	json_unref(rig_call(rig, "config.set", "{'adapters':['SN1'],'values':{'led':'off'}}", -1));
	json_unref(diff);
	diff = rig_call(rig, "config.get", "{'adapters':['SN1'],'keys':['led']}", -1);
	assert_false(json_true(rig_at(diff, "result.results.0.keys.0.temporary")));
}

static void test_set_refuses(void **state)
{
	static const struct {
		const char *values, *why;
		int code;
	} cases[] = {
		{ "{'temp.warn':96}", "out of range, it takes 40 to 95 C", RPC_REFUSED },
		{ "{'temp.warn':'hot'}", "not a whole number", RPC_REFUSED },
		{ "{'led':'blue'}", "not one of off,on,activity", RPC_REFUSED },
		{ "{'frob':1}", "has no configuration key frob", RPC_NOT_FOUND },
		{ "{'temp.warn':50,'led':7}", "not one of", RPC_REFUSED },
	};

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_free_cleanup_ char *params = xasprintf("{'adapters':['mydev0'],'values':%s}",
							cases[i].values);
		_json_cleanup_ json *v = rig_call(rig, "config.set", params, -1);

		assert_int_equal(rig_num(v, "result.results.0.error.code"), cases[i].code);
		assert_non_null(strstr(rig_str(v, "result.results.0.error.message"), cases[i].why));
	}
	assert_int_equal(kfake_counts().config_sets, 0);
	assert_null(rig_read(rig, "etc/profiles.d/90-SN1.conf"));
}

/* In a guest whose dom0 keeps the configuration to itself. */
static void test_not_granted(void **state)
{
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_info(0)->allowed = MYDEV_CLASS_VIEW;
	rig_settle(rig);
	assert_int_equal(kfake_counts().commands, 0);
	assert_config("mydev0", "unmanaged");
	assert_int_equal(rig_events(rig, "config.drift"), 0);
	_json_cleanup_ json *v = rig_call(rig, "config.set",
					  "{'adapters':['mydev0'],'values':{'led':'on'}}", -1);

	assert_int_equal(rig_num(v, "result.results.0.error.code"), 4);
	assert_int_equal(kfake_counts().commands, 0);
}

/* Of each verb that dom0 does not grant it says so, and no command is sent. */
static void test_refused_in_a_guest(void **state)
{
	static const struct {
		const char *method, *params, *class;
	} cases[] = {
		{ "adapter.locate", "{'adapters':['mydev0'],'seconds':1}", "locate" },
		{ "adapter.selftest", "{'adapters':['mydev0']}", "selftest" },
		{ "adapter.reset", "{'adapters':['mydev0']}", "reset" },
		{ "adapter.log", "{'adapter':'mydev0'}", "log" },
		{ "config.set", "{'adapters':['mydev0'],'values':{'led':'on'}}", "config" },
		{ "config.reset", "{'adapters':['mydev0']}", "config" },
		{ "firmware.activate", "{'adapters':['mydev0']}", "firmware" },
		{ "firmware.rollback", "{'adapters':['mydev0']}", "firmware" },
		{ "firmware.cancel", "{'adapters':['mydev0']}", "firmware" },
	};

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_info(0)->allowed = MYDEV_CLASS_VIEW | MYDEV_CLASS_ENTROPY;
	kfake_info(0)->transport = MYDEV_TRANSPORT_XEN;
	rig_settle(rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_json_cleanup_ json *v = rig_call(rig, cases[i].method, cases[i].params, -1);
		json *e = rig_at(v, "result.results.0.error");
		_free_cleanup_ char *why = xasprintf("dom0 does not allow this guest the class %s",
						     cases[i].class);

		e = e ? e : rig_at(v, "error.data");
		assert_int_equal(json_num(json_get(e, "code"), -1), RPC_REFUSED);
		if (!strstr(json_str(json_get(e, "message"), ""), why))
			fail_msg("%s: %s", cases[i].method, json_text(v, NULL));
	}
	assert_int_equal(kfake_counts().commands, 0);
}

static void test_set_says_what_was_done(void **state)
{
	_json_cleanup_ json *v = NULL;

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	profile("90-SN1.conf", "[Config\nbroken\n");
	v = rig_call(rig, "config.set", "{'adapters':['mydev0'],'values':{'temp.warn':80}}", -1);
	assert_int_equal(kfake_get(0, "temp.warn"), 80);
	assert_non_null(strstr(rig_str(v, "result.results.0.error.message"),
			       "mydev0 was changed, but its wanted state was not"));
}

static void test_overflow(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	kfake_add(1, MYDEV_MODEL_MD4000, "SN2");
	kfake_remove(0);
	kfake_overflow();
	rig_settle(rig);
	_json_cleanup_ json *v = rig_call(rig, "adapter.list", NULL, -1);

	assert_int_equal(json_len(rig_at(v, "result.adapters")), 1);
	assert_string_equal(rig_str(v, "result.adapters.0.serial"), "SN2");
	/* The ring had what the socket lost. */
	assert_int_equal(rig_events(rig, "adapter.added"), 2);
	assert_int_equal(rig_events(rig, "adapter.removed"), 1);
	assert_int_equal(rig_events(rig, "events.lost"), 0);
}

static void test_loss_is_told(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	for (int i = 0; i < 10; i++)
		kfake_hw_event(0, (struct mydev_hw_event){ .type = MYDEV_EV_TEMPERATURE });
	kfake_forget(4);
	kfake_overflow();
	rig_settle(rig);
	assert_event("events.lost", "6 events were lost");
	assert_int_equal(rig_events(rig, "sensor.temperature"), 4);
}

static void test_gap_is_filled(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	rig_restart(rig);
	kfake_hw_event(0, (struct mydev_hw_event){ .type = MYDEV_EV_CABLE, .channel = 1 });
	rig_settle(rig);
	assert_int_equal(rig_events(rig, "adapter.added"), 1);
	assert_int_equal(rig_events(rig, "channel.cable"), 1);
}

static void test_events_while_away(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	uint64_t last = rig_events(rig, "channel.cable");

	assert_int_equal(last, 0);
	/* Told while nobody listens: the fake's queue is emptied by the overflow. */
	kfake_hw_event(0, (struct mydev_hw_event){ .type = MYDEV_EV_CABLE, .channel = 1 });
	kfake_overflow();
	rig_restart(rig);
	rig_settle(rig);
	assert_int_equal(rig_events(rig, "channel.cable"), 1);
	assert_int_equal(rig_events(rig, "adapter.added"), 1);
}

static void test_module_reloaded(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	kfake_load(false);
	rig_settle(rig);
	_json_cleanup_ json *none = rig_call(rig, "adapter.list", NULL, -1);
	_json_cleanup_ json *version = rig_call(rig, "daemon.version", NULL, -1);

	assert_int_equal(json_len(rig_at(none, "result.adapters")), 0);
	assert_non_null(strstr(rig_str(version, "result.limits.0"), "not loaded"));
	kfake_load(true);
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	_json_cleanup_ json *one = rig_call(rig, "adapter.list", NULL, -1);

	assert_int_equal(json_len(rig_at(one, "result.adapters")), 1);
	assert_int_equal(rig_events(rig, "adapter.added"), 2);
	/* Nothing: its end was heard. */
	assert_int_equal(rig_events(rig, "events.lost"), 0);
}

static void test_module_reloaded_unheard(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	kfake_load(false);
	kfake_load(true);
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_overflow();
	rig_settle(rig);
	assert_event("events.lost", "mydev.ko was loaded anew");
	assert_int_equal(rig_events(rig, "adapter.added"), 2);
}

static void test_module_reloaded_while_away(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	kfake_load(false);
	kfake_load(true);
	kfake_overflow();
	rig_restart(rig);
	rig_settle(rig);
	assert_event("events.lost", "mydev.ko was loaded anew");
}

static void test_inconsistent_dumps(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_interrupt_dumps(3);
	kfake_overflow();
	rig_settle(rig);
	_json_cleanup_ json *v = rig_call(rig, "adapter.list", NULL, -1);

	assert_int_equal(json_len(rig_at(v, "result.adapters")), 1);
	assert_true(kfake_counts().dumps >= 4);
}

static void test_many_events_few_looks(void **state)
{
	struct kfake_counts before;

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	before = kfake_counts();
	for (int i = 0; i < 1000; i++)
		kfake_hw_event(0, (struct mydev_hw_event){ .type = MYDEV_EV_TEMPERATURE });
	rig_run(rig, 300);
	assert_true(kfake_counts().gets - before.gets < 40);
	assert_int_equal(rig_events(rig, "sensor.temperature"), 1000);
}

/* The kernel reads the adapter after it told of the change: the cache follows that. */
static void test_late_status(void **state)
{
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	kfake_info(0)->status_age = 5000;
	kfake_hw_event(0, (struct mydev_hw_event){ .type = MYDEV_EV_CABLE, .channel = 1 });
	rig_run(rig, 25);
	kfake_info(0)->status_age = 0;
	kfake_info(0)->status.channel[1].cable = 0;
	kfake_info(0)->status.channel[1].health = MYDEV_HEALTH_CABLE;
	rig_run(rig, 300);
	_json_cleanup_ json *v = rig_call(rig, "adapter.list", NULL, -1);

	assert_string_equal(rig_str(v, "result.adapters.0.health"), "warning");
	assert_string_equal(rig_str(v, "result.adapters.0.problems.0"), "channel 1: cable is out");
}

/* Good readings of before do not make one healthy that is reset; in an update it is normal. */
static void test_health_while_it_is_reset(void **state)
{
	_json_cleanup_ json *resetting = NULL, *updating = NULL, *mute = NULL;

	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	kfake_state(0, MYDEV_STATE_RESETTING);
	rig_settle(rig);
	resetting = rig_call(rig, "adapter.list", NULL, -1);
	assert_string_equal(rig_str(resetting, "result.adapters.0.health"), "warning");
	assert_string_equal(rig_str(resetting, "result.adapters.0.problems.0"),
			    "is being reset: it delivers no entropy");
	kfake_flash_stage(0, MYDEV_FLASH_ACTIVATING, 0, 0);
	rig_settle(rig);
	updating = rig_call(rig, "adapter.list", NULL, -1);
	assert_string_equal(rig_str(updating, "result.adapters.0.health"), "ok");
	kfake_state(0, MYDEV_STATE_UNRESPONSIVE);
	rig_settle(rig);
	mute = rig_call(rig, "adapter.list", NULL, -1);
	assert_string_equal(rig_str(mute, "result.adapters.0.health"), "failed");
}

static int as_in_full(const char *key, json *value, void *full)
{
	_json_cleanup_ json *versions = json_object();
	json *other = json_get(full, key);

	if (!strcmp(key, "firmware")) {
		static const char *const keys[] = { "running", "stored", "pending", "rollback" };

		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			json_set_str(versions, keys[i], json_str(json_get(other, keys[i]), NULL));
		other = versions;
	}
	if (strcmp(key, "age_ms") && !json_equal(value, other))
		fail_msg("%s is %s, and in full %s", key, json_text(value, NULL), json_text(other, NULL));
	return 0;
}

static void test_brief(void **state)
{
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	kfake_add(0, MYDEV_MODEL_MD4000, "SN1");
	rig_settle(rig);
	_json_cleanup_ json *brief = rig_call(rig, "adapter.list", "{'brief':true}", -1);
	_json_cleanup_ json *full = rig_call(rig, "adapter.list", "{'brief':false}", -1);

	assert_true(json_has(rig_at(full, "result.adapters.0"), "channels"));
	assert_false(json_has(rig_at(brief, "result.adapters.0"), "channels"));
	assert_string_equal(rig_str(brief, "result.adapters.0.firmware.running"), "1.0.0");
	json_each(rig_at(brief, "result.adapters.0"), as_in_full, rig_at(full, "result.adapters.0"));
}

static void test_another_adapter_in_its_place(void **state)
{
	profile("20-a.conf", "[Config]\ntemp.warn=60\n");
	json_unref(rig_call(rig, "config.apply", NULL, -1));
	kfake_add(0, MYDEV_MODEL_MD2000, "SN1");
	rig_settle(rig);
	kfake_remove(0);
	kfake_add(0, MYDEV_MODEL_MD2000, "SN9");
	rig_settle(rig);
	assert_int_equal(kfake_get(0, "temp.warn"), 60);
	assert_config("SN9", "applied");
}

#define DAEMON_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_configured_when_it_appears),
		DAEMON_TEST(test_nothing_to_set),
		DAEMON_TEST(test_drift_is_told_once),
		DAEMON_TEST(test_drift_is_mended_but_not_for_ever),
		DAEMON_TEST(test_temporary_is_not_mended),
		DAEMON_TEST(test_temporary_reset_is_not_mended),
		DAEMON_TEST(test_auto_configure_off),
		DAEMON_TEST(test_profile_mistakes),
		DAEMON_TEST(test_mistakes_in_order),
		DAEMON_TEST(test_new_firmware_has_new_keys),
		DAEMON_TEST(test_failure_is_tried_again_when_it_is_back),
		DAEMON_TEST(test_set_and_reset),
		DAEMON_TEST(test_set_is_overruled),
		DAEMON_TEST(test_temporary_is_marked),
		DAEMON_TEST(test_set_refuses),
		DAEMON_TEST(test_not_granted),
		DAEMON_TEST(test_refused_in_a_guest),
		DAEMON_TEST(test_set_says_what_was_done),
		DAEMON_TEST(test_overflow),
		DAEMON_TEST(test_loss_is_told),
		DAEMON_TEST(test_gap_is_filled),
		DAEMON_TEST(test_events_while_away),
		DAEMON_TEST(test_module_reloaded),
		DAEMON_TEST(test_module_reloaded_unheard),
		DAEMON_TEST(test_module_reloaded_while_away),
		DAEMON_TEST(test_inconsistent_dumps),
		DAEMON_TEST(test_many_events_few_looks),
		DAEMON_TEST(test_late_status),
		DAEMON_TEST(test_health_while_it_is_reset),
		DAEMON_TEST(test_brief),
		DAEMON_TEST(test_another_adapter_in_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
