// SPDX-License-Identifier: GPL-2.0
/* firmware.*: slots, files, and what moves one into the other. */
#include <endian.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/adapter_json.h"
#include "mgmtd/batch.h"
#include "mgmtd/events.h"
#include "mgmtd/failure.h"
#include "mgmtd/filework.h"
#include "mgmtd/flash.h"
#include "mgmtd/listing.h"
#include "mgmtd/methods.h"
#include "mgmtd/words.h"

/* ---- looking ---- */

static json *slots_json(const struct adapter *a, json *params)
{
	json *v = json_object();

	json_set_str(v, "adapter", a->info.name);
	json_set_str(v, "model", word_model(a->info.model));
	json_set(v, "firmware", firmware_json(a));
	return v;
}

static void list_files(struct filework *w)
{
	json *rest = json_object(), *files = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_append(files, image_json(&w->images[i]));
	json_set(rest, "files", files);
	list_adapters(take_ptr(w->call), "adapters", slots_json, rest);
}

static void firmware_list(struct call *call)
{
	filework_list(call, list_files);
}

static void verified(struct filework *w)
{
	json *v = json_object();

	json_set(v, "image", image_json(&w->images[0]));
	call_reply(take_ptr(w->call), v);
}

static void firmware_verify(struct call *call)
{
	filework_check(call, false, verified);
}

static void firmware_flash(struct call *call)
{
	filework_check(call, true, flash_with_image);
}

/* ---- activate, rollback ---- */

struct slot_command {
	struct batch_command bc;
	bool rollback;
	bool activate;
	struct mydev_fwimg_version from, to;
};

static int slot_run(struct command *c, struct mdnl *n)
{
	struct slot_command *sc = container_of(c, struct slot_command, bc.command);
	int rc = 0;

	if (sc->rollback)
		rc = mdnl_command(n, c->index, MYDEV_CMD_FW_ROLLBACK, &c->error);
	if (!rc && sc->activate)
		rc = mdnl_command(n, c->index, MYDEV_CMD_FW_ACTIVATE, &c->error);
	return rc;
}

static json *slot_started(struct batch_command *bc)
{
	struct slot_command *sc = container_of(bc, struct slot_command, bc);
	uint32_t id = sc->activate ? bc->command.after.flash.cookie : 0;

	return flash_result(bc->command.name, "started", NULL, version_json(&sc->from),
			    version_json(&sc->to), id);
}

static json *slot_failure(const char *adapter, const struct rpc_error *e)
{
	return flash_result(adapter, "refused", e, NULL, NULL, 0);
}

static json *slot_rest(struct batch *b)
{
	const uint64_t *event_seq = batch_arg(b);
	json *v = json_object();

	json_set_int(v, "event_seq", *event_seq);
	return v;
}

/* Why the slot that does not run is none to go back to. */
static char *no_rollback(const struct adapter *a)
{
	const struct mydev_hw_fw_info *fw = &a->info.fw;
	const struct mydev_hw_slot *s = &fw->slot[fw->running ^ 1];
	char version[VERSION_TEXT_LEN];

	version_text(&s->version, version);
	switch (s->state) {
	case MYDEV_SLOT_EMPTY:
		return xstrdup("its other slot is empty");
	case MYDEV_SLOT_WRITING:
		return xstrdup("what was written to its other slot is not whole");
	case MYDEV_SLOT_PENDING:
		return xasprintf("%s in its other slot is pending and has not run yet", version);
	case MYDEV_SLOT_REVERTED:
		return xasprintf("%s in its other slot was tried and reverted: %s", version,
				 revert_cause(fw->revert_reason));
	case MYDEV_SLOT_CONFIRMED:
		return xasprintf("%s in its other slot has the security counter %u, and it only "
				 "takes %u and above", version, le32toh(s->counter),
				 le32toh(fw->counter));
	}
	return xasprintf("%s in its other slot is %s, not confirmed", version, word_slot(s->state));
}

/* The image that would run then; NULL and `e`: there is none, or not now. */
static const struct mydev_hw_slot *slot_target(const struct adapter *a, bool rollback,
					       struct rpc_error *e)
{
	const struct mydev_hw_slot *s = rollback ? adapter_rollback(a) : adapter_pending(a);
	_free_cleanup_ char *why = NULL;

