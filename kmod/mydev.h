/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam between the core (mydev.ko) and the transports.
 *
 * A transport finds adapters, moves commands to them and completions and events back. It
 * knows no policy: what to send, how long to wait and when to reset is the core's.
 */
#ifndef KMOD_MYDEV_H
#define KMOD_MYDEV_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/list.h>
#include <mydev/hw.h>
#include <uapi/linux/mydev.h>

struct mydev_adapter;

/* The core has at most so many requests under way at an adapter: its own, and lent ones. */
#define MYDEV_REQUESTS_OWN	16
#define MYDEV_REQUESTS_LENT	4
#define MYDEV_REQUESTS_MAX	(MYDEV_REQUESTS_OWN + MYDEV_REQUESTS_LENT)

/*
 * A command under way. The submitter owns it; the transport may touch it from submit()
 * until mydev_complete(), or until abort() has returned, whichever comes first. It, `in`
 * and `out` may lie on a stack: a transport copies.
 */
struct mydev_request {
	struct mydev_hw_cmd cmd;	/* filled but for cmd.id, which is the transport's */
	const void *in;			/* cmd.in_len bytes, or NULL */
	void *out;			/* room for cmd.out_max bytes, or NULL */
	struct list_head node;		/* the transport's, while it has the request */

	/* The core's. */
	struct mydev_hw_cpl cpl;	/* what the adapter answered */
	int error;			/* 0, or why there is no answer */
	bool completed;			/* by mydev_complete() */
	int cut;			/* why the core ended it early, or 0 */
	struct list_head inflight;
	struct completion done;
};

struct mydev_transport_ops {
	enum mydev_transport id;
	bool borrowed;		/* somebody lends it to us: it is not lent any further */
	u32 write_max;		/* bytes of a FW_WRITE: MYDEV_HW_DATA_MAX to _BULK_MAX */
	u32 latency_ms;		/* the way may take so much longer than the adapter itself */

	/*
	 * Takes the request, never sleeps for the adapter; up to MYDEV_REQUESTS_MAX are under
	 * way, and reach the adapter in the order in which they were taken. 0, or an error
	 * (-ENODEV: it is gone; -EHOSTDOWN: it needs a reset, which the transport has asked
	 * for) and then the request was not taken.
	 */
	int (*submit)(struct mydev_adapter *a, struct mydev_request *rq);
	/*
	 * Forgets the request, which may be completed already; once it returns the transport
	 * does not touch it. May sleep, but not for the adapter.
	 */
	void (*abort)(struct mydev_adapter *a, struct mydev_request *rq);
	/*
	 * Restarts the adapter's front end without the adapter's help and ends all requests
	 * with -EHOSTDOWN. 0: the adapter boots, and tells so by MYDEV_EV_BOOT. -ENODEV: it is
	 * gone; -ETIMEDOUT: not even its front end answers; -EHOSTDOWN: not now. May sleep.
	 */
	int (*reset)(struct mydev_adapter *a);
	/*
	 * Whether it boots just now, and tells by MYDEV_EV_BOOT when it has: asked once, at
	 * registration. NULL: no.
	 */
	bool (*booting)(struct mydev_adapter *a);
	/*
	 * Passes on what the adapter has told and no interrupt has said. NULL: there is no such
	 * thing. May sleep, but not for the adapter.
	 */
	void (*poll)(struct mydev_adapter *a);
};

/*
 * Announces an adapter. It may be mute: identification goes on in the background and the
 * class device appears when it is done, or failed (then as unresponsive). ops->submit may
 * be called before this returns. The adapter's address is dev_name(parent). `physical`: its
 * noise is, so its entropy earns credit. ERR_PTR on failure. May sleep, but does not wait for
 * the adapter.
 */
struct mydev_adapter *mydev_adapter_register(struct device *parent,
					     const struct mydev_transport_ops *ops, bool physical,
					     void *priv);

/*
 * Takes it back: ends every request with -ENODEV, waits for all users, after which no
 * callback of ops runs nor will run. The hardware may be gone already. The transport calls
 * none of the last three functions below any more, from now on. May sleep.
 */
void mydev_adapter_unregister(struct mydev_adapter *a);

/* What was given as priv. */
void *mydev_adapter_priv(const struct mydev_adapter *a);

