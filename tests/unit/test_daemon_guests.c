// SPDX-License-Identifier: GPL-2.0
/* Adapters that are lent to guests, with a real xenstored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fake.h"
#include "kfake.h"
#include "lib/alloc.h"
#include "lib/rpc.h"
#include "mgmtd/guests.h"
#include "rig.h"
#include "xenstored.h"

#define BACK	"/local/domain/0/backend/mydevice"
#define UUID3	"33333333-3333-4333-8333-333333333333"
#define UUID4	"44444444-4444-4444-8444-444444444444"

static struct rig *rig;

static int start(void **state)
{
	xenstored_start();
	rig = rig_start();
	kfake_add(0, MYDEV_MODEL_MD4000, "SN4");
	xen_guest(3, "web", UUID3);
	return 0;
}

static int stop(void **state)
{
	rig_stop(rig);
	xenstored_stop();
	return 0;
}

/* ---- what is in XenStore ---- */

static void assert_node(const char *path, const char *value)
{
	_free_cleanup_ char *text = xen_read(path);

	if (!text || !value ? text != value : strcmp(text, value) != 0)
		fail_msg("%s is %s, not %s", path, text ? text : "(none)", value ? value : "(none)");
}

static void assert_lent(const char *device, const char *serial)
{
	_free_cleanup_ char *path = xasprintf(BACK "/%s/adapter", device);

	assert_node(path, serial);
}

/* Lets the daemon run until a node has a value. */
static void wait_node(const char *path, const char *value)
{
	int64_t end = rpc_now_ms() + 60000;

	for (;;) {
		_free_cleanup_ char *text = xen_read(path);

		if (text && !strcmp(text, value))
			return;
		if (rpc_now_ms() > end)
			fail_msg("%s is %s, not %s", path, text ? text : "(none)", value);
		rig_run(rig, 10);
	}
}

/* ---- calls ---- */

static void ok(const char *method, const char *params)
{
	_json_cleanup_ json *v = rig_call(rig, method, params, -1);

	if (!rig_at(v, "result"))
		fail_msg("%s %s: %s", method, params, rig_str(v, "error.message"));
}

static void refused(const char *method, const char *params, int code, const char *part)
{
	_json_cleanup_ json *v = rig_call(rig, method, params, -1);

	assert_int_equal(rig_num(v, "error.data.code"), code);
	assert_contains(rig_str(v, "error.data.message"), part);
}

static bool has_event(const char *type, const char *part)
{
	_json_cleanup_ json *answer = rig_call(rig, "events.get", NULL, -1);
	json *events = rig_at(answer, "result.events");

	for (size_t i = 0; i < json_len(events); i++)
		if (!strcmp(json_str(json_get(json_at(events, i), "type"), ""), type) &&
		    strstr(json_str(json_get(json_at(events, i), "message"), ""), part))
			return true;
	return false;
}

/* Waits for an event of that type which says so. */
static void wait_event(const char *type, const char *part)
{
	int64_t end = rpc_now_ms() + 60000;

	while (!has_event(type, part)) {
		if (rpc_now_ms() > end)
			fail_msg("no %s says \"%s\"", type, part);
		rig_run(rig, 10);
	}
}

static void policy(const char *name, const char *text)
{
	_free_cleanup_ char *path = xasprintf("etc/guests.d/%s", name);

	rig_write(rig, path, text);
}

/* Waits until the daemon has looked at all that was there before: a guest comes last. */
static void look(void)
{
	static unsigned int last = 1000;
	_free_cleanup_ char *name = xasprintf("witness-%u", ++last), *part = NULL;

	policy("00-witness.conf", "[Match]\nName=witness-*\n[Guest]\nAdapter=SNX\n");
	guests_load_policies(rig_daemon(rig));
	xen_guest(last, name, UUID4);
	part = xasprintf("%s (domain %u)", name, last);
	wait_event("guest.attached", part);
	xen_destroy(last);
	free(part);
	part = xasprintf("domain %u is gone", last);
	wait_event("guest.gone", part);
}

/* ---- attaching ---- */

