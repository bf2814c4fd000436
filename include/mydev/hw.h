/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The adapter's command set, as every transport carries it.
 *
 * A command is a struct mydev_hw_cmd with up to MYDEV_HW_DATA_MAX bytes of data to the
 * adapter (of firmware up to MYDEV_HW_BULK_MAX); its completion is a struct mydev_hw_cpl with
 * up to MYDEV_HW_DATA_MAX bytes of data from it. Events travel by themselves. All fields are
 * little-endian; all reserved fields are sent as 0 and not looked at by the receiver, so that
 * they can get a meaning later.
 *
 * An adapter answers a command that it does not know with MYDEV_ST_OPCODE, one with wrong
 * lengths or arguments with MYDEV_ST_INVALID, and changes nothing then. A reply may be
 * longer than the host knows (newer firmware): the host takes the part that it knows. Of a
 * list it takes one element at least, or the command is INVALID.
 *
 * Commands take effect in the order in which they were given to the adapter: each finds what
 * those before it have done, so several may be under way of which one needs the other.
 *
 * Times: an adapter must complete a command within MYDEV_HW_DEADLINE_MS, an erase within
 * MYDEV_HW_DEADLINE_ERASE_MS, and be ready again MYDEV_HW_BOOT_MS after a reset. A command
 * behind an erase or a write of firmware has that one's time in addition.
 */
#ifndef MYDEV_HW_H
#define MYDEV_HW_H

#include <linux/types.h>
#include <mydev/fwimg.h>

#define MYDEV_HW_MAGIC			0x5644594dU	/* "MYDV" */
#define MYDEV_HW_VERSION		0x0100		/* of this interface: major << 8 | minor */
#define MYDEV_HW_VERSION_MAJOR(v)	((v) >> 8)	/* another major is not spoken to */

#define MYDEV_HW_DATA_MAX		4096	/* bytes, each way */
#define MYDEV_HW_BULK_MAX		65536	/* bytes of a FW_WRITE, where the transport can */
#define MYDEV_HW_CHANNELS_MAX		8
#define MYDEV_HW_SLOTS			2
#define MYDEV_HW_SERIAL_LEN		16	/* NUL-padded; letters, digits and '-' */
#define MYDEV_HW_NONE			0xff	/* no slot, no channel */

#define MYDEV_HW_DEADLINE_MS		1000
#define MYDEV_HW_DEADLINE_ERASE_MS	3000
#define MYDEV_HW_BOOT_MS		5000
/* A trial image whose driver has not said HELLO by then is reverted. */
#define MYDEV_HW_TRIAL_MS		10000

/* Models, as in the image's model TLV. */
#define MYDEV_MODEL_MD2000		0x0020	/* 2 channels */
#define MYDEV_MODEL_MD4000		0x0040	/* 4 channels */

/*
 * Command classes: what a viewer of the adapter may be allowed or denied. The owner of
 * the adapter (dom0) has all of them; a guest those that dom0's policy grants.
 */
#define MYDEV_CLASS_VIEW		(1U << 0)	/* identity, status, firmware and config read */
#define MYDEV_CLASS_ENTROPY		(1U << 1)
#define MYDEV_CLASS_LOG			(1U << 2)
#define MYDEV_CLASS_LOCATE		(1U << 3)
#define MYDEV_CLASS_SELFTEST		(1U << 4)
#define MYDEV_CLASS_CONFIG		(1U << 5)	/* config set and reset */
#define MYDEV_CLASS_RESET		(1U << 6)
#define MYDEV_CLASS_FIRMWARE		(1U << 7)	/* whatever changes firmware */
#define MYDEV_CLASS_ALL			0xffU

/*
 * Opcodes. "in" is data to the adapter, "out" data from it, a0..a2 are mydev_hw_cmd.arg.
 */
