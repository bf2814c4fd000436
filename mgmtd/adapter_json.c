// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/adapter_json.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtd/failure.h"
#include "mgmtd/staging.h"
#include "mgmtd/words.h"
#include "model/image.h"

#define HAVE(a, attr) MDNL_HAVE(&(a)->info, MYDEV_A_ADAPTER_##attr)

/* ---- firmware ---- */

static json *slot_version(const struct mydev_hw_slot *s)
{
	return s ? version_json(&s->version) : NULL;
}

static json *slot_json(const struct adapter *a, unsigned int i)
{
	const struct mydev_hw_slot *s = &a->info.fw.slot[i];
	bool image = s->size && s->state != MYDEV_SLOT_EMPTY && s->state != MYDEV_SLOT_WRITING;
	json *v = json_object();

	json_set_int(v, "slot", i);
	json_set_str(v, "state", word_slot(s->state));
	json_set(v, "version", image ? slot_version(s) : NULL);
	json_set(v, "counter", image ? json_int(le32toh(s->counter)) : NULL);
	if (image)
		json_set_hex(v, "digest", s->digest, sizeof(s->digest));
	else
		json_set(v, "digest", NULL);
	json_set_bool(v, "running", a->info.fw.running == i);
	return v;
}

/* What a power cycle would boot: one that is on trial would be given up by it. */
static const struct mydev_hw_slot *boots_next(const struct adapter *a)
{
	const struct mydev_hw_slot *running = adapter_running(a);
	const struct mydev_hw_slot *pending = adapter_pending(a);

	if (pending)
		return pending;
	if (running && running->state == MYDEV_SLOT_TRIAL)
		return adapter_rollback(a);
	return running;
}

static json *versions_json(const struct adapter *a)
{
	json *v = json_object();

	json_set(v, "running", slot_version(adapter_running(a)));
	json_set(v, "stored", slot_version(boots_next(a)));
	json_set(v, "pending", slot_version(adapter_pending(a)));
	json_set(v, "rollback", slot_version(adapter_rollback(a)));
	return v;
}

json *firmware_json(const struct adapter *a)
{
	uint8_t reverted = a->info.fw.revert_reason;
	json *v = versions_json(a), *slots = json_array();
	bool known = HAVE(a, FW);

	json_set(v, "counter", known ? json_int(le32toh(a->info.fw.counter)) : NULL);
	json_set_str(v, "reverted", known && reverted ? word_revert(reverted) : NULL);
	for (unsigned int i = 0; known && i < MYDEV_HW_SLOTS; i++)
		json_append(slots, slot_json(a, i));
	json_set(v, "slots", slots);
	return v;
}

/* ---- flash ---- */

/*
 * Where each stage begins, in percent of the whole; by the time that they take. Up to where the
 * next one does its bytes count, which DONE and WAITING have not.
 */
static const unsigned char stage_begins[] = {
	[MYDEV_FLASH_RECEIVING] = 0,	[MYDEV_FLASH_PREPARING] = 1,
	[MYDEV_FLASH_TRANSFERRING] = 10, [MYDEV_FLASH_VERIFYING] = 70,
	[MYDEV_FLASH_STAGING] = 85,	[MYDEV_FLASH_ACTIVATING] = 88,
	[MYDEV_FLASH_CONFIRMING] = 94,	[MYDEV_FLASH_DONE] = 100,
	[MYDEV_FLASH_WAITING] = 0,
};

static json *percent_json(const struct mdnl_flash *f)
{
	unsigned int begin, end;

	if (f->stage >= ARRAY_SIZE(stage_begins) || (f->stage == MYDEV_FLASH_DONE && f->error))
		return NULL;
	begin = stage_begins[f->stage];
	if (f->stage == MYDEV_FLASH_DONE || !f->total || f->bytes > f->total)
		return json_int(begin);
	end = stage_begins[f->stage + 1];
	return json_int(begin + (uint64_t)(end - begin) * f->bytes / f->total);
}