static void test_attach(void **state)
{
	_json_cleanup_ json *v = rig_call(rig, "guest.attach", "{'domain':'web'}", -1);
	_free_cleanup_ char *back = xen_list(BACK), *front = xen_list("/local/domain/3/device/mydevice");

	assert_int_equal(rig_num(v, "result.domain"), 3);
	assert_int_equal(rig_num(v, "result.device"), 0);
	assert_string_equal(rig_str(v, "result.serial"), "SN4");
	/* The guest owns its side, domain 0 the other; each may read the other's, nobody else. */
	assert_contains(front, "/local/domain/3/device/mydevice/0 = \"\"   (n3,r0)\n");
	assert_contains(front, "/0/backend = \"/local/domain/0/backend/mydevice/3/0\"   (n3,r0)\n");
	assert_contains(front, "/0/backend-id = \"0\"   (n3,r0)\n");
	assert_contains(front, "/0/state = \"1\"   (n3,r0)\n");
	assert_contains(back, BACK "/3/0 = \"\"   (n0,r3)\n");
	assert_contains(back, "/3/0/frontend = \"/local/domain/3/device/mydevice/0\"   (n0,r3)\n");
	assert_contains(back, "/3/0/frontend-id = \"3\"   (n0,r3)\n");
	assert_contains(back, "/3/0/adapter = \"SN4\"   (n0,r3)\n");
	assert_contains(back, "/3/0/allow = \"view,entropy\"   (n0,r3)\n");
	assert_contains(back, "/3/0/rate = \"65536\"   (n0,r3)\n");
	assert_contains(back, "/3/0/online = \"1\"   (n0,r3)\n");
	assert_contains(back, "/3/0/state = \"1\"   (n0,r3)\n");
	assert_lacks(back, "burst");
	wait_event("guest.attached", "web (domain 3), device 0 (SN4): lent on request");
}

static void test_attach_by_id_and_uuid(void **state)
{
	kfake_add(1, MYDEV_MODEL_MD2000, "SN2");
	kfake_add(2, MYDEV_MODEL_MD2000, "SN9");
	ok("guest.attach", "{'domain':'3','adapter':'mydev0'}");
	ok("guest.attach", "{'domain':'33333333-3333-4333-8333-333333333333','adapter':'SN2',"
	   "'allow':['log','config'],'rate':0,'burst':8192}");
	assert_lent("3/0", "SN4");
	assert_lent("3/1", "SN2");
	/* To look is always granted. */
	assert_node(BACK "/3/1/allow", "view,log,config");
	assert_node(BACK "/3/1/rate", "0");
	assert_node(BACK "/3/1/burst", "8192");
	/* A number that became free is used again. */
	ok("guest.detach", "{'domain':'web','device':0}");
	ok("guest.attach", "{'domain':'web','adapter':'SN9'}");
	assert_lent("3/0", "SN9");
}

static void test_refusals(void **state)
{
	refused("guest.attach", "{'domain':'nobody'}", RPC_NOT_FOUND, "there is no guest nobody");
	refused("guest.attach", "{'domain':'77'}", RPC_NOT_FOUND, "there is no guest 77");
	refused("guest.attach", "{'domain':'0'}", RPC_REFUSED, "domain 0 is no guest");
	refused("guest.attach", "{'domain':'Domain-0'}", RPC_REFUSED, "domain 0 is no guest");
	refused("guest.attach", "{'domain':'web','adapter':'SN7'}", RPC_NOT_FOUND, "no adapter SN7");
	refused("guest.attach", "{'domain':'web','allow':['everything']}", RPC_REFUSED,
		"there is no class everything");
	refused("guest.attach", "{'domain':'web','allow':['log','firmware']}", RPC_REFUSED,
		"firmware is not granted to guests");
	refused("guest.attach", "{'domain':'web','allow':['reset']}", RPC_REFUSED,
		"reset is not granted to guests");
	refused("guest.attach", "{'domain':'web','rate':1073741825}", RPC_INVALID_PARAMS, "rate");
	refused("guest.attach", "{'domain':'web','rate':-1}", RPC_INVALID_PARAMS, "rate");
	refused("guest.attach", "{'domain':'web','burst':4095}", RPC_INVALID_PARAMS, "burst");
	refused("guest.detach", "{'domain':'web'}", RPC_NOT_FOUND, "web (domain 3) has no adapter");
	refused("guest.detach", "{'domain':'web','device':5}", RPC_NOT_FOUND, "has no device 5");
	assert_node(BACK "/3/0/adapter", NULL);
	ok("guest.attach", "{'domain':'web'}");
	refused("guest.attach", "{'domain':'web'}", RPC_REFUSED, "has SN4 already, as device 0");
	xen_guest(4, "web", UUID4);
	refused("guest.attach", "{'domain':'web'}", RPC_REFUSED, "web are the domains 3 and 4");
	rig_permit(PERMIT_READ);
}

