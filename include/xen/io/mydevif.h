/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * The "mydevice" PV device: a domain (backend, dom0) lends another (frontend) a managed slice
 * of a MyDev adapter. doc/pv-protocol.md explains; here are the numbers.
 *
 * The commands, completions and events are those of mydev/hw.h, unchanged. What this protocol
 * adds is how they travel, and what the backend decides by itself:
 *
 *   IDENTIFY  `allowed` of the answer is what dom0 granted, of what dom0 has itself
 *   HELLO     is answered by the backend: a guest confirms no firmware
 *   ENTROPY   has a limit of bytes a second; beyond it the answer is AGAIN
 *   RESET and all commands of the class FIRMWARE, and those of a class that is not granted,
 *             end as MYDEV_ST_DENIED; so do opcodes that the backend does not know
 *
 * XenStore, below the device's two directories
 * --------------------------------------------
 * Backend, /local/domain/0/backend/mydevice/<frontend-id>/<devid>. All is the toolstack's
 * (mydevd's) and the backend's; the frontend reads.
 *
 *   by the toolstack, in the transaction that makes the device:
 *     frontend      path     of the frontend's directory
 *     frontend-id   decimal  domain id
 *     online        0 or 1   0: detach; the backend takes the device away once it is closed
 *     state         decimal  enum xenbus_state; the toolstack writes 1
 *     adapter       string   serial number of the adapter that is lent
 *     allow         words    classes, joined by ',': view entropy log locate selftest config
 *                            (MYDEVIF_GRANTABLE); "view" is always meant
 *     rate          decimal  bytes of entropy a second; 0: no limit.
 *                            Default MYDEVIF_RATE_DEFAULT
 *     burst         decimal  bytes that may be taken at once after a pause; from
 *                            MYDEV_HW_DATA_MAX on. Default: the rate, at least that
 *   by the backend, before InitWait:
 *     version       decimal  highest version of this protocol that it speaks: from 1 on
 *     physical      0 or 1   1: the noise source is a physical one
 *   by the backend, at any time:
 *     status        text     for people: what it waits for, or why it refused
 *
 * Frontend, /local/domain/<frontend-id>/device/mydevice/<devid>:
 *
 *   by the toolstack:
 *     backend       path
 *     backend-id    decimal
 *     state         decimal  the toolstack writes 1
 *   by the frontend, before Initialised, in one transaction:
 *     version       decimal  the one that is spoken: 1 to the backend's
 *     ring-ref      decimal  grant of the page with the command ring
 *     event-ref     decimal  grant of the page with the events: struct mydevif_events
 *     event-channel decimal  port, for both
 *
 * The frontend's directory belongs to the frontend and is readable by the backend; the
 * backend's directory belongs to the backend and is readable by that frontend alone.
 *
 * States
 * ------
 *   backend                               frontend
 *   Initialising: waits for its adapter   Initialising
 *   InitWait: version, physical ->
 *                                         ring, events, channel; Initialised
 *   maps; Connected ->
 *                                         Connected: registers an adapter
 *
 *   Closing: the adapter went away, or the toolstack detaches (online 0, state 5)
 *                                         unregisters its adapter, gives all back; Closed
 *   unmaps; Closed
 *   online 0: unregisters the device. Online: InitWait, once its adapter is there, and
 *   the frontend, which is Closed, begins anew as from Initialising.
 *
 * A frontend that goes away by itself (unbound, or unloaded) writes Closing, then Closed, and
 * Initialising when it is back. After resume from suspend or a migration it finds the backend
 * in whatever state, and begins as from Initialising; what was under way is lost.
 *
 * Whoever breaks a rule below is not spoken to any more: the other side writes why to its
 * error node, goes to Closing and stays Closed, until the toolstack or the offender's own new
 * Initialising begins anew.
 */
#ifndef XEN_IO_MYDEVIF_H
#define XEN_IO_MYDEVIF_H

#include <linux/types.h>
#include <mydev/hw.h>

#define MYDEVIF_TYPE			"mydevice"
#define MYDEVIF_VERSION			1

#define MYDEVIF_NODE_ADAPTER		"adapter"
#define MYDEVIF_NODE_ALLOW		"allow"
#define MYDEVIF_NODE_RATE		"rate"
#define MYDEVIF_NODE_BURST		"burst"
#define MYDEVIF_NODE_VERSION		"version"
#define MYDEVIF_NODE_PHYSICAL		"physical"
#define MYDEVIF_NODE_STATUS		"status"
#define MYDEVIF_NODE_RING		"ring-ref"
#define MYDEVIF_NODE_EVENTS		"event-ref"
#define MYDEVIF_NODE_CHANNEL		"event-channel"

/* Classes that a guest may be granted, and those that it gets when nothing is said. */
#define MYDEVIF_GRANTABLE		(MYDEV_CLASS_VIEW | MYDEV_CLASS_ENTROPY | MYDEV_CLASS_LOG | \
					 MYDEV_CLASS_LOCATE | MYDEV_CLASS_SELFTEST | \
					 MYDEV_CLASS_CONFIG)
