// SPDX-License-Identifier: GPL-2.0
/*
 * The frontend is not believed: a request is copied before it is looked at, its data to and from
 * pages of ours, and what the frontend can make of its ring costs the time of this work alone.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "back.h"
#include "back_link.h"
#include "back_serve.h"

/* An answer comes within MYDEVIF_RESPONSE_MS; this is what we may be late. */
#define PATIENCE	msecs_to_jiffies(MYDEVIF_RESPONSE_MS - 500)

/* So often it looks for a request at a time, then others have the processor for a tick. */
#define AT_ONCE		64

static int error_of(int err)
{
	switch (err) {
	case 0:
		return MYDEVIF_OK;
	case -EHOSTDOWN:
	case -EPROTO:
	case -ECANCELED:
		return MYDEVIF_DOWN;
	case -ETIMEDOUT:
		return MYDEVIF_TIMEOUT;
	case -ENODEV:
		return MYDEVIF_GONE;
	case -EINVAL:
		return MYDEVIF_INVALID;
	}
	return MYDEVIF_BUSY;
}

/* Has the hypervisor copy between a page of ours and the frontend's: no page of it is mapped. */
static int copy(struct mydev_back *b, __le32 ref, void *page, u32 len, bool from_guest)
{
	struct gnttab_copy op = { .len = len };

	if (!len)
		return 0;
	if (from_guest) {
		op.source.u.ref = le32_to_cpu(ref);
		op.source.domid = b->xdev->otherend_id;
		op.dest.u.gmfn = virt_to_gfn(page);
		op.dest.domid = DOMID_SELF;
		op.flags = GNTCOPY_source_gref;
	} else {
		op.source.u.gmfn = virt_to_gfn(page);
		op.source.domid = DOMID_SELF;
		op.dest.u.ref = le32_to_cpu(ref);
		op.dest.domid = b->xdev->otherend_id;
		op.flags = GNTCOPY_dest_gref;
	}
	gnttab_batch_copy(&op, 1);
	return op.status == GNTST_okay ? 0 : -EINVAL;
}

/* What dom0 lets it know of what it may do. */
static void limit_identity(struct mydev_back *b, const struct mydev_hw_cpl *cpl)
{
	struct mydev_hw_identity *id = b->out;

	if (le32_to_cpu(cpl->out_len) >= offsetofend(struct mydev_hw_identity, allowed))
		id->allowed &= cpu_to_le32(b->limits.classes);
}

/* The command as it goes to the adapter; false: it is answered already. */
static bool limit_entropy(struct mydev_back *b, struct mydev_hw_cmd *cmd, struct mydev_hw_cpl *cpl)
{
	u32 wanted = le32_to_cpu(cmd->arg[0]), granted;

	if (!(b->limits.classes & MYDEV_CLASS_ENTROPY) || !wanted || wanted > MYDEV_HW_DATA_MAX)
		return true;
	granted = mydev_back_bucket_ask(&b->bucket, &b->limits, wanted);
	*cpl = (struct mydev_hw_cpl){ .status = cpu_to_le16(MYDEV_ST_AGAIN) };
	cmd->arg[0] = cpu_to_le32(granted);
	return granted;
}

static void count_entropy(struct mydev_back *b, const struct mydev_hw_cpl *cpl)
{
	u32 len = le32_to_cpu(cpl->out_len);

	mydev_back_bucket_take(&b->bucket, &b->limits, len);
	atomic64_add(len, &b->entropy_bytes);
}

static int run(struct mydev_back *b, struct back_request *r, struct mydev_hw_cpl *cpl)
{
	struct mydev_hw_cmd *cmd = &r->rq.cmd;
	int err;

	*cpl = (struct mydev_hw_cpl){ .status = cpu_to_le16(MYDEV_ST_OK) };
	if (cmd->opcode == MYDEV_OP_HELLO)
		return 0;
	if (cmd->opcode == MYDEV_OP_ENTROPY && !limit_entropy(b, cmd, cpl))
		return 0;
	err = copy(b, r->rq.in_ref, b->in, le32_to_cpu(cmd->in_len), true);
	if (!err)
		err = mydev_loan_command(&b->loan, cmd, b->in, b->out, r->until, cpl);
	if (err)
		return err;
	if (cpl->status == cpu_to_le16(MYDEV_ST_DENIED))
		atomic64_inc(&b->denied);
	if (cmd->opcode == MYDEV_OP_IDENTIFY)
		limit_identity(b, cpl);
	if (cmd->opcode == MYDEV_OP_ENTROPY)
		count_entropy(b, cpl);
	return copy(b, r->rq.out_ref, b->out, le32_to_cpu(cpl->out_len), false);
}