static void test_which_adapter(void **state)
{
	kfake_add(1, MYDEV_MODEL_MD2000, "SN2");
	refused("guest.attach", "{'domain':'web'}", RPC_REFUSED, "mydev0 (SN4), mydev1 (SN2)");
	/* One that somebody lends to this host is none of its own. */
	kfake_info(1)->transport = MYDEV_TRANSPORT_XEN;
	kfake_state(1, MYDEV_STATE_READY);
	rig_settle(rig);
	refused("guest.attach", "{'domain':'web','adapter':'SN2'}", RPC_REFUSED, "not lent again");
	ok("guest.attach", "{'domain':'web'}");
	assert_lent("3/0", "SN4");
	kfake_remove(0);
	rig_settle(rig);
	refused("guest.attach", "{'domain':'web'}", RPC_NOT_FOUND, "no adapter that could be lent");
}

static void test_permissions(void **state)
{
	_json_cleanup_ json *v = NULL;
	int sock;

	rig_permit(PERMIT_READ);
	sock = rig_connect(rig);
	rig_send(rig, sock, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"guest.attach\",\"params\":"
		 "{\"domain\":\"web\"}}\n", 76);
	v = rig_line(rig, sock);
	assert_int_equal(rig_num(v, "error.data.code"), RPC_NOT_PERMITTED);
	close(sock);
}

/* A guest that may write its name could take another's place. */
static void test_names_are_the_toolstacks(void **state)
{
	xen_guest(4, "liar", UUID4);
	xen_give("/local/domain/4/name", 4);
	xen_write("/local/domain/4/name", "web");
	xen_give("/local/domain/4/vm", 4);
	xen_write("/local/domain/4/vm", "/vm/" UUID3);
	ok("guest.attach", "{'domain':'web'}");
	ok("guest.attach", "{'domain':'4'}");
	assert_lent("3/0", "SN4");
	refused("guest.detach", "{'domain':'" UUID4 "'}", RPC_NOT_FOUND, "there is no guest");
}

/* ---- detaching ---- */

static void connect_guest(void)
{
	xen_write(BACK "/3/0/state", "4");
	xen_write("/local/domain/3/device/mydevice/0/state", "4");
}

/* Sends a call without waiting for its answer. */
static int begin(const char *line)
{
	int sock = rig_connect(rig);

	rig_send(rig, sock, line, strlen(line));
	rig_run(rig, 50);
	return sock;
}

#define DETACH "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"guest.detach\",\"params\":{\"domain\":\"web\"}}\n"

static void test_detach(void **state)
{
	_json_cleanup_ json *v = NULL;
	int sock;

	ok("guest.attach", "{'domain':'web'}");
	connect_guest();
	sock = begin(DETACH);
	wait_node(BACK "/3/0/online", "0");
	assert_node(BACK "/3/0/state", "5");
	/* Others are served meanwhile. */
	ok("adapter.list", NULL);
	ok("guest.list", NULL);
	xen_write("/local/domain/3/device/mydevice/0/state", "6");
	rig_run(rig, 50);
	assert_node(BACK "/3/0/online", "0");
	xen_write(BACK "/3/0/state", "6");
	v = rig_line(rig, sock);
	assert_false(json_true(rig_at(v, "result.forced")));
	assert_string_equal(rig_str(v, "result.serial"), "SN4");
	assert_node(BACK "/3/0", NULL);
	assert_node("/local/domain/3/device/mydevice/0", NULL);
	wait_event("guest.detached", "taken back");
	close(sock);
}