enum mydev_hw_opcode {
	/* VIEW.     out: mydev_hw_identity */
	MYDEV_OP_IDENTIFY	= 0x01,
	/* VIEW.     out: mydev_hw_status */
	MYDEV_OP_STATUS		= 0x02,
	/* VIEW.     a0: MYDEV_HW_VERSION of the driver. The driver's handshake: it speaks to
	 *           this firmware. With a passed self-test it confirms an image on trial. */
	MYDEV_OP_HELLO		= 0x03,

	/* VIEW.     out: mydev_hw_fw_info */
	MYDEV_OP_FW_INFO	= 0x10,
	/* FIRMWARE. a0: image bytes. Opens an update of the inactive slot, which takes its
	 *           pending mark away first. BUSY while another one is open; STATE while an
	 *           image is on trial, since a revert needs the other slot. */
	MYDEV_OP_FW_BEGIN	= 0x11,
	/* FIRMWARE. a0: offset in the slot, a whole sector. Erases that sector: the next one,
	 *           or one before it, from which the writing then starts again. */
	MYDEV_OP_FW_ERASE	= 0x12,
	/* FIRMWARE. a0: offset in the slot, a whole page; in: bytes (whole pages but for the
	 *           image's last), at most MYDEV_HW_BULK_MAX. In ascending order, into erased
	 *           sectors. */
	MYDEV_OP_FW_WRITE	= 0x13,
	/* FIRMWARE. Reads back and checks another part of the slot, at most 64 KiB; the
	 *           result is the number of bytes checked so far, done when it is the image's
	 *           size. At its end digest, signature, model, counter and manifest are judged. */
	MYDEV_OP_FW_VERIFY	= 0x14,
	/* FIRMWARE. Marks the verified slot pending, the last and atomic step, and closes
	 *           the update. Before it nothing that boots has changed. */
	MYDEV_OP_FW_COMMIT	= 0x15,
	/* FIRMWARE. Closes an open update; the slot stays unbootable. OK when none is open. */
	MYDEV_OP_FW_ABORT	= 0x16,
	/* FIRMWARE. Restarts the controller into the pending slot, on trial. The completion
	 *           is sent first; then as after RESET. STATE when nothing is pending. */
	MYDEV_OP_FW_ACTIVATE	= 0x17,
	/* FIRMWARE. Marks the other slot pending, when it holds a valid image that was confirmed
	 *           once (STATE otherwise; also during a trial) and whose counter is not below
	 *           the adapter's (COUNTER otherwise). */
	MYDEV_OP_FW_ROLLBACK	= 0x18,
	/* FIRMWARE. Takes the pending mark away: the running image stays. The slot is CONFIRMED
	 *           again if it was, else as after an update that was broken off. */
	MYDEV_OP_FW_UNPEND	= 0x19,

	/* VIEW.     a0: first index. out: mydev_hw_config_desc[], as many as fit; none at the end.
	 *           The keys that the running firmware has, in ascending order of ids. */
	MYDEV_OP_CONFIG_DESCRIBE = 0x20,
	/* VIEW.     a0: first index. out: mydev_hw_config_value[], in the same order. */
	MYDEV_OP_CONFIG_GET	= 0x21,
	/* CONFIG.   in: mydev_hw_config_value[], a key once. All of them or none; survives power
	 *           loss once completed. KEY, RANGE or CONFLICT: the result is the index of the
	 *           culprit. */
	MYDEV_OP_CONFIG_SET	= 0x22,
	/* CONFIG.   in: __le16 ids[]; none: all keys. Back to the defaults. */
	MYDEV_OP_CONFIG_RESET	= 0x23,

	/* LOG.      a0: first sequence number. out: mydev_hw_log_entry[], ascending. */
	MYDEV_OP_LOG_READ	= 0x30,

