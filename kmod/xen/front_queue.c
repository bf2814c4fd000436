// SPDX-License-Identifier: GPL-2.0
/*
 * The backend is not believed: each value is read once, into our memory, and checked there. A
 * slot that was given to it is not used again before it has answered, and the first broken rule
 * ends the link.
 */
#include <linux/jiffies.h>
#include <linux/string.h>
#include <xen/events.h>

#include "front.h"
#include "front_queue.h"

/* mydevif_request.cmd.id */
#define ID_SLOT(id)	((id) & 0xff)
#define ID_STEP		0x100

/* For the answer to a reset: what the backend may take, and a processor that is busy. */
#define RESET_TIMEOUT	msecs_to_jiffies(2 * MYDEVIF_RESPONSE_MS)

static struct mydevif_events *events_of(struct mydev_front *front)
{
	return front->events_page.data;
}

void mydev_front_queue_init(struct mydev_front *front)
{
	unsigned int i;

	mutex_init(&front->lock);
	INIT_LIST_HEAD(&front->waiting);
	init_completion(&front->reset_done);
	for (i = 0; i < ARRAY_SIZE(front->slot); i++)
		front->slot[i].id = cpu_to_le16(i);
}

void mydev_front_queue_up(struct mydev_front *front)
{
	struct mydevif_sring *sring = front->ring_page.data;
	unsigned int i;

	mutex_lock(&front->lock);
	SHARED_RING_INIT(sring);
	FRONT_RING_INIT(&front->ring, sring, XEN_PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(front->slot); i++)
		front->slot[i].busy = false;
	front->event_cons = 0;
	front->events_lost = 0;
	front->fault = NULL;
	front->up = true;
	mutex_unlock(&front->lock);
}

static void end_all(struct mydev_front *front, int err)
{
	struct mydev_request *rq, *next;
	unsigned int i;

	lockdep_assert_held(&front->lock);
	list_for_each_entry_safe(rq, next, &front->waiting, node) {
		list_del_init(&rq->node);
		mydev_complete(rq, NULL, err);
	}
	for (i = 0; i < ARRAY_SIZE(front->slot); i++) {
		rq = front->slot[i].rq;
		front->slot[i].rq = NULL;
		if (rq)
			mydev_complete(rq, NULL, err);
	}
}

static void put_down(struct mydev_front *front)
{
	front->up = false;
	end_all(front, -ENODEV);
	complete_all(&front->reset_done);
}

void mydev_front_queue_down(struct mydev_front *front)
{
	mutex_lock(&front->lock);
	put_down(front);
	mutex_unlock(&front->lock);
}

void mydev_front_queue_listen(struct mydev_front *front, struct mydev_adapter *a)
{
	mutex_lock(&front->lock);
	front->adapter = a;
	mutex_unlock(&front->lock);
}

static void break_link(struct mydev_front *front, const char *rule)
{
	lockdep_assert_held(&front->lock);
	front->fault = rule;
	put_down(front);
	schedule_work(&front->state_work);
}

static void send(struct mydev_front *front, struct front_slot *slot, u8 op,
		 struct mydev_request *rq)
{
	struct mydevif_request *request;

	slot->busy = true;
	slot->rq = rq;
	slot->op = op;
	slot->boots = front->boots;
	slot->id = cpu_to_le16(le16_to_cpu(slot->id) + ID_STEP);
	if (rq)
		memcpy(slot->in.data, rq->in, le32_to_cpu(rq->cmd.in_len));
	request = RING_GET_REQUEST(&front->ring, front->ring.req_prod_pvt);
	*request = (struct mydevif_request){
		.cmd = rq ? rq->cmd : (struct mydev_hw_cmd){ },
		.op = op,
		.in_ref = cpu_to_le32(rq ? slot->in.ref : 0),
		.out_ref = cpu_to_le32(rq ? slot->out.ref : 0),
	};
	request->cmd.id = slot->id;
	front->ring.req_prod_pvt++;
}

static void push(struct mydev_front *front)
{
	bool notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front->ring, notify);
	if (notify)
		notify_remote_via_irq(front->irq);
}