static void test_detach_from_a_guest_that_never_answers(void **state)
{
	_json_cleanup_ json *v = NULL;
	int sock;

	ok("guest.attach", "{'domain':'web'}");
	connect_guest();
	sock = begin(DETACH);
	v = rig_line(rig, sock);
	assert_true(json_true(rig_at(v, "result.forced")));
	assert_node(BACK "/3/0", NULL);
	assert_node("/local/domain/3/device/mydevice/0", NULL);
	wait_event("guest.detached", "had not closed it");
	close(sock);
}

/* Whatever a guest writes, and how often, takes no part in what the daemon does at once. */
static void test_detach_from_a_guest_that_writes_all_the_time(void **state)
{
	_json_cleanup_ json *v = NULL;
	int sock;

	ok("guest.attach", "{'domain':'web'}");
	connect_guest();
	xen_worry("/local/domain/3/device/mydevice/0/state", 3);
	sock = begin(DETACH);
	wait_node(BACK "/3/0/state", "5");
	xen_write(BACK "/3/0/state", "6");
	v = rig_line(rig, sock);
	xen_worry_stop();
	assert_string_equal(rig_str(v, "result.serial"), "SN4");
	assert_node(BACK "/3", NULL);
	assert_node("/local/domain/3/device/mydevice", NULL);
	close(sock);
}

static void test_detach_one_of_two(void **state)
{
	kfake_add(1, MYDEV_MODEL_MD2000, "SN2");
	ok("guest.attach", "{'domain':'web','adapter':'SN4'}");
	ok("guest.attach", "{'domain':'web','adapter':'SN2'}");
	refused("guest.detach", "{'domain':'web'}", RPC_REFUSED, "has 2 devices, 0 to 1");
	ok("guest.detach", "{'domain':'web','device':0}");
	assert_lent("3/0", NULL);
	assert_lent("3/1", "SN2");
	ok("guest.detach", "{'domain':'web'}");
	assert_node(BACK "/3", NULL);
	assert_node("/local/domain/3/device/mydevice", NULL);
}

/* More than work waits in one queue. */
static void test_detach_of_many(void **state)
{
	enum { FIRST = 100, N = WORKER_QUEUE_MAX + 8 };
	int socks[N];

	for (int i = 0; i < N; i++) {
		_free_cleanup_ char *name = xasprintf("many%d", i);
		_free_cleanup_ char *params = xasprintf("{'domain':'%d'}", FIRST + i);
		_free_cleanup_ char *line = xasprintf("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
			"\"guest.detach\",\"params\":{\"domain\":\"%d\"}}\n", FIRST + i);
		_free_cleanup_ char *back = xasprintf(BACK "/%d/0/state", FIRST + i);

		xen_guest(FIRST + i, name, UUID4);
		ok("guest.attach", params);
		xen_write(back, "4");
		socks[i] = rig_connect(rig);
		rig_send(rig, socks[i], line, strlen(line));
		wait_node(back, "5");
	}
	/* All are looked at when one of them changes. */
	for (int i = 0; i < N; i++) {
		_free_cleanup_ char *back = xasprintf(BACK "/%d/0/state", FIRST + i);
		_json_cleanup_ json *v = NULL;

		xen_write(back, "6");
		v = rig_line(rig, socks[i]);
		if (!rig_at(v, "result"))
			fail_msg("domain %d: %s", FIRST + i, rig_str(v, "error.message"));
		close(socks[i]);
	}
	assert_node(BACK "/100", NULL);
}

static void test_detach_goes_on_in_the_next_daemon(void **state)
{
	int sock;

	ok("guest.attach", "{'domain':'web'}");
	connect_guest();
	sock = begin(DETACH);
	wait_node(BACK "/3/0/state", "5");
	close(sock);
	rig_restart(rig);
	xen_write(BACK "/3/0/state", "6");
	wait_event("guest.detached", "web (domain 3), device 0 (SN4): taken");
	assert_node(BACK "/3", NULL);
	assert_node("/local/domain/3/device/mydevice", NULL);
}

