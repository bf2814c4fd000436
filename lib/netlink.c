// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include "lib/alloc.h"
#include "lib/netlink.h"
#include "lib/nldecode.h"
#include "lib/util.h"

/* Parts of newer kernels' uapi/linux/netlink.h, which build hosts may lack. */
#define EXT_ACK_SOCKOPT		11	/* NETLINK_EXT_ACK */
#define CAP_ACK_SOCKOPT		10	/* NETLINK_CAP_ACK */
#define EXT_ACK_FLAG		0x200	/* NLM_F_ACK_TLVS */
#define CAPPED_FLAG		0x100	/* NLM_F_CAPPED */
#define EXT_ACK_MSG		1	/* NLMSGERR_ATTR_MSG */

#define RECEIVE_SIZE		32768	/* as much as the kernel puts into one dump message */
/* Above every deadline of the kernel's: only a kernel that is broken is given up by it. */
#define REPLY_TIMEOUT_S		30

struct mdnl {
	struct nl_sock *sk;
	int family;
};

static int fail(struct mdnl_error *err, int code, const char *what)
{
	err->code = code;
	err->from_kernel = false;
	snprintf(err->text, sizeof(err->text), "%s: %s", what, strerror(code));
	return -code;
}

/* What libnl's error numbers mean to us. */
static int from_libnl(int nle)
{
	switch (-nle) {
	case NLE_OBJ_NOTFOUND:
		return ENOENT;
	case NLE_NOMEM:		/* it makes this of ENOBUFS too */
		return ENOBUFS;
	case NLE_AGAIN:
		return ETIMEDOUT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return EPERM;
	default:
		return EIO;
	}
}

static int fail_libnl(struct mdnl_error *err, int nle, const char *what)
{
	fail(err, from_libnl(nle), what);
	return -err->code;
}

static void free_socket(struct nl_sock **sk)
{
	nl_socket_free(*sk);
	*sk = NULL;
}

static int new_socket(struct nl_sock **sk, struct mdnl_error *err)
{
	const struct timeval timeout = { .tv_sec = REPLY_TIMEOUT_S };
	const int one = 1;
	int rc;

	*sk = nl_socket_alloc();
	if (!*sk)
		xalloc_failed();
	nl_socket_set_local_port(*sk, 0);
	rc = genl_connect(*sk);
	if (rc < 0) {
		free_socket(sk);
		return fail_libnl(err, rc, "netlink socket");
	}
	nl_socket_disable_msg_peek(*sk);
	nl_socket_set_msg_buf_size(*sk, RECEIVE_SIZE);
	/* Old kernels have no extended acks: their errors then come without a text. */
	setsockopt(nl_socket_get_fd(*sk), SOL_NETLINK, EXT_ACK_SOCKOPT, &one, sizeof(one));
	setsockopt(nl_socket_get_fd(*sk), SOL_NETLINK, CAP_ACK_SOCKOPT, &one, sizeof(one));
	setsockopt(nl_socket_get_fd(*sk), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	return 0;
}

/* After a request that broke off, answers to it may still come: they need not be met. */
static int reconnect(struct mdnl *n, struct mdnl_error *err)
{
	int rc;

	if (n->sk)
		free_socket(&n->sk);
	rc = new_socket(&n->sk, err);
	if (rc < 0)
		return rc;
	n->family = genl_ctrl_resolve(n->sk, MYDEV_GENL_NAME);
	if (n->family < 0) {
		rc = n->family;
		free_socket(&n->sk);
		return fail_libnl(err, rc, "netlink family " MYDEV_GENL_NAME);
	}
	return 0;
}

int mdnl_open(struct mdnl **n, struct mdnl_error *err)
{
	int rc;

	*n = xzalloc(sizeof(**n));
	rc = reconnect(*n, err);
	if (rc < 0)
		mdnl_close(take_ptr(*n));
	return rc;
}

void mdnl_close(struct mdnl *n)
{
	if (!n)
		return;
	if (n->sk)
		free_socket(&n->sk);
	free(n);
}

/* Takes the attributes of an answer. */
typedef void (*reply_fn)(const void *attrs, size_t len, void *arg);

/* A request until its end: DONE of a dump, the ack of anything else. */
struct exchange {
	uint32_t seq;
	bool ended;
	bool interrupted;	/* the dump is not consistent */
	reply_fn reply;
	void *arg;
	struct mdnl_error *err;
};

static int on_reply(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct genlmsghdr *g = nlmsg_data(h);

	if (genlmsg_valid_hdr(h, 0) && x->reply)
		x->reply(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), x->arg);
	return NL_OK;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	x->ended = true;
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	x->interrupted = true;
	return NL_OK;
}

