// SPDX-License-Identifier: GPL-2.0
/*
 * A frontend that does what it likes. Parameter `handshake`: how it deviates in that; written into
 * the device's attribute `attack`: "NAME [NUMBER]", of the table at the end. The writer returns
 * when it is over.
 */
#include <linux/kthread.h>

#include "bad.h"

enum handshake {
	HONEST,
	STAY_INITIALISING,	/* never answers */
	NO_NODES,
	NO_RING, NO_EVENTS, NO_CHANNEL, NO_VERSION,
	BAD_RING, BAD_EVENTS, BAD_CHANNEL,
	VERSION_0, VERSION_2, VERSION_HUGE,
	TEXT,			/* no numbers */
	ONE_PAGE,		/* for both */
	READ_ONLY,		/* pages */
	CONNECTED_FIRST,	/* that state, without Initialised */
	FULL_RING,		/* 32 requests of garbage from the start, indices wherever */
	HANDSHAKES
};

static int handshake;
module_param(handshake, int, 0644);

struct bad {
	struct xenbus_device *xdev;
	struct mydevif_sring *sring;
	struct mydevif_events *events;
	void *data;
	grant_ref_t ring_ref, events_ref, data_ref;
	evtchn_port_t port;
	int irq;
	struct mydevif_front_ring ring;
	u16 id;
};

static void *share(struct bad *bad, grant_ref_t *ref, bool readonly)
{
	void *page = (void *)get_zeroed_page(GFP_KERNEL | __GFP_NOFAIL);
	int err = gnttab_grant_foreign_access(bad->xdev->otherend_id, virt_to_gfn(page), readonly);

	WARN_ON(err < 0);
	*ref = err;
	return page;
}

static irqreturn_t rang(int irq, void *data)
{
	xen_irq_lateeoi(irq, 0);
	return IRQ_HANDLED;
}

static void make(struct bad *bad)
{
	bool readonly = handshake == READ_ONLY;

	bad->sring = share(bad, &bad->ring_ref, readonly);
	bad->events = share(bad, &bad->events_ref, readonly);
	bad->data = share(bad, &bad->data_ref, false);
	SHARED_RING_INIT(bad->sring);
	FRONT_RING_INIT(&bad->ring, bad->sring, XEN_PAGE_SIZE);
	if (handshake == FULL_RING)
		get_random_bytes(bad->sring, PAGE_SIZE);
	/* Nobody looks: it is asked again and again. */
	if (!xenbus_alloc_evtchn(bad->xdev, &bad->port))
		bad->irq = bind_evtchn_to_irqhandler_lateeoi(bad->port, rang, 0, "badfront", bad);
}

static void unmake(struct bad *bad)
{
	if (!bad->sring)
		return;
	if (bad->irq > 0)
		unbind_from_irqhandler(bad->irq, bad);
	compat_end_foreign_access(bad->ring_ref, bad->sring);
	compat_end_foreign_access(bad->events_ref, bad->events);
	compat_end_foreign_access(bad->data_ref, bad->data);
	bad->sring = NULL;
}

static void node(struct bad *bad, const char *name, u32 value, enum handshake missing,
		 enum handshake wrong)
{
	if (handshake == missing || handshake == NO_NODES)
		return;
	if (handshake == TEXT)
		xenbus_write(XBT_NIL, bad->xdev->nodename, name, BAD_TEXT);
	else
		xenbus_printf(XBT_NIL, bad->xdev->nodename, name, "%u",
			      handshake == wrong ? rnd() : value);
}

static void shake(struct bad *bad)
{
	u32 version = 1;

	make(bad);
	if (handshake == VERSION_0)
		version = 0;
	if (handshake == VERSION_2)
		version = 2;
	if (handshake == VERSION_HUGE)
		version = U32_MAX;
	node(bad, MYDEVIF_NODE_VERSION, version, NO_VERSION, HANDSHAKES);
	node(bad, MYDEVIF_NODE_RING, bad->ring_ref, NO_RING, BAD_RING);
	node(bad, MYDEVIF_NODE_EVENTS, handshake == ONE_PAGE ? bad->ring_ref : bad->events_ref,
	     NO_EVENTS, BAD_EVENTS);
	node(bad, MYDEVIF_NODE_CHANNEL, bad->port, NO_CHANNEL, BAD_CHANNEL);
	xenbus_switch_state(bad->xdev, handshake == CONNECTED_FIRST ? XenbusStateConnected :
								      XenbusStateInitialised);
}

