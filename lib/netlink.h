/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's netlink family "mydev" as C sees it: uapi/linux/mydev.h says what the
 * requests do and what their values mean. netlink.c is the only file that includes libnl.
 *
 * Functions return 0 or a negative errno; a refusal of the kernel comes with its own words.
 * What the kernel sends is checked here: strings are NUL-terminated printable ASCII,
 * `have` tells which attributes came, the others are 0. A connection belongs to one thread.
 */
#ifndef LIB_NETLINK_H
#define LIB_NETLINK_H

#include <uapi/linux/mydev.h>
#include <mydev/hw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MDNL_HAVE(object, attr) (!!((object)->have & (1ULL << (attr))))

/* Why a request failed. */
struct mdnl_error {
	int code;		/* positive errno */
	bool from_kernel;	/* the kernel refused, `text` is its own if it gave one */
	char text[160];
};

struct mdnl_version {
	uint64_t have;		/* enum mydev_attr */
	uint32_t level;
	char module[32];
	uint64_t epoch;
	uint64_t event_seq;
};

struct mdnl_flash {
	uint64_t have;		/* enum mydev_flash_attr */
	uint32_t cookie;
	uint8_t stage;
	uint8_t failed_stage;
	uint32_t bytes;
	uint32_t total;
	uint32_t error;		/* positive errno */
	char message[128];
	char image[128];
	struct mydev_fwimg_version before;
	struct mydev_fwimg_version after;
	struct mydev_fwimg_version wanted;
	uint64_t started;	/* ms, CLOCK_BOOTTIME */
	uint64_t ended;
};

struct mdnl_adapter {
	uint64_t have;		/* enum mydev_adapter_attr */
	uint32_t index;
	char name[MYDEV_NAME_MAX];
	uint8_t state;
	uint8_t transport;
	char address[64];
	uint16_t model;
	char serial[MYDEV_HW_SERIAL_LEN + 1];
	uint16_t board_rev;
	uint32_t caps;
	uint32_t features;
	uint32_t allowed;
	uint32_t slot_size;
	struct mydev_hw_status status;	/* little-endian, as all of hw.h */
	uint64_t status_age;	/* ms, when the kernel answered */
	struct mydev_hw_fw_info fw;
	uint32_t config_gen;
	uint32_t resets;
	struct mdnl_flash flash;
};

struct mdnl_config {
	uint64_t have;		/* enum mydev_config_attr */
	uint16_t id;
	uint8_t type;		/* enum mydev_hw_config_type */
	char name[25];
	uint32_t min;
	uint32_t max;
	char unit[9];
	char choices[49];
	uint32_t num;
	char str[MYDEV_CONFIG_VALUE_LEN + 1];
	uint32_t def_num;
	char def_str[MYDEV_CONFIG_VALUE_LEN + 1];
};

/* The keys of one adapter. */
struct mdnl_configs {
	uint32_t gen;
	size_t n;
	struct mdnl_config *keys;	/* to be freed with free() */
};

#define MDNL_CONFIGS_MAX 256	/* keys of an adapter: more are not taken */

/* What CONFIG_SET shall set. */
struct mdnl_value {
	uint16_t id;
	bool is_string;
	uint32_t num;
	char str[MYDEV_CONFIG_VALUE_LEN + 1];
};

struct mdnl_event {
	uint64_t have;		/* enum mydev_event_attr */
	uint64_t number;
	uint64_t time;		/* ms, CLOCK_BOOTTIME */
	uint8_t type;		/* enum mydev_event_type */
	uint32_t index;
	char serial[MYDEV_HW_SERIAL_LEN + 1];
	uint8_t new_state;
	struct mydev_hw_event hw;
	struct mdnl_flash flash;
	uint8_t opcode;
};

struct mdnl;

/* -ENOENT: no such family, mydev.ko is not loaded. */
int mdnl_open(struct mdnl **n, struct mdnl_error *err);
void mdnl_close(struct mdnl *n);	/* NULL is fine */
static inline void mdnl_closep(struct mdnl **n)
{
	mdnl_close(*n);
}

int mdnl_version(struct mdnl *n, struct mdnl_version *v, struct mdnl_error *err);

/* -ENODEV: no adapter of that index. */
int mdnl_adapter(struct mdnl *n, uint32_t index, struct mdnl_adapter *a, struct mdnl_error *err);
/* Calls fn for each adapter. -EINTR: they changed meanwhile, begin anew. */
int mdnl_adapters(struct mdnl *n, void (*fn)(const struct mdnl_adapter *a, void *arg), void *arg,
		  struct mdnl_error *err);

/* Replaces what *c held. */
int mdnl_config(struct mdnl *n, uint32_t index, struct mdnl_configs *c, struct mdnl_error *err);
int mdnl_config_set(struct mdnl *n, uint32_t index, const struct mdnl_value *v, size_t n_values,
		    struct mdnl_error *err);
/* No ids: all keys. */
int mdnl_config_reset(struct mdnl *n, uint32_t index, const uint16_t *ids, size_t n_ids,
		      struct mdnl_error *err);

int mdnl_flash_start(struct mdnl *n, uint32_t index, const char *file, bool activate,
		     struct mdnl_error *err);
int mdnl_locate(struct mdnl *n, uint32_t index, uint32_t seconds, struct mdnl_error *err);
/* Commands that take an adapter alone: RESET, SELFTEST, FLASH_CANCEL, FW_*. */
int mdnl_command(struct mdnl *n, uint32_t index, enum mydev_cmd cmd, struct mdnl_error *err);

/* Entries after `since`, at most `max` into `entries`; *n_entries 0: the end. */
int mdnl_log(struct mdnl *n, uint32_t index, uint32_t since, struct mydev_hw_log_entry *entries,
	     size_t max, size_t *n_entries, struct mdnl_error *err);

/* Events after `since`; *lost: wanted ones that the kernel no longer keeps. */
int mdnl_events(struct mdnl *n, uint64_t since, void (*fn)(const struct mdnl_event *ev, void *arg),
		void *arg, uint64_t *lost, struct mdnl_error *err);

/* The numbers behind the names, as they are while this mydev.ko is loaded. */
struct mdnl_groups {
	uint16_t family;
	uint32_t events;
	uint32_t flash;
};
int mdnl_groups(struct mdnl *n, struct mdnl_groups *g, struct mdnl_error *err);

#endif