static struct front_slot *free_slot(struct mydev_front *front)
{
	unsigned int i;

	for (i = 0; i < FRONT_SLOTS; i++)
		if (!front->slot[i].busy)
			return &front->slot[i];
	return NULL;
}

/* Gives the backend what waits, as long as there are slots. */
static void send_waiting(struct mydev_front *front)
{
	struct mydev_request *rq;
	struct front_slot *slot;
	bool sent = false;

	while ((rq = list_first_entry_or_null(&front->waiting, struct mydev_request, node))) {
		slot = free_slot(front);
		if (!slot)
			break;
		list_del_init(&rq->node);
		send(front, slot, MYDEVIF_OP_COMMAND, rq);
		sent = true;
	}
	if (sent)
		push(front);
}

int mydev_front_submit(struct mydev_adapter *a, struct mydev_request *rq)
{
	struct mydev_front *front = mydev_adapter_priv(a);
	int err = -ENODEV;

	if (WARN_ON_ONCE(le32_to_cpu(rq->cmd.in_len) > MYDEV_HW_DATA_MAX ||
			 le32_to_cpu(rq->cmd.out_max) > MYDEV_HW_DATA_MAX))
		return -EINVAL;
	mutex_lock(&front->lock);
	if (front->up) {
		list_add_tail(&rq->node, &front->waiting);
		send_waiting(front);
		err = 0;
	}
	mutex_unlock(&front->lock);
	return err;
}

static int error_of(u8 error)
{
	switch (error) {
	case MYDEVIF_OK:
		return 0;
	case MYDEVIF_DOWN:
		return -EHOSTDOWN;
	case MYDEVIF_TIMEOUT:
		return -ETIMEDOUT;
	case MYDEVIF_GONE:
		return -ENODEV;
	case MYDEVIF_BUSY:
		return -EBUSY;
	case MYDEVIF_INVALID:
		return -EINVAL;
	}
	return -EPROTO;
}

/* The data of a slot's answer; what was in it is nobody else's. */
static void take_data(struct front_slot *slot, u32 len)
{
	if (slot->rq)
		memcpy(slot->rq->out, slot->out.data, len);
	memzero_explicit(slot->out.data, len);
}

static void take_error(struct mydev_front *front, const struct front_slot *slot, int err)
{
	/* Has it restarted since, then that was known, and is over. */
	if (err == -EHOSTDOWN && front->adapter && slot->boots == front->boots)
		mydev_adapter_restarts(front->adapter);
	if (slot->rq)
		mydev_complete(slot->rq, NULL, err);
}

/* Takes a response; what rule it breaks, or NULL. */
static const char *take_response(struct mydev_front *front, const struct mydevif_response *rsp)
{
	unsigned int n = ID_SLOT(le16_to_cpu(rsp->cpl.id));
	u32 len = le32_to_cpu(rsp->cpl.out_len);
	int err = error_of(rsp->error);
	struct front_slot *slot;

	if (n >= ARRAY_SIZE(front->slot))
		return "a response to no request";
	slot = &front->slot[n];
	if (!slot->busy || rsp->cpl.id != slot->id || rsp->op != slot->op)
		return "a response to no request";
	if (err == -EPROTO)
		return "a response with an unknown error";
	slot->busy = false;
	if (n == FRONT_RESET) {
		complete_all(&front->reset_done);
	} else if (err) {
		take_error(front, slot, err);
	} else if (len > (slot->rq ? le32_to_cpu(slot->rq->cmd.out_max) : MYDEV_HW_DATA_MAX)) {
		return "a response longer than asked for";
	} else {
		take_data(slot, len);
		if (slot->rq)
			mydev_complete(slot->rq, &rsp->cpl, 0);
	}
	slot->rq = NULL;
	return NULL;
}