/* Its first half, that is, is under way. */
static void test_detach_while_the_daemon_ends(void **state)
{
	struct workers *workers = rig_daemon(rig)->workers;
	int sock;

	look();
	ok("guest.attach", "{'domain':'web'}");
	connect_guest();
	while (!workers_idle(workers))
		rig_run(rig, 10);
	xenstored_hang(true);
	sock = rig_connect(rig);
	rig_send(rig, sock, DETACH, strlen(DETACH));
	while (workers_idle(workers))
		rig_run(rig, 10);
	close(sock);
	xenstored_hang(false);
	rig_restart(rig);
	wait_event("guest.detached", "web (domain 3), device 0 (SN4): taken");
	assert_node(BACK "/3", NULL);
}

static void test_detach_while_xenstored_restarts(void **state)
{
	_json_cleanup_ json *v = NULL;
	int sock;

	ok("guest.attach", "{'domain':'web'}");
	connect_guest();
	sock = begin(DETACH);
	wait_node(BACK "/3/0/state", "5");
	xenstored_stop();
	v = rig_line(rig, sock);
	assert_contains(rig_str(v, "error.data.message"), "XenStore cannot be reached");
	xenstored_start();
	xen_guest(3, "web", UUID3);
	/* It has another device of that number, and one that was taken back. */
	xen_write(BACK "/3/0/adapter", "SN4");
	xen_write(BACK "/3/0/online", "1");
	xen_write(BACK "/3/1/adapter", "SN2");
	xen_write(BACK "/3/1/online", "0");
	xen_write(BACK "/3/1/state", "6");
	wait_event("guest.detached", "device 0 (SN4)");
	wait_event("guest.detached", "device 1 (SN2)");
	assert_lent("3/0", "SN4");
	assert_lent("3/1", NULL);
	close(sock);
}

/* ---- listing ---- */

static void test_list(void **state)
{
	_json_cleanup_ json *v = NULL;

	ok("guest.attach", "{'domain':'web','allow':['entropy','log']}");
	xen_write(BACK "/3/0/status", "waits for SN4");
	xen_write(BACK "/3/0/state", "2");
	/* Made by hand, and what a guest writes. */
	xen_write(BACK "/4/7/adapter", "SN0");
	xen_write("/local/domain/4/device/mydevice/7/state", "4\n\x1b[31m");
	v = rig_call(rig, "guest.list", NULL, -1);
	assert_int_equal(json_len(rig_at(v, "result.guests")), 2);
	assert_string_equal(rig_str(v, "result.guests.0.name"), "web");
	assert_string_equal(rig_str(v, "result.guests.0.uuid"), UUID3);
	assert_string_equal(rig_str(v, "result.guests.0.adapter"), "mydev0");
	assert_string_equal(rig_str(v, "result.guests.0.allowed.2"), "log");
	assert_string_equal(rig_str(v, "result.guests.0.backend"), "init-wait");
	assert_string_equal(rig_str(v, "result.guests.0.frontend"), "initialising");
	assert_string_equal(rig_str(v, "result.guests.0.status"), "waits for SN4");
	assert_true(json_has(rig_at(v, "result.guests.0"), "statistics"));
	assert_int_equal(rig_num(v, "result.guests.1.device"), 7);
	assert_false(rig_at(v, "result.guests.1.adapter"));
	assert_string_equal(rig_str(v, "result.guests.1.frontend"), "unknown");
	assert_int_equal(rig_num(v, "result.guests.1.rate"), 65536);
}

static void test_support(void **state)
{
	_json_cleanup_ json *v = NULL;

	ok("guest.attach", "{'domain':'web'}");
	v = rig_call(rig, "daemon.support", NULL, -1);
	assert_string_equal(rig_str(v, "result.support.guests.0.name"), "web");
	assert_non_null(rig_at(v, "result.support.policies"));
}

/* ---- guests that are gone ---- */

