// SPDX-License-Identifier: GPL-2.0
/*
 * A backend that does what it likes. Parameter `handshake`: how it deviates in that, a list of
 * states to go to as decimal digits, in their order; with none it is honest. Parameter `answers`:
 * how it does when it answers. Written into the device's attribute `attack`: "NAME [NUMBER]", of
 * the table at the end. The writer returns when it is over.
 */
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <xen/page.h>
#include <xen/xen.h>
#include <xen/io/mydevif.h>

#include "compat/xen.h"

DEFINE_RING_TYPES(mydevif, struct mydevif_request, struct mydevif_response);

enum answers {
	HONEST,
	MUTE,			/* none */
	TWICE,
	WRONG_ID,		/* of no request */
	OLD_ID,			/* of an earlier request of that slot */
	WRONG_OP,
	WRONG_ERROR,
	ALL_ERRORS,		/* one after the other */
	TOO_LONG, HUGE,		/* more data than asked for */
	ANY_STATUS,
	ANY_LENGTH,		/* that was asked for */
	ANY_DATA,
	ANYTHING,
	INDEX_JUMPS,
	ANSWERS
};

static int answers;
module_param(answers, int, 0644);

static char handshake[16];
module_param_string(handshake, handshake, sizeof(handshake), 0644);

struct bad {
	struct xenbus_device *xdev;
	struct mutex lock;		/* an attack needs what is mapped */
	struct mydevif_sring *sring;
	struct mydevif_events *events;
	void *data;
	int irq;
	struct mydevif_back_ring ring;
	struct work_struct work;
	unsigned int shaken;		/* steps of the handshake that it has gone */
	unsigned int count;
};

static u32 rnd(void)
{
	return get_random_u32();
}

/* What an adapter would say, as far as a frontend needs it to be ready. */
static u32 honest(struct bad *bad, const struct mydev_hw_cmd *cmd)
{
	struct mydev_hw_identity *id = bad->data;
	struct mydev_hw_status *status = bad->data;
	struct mydev_hw_fw_info *fw = bad->data;

	memset(bad->data, 0, PAGE_SIZE);
	switch (cmd->opcode) {
	case MYDEV_OP_IDENTIFY:
		id->magic = cpu_to_le32(MYDEV_HW_MAGIC);
		id->version = cpu_to_le16(MYDEV_HW_VERSION);
		id->model = cpu_to_le16(MYDEV_MODEL_MD4000);
		strcpy(id->serial, "BAD");
		id->channels = 4;
		id->allowed = cpu_to_le32(MYDEV_CLASS_ALL);
		id->slot_size = cpu_to_le32(262144);
		id->sector_size = cpu_to_le32(4096);
		id->page_size = cpu_to_le32(256);
		return sizeof(*id);
	case MYDEV_OP_STATUS:
		status->channels = 4;
		return sizeof(*status);
	case MYDEV_OP_FW_INFO:
		fw->pending = MYDEV_HW_NONE;
		return sizeof(*fw);
	case MYDEV_OP_ENTROPY:
		get_random_bytes(bad->data, PAGE_SIZE);
		return min_t(u32, le32_to_cpu(cmd->arg[0]), MYDEV_HW_DATA_MAX);
	}
	return 0;
}

static void give(struct bad *bad, grant_ref_t ref, u32 len)
{
	struct gnttab_copy op = {
		.source = { .u.gmfn = virt_to_gfn(bad->data), .domid = DOMID_SELF },
		.dest = { .u.ref = ref, .domid = bad->xdev->otherend_id },
		.len = min_t(u32, len, MYDEV_HW_DATA_MAX),
		.flags = GNTCOPY_dest_gref,
	};

	if (op.len)
		gnttab_batch_copy(&op, 1);
}