	/* LOCATE.   a0: seconds that the LED blinks; 0 turns it off; at most 86400. */
	MYDEV_OP_LOCATE		= 0x40,
	/* RESET.    Restarts the controller. The completion is sent first. Nothing that is
	 *           stored changes, an open update is closed; the adapter then is silent for up
	 *           to MYDEV_HW_BOOT_MS and tells its return by MYDEV_EV_BOOT. */
	MYDEV_OP_RESET		= 0x41,
	/* SELFTEST. Starts the self-test; MYDEV_EV_SELFTEST and the status tell the result. */
	MYDEV_OP_SELFTEST	= 0x42,

	/* ENTROPY.  a0: bytes wanted, at most MYDEV_HW_DATA_MAX. out: that many or fewer. Every
	 *           byte is given once, ever. AGAIN: none now; HEALTH: no healthy channel. */
	MYDEV_OP_ENTROPY	= 0x50,
};

/* Status of a completion. */
enum mydev_hw_st {
	MYDEV_ST_OK		= 0,
	MYDEV_ST_OPCODE		= 1,	/* command not known to this firmware */
	MYDEV_ST_INVALID	= 2,	/* argument, length or alignment */
	MYDEV_ST_DENIED		= 3,	/* class not allowed to this viewer */
	MYDEV_ST_BUSY		= 4,	/* something of the kind is running */
	MYDEV_ST_STATE		= 5,	/* not now: out of order, or nothing there to act on */
	MYDEV_ST_KEY		= 6,	/* no such configuration key */
	MYDEV_ST_RANGE		= 7,	/* value out of range or of the wrong type */
	MYDEV_ST_CONFLICT	= 8,	/* values that contradict each other */
	MYDEV_ST_MEDIA		= 9,	/* flash: a read, erase or program failed */
	MYDEV_ST_VERIFY		= 10,	/* what was read back is not what was written */
	MYDEV_ST_IMAGE		= 11,	/* not an image, or a damaged one */
	MYDEV_ST_MODEL		= 12,	/* an image of another model or board */
	MYDEV_ST_SIGNATURE	= 13,
	MYDEV_ST_COUNTER	= 14,	/* security counter below the adapter's */
	MYDEV_ST_SIZE		= 15,	/* image larger than the slot */
	MYDEV_ST_AGAIN		= 16,	/* no entropy ready; ask again */
	MYDEV_ST_HEALTH		= 17,	/* no healthy noise channel */
	MYDEV_ST_INTERNAL	= 18,
};

struct mydev_hw_cmd {
	__u8 opcode;		/* 0: enum mydev_hw_opcode */
	__u8 reserved;		/* 1 */
	__le16 id;		/* 2: the host's tag, returned in the completion */
	__le32 arg[3];		/* 4 */
	__le32 in_len;		/* 16: bytes of data to the adapter */
	__le32 out_max;		/* 20: bytes of data that the host takes */
	__le64 reserved1;	/* 24 */
};				/* 32 */

struct mydev_hw_cpl {
	__le16 id;		/* 0: of the command */
	__le16 status;		/* 2: enum mydev_hw_st */
	__le32 result;		/* 4: by opcode */
	__le32 out_len;		/* 8: bytes of data from the adapter */
	__le32 reserved;	/* 12 */
};				/* 16 */

/* Capabilities of the hardware. */
#define MYDEV_CAP_VERIFIES_SIGNATURE	(1U << 0)	/* otherwise the host must have */

/* Features of the running firmware (mydev_fw_manifest.features). */
#define MYDEV_FEATURE_CONDITIONING	(1U << 0)	/* SHA-256 conditioning of the output */
#define MYDEV_FEATURE_TEMP_HYSTERESIS	(1U << 1)	/* sensor.hysteresis */