static int answer_command(struct mydev_back *b, struct back_request *r, struct mydev_hw_cpl *cpl)
{
	int err;

	if (le32_to_cpu(r->rq.cmd.in_len) > MYDEV_HW_DATA_MAX ||
	    le32_to_cpu(r->rq.cmd.out_max) > MYDEV_HW_DATA_MAX)
		return -EINVAL;
	if (r->reset)
		return -EHOSTDOWN;
	if (!time_before(jiffies, r->until))
		return -EBUSY;
	err = run(b, r, cpl);
	/* It may have been entropy, which is nobody else's. */
	memzero_explicit(b->out, le32_to_cpu(r->rq.cmd.out_max));
	return err;
}

static void respond(struct mydev_back *b, const struct mydevif_response *rsp)
{
	struct mydevif_back_ring *ring = &b->ring;
	int notify;

	*RING_GET_RESPONSE(ring, ring->rsp_prod_pvt) = *rsp;
	ring->rsp_prod_pvt++;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(ring, notify);
	if (notify)
		notify_remote_via_irq(b->irq);
}

static void answer(struct mydev_back *b, struct back_request *r)
{
	struct mydevif_response rsp = { .op = r->rq.op };
	struct mydev_hw_cpl cpl = { };
	bool reset = r->rq.op == MYDEVIF_OP_RESET;
	int err = 0;

	if (r->rq.op == MYDEVIF_OP_COMMAND)
		err = answer_command(b, r, &cpl);
	else if (!reset)
		err = -EINVAL;
	rsp.error = error_of(err);
	if (!err)
		rsp.cpl = cpl;
	rsp.cpl.id = r->rq.cmd.id;
	atomic64_inc(&b->requests);
	respond(b, &rsp);
	if (reset)
		mydev_loan_boot(&b->loan);
}

/* A reset ends those before it. */
static void mark_reset(struct mydev_back *b)
{
	unsigned int i;

	for (i = 0; i < b->queued; i++)
		b->queue[(b->first + i) % MYDEVIF_REQUESTS_MAX].reset = true;
}

/* Takes from the ring what there is room for. */
static void take(struct mydev_back *b)
{
	struct mydevif_back_ring *ring = &b->ring;
	RING_IDX prod = READ_ONCE(ring->sring->req_prod);
	struct back_request *r;

	virt_rmb();	/* the requests behind their index */
	if (RING_REQUEST_PROD_OVERFLOW(ring, prod)) {
		mydev_back_break(b, "an impossible index of requests");
		return;
	}
	while (ring->req_cons != prod && b->queued < MYDEVIF_REQUESTS_MAX) {
		r = &b->queue[(b->first + b->queued) % MYDEVIF_REQUESTS_MAX];
		RING_COPY_REQUEST(ring, ring->req_cons, &r->rq);
		ring->req_cons++;
		r->until = jiffies + PATIENCE;
		r->reset = false;
		if (r->rq.op == MYDEVIF_OP_RESET)
			mark_reset(b);
		b->queued++;
	}
}

/* The next one, or NULL. */
static struct back_request *next(struct mydev_back *b)
{
	struct back_request *r;

	take(b);
	if (!b->queued || READ_ONCE(b->fault))
		return NULL;
	r = &b->queue[b->first];
	b->first = (b->first + 1) % MYDEVIF_REQUESTS_MAX;
	b->queued--;
	return r;
}

/* Whether there is something to do; if not, the frontend rings for its next request. */
static bool more(struct mydev_back *b)
{
	int work;

	if (b->queued)
		return true;
	RING_FINAL_CHECK_FOR_REQUESTS(&b->ring, work);
	return work;
}

static bool is_served(struct mydev_back *b)
{
	return READ_ONCE(b->connected) && !READ_ONCE(b->fault);
}

static void serve(struct work_struct *work)
{
	struct mydev_back *b = container_of(work, struct mydev_back, serve.work);
	struct back_request *r;
	bool idle = false;
	unsigned int n;

	/* What begin() has made is there; before, this work is queued once more. */
	if (!smp_load_acquire(&b->connected))
		return;
	for (n = 0; n < AT_ONCE && !idle && is_served(b); n++) {
		r = next(b);
		if (r) {
			answer(b, r);
			b->served = true;
		} else {
			idle = !more(b);
		}
	}
	if (!is_served(b))
		return;
	if (!idle) {
		queue_delayed_work(mydev_back_wq, &b->serve, 1);
		return;
	}
	/* A ring for nothing puts the next one off. */
	if (atomic_xchg(&b->rang, 0))
		xen_irq_lateeoi(b->irq, b->served ? 0 : XEN_EOI_FLAG_SPURIOUS);
	b->served = false;
}

int mydev_back_serve_init(struct mydev_back *b)
{
	INIT_DELAYED_WORK(&b->serve, serve);
	b->in = (void *)__get_free_page(GFP_KERNEL);
	b->out = (void *)get_zeroed_page(GFP_KERNEL);
	if (b->in && b->out)
		return 0;
	mydev_back_serve_free(b);
	return -ENOMEM;
}

void mydev_back_serve_free(struct mydev_back *b)
{
	free_page((unsigned long)b->in);
	free_page((unsigned long)b->out);
}
