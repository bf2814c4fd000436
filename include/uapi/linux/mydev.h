/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The generic netlink family "mydev": control of MyDev adapters.
 *
 * Requests name an adapter by MYDEV_A_ADAPTER_ID (the N of mydevN) or by
 * MYDEV_A_ADAPTER_NAME ("mydevN"), never by both. A request that is refused is answered by
 * an error with the cause as extended ack text and, where an attribute is to blame, its
 * offset. Attributes that the kernel does not know are refused: look into VERSION_GET for
 * what it knows. In what the kernel sends, skip attributes that you do not know.
 *
 * "admin" marks what needs CAP_NET_ADMIN in the initial user namespace: everything that
 * changes something or sends a command to an adapter. The rest is answered from the
 * kernel's own state at once, whatever the adapter does. A command to an adapter has the
 * deadline of mydev/hw.h, then it ends with ETIMEDOUT; while a sector is erased, the erase's
 * deadline is added; while sixteen are under way, another waits up to a second for its turn.
 * Dumps take no attributes, but for EVENT_GET's.
 *
 * The family is in the initial network namespace alone.
 *
 * Errors beside the usual ones:
 *   ENODEV        no such adapter, or it was removed meanwhile
 *   EHOSTDOWN     the adapter does not respond, or is being reset
 *   ETIMEDOUT     it missed the command's deadline, and is being reset
 *   EPROTO        it answered with garbage, and is being reset
 *   EBUSY         a flash is running, or past its point of no return; or too many commands
 *                 are under way
 *   EPERM         no CAP_NET_ADMIN
 *   EACCES        the adapter does not allow that class of commands
 *   EOPNOTSUPP    its firmware does not know the command; no flash in a crash-dump kernel
 *   ENOENT        no such configuration key, file, pending or other image, running flash
 *   ERANGE        a value out of range
 *   ENODATA       the adapter has not told it yet
 * and of images: EBADMSG damaged or none, EMEDIUMTYPE of another model, EKEYREJECTED not
 * signed by a trusted key, ESTALE security counter too low, EFBIG larger than the slot,
 * EIO flash failed or the image was reverted, ECANCELED.
 */
#ifndef _UAPI_LINUX_MYDEV_H
#define _UAPI_LINUX_MYDEV_H

#define MYDEV_GENL_NAME		"mydev"
#define MYDEV_GENL_VERSION	1
/* Grows by one with every addition to this file: what VERSION_GET reports. */
#define MYDEV_GENL_LEVEL	1

#define MYDEV_GENL_GROUP_EVENTS	"events"	/* every MYDEV_CMD_EVENT */
#define MYDEV_GENL_GROUP_FLASH	"flash"		/* every MYDEV_CMD_FLASH_PROGRESS */

/* The class's directory name, and the udev subsystem. */
#define MYDEV_CLASS_NAME	"mydev"
#define MYDEV_NAME_MAX		20		/* of "mydevN" with its NUL */

enum mydev_cmd {
	MYDEV_CMD_UNSPEC,

	/* do -> VERSION_GET { LEVEL, MODULE_VERSION, EPOCH, EVENT_SEQ } */
	MYDEV_CMD_VERSION_GET,

	/* do { adapter }, dump -> ADAPTER_GET { ADAPTER }, one message an adapter.
	 * A dump during which adapters came or went has NLM_F_DUMP_INTR set. One that is
	 * STARTING is told of before its class device and EVENT_ADDED are there. */
	MYDEV_CMD_ADAPTER_GET,

	/* do { adapter }, dump -> CONFIG_GET { ADAPTER_ID, CONFIG_GEN, CONFIG_KEY... } */
	MYDEV_CMD_CONFIG_GET,
	/* admin. do { adapter, CONFIG_VALUE... }: all or none */
	MYDEV_CMD_CONFIG_SET,
	/* admin. do { adapter, [CONFIG_ID...] }: those keys, or all, to their defaults */
	MYDEV_CMD_CONFIG_RESET,