static void backend_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct bad *bad = dev_get_drvdata(&xdev->dev);

	if (state == XenbusStateInitWait && !bad->sring && handshake != STAY_INITIALISING)
		shake(bad);
	if (state == XenbusStateConnected)
		xenbus_switch_state(xdev, XenbusStateConnected);
}

static void push(struct bad *bad)
{
	RING_PUSH_REQUESTS(&bad->ring);
	notify_remote_via_irq(bad->irq);
}

static struct mydevif_request *next(struct bad *bad)
{
	return RING_GET_REQUEST(&bad->ring, bad->ring.req_prod_pvt++);
}

/* Waits until all was answered, for a second at most: then it will not be. */
static bool answered(struct bad *bad)
{
	int ms;

	for (ms = 0; ms < 1000; ms++) {
		if (READ_ONCE(bad->sring->rsp_prod) == bad->ring.req_prod_pvt) {
			bad->ring.rsp_cons = bad->ring.req_prod_pvt;
			return true;
		}
		usleep_range(1000, 1500);
	}
	return false;
}

static void ask(struct bad *bad, u8 opcode, u32 in_len, u32 out_max, u32 in_ref, u32 out_ref)
{
	*next(bad) = (struct mydevif_request){
		.cmd = {
			.opcode = opcode,
			.id = cpu_to_le16(bad->id++),
			.arg = { cpu_to_le32(rnd() & 0xfff), cpu_to_le32(rnd()), cpu_to_le32(rnd()) },
			.in_len = cpu_to_le32(in_len),
			.out_max = cpu_to_le32(out_max),
			.reserved1 = cpu_to_le64(rnd()),
		},
		.in_ref = cpu_to_le32(in_ref),
		.out_ref = cpu_to_le32(out_ref),
		.op = MYDEVIF_OP_COMMAND,
	};
}

static void garbage(struct bad *bad, u32 rounds)
{
	unsigned int i;

	while (rounds--) {
		for (i = 0; i < 16; i++)
			get_random_bytes(next(bad), sizeof(struct mydevif_request));
		push(bad);
		if (!answered(bad))
			return;
	}
}

static void opcodes(struct bad *bad, u32 rounds)
{
	unsigned int op;

	for (op = 0; op < 256; op++) {
		ask(bad, op, rnd() % 64, 4096, bad->data_ref, bad->data_ref);
		push(bad);
		if (!answered(bad))
			return;
	}
}

static const u32 edges[] = { 0, 1, 63, 64, 4095, 4096, 4097, 8192, 65535, 65536, S32_MAX, U32_MAX };

static void lengths(struct bad *bad, u32 opcode)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(edges); i++)
		for (j = 0; j < ARRAY_SIZE(edges); j++) {
			ask(bad, opcode, edges[i], edges[j], bad->data_ref, bad->data_ref);
			push(bad);
			if (!answered(bad))
				return;
		}
}

/* Of nobody, of pages that are used otherwise, of garbage. */
static void grants(struct bad *bad, u32 rounds)
{
	const u32 refs[] = { 0, 1, bad->ring_ref, bad->events_ref, rnd() % 4096, rnd(), U32_MAX };
	unsigned int i, j;

	while (rounds--)
		for (i = 0; i < ARRAY_SIZE(refs); i++)
			for (j = 0; j < ARRAY_SIZE(refs); j++) {
				/* Not over the ring or its own reserved pages, but for events. */
				if (refs[j] == bad->ring_ref)
					continue;
				ask(bad, MYDEV_OP_CONFIG_GET, 32, 4096, refs[i], refs[j]);
				push(bad);
				if (!answered(bad))
					return;
			}
}