static int on_seq(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == x->seq ? NL_OK : NL_SKIP;
}

/* The extended ack's text stands in TLVs behind the error and, unless capped, the request. */
static const void *ack_text(const struct nlmsgerr *e, size_t *len)
{
	const struct nlmsghdr *h = (const void *)((const char *)e - NLMSG_HDRLEN);
	uint32_t skip = sizeof(*e);

	if (!(h->nlmsg_flags & EXT_ACK_FLAG) || h->nlmsg_len < NLMSG_HDRLEN + skip)
		return NULL;
	if (!(h->nlmsg_flags & CAPPED_FLAG) && e->msg.nlmsg_len > NLMSG_HDRLEN)
		skip += NLMSG_ALIGN(e->msg.nlmsg_len - NLMSG_HDRLEN);
	if (h->nlmsg_len - NLMSG_HDRLEN < skip)
		return NULL;
	return mdnl_find_attr((const char *)e + skip, h->nlmsg_len - NLMSG_HDRLEN - skip,
			      EXT_ACK_MSG, len);
}

static int on_error(struct sockaddr_nl *who, struct nlmsgerr *e, void *arg)
{
	struct exchange *x = arg;
	size_t len;
	const void *text = ack_text(e, &len);

	fail(x->err, -e->error, "kernel");
	x->err->from_kernel = true;
	if (text)
		mdnl_copy_text(x->err->text, sizeof(x->err->text), text, len);
	else
		snprintf(x->err->text, sizeof(x->err->text), "%s", strerror(-e->error));
	x->ended = true;
	return NL_STOP;
}

static struct nl_cb *exchange_callbacks(struct exchange *x)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb)
		xalloc_failed();
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_reply, x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, x);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, x);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_seq, x);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, x);
	return cb;
}

static int receive(struct mdnl *n, struct exchange *x)
{
	struct nl_cb *cb = exchange_callbacks(x);
	int rc = 0;

	while (!x->ended && rc >= 0)
		rc = nl_recvmsgs(n->sk, cb);
	nl_cb_put(cb);
	if (x->err->code)
		return -x->err->code;
	if (rc < 0 && !x->ended) {
		free_socket(&n->sk);
		return fail_libnl(x->err, rc, "answer of the kernel");
	}
	return x->interrupted ? fail(x->err, EINTR, "dump") : 0;
}

/* Sends `msg` and frees it. */
static int exchange(struct mdnl *n, struct nl_msg *msg, reply_fn reply, void *arg,
		    struct mdnl_error *err)
{
	struct exchange x = { .reply = reply, .arg = arg, .err = err };
	int rc;

	memset(err, 0, sizeof(*err));
	nl_complete_msg(n->sk, msg);
	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_ACK;
	x.seq = nlmsg_hdr(msg)->nlmsg_seq;
	rc = nl_send(n->sk, msg);
	nlmsg_free(msg);
	if (rc < 0)
		return fail_libnl(err, rc, "request to the kernel");
	return receive(n, &x);
}

/* NULL when the connection is broken; then *err says why. */
static struct nl_msg *request(struct mdnl *n, enum mydev_cmd cmd, int flags,
			      struct mdnl_error *err)
{
	struct nl_msg *msg;

	if (!n->sk && reconnect(n, err) < 0)
		return NULL;
	msg = nlmsg_alloc();
	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, n->family, 0, flags, cmd,
				 MYDEV_GENL_VERSION))
		xalloc_failed();
	return msg;
}

static struct nl_msg *adapter_request(struct mdnl *n, enum mydev_cmd cmd, uint32_t index,
				      struct mdnl_error *err)
{
	struct nl_msg *msg = request(n, cmd, 0, err);

	if (msg)
		nla_put_u32(msg, MYDEV_A_ADAPTER_ID, index);
	return msg;
}

static void version_reply(const void *attrs, size_t len, void *arg)
{
	mdnl_decode_version(attrs, len, arg);
}

int mdnl_version(struct mdnl *n, struct mdnl_version *v, struct mdnl_error *err)
{
	struct nl_msg *msg = request(n, MYDEV_CMD_VERSION_GET, 0, err);

	memset(v, 0, sizeof(*v));
	return msg ? exchange(n, msg, version_reply, v, err) : -err->code;
}