	/* admin. do { adapter, FLASH_FILE, [FLASH_NO_ACTIVATE] }: starts, returns at once.
	 * The kernel loads FLASH_FILE from below mydev/ in the firmware search path. The
	 * outcome comes as an event and stays in ADAPTER_GET as FLASH of that adapter. */
	MYDEV_CMD_FLASH_START,
	/* admin. do { adapter }: EBUSY after the point of no return, ENOENT when none runs */
	MYDEV_CMD_FLASH_CANCEL,
	/* admin. do { adapter }: starts the pending image (ENOENT: there is none) as a flash
	 * whose stages begin at ACTIVATING; its outcome is reported like a flash's */
	MYDEV_CMD_FW_ACTIVATE,
	/* admin. do { adapter }: marks the other slot's image pending; ACTIVATE starts it */
	MYDEV_CMD_FW_ROLLBACK,
	/* admin. do { adapter }: takes the pending mark away */
	MYDEV_CMD_FW_UNPEND,

	/* admin. do { adapter }: restarts the controller, returns when it was told to. One
	 * that is UNRESPONSIVE is reset without being asked, sooner than it would be. */
	MYDEV_CMD_RESET,
	/* admin. do { adapter, LOCATE_SECONDS }: 0 turns off */
	MYDEV_CMD_LOCATE,
	/* admin. do { adapter }: starts; the outcome comes as an event */
	MYDEV_CMD_SELFTEST,
	/* admin. do { adapter, [LOG_SINCE] } -> LOG_GET { ADAPTER_ID, LOG_ENTRY... }: those
	 * with a greater sequence number, as many as fit; none: that was the end */
	MYDEV_CMD_LOG_GET,

	/* dump { [EVENT_SEQ] } -> EVENT..., those with a greater number that the kernel still
	 * keeps (MYDEV_EVENT_RING of them). Where it lost wanted ones, a message with
	 * EVENT_LOST alone comes in their place. It ends with the last event that there was
	 * when it began. */
	MYDEV_CMD_EVENT_GET,

	/* Notifications. */
	/* EVENT { EVENT } to group "events", and as replies of EVENT_GET */
	MYDEV_CMD_EVENT,
	/* FLASH_PROGRESS { ADAPTER_ID, FLASH } to group "flash": at every stage and at most
	 * ten times a second. Its end is an event, which outlives a deaf listener. */
	MYDEV_CMD_FLASH_PROGRESS,

	__MYDEV_CMD_MAX,
	MYDEV_CMD_MAX = __MYDEV_CMD_MAX - 1
};

/* Attributes at the top of a message. */
enum mydev_attr {
	MYDEV_A_UNSPEC,
	MYDEV_A_PAD,
	MYDEV_A_ADAPTER_ID,		/* u32 */
	MYDEV_A_ADAPTER_NAME,		/* string */
	MYDEV_A_ADAPTER,		/* nest of mydev_adapter_attr */

	MYDEV_A_LEVEL,			/* u32: MYDEV_GENL_LEVEL of the loaded module */
	MYDEV_A_MODULE_VERSION,		/* string: version of the loaded mydev.ko */
	MYDEV_A_EPOCH,			/* u64: drawn at module load; event numbers are of it */

	MYDEV_A_CONFIG_GEN,		/* u32: changes with every change of a value */
	MYDEV_A_CONFIG_KEY,		/* nest of mydev_config_attr; many */
	MYDEV_A_CONFIG_VALUE,		/* nest of mydev_config_attr: ID and NUM or STR; many */
	MYDEV_A_CONFIG_ID,		/* u16; many */

	MYDEV_A_FLASH_FILE,		/* string: relative, no "..", no leading '/' */
	MYDEV_A_FLASH_NO_ACTIVATE,	/* flag: stop once the image is pending */
	MYDEV_A_FLASH,			/* nest of mydev_flash_attr */

	MYDEV_A_LOCATE_SECONDS,		/* u32: 0..86400 */

	MYDEV_A_LOG_SINCE,		/* u32 */
	MYDEV_A_LOG_ENTRY,		/* nest of mydev_log_attr; many */

	MYDEV_A_EVENT_SEQ,		/* u64 */
	MYDEV_A_EVENT_LOST,		/* u64: how many wanted events are no longer kept */
	MYDEV_A_EVENT,			/* nest of mydev_event_attr */

	__MYDEV_A_MAX,
	MYDEV_A_MAX = __MYDEV_A_MAX - 1
};

/* The state of an adapter as the driver sees it: see kmod/core/state.c. */
enum mydev_adapter_state {
	MYDEV_STATE_STARTING,		/* being identified */
	MYDEV_STATE_READY,
	MYDEV_STATE_RESETTING,		/* restarts, on request, for new firmware or to mend it */
	MYDEV_STATE_UNRESPONSIVE,	/* missed a deadline and a reset did not bring it back
					 * yet; tried again, more and more seldom */
	MYDEV_STATE_GONE,		/* removed; only in events */
};