	if (flash_busy(a, e))
		return NULL;
	if (!adapter_running(a)) {
		rpc_error_set(e, RPC_FAILED, "%s has not told what it runs", a->info.name);
	} else if (!s && rollback) {
		why = no_rollback(a);
		rpc_error_set(e, RPC_REFUSED, "%s has no image to go back to: %s", a->info.name, why);
	} else if (!s) {
		rpc_error_set(e, RPC_REFUSED, "%s has no pending image to activate", a->info.name);
	}
	if (e->code)
		rpc_error_hint(e, "mydevcli firmware list shows the slots");
	return e->code ? NULL : s;
}

static void change_slot(struct batch *b, size_t i, struct adapter *a, bool rollback, bool activate)
{
	const char *not_done = rollback ? "was not rolled back" : "was not activated";
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	const struct mydev_hw_slot *to = NULL;
	struct slot_command *sc;

	if (!failure_denied(&e, a, MYDEV_CLASS_FIRMWARE, not_done))
		to = slot_target(a, rollback, &e);
	if (!to) {
		rpc_error_adapter(&e, a->info.name);
		batch_failure(b, i, &e);
		return;
	}
	sc = xzalloc(sizeof(*sc));
	sc->bc.command.run = slot_run;
	sc->bc.not_done = not_done;
	sc->bc.result = slot_started;
	sc->rollback = rollback;
	sc->activate = activate;
	sc->from = adapter_running(a)->version;
	sc->to = to->version;
	batch_command(b, i, a, &sc->bc);
}

static void change_slots(struct call *call, bool rollback, bool activate)
{
	static const struct batch_ops ops = { .failure = slot_failure, .rest = slot_rest };
	_free_cleanup_ struct adapter **list = NULL;
	uint64_t *event_seq;
	struct batch *b;
	size_t n;

	if (!call_adapters(call, &list, &n))
		return;
	event_seq = xmalloc(sizeof(*event_seq));
	*event_seq = events_last(call->daemon->events);
	b = batch_new(call, list, n, &ops, event_seq);
	for (size_t i = 0; i < n; i++)
		change_slot(b, i, list[i], rollback, activate);
	batch_go(b);
}

static void firmware_activate(struct call *call)
{
	change_slots(call, false, true);
}

static void firmware_rollback(struct call *call)
{
	json *activate = json_get(call->params, "activate");

	change_slots(call, true, !activate || json_true(activate));
}

/* ---- cancel ---- */

struct cancel {
	struct batch_command bc;
	enum mydev_cmd cmd;
};

static int cancel_run(struct command *c, struct mdnl *n)
{
	struct cancel *cancel = container_of(c, struct cancel, bc.command);

	return mdnl_command(n, c->index, cancel->cmd, &c->error);
}

static void cancel_one(struct batch *b, size_t i, struct adapter *a)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	bool flashing = adapter_flashing(a);
	const char *not_done = flashing ? "goes on with its update" : "keeps its pending image";
	struct cancel *cancel;

	if (!failure_denied(&e, a, MYDEV_CLASS_FIRMWARE, not_done) && !flashing && !adapter_pending(a))
		rpc_error_set(&e, RPC_REFUSED, "%s: no update is running, and no image is pending",
			      a->info.name);
	if (e.code) {
		rpc_error_adapter(&e, a->info.name);
		batch_failure(b, i, &e);
		return;
	}
	cancel = xzalloc(sizeof(*cancel));
	cancel->bc.command.run = cancel_run;
	cancel->bc.not_done = not_done;
	cancel->cmd = flashing ? MYDEV_CMD_FLASH_CANCEL : MYDEV_CMD_FW_UNPEND;
	batch_command(b, i, a, &cancel->bc);
}

static void firmware_cancel(struct call *call)
{
	_free_cleanup_ struct adapter **list = NULL;
	struct batch *b;
	size_t n;

	if (!call_adapters(call, &list, &n))
		return;
	b = batch_new(call, list, n, &batch_outcomes, NULL);
	for (size_t i = 0; i < n; i++)
		cancel_one(b, i, list[i]);
	batch_go(b);
}

const struct method rpc_firmware_methods[] = {
	{ "firmware.list", firmware_list },
	{ "firmware.verify", firmware_verify },
	{ "firmware.flash", firmware_flash },
	{ "firmware.activate", firmware_activate },
	{ "firmware.rollback", firmware_rollback },
	{ "firmware.cancel", firmware_cancel },
	{ NULL }
};