/* The adapter's word is taken for nothing here: "done" is that the wanted version runs. */
char *flash_failure(const struct mdnl_flash *f)
{
	char wanted[VERSION_TEXT_LEN], after[VERSION_TEXT_LEN];

	if (f->stage != MYDEV_FLASH_DONE)
		return NULL;
	if (f->error)
		return xstrdup(f->message[0] ? f->message : strerror(f->error));
	if (MDNL_HAVE(f, MYDEV_A_FLASH_PENDING) || !MDNL_HAVE(f, MYDEV_A_FLASH_WANTED))
		return NULL;
	if (!MDNL_HAVE(f, MYDEV_A_FLASH_AFTER))
		return xstrdup("the version that runs now is not known");
	if (!fwimg_version_cmp(&f->wanted, &f->after))
		return NULL;
	return xasprintf("%s was wanted, but %s runs", version_text(&f->wanted, wanted),
			 version_text(&f->after, after));
}

char *flash_image_name(const struct mdnl_flash *f)
{
	return f->image[0] ? staging_given_name(f->image) : NULL;
}

static json *failure_json(const struct mdnl_flash *f)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	_free_cleanup_ char *why = flash_failure(f);

	if (!why)
		return NULL;
	failure_errno(&e, f->error, f->error == ECANCELED ? "the update was cancelled" : why, NULL, NULL);
	/* The slot took the image well: it is not the adapter that is broken. */
	if (f->error == EIO && (f->failed_stage == MYDEV_FLASH_ACTIVATING ||
				f->failed_stage == MYDEV_FLASH_CONFIRMING))
		rpc_error_hint(&e, "mydevcli log tells what the adapter saw; try another image");
	return rpc_error_json(&e);
}

static json *flash_version(const struct mdnl_flash *f, int attr,
			   const struct mydev_fwimg_version *v)
{
	return MDNL_HAVE(f, attr) ? version_json(v) : NULL;
}

json *flash_json(const struct mdnl_flash *f, int64_t now_ms)
{
	_free_cleanup_ char *name = flash_image_name(f);
	int64_t end = MDNL_HAVE(f, MYDEV_A_FLASH_ENDED) ? (int64_t)f->ended : now_ms;
	int64_t elapsed = end - (int64_t)f->started;
	bool failed = f->stage == MYDEV_FLASH_DONE && f->error;
	json *v = json_object();

	json_set_int(v, "id", f->cookie);
	json_set_str(v, "stage", word_stage(f->stage));
	json_set_str(v, "failed_stage", failed ? word_stage(f->failed_stage) : NULL);
	json_set(v, "percent", percent_json(f));
	if (f->stage != MYDEV_FLASH_DONE && f->total) {
		json_set_int(v, "bytes", f->bytes);
		json_set_int(v, "total", f->total);
	}
	json_set(v, "error", failure_json(f));
	json_set_str(v, "image", name);
	json_set(v, "before", flash_version(f, MYDEV_A_FLASH_BEFORE, &f->before));
	json_set(v, "after", flash_version(f, MYDEV_A_FLASH_AFTER, &f->after));
	json_set(v, "wanted", flash_version(f, MYDEV_A_FLASH_WANTED, &f->wanted));
	json_set_bool(v, "pending", MDNL_HAVE(f, MYDEV_A_FLASH_PENDING));
	json_set_int(v, "elapsed_ms", elapsed > 0 ? elapsed : 0);
	return v;
}

/* ---- health ---- */

enum health { HEALTH_OK, HEALTH_WARNING, HEALTH_FAILED };

struct diagnosis {
	enum health health;
	json *problems;
};

static void diagnose(struct diagnosis *d, enum health health, char *what)
{
	if (health > d->health)
		d->health = health;
	json_append(d->problems, json_string(what));
	free(what);
}

