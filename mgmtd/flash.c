// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/flash.h"

#include <endian.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/adapter_json.h"
#include "mgmtd/batch.h"
#include "mgmtd/events.h"
#include "mgmtd/failure.h"
#include "mgmtd/staging.h"
#include "mgmtd/words.h"

/* ---- what stands against it ---- */

bool flash_busy(const struct adapter *a, struct rpc_error *e)
{
	_free_cleanup_ char *image = NULL;
	_json_cleanup_ json *flash = NULL;

	if (!adapter_flashing(a))
		return false;
	image = flash_image_name(&a->info.flash);
	flash = flash_json(&a->info.flash, boottime_ms());
	rpc_error_set(e, RPC_BUSY, "%s: %s%s is running: %s, %d %%, since %d s", a->info.name,
		      image ? "an update with " : "an activation", image ? image : "",
		      word_stage(a->info.flash.stage),
		      (int)json_num(json_get(flash, "percent"), 0),
		      (int)(json_num(json_get(flash, "elapsed_ms"), 0) / 1000));
	rpc_error_hint(e, "follow it with mydevcli events --follow %s; up to staging, "
		       "mydevcli firmware cancel %s ends it", a->info.name, a->info.name);
	return true;
}

static bool cannot_answer(const struct adapter *a, struct rpc_error *e)
{
	if (a->info.state == MYDEV_STATE_READY && adapter_running(a))
		return false;
	rpc_error_set(e, RPC_FAILED, "%s is %s", a->info.name, word_state(a->info.state));
	rpc_error_hint(e, "wait until mydevcli show says that it is ready");
	return true;
}

static bool image_does_not_fit(const struct adapter *a, const struct image *img,
			       struct rpc_error *e)
{
	uint32_t counter = le32toh(a->info.fw.counter);

	if (failure_denied(e, a, MYDEV_CLASS_FIRMWARE, "was not flashed"))
		return e->code;
	if (img->size > a->info.slot_size) {
		rpc_error_set(e, RPC_REFUSED, "%s has %u bytes, but a slot of %s has %u", img->name,
			      img->size, a->info.name, a->info.slot_size);
	} else if (le16toh(img->info.manifest.board_rev_min) > a->info.board_rev) {
		rpc_error_set(e, RPC_REFUSED, "%s is for boards of revision %u and later, but %s "
			      "has %u", img->name, le16toh(img->info.manifest.board_rev_min),
			      a->info.name, a->info.board_rev);
	} else if (img->info.counter < counter) {
		rpc_error_set(e, RPC_REFUSED, "%s has the security counter %u, but %s only takes "
			      "%u and above", img->name, img->info.counter, a->info.name, counter);
		rpc_error_hint(e, "it was replaced for reasons of security, and nothing overrules "
			       "that: get a newer image");
	}
	return e->code;
}

static enum flash_action compare_versions(const struct adapter *a, const struct image *img,
					  const struct flash_policy *policy, struct rpc_error *e)
{
	const struct mydev_hw_slot *running = adapter_running(a), *pending = adapter_pending(a);
	char from[VERSION_TEXT_LEN], to[VERSION_TEXT_LEN], next[VERSION_TEXT_LEN];
	int order = fwimg_version_cmp(&img->info.version, &running->version);

	version_text(&running->version, from);
	version_text(&img->info.version, to);
	if (!order && !policy->force) {
		rpc_error_set(e, RPC_REFUSED, "%s runs %s already", a->info.name, from);
		if (pending)
			rpc_error_set(e, RPC_REFUSED, "%s runs %s already (but %s is pending)",
				      a->info.name, from, version_text(&pending->version, next));
		rpc_error_hint(e, "--force flashes it nevertheless");
		return FLASH_NOTHING_TO_DO;
	}
	if (order < 0 && !policy->allow_downgrade) {
		rpc_error_set(e, RPC_REFUSED, "%s runs %s, which is newer than %s", a->info.name,
			      from, to);
		rpc_error_hint(e, "--allow-downgrade flashes it nevertheless");
		return FLASH_REFUSED;
	}
	return FLASH_START;
}