enum mydev_transport {
	MYDEV_TRANSPORT_SIM,
	MYDEV_TRANSPORT_PCI,
	MYDEV_TRANSPORT_XEN,
};

/* MYDEV_A_ADAPTER. What is not known yet (an adapter that stays mute) is left out. */
enum mydev_adapter_attr {
	MYDEV_A_ADAPTER_UNSPEC,
	MYDEV_A_ADAPTER_PAD,
	MYDEV_A_ADAPTER_INDEX,		/* u32: N */
	MYDEV_A_ADAPTER_DEVNAME,	/* string: "mydevN" */
	MYDEV_A_ADAPTER_STATE,		/* u8: enum mydev_adapter_state */
	MYDEV_A_ADAPTER_TRANSPORT,	/* u8: enum mydev_transport */
	MYDEV_A_ADAPTER_ADDRESS,	/* string: name of the parent device: PCI address, ... */
	MYDEV_A_ADAPTER_MODEL,		/* u16: MYDEV_MODEL_* */
	MYDEV_A_ADAPTER_SERIAL,		/* string */
	MYDEV_A_ADAPTER_BOARD_REV,	/* u16 */
	MYDEV_A_ADAPTER_CAPS,		/* u32: MYDEV_CAP_* */
	MYDEV_A_ADAPTER_FEATURES,	/* u32: MYDEV_FEATURE_* */
	MYDEV_A_ADAPTER_ALLOWED,	/* u32: MYDEV_CLASS_* */
	MYDEV_A_ADAPTER_SLOT_SIZE,	/* u32: bytes, the largest image */
	MYDEV_A_ADAPTER_STATUS,		/* binary: struct mydev_hw_status; may be longer */
	MYDEV_A_ADAPTER_STATUS_AGE,	/* u64: ms since the adapter last told its status */
	MYDEV_A_ADAPTER_FW,		/* binary: struct mydev_hw_fw_info; may be longer */
	MYDEV_A_ADAPTER_CONFIG_GEN,	/* u32 */
	MYDEV_A_ADAPTER_RESETS,		/* u32: since it appeared, those that it needed */
	MYDEV_A_ADAPTER_FLASH,		/* nest of mydev_flash_attr: the running or last flash */

	__MYDEV_A_ADAPTER_MAX,
	MYDEV_A_ADAPTER_MAX = __MYDEV_A_ADAPTER_MAX - 1
};

/* MYDEV_A_CONFIG_KEY and MYDEV_A_CONFIG_VALUE: see struct mydev_hw_config_desc. */
enum mydev_config_attr {
	MYDEV_A_CONFIG_UNSPEC,
	MYDEV_A_CONFIG_KEY_ID,		/* u16 */
	MYDEV_A_CONFIG_NAME,		/* string */
	MYDEV_A_CONFIG_TYPE,		/* u8: enum mydev_hw_config_type */
	MYDEV_A_CONFIG_NUM_MIN,		/* u32 */
	MYDEV_A_CONFIG_NUM_MAX,		/* u32 */
	MYDEV_A_CONFIG_UNIT,		/* string */
	MYDEV_A_CONFIG_CHOICES,		/* string: of an enum, joined by ',' */
	MYDEV_A_CONFIG_NUM,		/* u32: the value, unless it is a string */
	MYDEV_A_CONFIG_STR,		/* string: the value of a string */
	MYDEV_A_CONFIG_DEF_NUM,		/* u32: the default */
	MYDEV_A_CONFIG_DEF_STR,		/* string */

	__MYDEV_A_CONFIG_MAX,
	MYDEV_A_CONFIG_MAX = __MYDEV_A_CONFIG_MAX - 1
};

/*
 * Stages of a flash, in order; names as in the kernel's firmware_upload class where it has
 * them. Cancelling works while WAITING and up to VERIFYING; STAGING is the point of no return.
 */
enum mydev_flash_stage {
	MYDEV_FLASH_IDLE,		/* none since the adapter appeared */
	MYDEV_FLASH_RECEIVING,		/* the kernel loads the file */
	MYDEV_FLASH_PREPARING,		/* sectors are erased */
	MYDEV_FLASH_TRANSFERRING,	/* the image is written */
	MYDEV_FLASH_VERIFYING,		/* the adapter reads it back and judges it */
	MYDEV_FLASH_STAGING,		/* the slot is marked pending */
	MYDEV_FLASH_ACTIVATING,		/* the controller restarts into it */
	MYDEV_FLASH_CONFIRMING,		/* on trial */
	MYDEV_FLASH_DONE,		/* ended; FLASH_ERROR tells how */
	MYDEV_FLASH_WAITING,		/* before the first: so many run that it has to wait */
};