/*
 * The adapter answered. `cpl` (a copy that the adapter can no longer change) and out_len
 * bytes in rq->out are looked at only now: the core checks out_len against out_max. Any
 * context. With `error` set there was no answer and `cpl` is NULL: -ENODEV, it is gone;
 * -EHOSTDOWN, it was reset, or is not ready; and where others use it too, -EBUSY and
 * -ETIMEDOUT for which nothing has to be mended here, -EINVAL.
 */
void mydev_complete(struct mydev_request *rq, const struct mydev_hw_cpl *cpl, int error);

/* The adapter told something. Any context; `ev` is copied and not trusted. */
void mydev_adapter_event(struct mydev_adapter *a, const struct mydev_hw_event *ev);

/* It had events to tell that got lost: everything is read from it again. Any context. */
void mydev_adapter_events_lost(struct mydev_adapter *a);

/* The transport saw that the adapter is broken (garbage in a queue): reset it. Any context. */
void mydev_adapter_broken(struct mydev_adapter *a, const char *why);

/* It is not ready, for somebody else restarts it; MYDEV_EV_BOOT tells when it is. Any context. */
void mydev_adapter_restarts(struct mydev_adapter *a);

/*
 * Lending: a loan is somebody's use of the adapter with a serial number, within limits, as long
 * as that adapter is there and again when it is back. It is embedded in what its lender has for
 * the borrower, whose commands go one by one.
 *
 * However many loans there are, MYDEV_REQUESTS_LENT commands are under way for all of them; the
 * others wait for their turn, in the order in which they came. So with a command at a time each
 * gets its share, and so do we.
 */
struct mydev_loan;

/* Any context; what they do with the loan is done elsewhere. */
struct mydev_loan_ops {
	/* An adapter with that number has come, gone, or changed its state: mydev_loan_find(). */
	void (*changed)(struct mydev_loan *l);
	/* The adapter found told something. MYDEV_EV_BOOT comes when it is ready for commands. */
	void (*event)(struct mydev_loan *l, const struct mydev_hw_event *ev);
	/* The same as mydev_adapter_events_lost(). */
	void (*events_lost)(struct mydev_loan *l);
};

/* How many there were since then, for up to a second. */
struct mydev_second {
	unsigned long since;		/* jiffies */
	unsigned int n;
};

struct mydev_loan {
	const struct mydev_loan_ops *ops;
	u32 classes;			/* MYDEV_CLASS_* that are lent */

	/* The core's. */
	struct list_head node;
	char serial[MYDEV_HW_SERIAL_LEN + 1];
	struct mydev_adapter *adapter;	/* a reference, or NULL */
	struct list_head turn;		/* waits for it */
	struct completion wake;
	struct mydev_request *rq;	/* under way */
	bool cut;
	struct mydev_second changes;	/* commands that change something */
};

struct mydev_loan_info {
	bool ready;
	bool physical;			/* its noise is */
	enum mydev_transport transport;
};

/* From now on the loan's callbacks run. */
void mydev_loan_begin(struct mydev_loan *l);
/* They have run. No command is under way, nor mydev_loan_find(). May sleep. */
void mydev_loan_end(struct mydev_loan *l);

/*
 * Makes it a loan of the adapter with that serial number. 0, -ENOENT: it is not there. Commands
 * are for the one found last. Not while one is under way. May sleep.
 */
int mydev_loan_find(struct mydev_loan *l, const char *serial, struct mydev_loan_info *info);

/* Whether the adapter found is still there. Not while another one is looked for. */
bool mydev_loan_stands(const struct mydev_loan *l);

/*
 * Has the adapter run a borrower's command, of which the opcode, arg[0] and the lengths count,
 * and sleeps until it has. 0: *cpl is the answer; MYDEV_ST_DENIED if its class is not lent,
 * MYDEV_ST_AGAIN if it is one too many in a second of those that change something.
 * Otherwise what mydev_complete() may get, or:
 *   -EPROTO     it answered with garbage and is being reset
 *   -ETIMEDOUT  no answer until `until` (jiffies)
 *   -EBUSY      it was not its turn until then
 *   -ECANCELED  mydev_loan_cut()
 */
int mydev_loan_command(struct mydev_loan *l, const struct mydev_hw_cmd *cmd, const void *in,
		       void *out, unsigned long until, struct mydev_hw_cpl *cpl);

/* Ends the command under way, and all until the next mydev_loan_find(). Any context. */
void mydev_loan_cut(struct mydev_loan *l);

/* Tells the loan MYDEV_EV_BOOT if the adapter is ready: otherwise it is told later. */
void mydev_loan_boot(struct mydev_loan *l);

#endif