struct mydev_hw_identity {
	__le32 magic;		/* 0: MYDEV_HW_MAGIC */
	__le16 version;		/* 4: MYDEV_HW_VERSION of the firmware */
	__le16 model;		/* 6: MYDEV_MODEL_* */
	char serial[MYDEV_HW_SERIAL_LEN]; /* 8 */
	__le16 board_rev;	/* 24 */
	__u8 channels;		/* 26: 1..MYDEV_HW_CHANNELS_MAX */
	__u8 reserved;		/* 27 */
	__le32 caps;		/* 28: MYDEV_CAP_* */
	__le32 features;	/* 32: MYDEV_FEATURE_* */
	__le32 allowed;		/* 36: MYDEV_CLASS_* */
	__le32 slot_size;	/* 40: bytes, whole sectors */
	__le32 sector_size;	/* 44: bytes, whole pages */
	__le32 page_size;	/* 48: bytes; MYDEV_HW_DATA_MAX is whole pages */
	__le16 config_keys;	/* 52: how many */
	__le16 reserved1;	/* 54 */
	struct mydev_fwimg_version running; /* 56 */
};				/* 64 */

/* A channel's health: the verdict of its tests (NIST SP 800-90B, 4.3 and 4.4). */
enum mydev_hw_health {
	MYDEV_HEALTH_OK		= 0,
	MYDEV_HEALTH_STARTUP	= 1,	/* start-up test not yet passed */
	MYDEV_HEALTH_RCT	= 2,	/* repetition count test failed */
	MYDEV_HEALTH_APT	= 3,	/* adaptive proportion test failed */
	MYDEV_HEALTH_CABLE	= 4,	/* noise source not connected */
	MYDEV_HEALTH_DISABLED	= 5,	/* by configuration */
};

struct mydev_hw_channel {
	__u8 health;		/* 0: enum mydev_hw_health */
	__u8 cable;		/* 1: 1 when a noise source is connected */
	__le16 reserved;	/* 2 */
	__le32 failures;	/* 4: health tests failed since boot */
	__le64 bytes;		/* 8: delivered since boot */
};				/* 16 */

/* Alarms that stand now. */
#define MYDEV_ALARM_TEMP_WARN		(1U << 0)
#define MYDEV_ALARM_TEMP_CRITICAL	(1U << 1)	/* no entropy is delivered */
#define MYDEV_ALARM_VOLTAGE		(1U << 2)	/* beyond 5 % of 3300 mV */
#define MYDEV_ALARM_CHANNEL		(1U << 3)	/* an enabled channel is not healthy */
#define MYDEV_ALARM_NVRAM		(1U << 4)	/* configuration was lost; defaults run */
#define MYDEV_ALARM_REVERTED		(1U << 5)	/* the last trial ended in a revert */

enum mydev_hw_selftest {
	MYDEV_SELFTEST_NONE	= 0,
	MYDEV_SELFTEST_RUNNING	= 1,
	MYDEV_SELFTEST_PASSED	= 2,
	MYDEV_SELFTEST_FAILED	= 3,
};

/* What a failed self-test found. */
#define MYDEV_SELFTEST_FLASH		(1U << 0)	/* running image does not match its digest */
#define MYDEV_SELFTEST_NVRAM		(1U << 1)
#define MYDEV_SELFTEST_SENSOR		(1U << 2)	/* a reading that cannot be */
#define MYDEV_SELFTEST_CHANNEL		(1U << 3)	/* an enabled channel's start-up test */

struct mydev_hw_status {
	__le32 alarms;		/* 0: MYDEV_ALARM_* */
	__le32 temperature;	/* 4: signed, 1/1000 degree Celsius */
	__le32 voltage;		/* 8: mV */
	__le32 locate_left;	/* 12: seconds that the LED still blinks */
	__le64 uptime_ms;	/* 16: since boot */
	__le32 boots;		/* 24: since manufacture */
	__le32 config_gen;	/* 28: changes whenever a configuration value does */
	__u8 selftest;		/* 32: enum mydev_hw_selftest */
	__u8 channels;		/* 33: entries of channel[] that are used */
	__le16 selftest_failed;	/* 34: MYDEV_SELFTEST_* bits */
	__le32 reserved;	/* 36 */
	struct mydev_hw_channel channel[MYDEV_HW_CHANNELS_MAX]; /* 40 */
};				/* 168 */

