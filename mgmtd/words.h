/* SPDX-License-Identifier: GPL-2.0 */
/* The words of the RPC document for the numbers of the kernel and the adapter. */
#ifndef MGMTD_WORDS_H
#define MGMTD_WORDS_H

#include <mydev/hw.h>
#include <stdint.h>

#include "lib/json.h"

/* A number without a word gives "unknown". */
const char *word_state(uint8_t state);			/* enum mydev_adapter_state */
const char *word_transport(uint8_t transport);
const char *word_stage(uint8_t stage);			/* enum mydev_flash_stage */
const char *word_health(uint8_t health);		/* enum mydev_hw_health */
const char *word_slot(uint8_t state);			/* enum mydev_hw_slot_state */
const char *word_selftest(uint8_t result);
const char *word_severity(uint8_t severity);
const char *word_opcode(uint8_t opcode);
const char *word_revert(uint8_t reason);
/* Of an adapter's event, in the daemon's names: "channel.cable". */
const char *word_hw_event(uint8_t type);
/* Why a trial ended, as a sentence's end: "the image did not start". */
const char *revert_cause(uint8_t reason);
/* NULL: a model that this version does not know. */
const char *word_model(uint16_t model);

/* Arrays of words for the bits that are set; unknown bits as "bitN". Not to be changed: shared. */
json *words_features(uint32_t bits);
json *words_classes(uint32_t bits);
/* The bit of a class; 0: there is none of that word. */
uint32_t word_class(const char *word);
/* "view,entropy"; to be freed. */
char *classes_text(uint32_t bits);

#define VERSION_TEXT_LEN 32
/* "1.2.3" or "1.2.3+4"; into buf of VERSION_TEXT_LEN bytes, which it returns. */
const char *version_text(const struct mydev_fwimg_version *v, char *buf);
json *version_json(const struct mydev_fwimg_version *v);

#endif