static void adapter_reply(const void *attrs, size_t len, void *arg)
{
	mdnl_decode_adapter(attrs, len, arg);
}

int mdnl_adapter(struct mdnl *n, uint32_t index, struct mdnl_adapter *a, struct mdnl_error *err)
{
	struct nl_msg *msg = adapter_request(n, MYDEV_CMD_ADAPTER_GET, index, err);
	int rc;

	memset(a, 0, sizeof(*a));
	if (!msg)
		return -err->code;
	rc = exchange(n, msg, adapter_reply, a, err);
	if (!rc && (!MDNL_HAVE(a, MYDEV_A_ADAPTER_INDEX) || a->index != index))
		return fail(err, EPROTO, "adapter");
	return rc;
}

struct adapter_dump {
	void (*fn)(const struct mdnl_adapter *a, void *arg);
	void *arg;
};

static void adapter_dump_reply(const void *attrs, size_t len, void *arg)
{
	struct adapter_dump *d = arg;
	struct mdnl_adapter a;

	if (mdnl_decode_adapter(attrs, len, &a))
		d->fn(&a, d->arg);
}

int mdnl_adapters(struct mdnl *n, void (*fn)(const struct mdnl_adapter *a, void *arg), void *arg,
		  struct mdnl_error *err)
{
	struct adapter_dump d = { fn, arg };
	struct nl_msg *msg = request(n, MYDEV_CMD_ADAPTER_GET, NLM_F_DUMP, err);

	return msg ? exchange(n, msg, adapter_dump_reply, &d, err) : -err->code;
}

static void config_key(int type, const void *data, size_t len, void *arg)
{
	struct mdnl_configs *c = arg;

	if (type != MYDEV_A_CONFIG_KEY || c->n == MDNL_CONFIGS_MAX)
		return;
	c->keys = xrealloc(c->keys, c->n + 1, sizeof(*c->keys));
	if (mdnl_decode_config(data, len, &c->keys[c->n]))
		c->n++;
}

static void config_reply(const void *attrs, size_t len, void *arg)
{
	struct mdnl_configs *c = arg;

	mdnl_find_num(attrs, len, MYDEV_A_CONFIG_GEN, &c->gen, sizeof(c->gen));
	mdnl_each_attr(attrs, len, config_key, c);
}

int mdnl_config(struct mdnl *n, uint32_t index, struct mdnl_configs *c, struct mdnl_error *err)
{
	struct nl_msg *msg = adapter_request(n, MYDEV_CMD_CONFIG_GET, index, err);

	free(c->keys);
	memset(c, 0, sizeof(*c));
	return msg ? exchange(n, msg, config_reply, c, err) : -err->code;
}

static void put_value(struct nl_msg *msg, const struct mdnl_value *v)
{
	struct nlattr *nest = nla_nest_start(msg, MYDEV_A_CONFIG_VALUE | NLA_F_NESTED);

	nla_put_u16(msg, MYDEV_A_CONFIG_KEY_ID, v->id);
	if (v->is_string)
		nla_put_string(msg, MYDEV_A_CONFIG_STR, v->str);
	else
		nla_put_u32(msg, MYDEV_A_CONFIG_NUM, v->num);
	nla_nest_end(msg, nest);
}

int mdnl_config_set(struct mdnl *n, uint32_t index, const struct mdnl_value *v, size_t n_values,
		    struct mdnl_error *err)
{
	struct nl_msg *msg = adapter_request(n, MYDEV_CMD_CONFIG_SET, index, err);
	size_t i;

	if (!msg)
		return -err->code;
	for (i = 0; i < n_values; i++)
		put_value(msg, &v[i]);
	return exchange(n, msg, NULL, NULL, err);
}

int mdnl_config_reset(struct mdnl *n, uint32_t index, const uint16_t *ids, size_t n_ids,
		      struct mdnl_error *err)
{
	struct nl_msg *msg = adapter_request(n, MYDEV_CMD_CONFIG_RESET, index, err);
	size_t i;

	if (!msg)
		return -err->code;
	for (i = 0; i < n_ids; i++)
		nla_put_u16(msg, MYDEV_A_CONFIG_ID, ids[i]);
	return exchange(n, msg, NULL, NULL, err);
}