/*
 * A slot's life:  EMPTY -> (begin) WRITING -> (commit) PENDING -> (activate) TRIAL
 *   TRIAL -> (self-test and HELLO) CONFIRMED;  TRIAL -> (no) REVERTED
 *   CONFIRMED stays CONFIRMED when the other slot takes over: it is what a rollback boots.
 */
enum mydev_hw_slot_state {
	MYDEV_SLOT_EMPTY	= 0,	/* nothing bootable; also: found damaged at power-on */
	MYDEV_SLOT_WRITING	= 1,	/* an update is open, or was broken off */
	MYDEV_SLOT_PENDING	= 2,	/* boots next, on trial */
	MYDEV_SLOT_TRIAL	= 3,	/* runs, not confirmed yet */
	MYDEV_SLOT_CONFIRMED	= 4,
	MYDEV_SLOT_REVERTED	= 5,	/* failed its trial; will not boot */
};

struct mydev_hw_slot {
	__u8 state;		/* 0: enum mydev_hw_slot_state */
	__u8 reserved[3];	/* 1 */
	__le32 size;		/* 4: bytes of the image; 0: none */
	struct mydev_fwimg_version version; /* 8 */
	__le32 counter;		/* 16: the image's security counter */
	__le32 reserved1;	/* 20 */
	__u8 digest[MYDEV_FWIMG_DIGEST_SIZE]; /* 24 */
};				/* 56 */

struct mydev_hw_fw_info {
	__u8 running;		/* 0: slot, 0 or 1 */
	__u8 pending;		/* 1: slot, or MYDEV_HW_NONE */
	__u8 revert_reason;	/* 2: enum mydev_hw_revert of the last trial */
	__u8 updating;		/* 3: 1 while an update is open */
	__le32 counter;		/* 4: the adapter's security counter */
	struct mydev_hw_slot slot[MYDEV_HW_SLOTS]; /* 8 */
};				/* 120 */

enum mydev_hw_revert {
	MYDEV_REVERT_NONE	= 0,
	MYDEV_REVERT_BOOT	= 1,	/* the image did not start */
	MYDEV_REVERT_SELFTEST	= 2,	/* its self-test failed */
	MYDEV_REVERT_HELLO	= 3,	/* no handshake of a driver in time */
	MYDEV_REVERT_RESET	= 4,	/* restarted while on trial */
};

/*
 * Configuration. The firmware describes its own keys, so host software takes names, types,
 * ranges and defaults from the adapter and needs no change for a new key.
 */
enum mydev_hw_config_type {
	MYDEV_CONFIG_BOOL	= 1,	/* __le32, 0 or 1 */
	MYDEV_CONFIG_UINT	= 2,	/* __le32, min..max */
	MYDEV_CONFIG_ENUM	= 3,	/* __le32, index into choices */
	MYDEV_CONFIG_STRING	= 4,	/* NUL-padded, printable ASCII, min..max bytes */
};

#define MYDEV_CONFIG_VALUE_LEN	32	/* a string has at most one less */

union mydev_hw_config_data {
	__le32 num;
	char str[MYDEV_CONFIG_VALUE_LEN];
};				/* 32; bytes behind num are 0 */

struct mydev_hw_config_value {
	__le16 key;		/* 0 */
	__u8 type;		/* 2: enum mydev_hw_config_type */
	__u8 reserved;		/* 3 */
	__le32 reserved1;	/* 4 */
	union mydev_hw_config_data data; /* 8 */
};				/* 40 */