static void spoil(struct bad *bad, const struct mydevif_request *rq, struct mydevif_response *rsp)
{
	u32 max = le32_to_cpu(rq->cmd.out_max);

	switch (answers) {
	case WRONG_ID:
		rsp->cpl.id = cpu_to_le16(rnd());
		break;
	case OLD_ID:
		rsp->cpl.id = cpu_to_le16(le16_to_cpu(rq->cmd.id) - 0x100);
		break;
	case WRONG_OP:
		rsp->op++;
		break;
	case WRONG_ERROR:
		rsp->error = 6 + rnd() % 250;
		break;
	case ALL_ERRORS:
		rsp->error = bad->count % 6;
		break;
	case TOO_LONG:
		rsp->cpl.out_len = cpu_to_le32(max + 1);
		break;
	case HUGE:
		rsp->cpl.out_len = cpu_to_le32(rnd() | 0x80000000);
		break;
	case ANY_STATUS:
		rsp->cpl.status = cpu_to_le16(bad->count);
		break;
	case ANY_LENGTH:
		rsp->cpl.out_len = cpu_to_le32(rnd() % (max + 1));
		break;
	case ANYTHING:
		get_random_bytes(rsp, sizeof(*rsp));
		break;
	}
}

static void respond(struct bad *bad, const struct mydevif_response *rsp)
{
	*RING_GET_RESPONSE(&bad->ring, bad->ring.rsp_prod_pvt) = *rsp;
	bad->ring.rsp_prod_pvt++;
	if (answers == INDEX_JUMPS)
		bad->ring.rsp_prod_pvt += rnd();
	RING_PUSH_RESPONSES(&bad->ring);
	notify_remote_via_irq(bad->irq);
}

static void answer(struct bad *bad, const struct mydevif_request *rq)
{
	struct mydevif_response rsp = { .cpl.id = rq->cmd.id, .op = rq->op };
	struct mydev_hw_event boot = { .type = MYDEV_EV_BOOT };
	u32 len = 0;

	bad->count++;
	if (answers == MUTE)
		return;
	if (rq->op == MYDEVIF_OP_COMMAND) {
		len = min(honest(bad, &rq->cmd), le32_to_cpu(rq->cmd.out_max));
		if (answers == ANY_DATA) {
			get_random_bytes(bad->data, PAGE_SIZE);
			len = le32_to_cpu(rq->cmd.out_max);
		}
		give(bad, le32_to_cpu(rq->out_ref), len);
		rsp.cpl.out_len = cpu_to_le32(len);
	} else {
		bad->events->ring[le32_to_cpu(bad->events->prod) % MYDEVIF_EVENTS] = boot;
		bad->events->prod = cpu_to_le32(le32_to_cpu(bad->events->prod) + 1);
	}
	spoil(bad, rq, &rsp);
	respond(bad, &rsp);
	if (answers == TWICE)
		respond(bad, &rsp);
}

static void serve(struct work_struct *work)
{
	struct bad *bad = container_of(work, struct bad, work);
	struct mydevif_request rq;
	int more;

	do {
		while (bad->ring.req_cons != READ_ONCE(bad->sring->req_prod)) {
			RING_COPY_REQUEST(&bad->ring, bad->ring.req_cons, &rq);
			bad->ring.req_cons++;
			answer(bad, &rq);
		}
		bad->sring->req_event = bad->ring.req_cons + 1;
		virt_mb();
		more = bad->ring.req_cons != READ_ONCE(bad->sring->req_prod);
	} while (more);
	xen_irq_lateeoi(bad->irq, 0);
}

static irqreturn_t rang(int irq, void *data)
{
	struct bad *bad = data;

	/* The first comes while it is bound. */
	bad->irq = irq;
	schedule_work(&bad->work);
	return IRQ_HANDLED;
}

static bool take_hold(struct bad *bad)
{
	struct xenbus_device *xdev = bad->xdev;
	unsigned int ring, events, port;

	if (xenbus_gather(XBT_NIL, xdev->otherend, MYDEVIF_NODE_RING, "%u", &ring,
			  MYDEVIF_NODE_EVENTS, "%u", &events, MYDEVIF_NODE_CHANNEL, "%u", &port, NULL))
		return false;
	if (xenbus_map_ring_valloc(xdev, &ring, 1, (void **)&bad->sring))
		return false;
	if (xenbus_map_ring_valloc(xdev, &events, 1, (void **)&bad->events)) {
		xenbus_unmap_ring_vfree(xdev, bad->sring);
		bad->sring = NULL;
		return false;
	}
	BACK_RING_INIT(&bad->ring, bad->sring, XEN_PAGE_SIZE);
	bad->irq = compat_bind_interdomain_lateeoi(xdev, port, rang, "badback", bad);
	return true;
}