/* The number is the index that it claims. */
static void prod(struct bad *bad, u32 index)
{
	WRITE_ONCE(bad->sring->req_prod, index);
	notify_remote_via_irq(bad->irq);
}

static void cons(struct bad *bad, u32 ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	while (time_before(jiffies, end)) {
		WRITE_ONCE(bad->events->cons, cpu_to_le32(rnd() % 4 ? rnd() : rnd() % 256));
		WRITE_ONCE(bad->events->prod, cpu_to_le32(rnd()));
		WRITE_ONCE(bad->events->lost, cpu_to_le32(rnd()));
		usleep_range(50, 100);
	}
}

static int flip_thread(void *data)
{
	struct bad *bad = data;
	struct mydevif_request *r;
	unsigned int n = 0;

	while (!kthread_should_stop()) {
		r = RING_GET_REQUEST(&bad->ring, rnd());
		WRITE_ONCE(r->op, rnd() % 4);
		WRITE_ONCE(r->cmd.opcode, rnd() % 2 ? MYDEV_OP_CONFIG_SET : rnd() & 0xff);
		WRITE_ONCE(r->cmd.in_len, cpu_to_le32(edges[rnd() % ARRAY_SIZE(edges)]));
		WRITE_ONCE(r->cmd.out_max, cpu_to_le32(edges[rnd() % ARRAY_SIZE(edges)]));
		WRITE_ONCE(r->out_ref, cpu_to_le32(rnd() % 2 ? bad->data_ref : rnd()));
		if (!(++n % 64))
			cond_resched();
	}
	return 0;
}

/* Requests that another thread changes while they are read. */
static void flip(struct bad *bad, u32 rounds)
{
	struct task_struct *thread = kthread_run(flip_thread, bad, "badfront");
	unsigned int i;

	if (IS_ERR(thread))
		return;
	while (rounds--) {
		for (i = 0; i < 16; i++)
			ask(bad, MYDEV_OP_ENTROPY, 0, 4096, bad->data_ref, bad->data_ref);
		push(bad);
		if (!answered(bad))
			break;
	}
	kthread_stop(thread);
}

/* Never looks at a response; as many requests as the backend lets itself be given. */
static void deaf(struct bad *bad, u32 rounds)
{
	while (rounds--) {
		while (bad->ring.req_prod_pvt - READ_ONCE(bad->sring->rsp_prod) < 32)
			ask(bad, MYDEV_OP_STATUS, 0, 4096, 0, bad->data_ref);
		push(bad);
		usleep_range(200, 400);
	}
	answered(bad);
}

static void resets(struct bad *bad, u32 rounds)
{
	while (rounds--) {
		ask(bad, MYDEV_OP_ENTROPY, 0, 4096, 0, bad->data_ref);
		next(bad)->op = MYDEVIF_OP_RESET;
		push(bad);
		if (!answered(bad))
			return;
	}
}

/* Entropy as fast as it comes, more than is its. */
static void greedy(struct bad *bad, u32 ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	unsigned int i;

	while (time_before(jiffies, end)) {
		for (i = 0; i < 16; i++) {
			ask(bad, MYDEV_OP_ENTROPY, 0, 4096, 0, bad->data_ref);
			RING_GET_REQUEST(&bad->ring, bad->ring.req_prod_pvt - 1)->cmd.arg[0] =
				cpu_to_le32(4096);
		}
		push(bad);
		if (!answered(bad))
			return;
	}
}

/* Each makes an event that all hear. */
static void blink(struct bad *bad, u32 rounds)
{
	unsigned int i;

	while (rounds--) {
		for (i = 0; i < 16; i++)
			ask(bad, MYDEV_OP_LOCATE, 0, 0, 0, 0);
		push(bad);
		if (!answered(bad))
			return;
	}
}

static void storm(struct bad *bad, u32 ms)
{
	ring(bad->irq, ms);
}