static void diagnose_alarms(struct diagnosis *d, const struct mydev_hw_status *s)
{
	uint32_t alarms = le32toh(s->alarms);
	int32_t temperature = (int32_t)le32toh(s->temperature);

	if (alarms & MYDEV_ALARM_TEMP_CRITICAL)
		diagnose(d, HEALTH_FAILED, xasprintf("too hot: %d.%d C, no entropy is delivered",
						     temperature / 1000,
						     abs(temperature % 1000) / 100));
	else if (alarms & MYDEV_ALARM_TEMP_WARN)
		diagnose(d, HEALTH_WARNING, xasprintf("hot: %d.%d C", temperature / 1000,
						      abs(temperature % 1000) / 100));
	if (alarms & MYDEV_ALARM_VOLTAGE)
		diagnose(d, HEALTH_WARNING, xasprintf("supply voltage: %u mV", le32toh(s->voltage)));
	if (alarms & MYDEV_ALARM_NVRAM)
		diagnose(d, HEALTH_WARNING, xstrdup("its configuration was lost: defaults run"));
	if (s->selftest == MYDEV_SELFTEST_FAILED)
		diagnose(d, HEALTH_FAILED, xasprintf("self-test failed (%#x)",
						     le16toh(s->selftest_failed)));
}

static void diagnose_channels(struct diagnosis *d, const struct mydev_hw_status *s)
{
	unsigned int n = s->channels < MYDEV_HW_CHANNELS_MAX ? s->channels : MYDEV_HW_CHANNELS_MAX;
	unsigned int good = 0, disabled = 0;

	for (unsigned int i = 0; i < n; i++) {
		uint8_t health = s->channel[i].health;

		good += health == MYDEV_HEALTH_OK;
		disabled += health == MYDEV_HEALTH_DISABLED;
		if (health == MYDEV_HEALTH_CABLE)
			diagnose(d, HEALTH_WARNING, xasprintf("channel %u: cable is out", i));
		else if (health != MYDEV_HEALTH_OK && health != MYDEV_HEALTH_DISABLED &&
			 health != MYDEV_HEALTH_STARTUP)
			diagnose(d, HEALTH_WARNING, xasprintf("channel %u: health test failed (%s)",
							      i, word_health(health)));
	}
	if (n && !good && disabled < n)
		diagnose(d, HEALTH_FAILED, xstrdup("no channel delivers entropy"));
}

static const char *diagnosis_of(const struct adapter *a, json *problems)
{
	static const char *const words[] = { "ok", "warning", "failed" };
	struct diagnosis d = { HEALTH_OK, problems };
	bool flash_failed = HAVE(a, FLASH) && a->info.flash.stage == MYDEV_FLASH_DONE &&
			    a->info.flash.error && a->info.flash.error != ECANCELED;

	if (a->info.state == MYDEV_STATE_UNRESPONSIVE)
		diagnose(&d, HEALTH_FAILED, xstrdup("does not respond"));
	/* Readings of before say nothing now; an update tells by itself where it is. */
	if (a->info.state == MYDEV_STATE_RESETTING && !adapter_flashing(a))
		diagnose(&d, HEALTH_WARNING, xstrdup("is being reset: it delivers no entropy"));
	if (HAVE(a, STATUS)) {
		diagnose_alarms(&d, &a->info.status);
		diagnose_channels(&d, &a->info.status);
	}
	if (HAVE(a, FW) && (le32toh(a->info.status.alarms) & MYDEV_ALARM_REVERTED))
		diagnose(&d, HEALTH_WARNING,
			 xasprintf("the last firmware image was reverted: %s",
				   revert_cause(a->info.fw.revert_reason)));
	else if (flash_failed)
		diagnose(&d, HEALTH_WARNING, xasprintf("the last firmware update failed: %s",
						       a->info.flash.message));
	if (d.health == HEALTH_OK && !HAVE(a, STATUS))
		return "unknown";
	return words[d.health];
}

/* ---- the adapter ---- */