static void let_go(struct bad *bad)
{
	if (!bad->sring)
		return;
	if (bad->irq > 0) {
		disable_irq(bad->irq);
		cancel_work_sync(&bad->work);
		unbind_from_irqhandler(bad->irq, bad);
	}
	xenbus_unmap_ring_vfree(bad->xdev, bad->sring);
	xenbus_unmap_ring_vfree(bad->xdev, bad->events);
	bad->sring = NULL;
}

static void go(struct bad *bad, int state)
{
	xenbus_printf(XBT_NIL, bad->xdev->nodename, "state", "%d", state);
}

static void frontend_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct bad *bad = dev_get_drvdata(&xdev->dev);

	/* What is written now would not go with the device. */
	if (state == XenbusStateUnknown)
		return;
	/* Its own way: a step for each of the frontend's. */
	if (isdigit(handshake[bad->shaken])) {
		go(bad, handshake[bad->shaken++] - '0');
		return;
	}
	if (isdigit(handshake[0]))
		return;
	if (state == XenbusStateInitialising || (state == XenbusStateClosed && !bad->sring)) {
		xenbus_printf(XBT_NIL, xdev->nodename, MYDEVIF_NODE_VERSION, "%u", MYDEVIF_VERSION);
		go(bad, XenbusStateInitWait);
	} else if (state == XenbusStateInitialised && !bad->sring && take_hold(bad)) {
		go(bad, XenbusStateConnected);
	} else if (state == XenbusStateClosing || state == XenbusStateClosed) {
		mutex_lock(&bad->lock);
		let_go(bad);
		mutex_unlock(&bad->lock);
		go(bad, XenbusStateClosed);
	}
}

static void prod(struct bad *bad, u32 index)
{
	WRITE_ONCE(bad->sring->rsp_prod, index);
	notify_remote_via_irq(bad->irq);
}

static void eprod(struct bad *bad, u32 index)
{
	WRITE_ONCE(bad->events->prod, cpu_to_le32(index));
	notify_remote_via_irq(bad->irq);
}

static void events(struct bad *bad, u32 rounds)
{
	u32 at;

	while (rounds--) {
		at = le32_to_cpu(READ_ONCE(bad->events->cons));
		get_random_bytes(bad->events->ring, sizeof(bad->events->ring));
		WRITE_ONCE(bad->events->prod, cpu_to_le32(at + rnd() % (MYDEVIF_EVENTS + 1)));
		notify_remote_via_irq(bad->irq);
		usleep_range(100, 200);
	}
}

static void lost(struct bad *bad, u32 rounds)
{
	while (rounds--) {
		WRITE_ONCE(bad->events->lost, cpu_to_le32(rnd()));
		notify_remote_via_irq(bad->irq);
		usleep_range(100, 200);
	}
}

static void storm(struct bad *bad, u32 ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	while (time_before(jiffies, end)) {
		notify_remote_via_irq(bad->irq);
		cond_resched();
	}
}

static void scribble(struct bad *bad, u32 ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	unsigned int i;

	while (time_before(jiffies, end)) {
		for (i = 0; i < 64; i++) {
			WRITE_ONCE(((u32 *)bad->sring)[rnd() % 1024], rnd());
			WRITE_ONCE(((u32 *)bad->events)[rnd() % 1024], rnd());
		}
		notify_remote_via_irq(bad->irq);
		usleep_range(100, 200);
	}
}

static void states(struct bad *bad, u32 rounds)
{
	while (rounds--)
		go(bad, rnd() % 10);
}