struct mydev_hw_config_desc {
	__le16 key;		/* 0 */
	__u8 type;		/* 2: enum mydev_hw_config_type */
	__u8 reserved;		/* 3 */
	__le32 min;		/* 4 */
	__le32 max;		/* 8 */
	__le32 reserved1;	/* 12 */
	union mydev_hw_config_data def; /* 16: the default */
	char name[24];		/* 48: NUL-padded: lower-case words joined by '.' */
	char unit[8];		/* 72: NUL-padded, may be empty */
	char choices[48];	/* 80: of an enum: words joined by ','; NUL-padded */
};				/* 128 */

/* Events. `channel` is MYDEV_HW_NONE where none is meant. */
enum mydev_hw_event_type {
	MYDEV_EV_BOOT		= 1,	/* code: slot running; value: boots */
	MYDEV_EV_CABLE		= 2,	/* channel; value: 1 in, 0 out */
	MYDEV_EV_HEALTH		= 3,	/* channel; code: enum mydev_hw_health */
	MYDEV_EV_TEMPERATURE	= 4,	/* value: 1/1000 degree; code: 1 alarm begins, 2 ends, 0 change */
	MYDEV_EV_VOLTAGE	= 5,	/* value: mV; code: as above */
	MYDEV_EV_CONFIG		= 6,	/* value: config_gen */
	MYDEV_EV_FIRMWARE	= 7,	/* channel: slot; code: enum mydev_hw_slot_state;
					 * value: enum mydev_hw_revert */
	MYDEV_EV_SELFTEST	= 8,	/* code: enum mydev_hw_selftest; value: failed bits */
	MYDEV_EV_LOCATE		= 9,	/* value: seconds, 0 off */
	MYDEV_EV_MEDIA		= 10,	/* a flash operation failed; value: its offset */
};

enum mydev_hw_severity {
	MYDEV_SEV_INFO		= 0,
	MYDEV_SEV_WARNING	= 1,
	MYDEV_SEV_ERROR		= 2,
};

struct mydev_hw_event {
	__u8 type;		/* 0: enum mydev_hw_event_type */
	__u8 severity;		/* 1: enum mydev_hw_severity */
	__u8 channel;		/* 2 */
	__u8 code;		/* 3 */
	__le32 value;		/* 4: signed */
	__le64 time_ms;		/* 8: the adapter's uptime */
};				/* 16 */

/* The adapter's own log: events of note, kept through power loss, the oldest overwritten. */
struct mydev_hw_log_entry {
	__le32 seq;		/* 0: from 1, ascending through all boots */
	__le32 boot;		/* 4: mydev_hw_status.boots then */
	struct mydev_hw_event event; /* 8 */
};				/* 24 */

/*
 * The PCI function.
 *
 * BAR0 holds the doorbell, BAR1 the MSI-X table, BAR2 the window: a struct mydev_hw_window in
 * memory of the card, in which the queues and all data lie. This card does no DMA.
 * doc/adapter-interface.md is the data sheet; here are the numbers.
 *
 * Indices run freely through all 32 bits: entry i of a queue lies in slot i modulo its size,
 * and a queue has tail - head entries, never more than its size. Whoever produces writes the
 * entry, then the tail, then rings; whoever consumes reads the tail, then the entry, then
 * writes the head.
 */
#define MYDEV_PCI_VENDOR		0xfffe	/* placeholder: the vendor's own goes here */
#define MYDEV_PCI_DEVICE		0x4d44

#define MYDEV_PCI_BAR_DOORBELL		0
#define MYDEV_PCI_BAR_WINDOW		2
#define MYDEV_PCI_DOORBELL		0x0c	/* offset in BAR0: write-only, le32: */
#define MYDEV_PCI_RING_SUBMIT		0	/* the submission queue's tail moved */
#define MYDEV_PCI_RING_RESET		1	/* host.reset changed */

/* MSI-X vectors. */
#define MYDEV_PCI_IRQ_COMPLETION	0	/* the completion queue's tail moved */
#define MYDEV_PCI_IRQ_EVENT		1	/* the event queue's tail or card.state did */
#define MYDEV_PCI_IRQS			2