#define MYDEVIF_DEFAULT			(MYDEV_CLASS_VIEW | MYDEV_CLASS_ENTROPY)

#define MYDEVIF_RATE_DEFAULT		65536		/* bytes a second */
#define MYDEVIF_RATE_MAX		1073741824	/* bytes a second, and of a burst */

/*
 * The command ring: a page as xen/interface/io/ring.h lays it out, of these requests and
 * responses (32 entries). Responses come in any order. At most MYDEVIF_REQUESTS_MAX are under
 * way; a backend may take a frontend that has more for a broken one.
 *
 * Data lies in pages of the frontend, a grant each, from the page's first byte on. A backend
 * copies (GNTTABOP_copy) and maps none of them; it does not touch them once it has responded.
 */
#define MYDEVIF_REQUESTS_MAX		16

enum mydevif_op {
	/* `cmd` is run; the response has its completion. */
	MYDEVIF_OP_COMMAND	= 1,
	/*
	 * All requests before this one end, as DOWN if they were not begun, then this one as OK.
	 * Nothing happens to the adapter. Once it is ready, or at once when it is, MYDEV_EV_BOOT
	 * is told.
	 */
	MYDEVIF_OP_RESET	= 2,
};

enum mydevif_error {
	MYDEVIF_OK		= 0,	/* `cpl` is valid */
	MYDEVIF_DOWN		= 1,	/* the adapter is not ready, or was reset meanwhile */
	MYDEVIF_TIMEOUT		= 2,	/* it did not answer in time */
	MYDEVIF_GONE		= 3,	/* it was taken away; Closing comes soon */
	MYDEVIF_BUSY		= 4,	/* dom0 has no room for the command now */
	MYDEVIF_INVALID		= 5,	/* op, lengths or grants: nothing was changed */
};

/* All fields little-endian; reserved ones are 0. */
struct mydevif_request {
	struct mydev_hw_cmd cmd;	/* 0: cmd.id: returned; in_len and out_max at most
					 * MYDEV_HW_DATA_MAX */
	__le32 in_ref;			/* 32: grant to read, when in_len is not 0 */
	__le32 out_ref;			/* 36: grant to write, when out_max is not 0 */
	__u8 op;			/* 40: enum mydevif_op */
	__u8 reserved[23];		/* 41 */
};					/* 64 */

struct mydevif_response {
	struct mydev_hw_cpl cpl;	/* 0: cpl.id also when there is an error */
	__u8 error;			/* 16: enum mydevif_error */
	__u8 op;			/* 17: of the request */
	__u8 reserved[14];		/* 18 */
};					/* 32 */

/* A backend responds within this time, whatever the adapter does. */
#define MYDEVIF_RESPONSE_MS		3000

/*
 * Events: the backend writes an entry, then `prod`, and notifies; the frontend reads `prod`,
 * then the entries, then writes `cons`. Indices run freely; entry i lies in slot i modulo
 * MYDEVIF_EVENTS. The backend never waits for room: it counts in `lost` what had none, and
 * notifies. Told are all events of the adapter but for MYDEV_EV_FIRMWARE and MYDEV_EV_MEDIA.
 */
#define MYDEVIF_EVENTS			128

struct mydevif_events {
	__le32 prod;			/* 0: the backend's */
	__le32 lost;			/* 4: the backend's */
	__le32 cons;			/* 8: the frontend's */
	__u8 reserved[52];		/* 12 */
	struct mydev_hw_event ring[MYDEVIF_EVENTS];	/* 64 */
};					/* 2112, in a page of its own */

#endif
