// SPDX-License-Identifier: GPL-2.0
/*
 * A backend that does what it likes. Parameter `handshake`: its steps in that, as take_step() has
 * them; with none it is honest. Parameter `answers`: how it does when it answers. Written into the
 * device's attribute `attack`: "NAME [NUMBER]", of the table at the end. The writer returns when it
 * is over.
 */
#include <linux/ctype.h>

#include "bad.h"

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

static char handshake[32];
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
	struct delayed_work step;	/* of the handshake */
	unsigned int steps;		/* taken */
	unsigned int count;
};

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

static void hang_up(struct bad *bad)
{
	if (bad->irq <= 0)
		return;
	disable_irq(bad->irq);
	cancel_work_sync(&bad->work);
	unbind_from_irqhandler(bad->irq, bad);
	bad->irq = 0;
}

static void let_go(struct bad *bad)
{
	if (!bad->sring)
		return;
	hang_up(bad);
	xenbus_unmap_ring_vfree(bad->xdev, bad->sring);
	xenbus_unmap_ring_vfree(bad->xdev, bad->events);
	bad->sring = NULL;
}

static void tell(struct bad *bad, const char *node, const char *text)
{
	xenbus_write(XBT_NIL, bad->xdev->nodename, node, text);
}

/* What the frontend's nodes name is there. */
static bool is_made(struct bad *bad)
{
	enum xenbus_state state = xenbus_read_driver_state(bad->xdev->otherend);

	return state == XenbusStateInitialised || state == XenbusStateConnected;
}

/* false: not yet. */
static bool take_step(struct bad *bad, char step)
{
	const char *dir = bad->xdev->nodename;

	lockdep_assert_held(&bad->lock);
	switch (step) {
	case '0' ... '9':
		go(bad->xdev, step - '0');
		break;
	case 'g':
		tell(bad, "state", BAD_TEXT);
		break;
	case 'b':
		go(bad->xdev, U32_MAX);
		break;
	case 'n':
		xenbus_rm(XBT_NIL, dir, "state");
		break;
	case 'r':
		xenbus_rm(XBT_NIL, dir, MYDEVIF_NODE_VERSION);
		break;
	case 'z':
		tell(bad, MYDEVIF_NODE_VERSION, "0");
		break;
	case 'h':
		tell(bad, MYDEVIF_NODE_VERSION, "4294967295");
		break;
	case 't':
		tell(bad, MYDEVIF_NODE_VERSION, BAD_TEXT);
		break;
	case 'p':
		tell(bad, MYDEVIF_NODE_PHYSICAL, BAD_TEXT);
		break;
	case 'm':
		return bad->sring || (is_made(bad) && take_hold(bad));
	case 'c':
		hang_up(bad);
		break;
	case 'u':
		let_go(bad);
		break;
	case 'd':
		xenbus_rm(XBT_NIL, dir, "");
		break;
	}
	return true;
}

/* A state is one step for each change of the frontend's, or when that does nothing for a while. */
static void step(struct work_struct *work)
{
	struct bad *bad = container_of(work, struct bad, step.work);
	char now = handshake[bad->steps];
	bool taken;

	if (!isalnum(now))
		return;
	mutex_lock(&bad->lock);
	taken = take_step(bad, now);
	mutex_unlock(&bad->lock);
	WRITE_ONCE(bad->steps, bad->steps + taken);
	schedule_delayed_work(&bad->step, taken && !isdigit(now) ? 0 : HZ / 10);
}

static void shake(struct bad *bad, enum xenbus_state state)
{
	if (state == XenbusStateInitialising || (state == XenbusStateClosed && !bad->sring)) {
		go(bad->xdev, XenbusStateInitWait);
	} else if (state == XenbusStateInitialised && !bad->sring && take_hold(bad)) {
		go(bad->xdev, XenbusStateConnected);
	} else if (state == XenbusStateClosing || state == XenbusStateClosed) {
		mutex_lock(&bad->lock);
		let_go(bad);
		mutex_unlock(&bad->lock);
		go(bad->xdev, XenbusStateClosed);
	}
}

static void frontend_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct bad *bad = dev_get_drvdata(&xdev->dev);

	/* What is written now would not go with the device. */
	if (state == XenbusStateUnknown)
		return;
	if (isalnum(*handshake))
		mod_delayed_work(system_wq, &bad->step, 0);
	else
		shake(bad, state);
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
	ring(bad->irq, ms);
}

static void scribble(struct bad *bad, u32 ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	while (time_before(jiffies, end)) {
		spoil_pages(bad->sring, bad->events);
		notify_remote_via_irq(bad->irq);
		usleep_range(100, 200);
	}
}

static void states(struct bad *bad, u32 rounds)
{
	while (rounds--)
		go(bad->xdev, rnd() % 10);
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
	go(bad->xdev, state);
}

/* Keeps the pages mapped, whatever state it says that it is in. */
static void cling(struct bad *bad, u32 ms)
{
	go(bad->xdev, XenbusStateClosing);
	go(bad->xdev, XenbusStateClosed);
	scribble(bad, ms);
	let_go(bad);
}

static void die(struct bad *bad, u32 unused)
{
	xenbus_rm(XBT_NIL, bad->xdev->nodename, "");
}

static const struct attack attacks[] = {
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
	const struct attack *attack;
	ssize_t ret = count;
	u32 number;

	attack = attack_find(buf, attacks, ARRAY_SIZE(attacks), &number);
	if (!attack)
		return -EINVAL;
	mutex_lock(&bad->lock);
	if (bad->sring)
		attack->run(bad, number);
	else
		ret = -ENOTCONN;
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

/* How many steps of the handshake it has taken. */
static ssize_t steps_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct bad *bad = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", READ_ONCE(bad->steps));
}
static DEVICE_ATTR_RO(steps);

static struct attribute *bad_attrs[] = {
	&dev_attr_attack.attr,
	&dev_attr_asked.attr,
	&dev_attr_steps.attr,
	NULL
};
ATTRIBUTE_GROUPS(bad);

static int probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct bad *bad = kzalloc(sizeof(*bad), GFP_KERNEL);

	if (!bad)
		return -ENOMEM;
	bad->xdev = xdev;
	bad->data = (void *)get_zeroed_page(GFP_KERNEL | __GFP_NOFAIL);
	INIT_WORK(&bad->work, serve);
	INIT_DELAYED_WORK(&bad->step, step);
	mutex_init(&bad->lock);
	dev_set_drvdata(&xdev->dev, bad);
	xenbus_printf(XBT_NIL, xdev->nodename, MYDEVIF_NODE_VERSION, "%u", MYDEVIF_VERSION);
	go(xdev, XenbusStateInitialising);
	return 0;
}

static compat_xenbus_remove_t remove(struct xenbus_device *xdev)
{
	struct bad *bad = dev_get_drvdata(&xdev->dev);

	cancel_delayed_work_sync(&bad->step);
	let_go(bad);
	free_page((unsigned long)bad->data);
	kfree(bad);
	return COMPAT_XENBUS_REMOVED;
}

static const struct xenbus_device_id ids[] = { { MYDEVIF_TYPE }, { "" } };

static struct xenbus_driver driver = {
	.name = "badback",
	.driver.dev_groups = bad_groups,
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
