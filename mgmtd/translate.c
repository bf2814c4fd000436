// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/translate.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/alloc.h"
#include "mgmtd/adapter_json.h"
#include "mgmtd/daemon.h"
#include "mgmtd/events.h"
#include "mgmtd/words.h"

static int64_t to_realtime(int64_t boottime)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000 - boottime_ms() + boottime;
}

/* ---- what an adapter tells ---- */

static const char *alarm_words(uint8_t code)
{
	return code == 1 ? ", alarm" : code == 2 ? ", alarm ended" : "";
}

static char *firmware_words(const struct mydev_hw_event *hw)
{
	unsigned int slot = hw->channel;

	switch (hw->code) {
	case MYDEV_SLOT_REVERTED:
		return xasprintf("firmware slot %u was reverted: %s", slot,
				 revert_cause(le32toh(hw->value)));
	case MYDEV_SLOT_WRITING:
		return xasprintf("firmware slot %u is being written", slot);
	case MYDEV_SLOT_PENDING:
		return xasprintf("firmware slot %u boots next, on trial", slot);
	case MYDEV_SLOT_TRIAL:
		return xasprintf("firmware slot %u runs on trial", slot);
	}
	return xasprintf("firmware slot %u is %s", slot, word_slot(hw->code));
}

char *translate_hw_event(const struct mydev_hw_event *hw)
{
	int32_t value = (int32_t)le32toh(hw->value);

	switch (hw->type) {
	case MYDEV_EV_BOOT:
		return xasprintf("its controller started (start %d, from slot %u)", value, hw->code);
	case MYDEV_EV_CABLE:
		return xasprintf("channel %u: cable %s", hw->channel,
				 value ? "plugged in" : "unplugged");
	case MYDEV_EV_HEALTH:
		return xasprintf("channel %u: health is %s", hw->channel, word_health(hw->code));
	case MYDEV_EV_TEMPERATURE:
		return xasprintf("temperature %s%d.%d C%s", value < 0 ? "-" : "",
				 abs(value / 1000), abs(value % 1000) / 100, alarm_words(hw->code));
	case MYDEV_EV_VOLTAGE:
		return xasprintf("voltage %d mV%s", value, alarm_words(hw->code));
	case MYDEV_EV_CONFIG:
		return xstrdup("its configuration changed");
	case MYDEV_EV_FIRMWARE:
		return firmware_words(hw);
	case MYDEV_EV_SELFTEST:
		return xasprintf("self-test %s", word_selftest(hw->code));
	case MYDEV_EV_LOCATE:
		return value ? xasprintf("locate LED blinks for %d s", value)
			     : xstrdup("locate LED is off");
	case MYDEV_EV_MEDIA:
		return xasprintf("a flash operation failed at offset %#x", (unsigned int)value);
	}
	return xasprintf("event %u, unknown to this mydevd", hw->type);
}

static json *hw_data(const struct mydev_hw_event *hw)
{
	json *v = json_object();

	if (hw->channel != MYDEV_HW_NONE)
		json_set_int(v, hw->type == MYDEV_EV_FIRMWARE ? "slot" : "channel", hw->channel);
	if (hw->type == MYDEV_EV_HEALTH)
		json_set_str(v, "health", word_health(hw->code));
	else if (hw->type == MYDEV_EV_FIRMWARE)
		json_set_str(v, "state", word_slot(hw->code));
	else if (hw->type == MYDEV_EV_SELFTEST)
		json_set_str(v, "result", word_selftest(hw->code));
	else
		json_set_int(v, "code", hw->code);
	json_set_int(v, "value", (int32_t)le32toh(hw->value));
	json_set_u64(v, "uptime_ms", le64toh(hw->time_ms));
	return v;
}