static void test_destroyed(void **state)
{
	xen_guest(4, "other", UUID4);
	ok("guest.attach", "{'domain':'web'}");
	ok("guest.attach", "{'domain':'other'}");
	xen_destroy(3);
	wait_event("guest.gone", "domain 3 is gone: what it was lent (1) was taken back");
	assert_node(BACK "/3", NULL);
	assert_lent("4/0", "SN4");
	assert_int_equal(rig_events(rig, "guest.gone"), 1);
	/* A toolstack that removes the guest's nodes later */
	xen_kill(4);
	look();
	xen_write("/local/domain/4", NULL);
	wait_event("guest.gone", "domain 4 is gone");
	assert_node(BACK "/4", NULL);
}

static void test_destroyed_while_detached(void **state)
{
	_json_cleanup_ json *v = NULL;
	int sock;

	ok("guest.attach", "{'domain':'web'}");
	connect_guest();
	sock = begin(DETACH);
	wait_node(BACK "/3/0/online", "0");
	xen_destroy(3);
	v = rig_line(rig, sock);
	assert_non_null(rig_at(v, "result"));
	close(sock);
}

/* Linux writes them, and never removes one. */
static void test_errors_go_with_the_device(void **state)
{
	_json_cleanup_ json *v = NULL;

	xen_write(ERRORS "/3/0/error", "71 of an earlier one");
	ok("guest.attach", "{'domain':'web'}");
	assert_node(ERRORS "/3/0", NULL);
	xen_write(ERRORS "/3/0/error", "71 the frontend is not served");
	v = rig_call(rig, "guest.list", NULL, -1);
	assert_string_equal(rig_str(v, "result.guests.0.error"), "71 the frontend is not served");
	ok("guest.detach", "{'domain':'web'}");
	assert_node(ERRORS "/3", NULL);
	/* Of one that is destroyed, and of one that died when there was no daemon */
	ok("guest.attach", "{'domain':'web'}");
	xen_write(ERRORS "/3/0/error", "71 the frontend is not served");
	xen_write(ERRORS "/9/0/error", "71 the frontend is not served");
	xen_destroy(3);
	look();
	assert_node(ERRORS "/3", NULL);
	assert_node(ERRORS "/9", NULL);
}

/* ---- policies ---- */

/* The daemon does not run, while files and guests come. */
static void restart(void)
{
	rig_restart(rig);
	look();
}

static void test_policy(void **state)
{
	policy("10-web.conf", "[Match]\nName=w* x?\n[Guest]\nAllow=entropy log\nRate=1000\nBurst=5000\n");
	policy("20-all.conf", "[Guest]\nAllow=config\n");
	restart();
	wait_event("guest.attached", "web (domain 3), device 0 (SN4): lent by 10-web.conf");
	assert_node(BACK "/3/0/allow", "view,entropy,log");
	assert_node(BACK "/3/0/rate", "1000");
	assert_node(BACK "/3/0/burst", "5000");
	/* One that starts later */
	xen_guest(4, "other", UUID4);
	wait_event("guest.attached", "other (domain 4), device 0 (SN4): lent by 20-all.conf");
	assert_node(BACK "/4/0/allow", "view,config");
	assert_node(BACK "/0/0", NULL);
}

static void test_policy_is_applied_once(void **state)
{
	policy("10-web.conf", "[Match]\nUUID=" UUID3 "\n[Guest]\nAdapter=SN4\n");
	restart();
	assert_lent("3/0", "SN4");
	restart();
	assert_lent("3/1", NULL);
	/* What somebody took back stays so. */
	ok("guest.detach", "{'domain':'web'}");
	look();
	restart();
	assert_lent("3/0", NULL);
	/* Another guest, though it may have the same number. */
	xen_destroy(3);
	xen_guest(3, "web2", UUID3);
	look();
	assert_lent("3/0", "SN4");
	xen_destroy(3);
	look();
	assert_node("/tool/mydev/3", NULL);
}

static void test_policy_beside_a_device_that_is_there(void **state)
{
	ok("guest.attach", "{'domain':'web','rate':7}");
	policy("10-all.conf", "[Guest]\nAdapter=SN4 SN8\nRate=9\n");
	restart();
	assert_node(BACK "/3/0/rate", "7");
	assert_lent("3/1", "SN8");
	assert_lent("3/2", NULL);
}