void flash_judge(const struct adapter *a, const struct image *img,
		 const struct flash_policy *policy, struct flash_verdict *v)
{
	const char *model = word_model(img->info.model);

	*v = (struct flash_verdict){ .action = FLASH_REFUSED };
	if (MDNL_HAVE(&a->info, MYDEV_A_ADAPTER_MODEL) && a->info.model != img->info.model) {
		rpc_error_set(&v->e, RPC_REFUSED, "%s is an %s, but %s is for %s", a->info.name,
			      adapter_model(a), img->name, model);
		if (policy->skip_others)
			v->action = FLASH_SKIPPED;
	} else if (!flash_busy(a, &v->e) && !cannot_answer(a, &v->e) &&
		   !image_does_not_fit(a, img, &v->e)) {
		v->action = compare_versions(a, img, policy, &v->e);
	}
	if (v->e.code)
		rpc_error_adapter(&v->e, a->info.name);
}

/* ---- results ---- */

json *flash_result(const char *adapter, const char *action, const struct rpc_error *e, json *from,
		   json *to, uint32_t id)
{
	json *v = json_object();

	json_set_str(v, "adapter", adapter);
	json_set_str(v, "action", action);
	json_set_str(v, "reason", e ? e->message : NULL);
	json_set(v, "from", from);
	json_set(v, "to", to);
	json_set(v, "flash_id", id ? json_int(id) : NULL);
	if (e && !strcmp(action, "refused"))
		json_set(v, "error", rpc_error_json(e));
	return v;
}

static json *flash_failure_result(const char *adapter, const struct rpc_error *e)
{
	return flash_result(adapter, "refused", e, NULL, NULL, 0);
}

static json *running_version(const struct adapter *a)
{
	const struct mydev_hw_slot *s = adapter_running(a);

	return s ? version_json(&s->version) : NULL;
}

/* ---- starting ---- */

/* What the commands of a request share; freed with their batch. */
struct request {
	char *staged;
	json *image;
	uint64_t event_seq;
	bool activate;
};

struct flash_command {
	struct batch_command bc;
	struct request *request;
	struct mydev_fwimg_version from, to;
};

static int flash_run(struct command *c, struct mdnl *n)
{
	struct flash_command *fc = container_of(c, struct flash_command, bc.command);

	return mdnl_flash_start(n, c->index, fc->request->staged, fc->request->activate, &c->error);
}

static json *flash_started(struct batch_command *bc)
{
	struct flash_command *fc = container_of(bc, struct flash_command, bc);

	return flash_result(bc->command.name, "started", NULL, version_json(&fc->from),
			    version_json(&fc->to), bc->command.after.flash.cookie);
}

static json *request_rest(struct batch *b)
{
	const struct request *r = batch_arg(b);
	json *v = json_object();

	json_set(v, "image", json_ref(r->image));
	json_set_int(v, "event_seq", r->event_seq);
	return v;
}

/* Whoever is flashed has the file in use now; the last one's end removes it. */
static void request_end(struct batch *b)
{
	struct request *r = batch_arg(b);
	struct daemon *d = batch_daemon(b);

	staging_release(d->staging, r->staged);
	staging_sweep(d->staging, &d->adapters, false);
	free(r->staged);
	json_unref(r->image);
}

static void start_one(struct batch *b, size_t i, struct adapter *a, const struct image *img)
{
	struct flash_command *fc = xzalloc(sizeof(*fc));

	fc->bc.command.run = flash_run;
	fc->bc.not_done = "was not flashed";
	fc->bc.result = flash_started;
	fc->request = batch_arg(b);
	fc->from = adapter_running(a)->version;
	fc->to = img->info.version;
	batch_command(b, i, a, &fc->bc);
}

