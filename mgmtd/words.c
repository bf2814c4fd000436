// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/words.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <uapi/linux/mydev.h>

#include "lib/alloc.h"
#include "lib/util.h"

#define WORD(table, i) word(table, ARRAY_SIZE(table), i)

static const char *word(const char *const *table, size_t n, unsigned int i)
{
	return i < n && table[i] ? table[i] : "unknown";
}

const char *word_state(uint8_t state)
{
	static const char *const words[] = {
		[MYDEV_STATE_STARTING] = "starting",
		[MYDEV_STATE_READY] = "ready",
		[MYDEV_STATE_RESETTING] = "resetting",
		[MYDEV_STATE_UNRESPONSIVE] = "unresponsive",
		[MYDEV_STATE_GONE] = "gone",
	};

	return WORD(words, state);
}

const char *word_transport(uint8_t transport)
{
	static const char *const words[] = {
		[MYDEV_TRANSPORT_SIM] = "sim",
		[MYDEV_TRANSPORT_PCI] = "pci",
		[MYDEV_TRANSPORT_XEN] = "xen",
	};

	return WORD(words, transport);
}

const char *word_stage(uint8_t stage)
{
	static const char *const words[] = {
		[MYDEV_FLASH_RECEIVING] = "receiving",
		[MYDEV_FLASH_PREPARING] = "preparing",
		[MYDEV_FLASH_TRANSFERRING] = "transferring",
		[MYDEV_FLASH_VERIFYING] = "verifying",
		[MYDEV_FLASH_STAGING] = "staging",
		[MYDEV_FLASH_ACTIVATING] = "activating",
		[MYDEV_FLASH_CONFIRMING] = "confirming",
		[MYDEV_FLASH_DONE] = "done",
		[MYDEV_FLASH_WAITING] = "waiting",
	};

	return WORD(words, stage);
}

const char *word_health(uint8_t health)
{
	static const char *const words[] = {
		[MYDEV_HEALTH_OK] = "ok",
		[MYDEV_HEALTH_STARTUP] = "starting",
		[MYDEV_HEALTH_RCT] = "repetition",
		[MYDEV_HEALTH_APT] = "proportion",
		[MYDEV_HEALTH_CABLE] = "unplugged",
		[MYDEV_HEALTH_DISABLED] = "disabled",
	};

	return WORD(words, health);
}

const char *word_slot(uint8_t state)
{
	static const char *const words[] = {
		[MYDEV_SLOT_EMPTY] = "empty",
		[MYDEV_SLOT_WRITING] = "writing",
		[MYDEV_SLOT_PENDING] = "pending",
		[MYDEV_SLOT_TRIAL] = "trial",
		[MYDEV_SLOT_CONFIRMED] = "confirmed",
		[MYDEV_SLOT_REVERTED] = "reverted",
	};

	return WORD(words, state);
}

const char *word_selftest(uint8_t result)
{
	static const char *const words[] = {
		[MYDEV_SELFTEST_NONE] = "none",
		[MYDEV_SELFTEST_RUNNING] = "running",
		[MYDEV_SELFTEST_PASSED] = "passed",
		[MYDEV_SELFTEST_FAILED] = "failed",
	};

	return WORD(words, result);
}

/* An adapter that sends another one means something that this version cannot judge. */
const char *word_severity(uint8_t severity)
{
	static const char *const words[] = {
		[MYDEV_SEV_INFO] = "info",
		[MYDEV_SEV_WARNING] = "warning",
		[MYDEV_SEV_ERROR] = "error",
	};

	return severity < ARRAY_SIZE(words) ? words[severity] : "warning";
}

const char *word_opcode(uint8_t opcode)
{
	static const char *const words[] = {
		[MYDEV_OP_IDENTIFY] = "identify",
		[MYDEV_OP_STATUS] = "status",
		[MYDEV_OP_HELLO] = "hello",
		[MYDEV_OP_FW_INFO] = "firmware info",
		[MYDEV_OP_FW_BEGIN] = "firmware begin",
		[MYDEV_OP_FW_ERASE] = "firmware erase",
		[MYDEV_OP_FW_WRITE] = "firmware write",
		[MYDEV_OP_FW_VERIFY] = "firmware verify",
		[MYDEV_OP_FW_COMMIT] = "firmware commit",
		[MYDEV_OP_FW_ABORT] = "firmware abort",
		[MYDEV_OP_FW_ACTIVATE] = "firmware activate",
		[MYDEV_OP_FW_ROLLBACK] = "firmware rollback",
		[MYDEV_OP_FW_UNPEND] = "firmware unpend",
		[MYDEV_OP_CONFIG_DESCRIBE] = "config describe",
		[MYDEV_OP_CONFIG_GET] = "config get",
		[MYDEV_OP_CONFIG_SET] = "config set",
		[MYDEV_OP_CONFIG_RESET] = "config reset",
		[MYDEV_OP_LOG_READ] = "log read",
		[MYDEV_OP_LOCATE] = "locate",
		[MYDEV_OP_RESET] = "reset",
		[MYDEV_OP_SELFTEST] = "self-test",
		[MYDEV_OP_ENTROPY] = "entropy",
	};

	return WORD(words, opcode);
}