static void scribble(struct bad *bad, u32 ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	while (time_before(jiffies, end)) {
		spoil_pages(bad->sring, bad->events);
		/* Mostly plausible: so more is looked at. */
		WRITE_ONCE(bad->sring->req_prod, READ_ONCE(bad->sring->rsp_prod) + rnd() % 32);
		notify_remote_via_irq(bad->irq);
		usleep_range(100, 200);
	}
}

static void states(struct bad *bad, u32 rounds)
{
	while (rounds--) {
		go(bad->xdev, rnd() % 10);
		if (!(rnd() % 16))
			xenbus_write(XBT_NIL, bad->xdev->nodename, "state", BAD_TEXT);
	}
}

static void nodes(struct bad *bad, u32 rounds)
{
	while (rounds--)
		xenbus_printf(XBT_NIL, bad->xdev->nodename, MYDEVIF_NODE_RING, "%u", rnd());
}

/* From Initialising to Initialised and back, as often as it goes. */
static void again(struct bad *bad, u32 rounds)
{
	while (rounds--) {
		go(bad->xdev, XenbusStateInitialising);
		usleep_range(1000, 3000);
		go(bad->xdev, XenbusStateInitialised);
		usleep_range(1000, 3000);
	}
}

/* Takes back what the backend uses. */
static void hang_up(struct bad *bad, u32 unused)
{
	unbind_from_irqhandler(bad->irq, bad);
	bad->irq = 0;
}

static void revoke(struct bad *bad, u32 unused)
{
	unmake(bad);
}

static void leave(struct bad *bad, u32 state)
{
	go(bad->xdev, state);
}

static void die(struct bad *bad, u32 unused)
{
	xenbus_rm(XBT_NIL, bad->xdev->nodename, "");
}

static const struct attack attacks[] = {
	{ "garbage", garbage },
	{ "opcodes", opcodes },
	{ "lengths", lengths },
	{ "grants", grants },
	{ "prod", prod },
	{ "cons", cons },
	{ "flip", flip },
	{ "deaf", deaf },
	{ "resets", resets },
	{ "greedy", greedy },
	{ "blink", blink },
	{ "storm", storm },
	{ "scribble", scribble },
	{ "states", states },
	{ "nodes", nodes },
	{ "again", again },
	{ "hang_up", hang_up },
	{ "revoke", revoke },
	{ "leave", leave },
	{ "die", die },
};

static ssize_t attack_store(struct device *dev, struct device_attribute *attr, const char *buf,
			    size_t count)
{
	struct bad *bad = dev_get_drvdata(dev);
	const struct attack *attack;
	u32 number;

	attack = attack_find(buf, attacks, ARRAY_SIZE(attacks), &number);
	if (!attack)
		return -EINVAL;
	if (!bad->sring)
		return -ENOTCONN;
	attack->run(bad, number);
	return count;
}
static DEVICE_ATTR_WO(attack);

static int probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct bad *bad = kzalloc(sizeof(*bad), GFP_KERNEL);

	if (!bad)
		return -ENOMEM;
	bad->xdev = xdev;
	dev_set_drvdata(&xdev->dev, bad);
	xenbus_switch_state(xdev, XenbusStateInitialising);
	return device_create_file(&xdev->dev, &dev_attr_attack);
}

static compat_xenbus_remove_t remove(struct xenbus_device *xdev)
{
	struct bad *bad = dev_get_drvdata(&xdev->dev);

	device_remove_file(&xdev->dev, &dev_attr_attack);
	unmake(bad);
	kfree(bad);
	return COMPAT_XENBUS_REMOVED;
}

static const struct xenbus_device_id ids[] = { { MYDEVIF_TYPE }, { "" } };

static struct xenbus_driver driver = {
	.name = "badfront",
	.ids = ids,
	.probe = probe,
	.remove = remove,
	.otherend_changed = backend_changed,
};

static int __init badfront_init(void)
{
	return xen_domain() ? xenbus_register_frontend(&driver) : -ENODEV;
}

static void __exit badfront_exit(void)
{
	xenbus_unregister_driver(&driver);
}

module_init(badfront_init);
module_exit(badfront_exit);
MODULE_DESCRIPTION("A hostile frontend for tests");
MODULE_LICENSE("GPL");