static void flash_one(struct batch *b, size_t i, struct adapter *a, const struct image *img,
		      const struct flash_policy *policy, bool dry_run)
{
	static const char *const words[] = {
		[FLASH_START] = "would-start", [FLASH_NOTHING_TO_DO] = "nothing-to-do",
		[FLASH_SKIPPED] = "skipped", [FLASH_REFUSED] = "refused",
	};
	struct flash_verdict v;

	flash_judge(a, img, policy, &v);
	if (v.action == FLASH_START && !dry_run)
		start_one(b, i, a, img);
	else
		batch_result(b, i, flash_result(a->info.name, words[v.action],
						v.e.code ? &v.e : NULL, running_version(a),
						version_json(&img->info.version), 0));
	rpc_error_clear(&v.e);
}

/* ---- whom ---- */

/* Without a word about adapters: the only one of the model. */
static bool only_one(struct call *call, const struct image *img, struct adapter **list, size_t *n)
{
	const char *model = word_model(img->info.model);
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_free_cleanup_ char *names = NULL;
	size_t found = 0;

	for (size_t i = 0; i < *n; i++) {
		char *more;

		if (list[i]->info.model != img->info.model)
			continue;
		more = found < 16 ? xasprintf("%s%s%s", names ? names : "", names ? ", " : "",
					      list[i]->info.name)
				  : xstrdup(names);
		free(names);
		names = more;
		list[found++] = list[i];
	}
	*n = found;
	if (found == 1)
		return true;
	if (!found) {
		rpc_error_set(&e, RPC_NOT_FOUND, "%s is for %s, and there is no such adapter",
			      img->name, model);
		rpc_error_hint(&e, "mydevcli show lists the adapters that are there");
	} else {
		rpc_error_set(&e, RPC_REFUSED, "%s is for %s, of which there are %zu: %s%s",
			      img->name, model, found, names, found > 16 ? ", ..." : "");
		rpc_error_hint(&e, "name those that you mean, or give --all");
	}
	call_fail(call, &e);
	return false;
}

static bool targets(struct call *call, const struct image *img, struct adapter ***list, size_t *n)
{
	bool all = json_true(json_get(call->params, "all"));
	bool named = json_has(call->params, "adapters");
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	if (all && named) {
		rpc_error_set(&e, RPC_INVALID_PARAMS, "adapters and all exclude each other");
		call_fail(call, &e);
		return false;
	}
	if (!call_adapters(call, list, n))
		return false;
	return all || named || only_one(call, img, *list, n);
}

static void refuse_image(struct call *call, const struct image *img)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	rpc_error_set(&e, RPC_REFUSED, "%s", img->problem);
	rpc_error_hint(&e, "nothing was written; mydevcli firmware verify tells what the file is");
	call_fail(call, &e);
}

void flash_with_image(struct filework *w)
{
	static const struct batch_ops ops = {
		.failure = flash_failure_result, .rest = request_rest, .end = request_end,
	};
	struct call *call = take_ptr(w->call);
	json *params = call->params;
	const struct image *img = &w->images[0];
	_free_cleanup_ struct adapter **list = NULL;
	const struct flash_policy policy = {
		.force = json_true(json_get(params, "force")),
		.allow_downgrade = json_true(json_get(params, "allow_downgrade")),
		.skip_others = json_true(json_get(params, "all")),
	};
	bool dry_run = json_true(json_get(params, "dry_run"));
	struct request *r;
	struct batch *b;
	size_t n;

	if (!img->valid) {
		refuse_image(call, img);
		return;
	}
	if (!targets(call, img, &list, &n))
		return;
	r = xzalloc(sizeof(*r));
	r->staged = take_ptr(w->staged);
	r->image = image_json(img);
	r->event_seq = events_last(w->daemon->events);
	r->activate = !json_has(params, "activate") || json_true(json_get(params, "activate"));
	b = batch_new(call, list, n, &ops, r);
	for (size_t i = 0; i < n; i++)
		flash_one(b, i, list[i], img, &policy, dry_run);
	batch_go(b);
}