/* MYDEV_A_FLASH, MYDEV_A_ADAPTER_FLASH, MYDEV_A_EVENT_FLASH. */
enum mydev_flash_attr {
	MYDEV_A_FLASH_UNSPEC,
	MYDEV_A_FLASH_PAD,
	MYDEV_A_FLASH_COOKIE,		/* u32: counts the flashes of the adapter, from 1 */
	MYDEV_A_FLASH_STAGE,		/* u8: enum mydev_flash_stage */
	MYDEV_A_FLASH_FAILED_STAGE,	/* u8: where it ended, if it failed */
	MYDEV_A_FLASH_BYTES,		/* u32: done in this stage */
	MYDEV_A_FLASH_TOTAL,		/* u32: of this stage; 0: not known */
	MYDEV_A_FLASH_ERROR,		/* u32: positive errno, 0: none. ECANCELED: cancelled */
	MYDEV_A_FLASH_MESSAGE,		/* string: the cause, when there is an error */
	MYDEV_A_FLASH_IMAGE,		/* string: FLASH_FILE; left out by an activation */
	MYDEV_A_FLASH_BEFORE,		/* binary: struct mydev_fwimg_version running before */
	MYDEV_A_FLASH_AFTER,		/* binary: .. read back at the end */
	MYDEV_A_FLASH_WANTED,		/* binary: .. of the image */
	MYDEV_A_FLASH_STARTED,		/* u64: ms, CLOCK_BOOTTIME; WAITING: since when */
	MYDEV_A_FLASH_PENDING,		/* flag: done, and the image waits for an activation */
	MYDEV_A_FLASH_ENDED,		/* u64: ms, CLOCK_BOOTTIME; when it is done */

	__MYDEV_A_FLASH_MAX,
	MYDEV_A_FLASH_MAX = __MYDEV_A_FLASH_MAX - 1
};

/* What happened. ADDED is the first event of an adapter and REMOVED the last. */
enum mydev_event_type {
	MYDEV_EVENT_UNSPEC,
	MYDEV_EVENT_ADDED,		/* an adapter appeared */
	MYDEV_EVENT_REMOVED,
	MYDEV_EVENT_STATE,		/* NEW_STATE */
	MYDEV_EVENT_ADAPTER,		/* the adapter itself tells: HW is its event */
	MYDEV_EVENT_FLASH,		/* a flash ended: FLASH with its outcome */
	MYDEV_EVENT_COMMAND_TIMEOUT,	/* OPCODE missed its deadline */
};

#define MYDEV_EVENT_RING	4096	/* events that the kernel keeps; a crash-dump one: 64 */

/* MYDEV_A_EVENT. */
enum mydev_event_attr {
	MYDEV_A_EVENT_UNSPEC,
	MYDEV_A_EVENT_PAD,
	MYDEV_A_EVENT_NUMBER,		/* u64: from 1, without gaps within an epoch */
	MYDEV_A_EVENT_TIME,		/* u64: ms, CLOCK_BOOTTIME */
	MYDEV_A_EVENT_TYPE,		/* u8: enum mydev_event_type */
	MYDEV_A_EVENT_INDEX,		/* u32: adapter N */
	MYDEV_A_EVENT_SERIAL,		/* string; left out when not known */
	MYDEV_A_EVENT_NEW_STATE,	/* u8: enum mydev_adapter_state */
	MYDEV_A_EVENT_HW,		/* binary: struct mydev_hw_event */
	MYDEV_A_EVENT_FLASH,		/* nest of mydev_flash_attr */
	MYDEV_A_EVENT_OPCODE,		/* u8: enum mydev_hw_opcode */

	__MYDEV_A_EVENT_MAX,
	MYDEV_A_EVENT_MAX = __MYDEV_A_EVENT_MAX - 1
};

/* MYDEV_A_LOG_ENTRY. */
enum mydev_log_attr {
	MYDEV_A_LOG_UNSPEC,
	MYDEV_A_LOG_BODY,		/* binary: struct mydev_hw_log_entry */

	__MYDEV_A_LOG_MAX,
	MYDEV_A_LOG_MAX = __MYDEV_A_LOG_MAX - 1
};

#endif