static void tell_hw(struct daemon *d, struct occurrence *o, const struct mdnl_event *ev)
{
	_free_cleanup_ char *words = translate_hw_event(&ev->hw);

	/* The beginning of a self-test is no result. */
	if (ev->hw.type == MYDEV_EV_SELFTEST && ev->hw.code == MYDEV_SELFTEST_RUNNING)
		return;
	o->type = word_hw_event(ev->hw.type);
	o->severity = word_severity(ev->hw.severity);
	events_tell(d->events, o, hw_data(&ev->hw), "%s", words);
}

/* ---- flashes ---- */

static void tell_flash(struct daemon *d, struct occurrence *o, const struct mdnl_event *ev)
{
	char before[VERSION_TEXT_LEN], wanted[VERSION_TEXT_LEN], after[VERSION_TEXT_LEN];
	const struct mdnl_flash *f = &ev->flash;
	_free_cleanup_ char *why = flash_failure(f);
	json *data = flash_json(f, ev->time);

	version_text(&f->before, before);
	version_text(&f->wanted, wanted);
	version_text(&f->after, after);
	o->type = "flash.ended";
	o->severity = !why ? "info" : f->error == ECANCELED ? "warning" : "error";
	if (why && f->error == ECANCELED)
		events_tell(d->events, o, data, "firmware update was cancelled while %s",
			    word_stage(f->failed_stage));
	else if (why)
		events_tell(d->events, o, data, "firmware update failed while %s: %s",
			    word_stage(f->failed_stage), why);
	else if (MDNL_HAVE(f, MYDEV_A_FLASH_PENDING))
		events_tell(d->events, o, data, "firmware %s is stored and waits for activation",
			    wanted);
	else
		events_tell(d->events, o, data, "firmware %s runs (before: %s)", after, before);
}

void translate_flash_started(struct daemon *d, const struct adapter *a)
{
	const struct mdnl_flash *f = &a->info.flash;
	_free_cleanup_ char *name = flash_image_name(f);
	struct occurrence o = {
		.type = "flash.started", .severity = "info", .adapter = a->info.name,
		.serial = a->info.serial, .time_ms = to_realtime(f->started),
	};
	json *data = flash_json(f, boottime_ms());

	if (name)
		events_tell(d->events, &o, data, "firmware update with %s began", name);
	else
		events_tell(d->events, &o, data, "activation of the pending firmware began");
}

/* ---- all of them ---- */

static void tell_state(struct daemon *d, struct occurrence *o, uint8_t state)
{
	json *data = json_object();

	json_set_str(data, "state", word_state(state));
	o->type = "adapter.state";
	o->severity = state == MYDEV_STATE_UNRESPONSIVE ? "error" : "info";
	events_tell(d->events, o, data, "is %s", word_state(state));
}

static void tell_timeout(struct daemon *d, struct occurrence *o, uint8_t opcode)
{
	json *data = json_object();

	json_set_str(data, "command", word_opcode(opcode));
	o->type = "command.timeout";
	o->severity = "warning";
	events_tell(d->events, o, data, "did not answer the command %s in time",
		    word_opcode(opcode));
}

void translate_event(struct daemon *d, const struct mdnl_event *ev)
{
	char name[MYDEV_NAME_MAX];
	struct occurrence o = {
		.severity = "info", .adapter = name, .serial = ev->serial,
		.time_ms = to_realtime(ev->time),
	};

	snprintf(name, sizeof(name), MYDEV_CLASS_NAME "%u", ev->index);
	switch (ev->type) {
	case MYDEV_EVENT_ADDED:
		o.type = "adapter.added";
		events_tell(d->events, &o, NULL, "appeared");
		break;
	case MYDEV_EVENT_REMOVED:
		o.type = "adapter.removed";
		events_tell(d->events, &o, NULL, "was removed");
		break;
	case MYDEV_EVENT_STATE:
		tell_state(d, &o, ev->new_state);
		break;
	case MYDEV_EVENT_ADAPTER:
		tell_hw(d, &o, ev);
		break;
	case MYDEV_EVENT_FLASH:
		tell_flash(d, &o, ev);
		break;
	case MYDEV_EVENT_COMMAND_TIMEOUT:
		tell_timeout(d, &o, ev->opcode);
		break;
	}
}