/* Guests can write in data and vm-data, and in what is theirs. */
static void test_nothing_of_the_guest_grants(void **state)
{
	policy("10-web.conf", "[Match]\nName=web\n[Guest]\nAllow=config\n");
	xen_guest(4, "liar", UUID4);
	xen_give("/local/domain/4/name", 4);
	xen_write("/local/domain/4/name", "web");
	xen_give("/local/domain/4/vm-data", 4);
	xen_write("/local/domain/4/vm-data/mydev", "config");
	xen_write("/local/domain/4/data/mydev", "config");
	restart();
	assert_lent("3/0", "SN4");
	assert_lent("4/0", NULL);
}

static void test_policy_without_adapter(void **state)
{
	kfake_remove(0);
	policy("10-all.conf", "[Guest]\nRate=1\n");
	restart();
	wait_event("guest.failed", "10-all.conf was not applied: this host has no adapter yet");
	look();
	assert_int_equal(rig_events(rig, "guest.failed"), 1);
	/* It comes. */
	kfake_add(0, MYDEV_MODEL_MD4000, "SN4");
	wait_event("guest.attached", "lent by 10-all.conf");
	kfake_add(1, MYDEV_MODEL_MD2000, "SN2");
	xen_guest(4, "other", UUID4);
	wait_event("guest.failed", "other (domain 4): ");
	wait_event("guest.failed", "this host has 2 adapters");
}

/* There is no room for the daemon's own look then. */
static void test_policy_while_too_much_waits(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"guest.list\"}\n";
	int socks[WORKER_QUEUE_MAX + 8];

	look();
	xenstored_hang(true);
	for (size_t i = 0; i < sizeof(socks) / sizeof(socks[0]); i++) {
		socks[i] = rig_connect(rig);
		rig_send(rig, socks[i], line, strlen(line));
	}
	policy("10-web.conf", "[Match]\nName=web\n[Guest]\nRate=1\n");
	guests_load_policies(rig_daemon(rig));
	rig_run(rig, 500);
	xenstored_hang(false);
	wait_event("guest.attached", "lent by 10-web.conf");
	for (size_t i = 0; i < sizeof(socks) / sizeof(socks[0]); i++)
		close(socks[i]);
}

static void test_policy_mistakes(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{ "", "" },
		{ "# only a comment\n", "" },
		{ "[Guest]\nAllow=\n", "" },
		{ "[Guest]\nAllow=view,log entropy\n", "" },
		{ "[Guest]\nAllow=firmware\n", ":2: Allow=firmware: firmware is not granted to guests" },
		{ "[Guest]\nAllow=all\n", ":2: Allow=all: there is no class all" },
		{ "[Guest]\nRate=64K\n", ":2: Rate=64K: takes a number from 0 to 1073741824" },
		{ "[Guest]\nRate=1073741825\n", ":2: Rate=1073741825: takes a number" },
		{ "[Guest]\nBurst=1\n", ":2: Burst=1: takes a number from 4096 to" },
		{ "[Guest]\nRate=1\nRate=2\n", ":3: Rate is set twice" },
		{ "[Guest]\nAdapter=\n", ":2: Adapter=: takes serial numbers" },
		{ "[Guest]\nAdapter=01234567890123456\n", "is longer than serial numbers" },
		{ "[Guest]\nName=web\n", ":2: unknown key Name in [Guest]; it knows Adapter," },
		{ "[Match]\nModel=MD-2000\n", ":2: unknown key Model in [Match]; it knows Name and UUID" },
		{ "[Match]\nName=\n", ":2: Name=: is empty" },
		{ "[Config]\nled=on\n", "only [Match] and [Guest] are known" },
		{ "Rate=1\n", ":1: Rate stands in no section" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_json_cleanup_ json *v = NULL;

		policy("10-x.conf", cases[i].text);
		rig_restart(rig);
		v = rig_call(rig, "guest.list", NULL, -1);
		assert_int_equal(json_len(rig_at(v, "result.policies")), 1);
		if (!*cases[i].problem) {
			assert_int_equal(json_len(rig_at(v, "result.policies.0.problems")), 0);
			continue;
		}
		assert_contains(rig_str(v, "result.policies.0.problems.0"), cases[i].problem);
		wait_event("profile.error", cases[i].problem);
	}
}