const char *word_revert(uint8_t reason)
{
	static const char *const words[] = {
		[MYDEV_REVERT_BOOT] = "boot",
		[MYDEV_REVERT_SELFTEST] = "selftest",
		[MYDEV_REVERT_HELLO] = "handshake",
		[MYDEV_REVERT_RESET] = "restart",
	};

	return WORD(words, reason);
}

const char *word_hw_event(uint8_t type)
{
	static const char *const words[] = {
		[MYDEV_EV_BOOT] = "adapter.boot",
		[MYDEV_EV_CABLE] = "channel.cable",
		[MYDEV_EV_HEALTH] = "channel.health",
		[MYDEV_EV_TEMPERATURE] = "sensor.temperature",
		[MYDEV_EV_VOLTAGE] = "sensor.voltage",
		[MYDEV_EV_CONFIG] = "config.changed",
		[MYDEV_EV_FIRMWARE] = "firmware.slot",
		[MYDEV_EV_SELFTEST] = "selftest.ended",
		[MYDEV_EV_LOCATE] = "locate",
		[MYDEV_EV_MEDIA] = "media.error",
	};

	return WORD(words, type);
}

const char *revert_cause(uint8_t reason)
{
	static const char *const words[] = {
		[MYDEV_REVERT_NONE] = "no reason given",
		[MYDEV_REVERT_BOOT] = "the image did not start",
		[MYDEV_REVERT_SELFTEST] = "its self-test failed",
		[MYDEV_REVERT_HELLO] = "no driver spoke to it in time",
		[MYDEV_REVERT_RESET] = "it restarted while on trial",
	};

	return reason < ARRAY_SIZE(words) ? words[reason] : "for a reason unknown to this mydevd";
}

const char *word_model(uint16_t model)
{
	switch (model) {
	case MYDEV_MODEL_MD2000:
		return "MD-2000";
	case MYDEV_MODEL_MD4000:
		return "MD-4000";
	}
	return NULL;
}

/* ---- bits ---- */

static json *bit_words(uint32_t bits, const char *const *table, size_t n)
{
	json *list = json_array();
	char buf[8];

	for (unsigned int i = 0; i < 32; i++) {
		if (!(bits & (1U << i)))
			continue;
		snprintf(buf, sizeof(buf), "bit%u", i);
		json_append(list, json_string(i < n ? table[i] : buf));
	}
	return list;
}

json *words_features(uint32_t bits)
{
	static const char *const words[] = { "conditioning", "temp-hysteresis" };

	return bit_words(bits, words, ARRAY_SIZE(words));
}

static const char *const classes[] = { "view", "entropy", "log", "locate", "selftest", "config",
				       "reset", "firmware" };

json *words_classes(uint32_t bits)
{
	/* Nearly all adapters allow the same. */
	static uint32_t last_bits;
	static json *last;

	if (!last || bits != last_bits) {
		json_unref(last);
		last = bit_words(bits, classes, ARRAY_SIZE(classes));
		last_bits = bits;
	}
	return json_ref(last);
}

uint32_t word_class(const char *word)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(word, classes[i]))
			return 1U << i;
	return 0;
}

char *classes_text(uint32_t bits)
{
	char *text = xstrdup(""), *longer;

	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		if (!(bits & (1U << i)))
			continue;
		longer = xasprintf("%s%s%s", text, *text ? "," : "", classes[i]);
		free(text);
		text = longer;
	}
	return text;
}

/* ---- versions ---- */

const char *version_text(const struct mydev_fwimg_version *v, char *buf)
{
	int n = snprintf(buf, VERSION_TEXT_LEN, "%u.%u.%u", v->major, v->minor,
			 le16toh(v->revision));

	if (v->build)
		snprintf(buf + n, VERSION_TEXT_LEN - n, "+%u", le32toh(v->build));
	return buf;
}

json *version_json(const struct mydev_fwimg_version *v)
{
	char buf[VERSION_TEXT_LEN];

	return json_string(version_text(v, buf));
}