/* Takes the responses there are; how many. */
static unsigned int take_responses(struct mydev_front *front)
{
	struct mydevif_front_ring *ring = &front->ring;
	struct mydevif_response rsp;
	unsigned int taken = 0;
	const char *rule;
	RING_IDX prod;
	int more;

	do {
		prod = READ_ONCE(ring->sring->rsp_prod);
		virt_rmb();	/* the responses behind their index */
		if (RING_RESPONSE_PROD_OVERFLOW(ring, prod)) {
			break_link(front, "an impossible index of responses");
			return taken;
		}
		for (; ring->rsp_cons != prod; taken++) {
			RING_COPY_RESPONSE(ring, ring->rsp_cons, &rsp);
			ring->rsp_cons++;
			rule = take_response(front, &rsp);
			if (rule) {
				break_link(front, rule);
				return taken;
			}
		}
		RING_FINAL_CHECK_FOR_RESPONSES(ring, more);
	} while (more);
	if (taken)
		send_waiting(front);
	return taken;
}

/* Takes the events there are; how many. */
static unsigned int take_events(struct mydev_front *front)
{
	struct mydevif_events *events = events_of(front);
	u32 prod = le32_to_cpu(READ_ONCE(events->prod)), n = prod - front->event_cons, i, lost;
	struct mydev_hw_event ev;

	virt_rmb();	/* the entries behind their index */
	if (n > MYDEVIF_EVENTS) {
		break_link(front, "an impossible index of events");
		return 0;
	}
	for (i = 0; i < n; i++) {
		memcpy(&ev, &events->ring[front->event_cons % MYDEVIF_EVENTS], sizeof(ev));
		front->event_cons++;
		if (ev.type == MYDEV_EV_BOOT)
			front->boots++;
		mydev_adapter_event(front->adapter, &ev);
	}
	virt_mb();	/* they were read when the index says so */
	WRITE_ONCE(events->cons, cpu_to_le32(front->event_cons));
	lost = le32_to_cpu(READ_ONCE(events->lost));
	if (lost != front->events_lost)
		mydev_adapter_events_lost(front->adapter);
	front->events_lost = lost;
	return n;
}

/* What a hang was may have been a lost interrupt. */
static bool take_all(struct mydev_front *front)
{
	unsigned int n = 0;

	lockdep_assert_held(&front->lock);
	if (front->up)
		n += take_responses(front);
	/* Events stay until there is somebody to tell. */
	if (front->up && front->adapter)
		n += take_events(front);
	return n;
}

bool mydev_front_queue_poll(struct mydev_front *front)
{
	bool any;

	mutex_lock(&front->lock);
	any = take_all(front);
	mutex_unlock(&front->lock);
	return any;
}

void mydev_front_abort(struct mydev_adapter *a, struct mydev_request *rq)
{
	struct mydev_front *front = mydev_adapter_priv(a);
	unsigned int i;

	mutex_lock(&front->lock);
	take_all(front);
	for (i = 0; i < ARRAY_SIZE(front->slot); i++)
		if (front->slot[i].rq == rq)
			front->slot[i].rq = NULL;
	list_del_init(&rq->node);
	mutex_unlock(&front->lock);
}

static int begin_reset(struct mydev_front *front)
{
	struct front_slot *slot = &front->slot[FRONT_RESET];
	int err = -ENODEV;

	mutex_lock(&front->lock);
	if (front->up) {
		end_all(front, -EHOSTDOWN);
		/* One that was not answered yet does as well. */
		if (!slot->busy) {
			reinit_completion(&front->reset_done);
			send(front, slot, MYDEVIF_OP_RESET, NULL);
			push(front);
		}
		err = 0;
	}
	mutex_unlock(&front->lock);
	return err;
}

int mydev_front_reset(struct mydev_adapter *a)
{
	struct mydev_front *front = mydev_adapter_priv(a);
	int err = begin_reset(front);

	if (err)
		return err;
	err = wait_for_completion_timeout(&front->reset_done, RESET_TIMEOUT) ? 0 : -ETIMEDOUT;
	mutex_lock(&front->lock);
	take_all(front);
	if (!front->up)
		err = -ENODEV;
	else if (!front->slot[FRONT_RESET].busy)
		err = 0;
	mutex_unlock(&front->lock);
	return err;
}