static void test_a_policy_with_a_mistake_matches_nobody(void **state)
{
	policy("10-x.conf", "[Guest]\nAllow=config\nRate=x\n");
	policy("15-x.conf", "# an example\n[Match]\nName=web\n");
	policy("20-x.conf", "[Guest]\nAllow=log\n");
	restart();
	assert_node(BACK "/3/0/allow", "view,log");
}

/* ---- XenStore that does not do its part ---- */

static void test_restarted(void **state)
{
	look();
	xenstored_stop();
	wait_event("xenstore.lost", "cannot be reached");
	refused("guest.list", NULL, RPC_FAILED, "XenStore cannot be reached");
	refused("guest.attach", "{'domain':'web'}", RPC_FAILED, "XenStore cannot be reached");
	ok("adapter.list", NULL);
	xenstored_start();
	wait_event("xenstore.back", "is back");
	xen_guest(3, "web", UUID3);
	ok("guest.attach", "{'domain':'web'}");
	assert_int_equal(rig_events(rig, "xenstore.lost"), 1);
}

static void test_hanging(void **state)
{
	_json_cleanup_ json *v = NULL;
	_free_cleanup_ char *adapter = NULL;
	int sock;

	look();
	xenstored_hang(true);
	sock = begin("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"guest.attach\",\"params\":"
		     "{\"domain\":\"web\"}}\n");
	/* Who waits for xenstored would wait for ever. */
	for (int i = 0; i < 20; i++)
		ok("adapter.list", NULL);
	v = rig_line(rig, sock);
	assert_int_equal(rig_num(v, "error.data.code"), RPC_TIMED_OUT);
	assert_contains(rig_str(v, "error.data.message"), "XenStore does not answer");
	refused("guest.list", NULL, RPC_TIMED_OUT, "XenStore does not answer");
	xenstored_hang(false);
	ok("guest.list", NULL);
	rig_settle(rig);
	/* If it had been begun, it is done, which is told. */
	adapter = xen_read(BACK "/3/0/adapter");
	assert_int_equal(has_event("guest.attached", "lent on request"), adapter != NULL);
	close(sock);
}

static void test_not_a_control_domain(void **state)
{
	char *path = xstrdup(getenv("XENSTORED_PATH"));

	rig_stop(rig);
	unsetenv("XENSTORED_PATH");
	rig = rig_start();
	refused("guest.list", NULL, RPC_REFUSED, "not the control domain of a Xen host");
	refused("guest.attach", "{'domain':'web'}", RPC_REFUSED, "not the control domain of a Xen host");
	refused("guest.detach", "{'domain':'web'}", RPC_REFUSED, "not the control domain of a Xen host");
	setenv("XENSTORED_PATH", path, 1);
	free(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	static const struct CMUnitTest tests[] = {
		TEST(test_attach),
		TEST(test_attach_by_id_and_uuid),
		TEST(test_refusals),
		TEST(test_which_adapter),
		TEST(test_permissions),
		TEST(test_names_are_the_toolstacks),
		TEST(test_detach),
		TEST(test_detach_from_a_guest_that_never_answers),
		TEST(test_detach_from_a_guest_that_writes_all_the_time),
		TEST(test_detach_one_of_two),
		TEST(test_detach_of_many),
		TEST(test_detach_goes_on_in_the_next_daemon),
		TEST(test_detach_while_the_daemon_ends),
		TEST(test_detach_while_xenstored_restarts),
		TEST(test_list),
		TEST(test_support),
		TEST(test_destroyed),
		TEST(test_destroyed_while_detached),
		TEST(test_errors_go_with_the_device),
		TEST(test_policy),
		TEST(test_policy_is_applied_once),
		TEST(test_policy_beside_a_device_that_is_there),
		TEST(test_nothing_of_the_guest_grants),
		TEST(test_policy_without_adapter),
		TEST(test_policy_while_too_much_waits),
		TEST(test_policy_mistakes),
		TEST(test_a_policy_with_a_mistake_matches_nobody),
		TEST(test_restarted),
		TEST(test_hanging),
		TEST(test_not_a_control_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