int mdnl_flash_start(struct mdnl *n, uint32_t index, const char *file, bool activate,
		     struct mdnl_error *err)
{
	struct nl_msg *msg = adapter_request(n, MYDEV_CMD_FLASH_START, index, err);

	if (!msg)
		return -err->code;
	nla_put_string(msg, MYDEV_A_FLASH_FILE, file);
	if (!activate)
		nla_put_flag(msg, MYDEV_A_FLASH_NO_ACTIVATE);
	return exchange(n, msg, NULL, NULL, err);
}

int mdnl_locate(struct mdnl *n, uint32_t index, uint32_t seconds, struct mdnl_error *err)
{
	struct nl_msg *msg = adapter_request(n, MYDEV_CMD_LOCATE, index, err);

	if (!msg)
		return -err->code;
	nla_put_u32(msg, MYDEV_A_LOCATE_SECONDS, seconds);
	return exchange(n, msg, NULL, NULL, err);
}

int mdnl_command(struct mdnl *n, uint32_t index, enum mydev_cmd cmd, struct mdnl_error *err)
{
	struct nl_msg *msg = adapter_request(n, cmd, index, err);

	return msg ? exchange(n, msg, NULL, NULL, err) : -err->code;
}

struct log_entries {
	struct mydev_hw_log_entry *entries;
	size_t max, n;
};

static void log_entry(int type, const void *data, size_t len, void *arg)
{
	struct log_entries *l = arg;

	if (type != MYDEV_A_LOG_ENTRY || l->n == l->max)
		return;
	data = mdnl_find_attr(data, len, MYDEV_A_LOG_BODY, &len);
	if (data && len >= sizeof(*l->entries))
		memcpy(&l->entries[l->n++], data, sizeof(*l->entries));
}

static void log_reply(const void *attrs, size_t len, void *arg)
{
	mdnl_each_attr(attrs, len, log_entry, arg);
}

int mdnl_log(struct mdnl *n, uint32_t index, uint32_t since, struct mydev_hw_log_entry *entries,
	     size_t max, size_t *n_entries, struct mdnl_error *err)
{
	struct log_entries l = { .entries = entries, .max = max };
	struct nl_msg *msg = adapter_request(n, MYDEV_CMD_LOG_GET, index, err);
	int rc;

	if (!msg)
		return -err->code;
	nla_put_u32(msg, MYDEV_A_LOG_SINCE, since);
	rc = exchange(n, msg, log_reply, &l, err);
	*n_entries = l.n;
	return rc;
}

struct event_dump {
	void (*fn)(const struct mdnl_event *ev, void *arg);
	void *arg;
	uint64_t lost;
};

static void event_dump_reply(const void *attrs, size_t len, void *arg)
{
	struct event_dump *d = arg;
	struct mdnl_event ev;

	mdnl_find_num(attrs, len, MYDEV_A_EVENT_LOST, &d->lost, sizeof(d->lost));
	if (mdnl_decode_event(attrs, len, &ev))
		d->fn(&ev, d->arg);
}

int mdnl_events(struct mdnl *n, uint64_t since, void (*fn)(const struct mdnl_event *ev, void *arg),
		void *arg, uint64_t *lost, struct mdnl_error *err)
{
	struct event_dump d = { fn, arg, 0 };
	struct nl_msg *msg = request(n, MYDEV_CMD_EVENT_GET, NLM_F_DUMP, err);
	int rc;

	if (!msg)
		return -err->code;
	nla_put_u64(msg, MYDEV_A_EVENT_SEQ, since);
	rc = exchange(n, msg, event_dump_reply, &d, err);
	*lost = d.lost;
	return rc;
}

int mdnl_groups(struct mdnl *n, struct mdnl_groups *g, struct mdnl_error *err)
{
	int events, flash;

	/* Anew: the module may have been reloaded since. */
	if (reconnect(n, err) < 0)
		return -err->code;
	events = genl_ctrl_resolve_grp(n->sk, MYDEV_GENL_NAME, MYDEV_GENL_GROUP_EVENTS);
	flash = genl_ctrl_resolve_grp(n->sk, MYDEV_GENL_NAME, MYDEV_GENL_GROUP_FLASH);
	if (events < 0 || flash < 0)
		return fail_libnl(err, events < 0 ? events : flash, "netlink groups");
	*g = (struct mdnl_groups){ n->family, events, flash };
	return 0;
}