/* A tag is in one command at a time, so neither queue can overflow. */
#define MYDEV_HW_TAGS			16	/* and entries of both queues */
#define MYDEV_HW_EVENTS			64	/* entries of the event queue */
#define MYDEV_HW_BULKS			4	/* the tags below it have a bulk buffer too */

/*
 * mydev_hw_cmd.id and mydev_hw_cpl.id on PCI: the tag, whose buffers the command uses, and the
 * low byte of the generation, so that an answer to an earlier life is known for one.
 */
#define MYDEV_HW_ID(generation, tag)	(((generation) & 0xff) << 8 | (tag))
#define MYDEV_HW_ID_TAG(id)		((id) & 0xff)
#define MYDEV_HW_ID_GENERATION(id)	((id) >> 8)

/* The card acknowledges a reset within this time, hung or not; ready is later. */
#define MYDEV_HW_RESET_MS		100

enum mydev_hw_card_state {
	MYDEV_CARD_BOOTING	= 1,	/* commands wait in the queue */
	MYDEV_CARD_READY	= 2,
	MYDEV_CARD_FAULT	= 3,	/* the host broke a rule of the queues: reset */
	MYDEV_CARD_DEAD		= 4,	/* no image boots: every command ends as INTERNAL */
};

/* The card writes these, the host reads them. */
struct mydev_hw_card_regs {
	__le32 magic;		/* 0: MYDEV_HW_MAGIC */
	__le16 version;		/* 4: MYDEV_HW_VERSION of the registers and queues */
	__le16 reserved;	/* 6 */
	__le32 window_size;	/* 8: bytes, MYDEV_HW_WINDOW_SIZE or more */
	__le32 state;		/* 12: enum mydev_hw_card_state */
	__le32 generation;	/* 16: the host.reset that was obeyed last; 0 after power-on */
	__le32 sq_head;		/* 20 */
	__le32 cq_tail;		/* 24 */
	__le32 eq_tail;		/* 28 */
	__le32 events_lost;	/* 32: since the reset, for want of room in the event queue */
	__le32 reserved1[7];	/* 36 */
};				/* 64 */

/*
 * The host writes these, the card reads them. A reset: the host sets its three indices to 0,
 * then writes another non-zero number to `reset` and rings. The card drops what it was doing,
 * sets its own indices and events_lost to 0 and the state to BOOTING, and as the last
 * `generation` to that number.
 */
struct mydev_hw_host_regs {
	__le32 reset;		/* 0 */
	__le32 sq_tail;		/* 4 */
	__le32 cq_head;		/* 8 */
	__le32 eq_head;		/* 12 */
	__le32 reserved[12];	/* 16 */
};				/* 64 */

struct mydev_hw_buffers {	/* of a tag */
	__u8 in[MYDEV_HW_DATA_MAX];
	__u8 out[MYDEV_HW_DATA_MAX];
};				/* 8192 */

struct mydev_hw_window {
	struct mydev_hw_card_regs card;			/* 0x0000 */
	__u8 reserved[1984];
	struct mydev_hw_host_regs host;			/* 0x0800 */
	__u8 reserved1[1984];
	struct mydev_hw_cmd sq[MYDEV_HW_TAGS];		/* 0x1000 */
	struct mydev_hw_cpl cq[MYDEV_HW_TAGS];		/* 0x1200 */
	__u8 reserved2[256];
	struct mydev_hw_event eq[MYDEV_HW_EVENTS];	/* 0x1400 */
	__u8 reserved3[2048];
	struct mydev_hw_buffers buffers[MYDEV_HW_TAGS];	/* 0x2000 */
	__u8 reserved4[122880];
	__u8 bulk[MYDEV_HW_BULKS][MYDEV_HW_BULK_MAX];	/* 0x40000 */
};							/* 0x80000 */

#define MYDEV_HW_WINDOW_SIZE		0x80000

#endif