static json *channel_json(const struct mydev_hw_channel *c, unsigned int i)
{
	json *v = json_object();

	json_set_int(v, "channel", i);
	json_set_str(v, "health", word_health(c->health));
	json_set_bool(v, "cable", c->cable);
	json_set_int(v, "failures", le32toh(c->failures));
	json_set_u64(v, "bytes", le64toh(c->bytes));
	return v;
}

static void put_status(json *v, const struct adapter *a, int64_t age)
{
	const struct mydev_hw_status *s = &a->info.status;
	bool known = HAVE(a, STATUS);
	int64_t locate = (int64_t)le32toh(s->locate_left) - age / 1000;
	json *channels = json_array();

	for (unsigned int i = 0; known && i < s->channels && i < MYDEV_HW_CHANNELS_MAX; i++)
		json_append(channels, channel_json(&s->channel[i], i));
	json_set(v, "channels", channels);
	json_set(v, "temperature_mc", known ? json_int((int32_t)le32toh(s->temperature)) : NULL);
	json_set(v, "voltage_mv", known ? json_int(le32toh(s->voltage)) : NULL);
	json_set(v, "locate_s", known ? json_int(locate > 0 ? locate : 0) : NULL);
	json_set(v, "uptime_ms", NULL);
	if (known)
		json_set_u64(v, "uptime_ms", le64toh(s->uptime_ms) + age);
	json_set(v, "boots", known ? json_int(le32toh(s->boots)) : NULL);
	json_set_int(v, "resets", a->info.resets);
	json_set_str(v, "selftest", known ? word_selftest(s->selftest) : "unknown");
}

static void put_identity(json *v, const struct adapter *a)
{
	json_set_str(v, "name", a->info.name);
	json_set_str(v, "serial", HAVE(a, SERIAL) ? a->info.serial : NULL);
	json_set_str(v, "model", HAVE(a, MODEL) ? word_model(a->info.model) : NULL);
	json_set_str(v, "address", a->info.address);
	json_set_str(v, "transport", word_transport(a->info.transport));
	json_set_str(v, "state", word_state(a->info.state));
}

static void put_config(json *v, const struct adapter *a)
{
	json *drift = json_array();

	for (size_t i = 0; i < a->wanted.n_gaps; i++)
		json_append(drift, json_string(a->wanted.gaps[i].wish->key));
	json_set_str(v, "profile", a->wanted.wishes.profiles);
	json_set_str(v, "config", wanted_state(a));
	json_set(v, "drift", drift);
}

static void put_flash(json *v, const struct adapter *a)
{
	bool flashed = HAVE(a, FLASH) && a->info.flash.stage != MYDEV_FLASH_IDLE;

	json_set(v, "flash", flashed ? flash_json(&a->info.flash, boottime_ms()) : NULL);
}

static int64_t age_ms(const struct adapter *a)
{
	return (int64_t)a->info.status_age + boottime_ms() - a->read_ms;
}

json *adapter_brief_json(const struct adapter *a)
{
	_json_cleanup_ json *problems = json_array();
	json *v = json_object();

	put_identity(v, a);
	json_set_str(v, "health", diagnosis_of(a, problems));
	json_set(v, "age_ms", HAVE(a, STATUS) ? json_int(age_ms(a)) : NULL);
	json_set(v, "firmware", versions_json(a));
	put_flash(v, a);
	put_config(v, a);
	return v;
}

json *adapter_json(const struct adapter *a)
{
	json *v = json_object(), *problems = json_array();

	put_identity(v, a);
	json_set_str(v, "health", diagnosis_of(a, problems));
	json_set(v, "problems", problems);
	json_set(v, "age_ms", HAVE(a, STATUS) ? json_int(age_ms(a)) : NULL);
	json_set(v, "board_rev", HAVE(a, BOARD_REV) ? json_int(a->info.board_rev) : NULL);
	json_set(v, "features", words_features(a->info.features));
	json_set(v, "allowed", words_classes(a->info.allowed));
	json_set(v, "firmware", firmware_json(a));
	put_flash(v, a);
	put_status(v, a, age_ms(a));
	put_config(v, a);
	return v;
}