static void nodes(struct bad *bad, u32 rounds)
{
	while (rounds--) {
		xenbus_printf(XBT_NIL, bad->xdev->nodename, MYDEVIF_NODE_VERSION, "%u", rnd());
		xenbus_printf(XBT_NIL, bad->xdev->nodename, MYDEVIF_NODE_PHYSICAL, "%u", rnd());
	}
}

/* Unmaps and hangs up, and says nothing. */
static void vanish(struct bad *bad, u32 unused)
{
	let_go(bad);
}

static void leave(struct bad *bad, u32 state)
{
	go(bad, state);
}

/* Keeps the pages mapped, whatever state it says that it is in. */
static void cling(struct bad *bad, u32 ms)
{
	go(bad, XenbusStateClosing);
	go(bad, XenbusStateClosed);
	scribble(bad, ms);
	let_go(bad);
}

static void die(struct bad *bad, u32 unused)
{
	xenbus_rm(XBT_NIL, bad->xdev->nodename, "");
}

static const struct {
	const char *name;
	void (*run)(struct bad *bad, u32 number);
} attacks[] = {
	{ "prod", prod },
	{ "eprod", eprod },
	{ "events", events },
	{ "lost", lost },
	{ "storm", storm },
	{ "scribble", scribble },
	{ "states", states },
	{ "nodes", nodes },
	{ "vanish", vanish },
	{ "leave", leave },
	{ "cling", cling },
	{ "die", die },
};

static ssize_t attack_store(struct device *dev, struct device_attribute *attr, const char *buf,
			    size_t count)
{
	struct bad *bad = dev_get_drvdata(dev);
	ssize_t ret = -EINVAL;
	char name[16];
	u32 number = 0;
	unsigned int i;

	if (sscanf(buf, "%15s %i", name, &number) < 1)
		return -EINVAL;
	mutex_lock(&bad->lock);
	for (i = 0; i < ARRAY_SIZE(attacks); i++)
		if (!strcmp(name, attacks[i].name)) {
			ret = bad->sring ? count : -ENOTCONN;
			if (bad->sring)
				attacks[i].run(bad, number);
		}
	mutex_unlock(&bad->lock);
	return ret;
}
static DEVICE_ATTR_WO(attack);

/* How many requests it was asked. */
static ssize_t asked_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct bad *bad = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", bad->count);
}
static DEVICE_ATTR_RO(asked);

static int probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct bad *bad = kzalloc(sizeof(*bad), GFP_KERNEL);

	if (!bad)
		return -ENOMEM;
	bad->xdev = xdev;
	bad->data = (void *)get_zeroed_page(GFP_KERNEL | __GFP_NOFAIL);
	INIT_WORK(&bad->work, serve);
	mutex_init(&bad->lock);
	dev_set_drvdata(&xdev->dev, bad);
	go(bad, XenbusStateInitialising);
	return device_create_file(&xdev->dev, &dev_attr_attack) ?:
	       device_create_file(&xdev->dev, &dev_attr_asked);
}

static compat_xenbus_remove_t remove(struct xenbus_device *xdev)
{
	struct bad *bad = dev_get_drvdata(&xdev->dev);

	device_remove_file(&xdev->dev, &dev_attr_attack);
	device_remove_file(&xdev->dev, &dev_attr_asked);
	let_go(bad);
	free_page((unsigned long)bad->data);
	kfree(bad);
	return COMPAT_XENBUS_REMOVED;
}

static const struct xenbus_device_id ids[] = { { MYDEVIF_TYPE }, { "" } };

static struct xenbus_driver driver = {
	.name = "badback",
	.ids = ids,
	.probe = probe,
	.remove = remove,
	.otherend_changed = frontend_changed,
};

static int __init badback_init(void)
{
	return xen_domain() ? xenbus_register_backend(&driver) : -ENODEV;
}

static void __exit badback_exit(void)
{
	xenbus_unregister_driver(&driver);
}

module_init(badback_init);
module_exit(badback_exit);
MODULE_DESCRIPTION("A hostile backend for tests");
MODULE_LICENSE("GPL");
