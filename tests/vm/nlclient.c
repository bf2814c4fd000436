// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family spoken by hand, for tests: what a request has is what is given here,
 * sense or nonsense.
 *
 *   nlclient COMMAND [ATTRIBUTE...] [+ COMMAND...]  do, one after the other until one fails
 *   nlclient -d COMMAND [ATTRIBUTE...]             dump
 *   nlclient -m events|flash -t SECONDS            what is multicast within that time
 *
 * COMMAND is a MYDEV_CMD_* without its prefix, or a number. An ATTRIBUTE is
 *   NAME=VALUE     a MYDEV_A_* without its prefix, as the manual has it
 *   NAME{A=V,...}  a nest
 *   NAME:HEX       the same with this payload instead
 *   @TYPE:HEX      one of a type that has no name
 *   ,HEX           these bytes at the end of the message, instead of an attribute
 *
 * Prints a line NAME=VALUE for each attribute of a reply, nests as NEST.NAME, and an empty
 * line behind each message. Exits with the error number, with the cause on stderr.
 */
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <uapi/linux/mydev.h>

enum kind { FLAG, U8, U16, U32, U64, STR, BIN, NEST };

struct attr {
	const char *name;
	int type;
	enum kind kind;
	const struct attr *nest;
};

#define A(_prefix, _name, _kind)	{ #_name, MYDEV_A_##_prefix##_name, _kind, NULL }
#define N(_prefix, _name, _nest)	{ #_name, MYDEV_A_##_prefix##_name, NEST, _nest }
#define END				{ NULL, 0, FLAG, NULL }

static const struct attr flash_attrs[] = {
	A(FLASH_, COOKIE, U32), A(FLASH_, STAGE, U8), A(FLASH_, FAILED_STAGE, U8),
	A(FLASH_, BYTES, U32), A(FLASH_, TOTAL, U32), A(FLASH_, ERROR, U32),
	A(FLASH_, MESSAGE, STR), A(FLASH_, IMAGE, STR), A(FLASH_, BEFORE, BIN),
	A(FLASH_, AFTER, BIN), A(FLASH_, WANTED, BIN), A(FLASH_, STARTED, U64),
	A(FLASH_, PENDING, FLAG), A(FLASH_, ENDED, U64), END
};

static const struct attr adapter_attrs[] = {
	A(ADAPTER_, INDEX, U32), A(ADAPTER_, DEVNAME, STR), A(ADAPTER_, STATE, U8),
	A(ADAPTER_, TRANSPORT, U8), A(ADAPTER_, ADDRESS, STR), A(ADAPTER_, MODEL, U16),
	A(ADAPTER_, SERIAL, STR), A(ADAPTER_, BOARD_REV, U16), A(ADAPTER_, CAPS, U32),
	A(ADAPTER_, FEATURES, U32), A(ADAPTER_, ALLOWED, U32), A(ADAPTER_, SLOT_SIZE, U32),
	A(ADAPTER_, STATUS, BIN), A(ADAPTER_, STATUS_AGE, U64), A(ADAPTER_, FW, BIN),
	A(ADAPTER_, CONFIG_GEN, U32), A(ADAPTER_, RESETS, U32), N(ADAPTER_, FLASH, flash_attrs),
	END
};

static const struct attr config_attrs[] = {
	A(CONFIG_, KEY_ID, U16), A(CONFIG_, NAME, STR), A(CONFIG_, TYPE, U8),
	A(CONFIG_, NUM_MIN, U32), A(CONFIG_, NUM_MAX, U32), A(CONFIG_, UNIT, STR),
	A(CONFIG_, CHOICES, STR), A(CONFIG_, NUM, U32), A(CONFIG_, STR, STR),
	A(CONFIG_, DEF_NUM, U32), A(CONFIG_, DEF_STR, STR), END
};

static const struct attr log_attrs[] = { A(LOG_, BODY, BIN), END };

static const struct attr event_attrs[] = {
	A(EVENT_, NUMBER, U64), A(EVENT_, TIME, U64), A(EVENT_, TYPE, U8), A(EVENT_, INDEX, U32),
	A(EVENT_, SERIAL, STR), A(EVENT_, NEW_STATE, U8), A(EVENT_, HW, BIN),
	N(EVENT_, FLASH, flash_attrs), A(EVENT_, OPCODE, U8), END
};

static const struct attr top_attrs[] = {
	A(, ADAPTER_ID, U32), A(, ADAPTER_NAME, STR), N(, ADAPTER, adapter_attrs), A(, LEVEL, U32),
	A(, MODULE_VERSION, STR), A(, EPOCH, U64), A(, CONFIG_GEN, U32),
	N(, CONFIG_KEY, config_attrs), N(, CONFIG_VALUE, config_attrs), A(, CONFIG_ID, U16),
	A(, FLASH_FILE, STR), A(, FLASH_NO_ACTIVATE, FLAG), N(, FLASH, flash_attrs),
	A(, LOCATE_SECONDS, U32), A(, LOG_SINCE, U32), N(, LOG_ENTRY, log_attrs),
	A(, EVENT_SEQ, U64), A(, EVENT_LOST, U64), N(, EVENT, event_attrs), END
};

#define C(_name)	{ #_name, MYDEV_CMD_##_name }
static const struct {
	const char *name;
	int cmd;
} commands[] = {
	C(VERSION_GET), C(ADAPTER_GET), C(CONFIG_GET), C(CONFIG_SET), C(CONFIG_RESET),
	C(FLASH_START), C(FLASH_CANCEL), C(FW_ACTIVATE), C(FW_ROLLBACK), C(FW_UNPEND), C(RESET),
	C(LOCATE), C(SELFTEST), C(LOG_GET), C(EVENT_GET),
};

static struct nl_sock *sock;

__attribute__((noreturn)) static void die(const char *what, const char *arg)
{
	fprintf(stderr, "nlclient: %s %s\n", what, arg);
	exit(255);
}

static void append_attr(struct nl_msg *msg, int type, const void *data, size_t len)
{
	if (nla_put(msg, type, len, data))
		die("message too long", "");
}

static size_t parse_hex(const char *hex, uint8_t *to, size_t max)
{
	size_t len;
	unsigned int byte;

	for (len = 0; hex[2 * len]; len++)
		if (len == max || sscanf(hex + 2 * len, "%2x", &byte) != 1)
			die("bad hex", hex);
		else
			to[len] = byte;
	return len;
}

static const struct attr *find_attr(const struct attr *table, const char *name, size_t len)
{
	for (; table->name; table++)
		if (strlen(table->name) == len && !strncmp(table->name, name, len))
			return table;
	die("no attribute", name);
}

static void put(struct nl_msg *msg, const struct attr *table, char *text);

static void put_nest(struct nl_msg *msg, const struct attr *a, char *text)
{
	struct nlattr *nest = nla_nest_start(msg, a->type | NLA_F_NESTED);
	char *item;

	text[strcspn(text, "}")] = 0;
	while ((item = strsep(&text, ",")))
		if (*item)
			put(msg, a->nest, item);
	nest->nla_len = (char *)nlmsg_tail(nlmsg_hdr(msg)) - (char *)nest;
}

static void put_value(struct nl_msg *msg, const struct attr *a, const char *text)
{
	static const size_t sizes[] = { [FLAG] = 0, [U8] = 1, [U16] = 2, [U32] = 4, [U64] = 8 };
	uint64_t value;

	if (a->kind == STR) {
		append_attr(msg, a->type, text, strlen(text) + 1);
		return;
	}
	value = strtoull(text, NULL, 0);
	append_attr(msg, a->type, &value, a->kind <= U64 ? sizes[a->kind] : 0);
}

static void put(struct nl_msg *msg, const struct attr *table, char *text)
{
	size_t name = strcspn(text, "=:{,"), len;
	uint8_t raw[8192];
	int type;

	switch (text[name]) {
	case ',':
		len = parse_hex(text + 1, raw, sizeof(raw));
		nlmsg_append(msg, raw, len, 0);
		return;
	case ':':
		type = text[0] == '@' ? atoi(text + 1) : find_attr(table, text, name)->type;
		len = parse_hex(text + name + 1, raw, sizeof(raw));
		append_attr(msg, type, raw, len);
		return;
	case '{':
		put_nest(msg, find_attr(table, text, name), text + name + 1);
		return;
	}
	put_value(msg, find_attr(table, text, name), text[name] ? text + name + 1 : "");
}

static void print_attrs(const struct attr *table, const char *prefix, const struct nlattr *nla,
			int len);

static void print_attr(const struct attr *a, const char *prefix, const struct nlattr *nla)
{
	const uint8_t *data = (const uint8_t *)nla + NLA_HDRLEN;
	int len = nla->nla_len - NLA_HDRLEN, i;
	uint64_t value = 0;
	char nest[64];

	if (a->kind == NEST) {
		snprintf(nest, sizeof(nest), "%s%s.", prefix, a->name);
		print_attrs(a->nest, nest, (const struct nlattr *)data, len);
		return;
	}
	printf("%s%s=", prefix, a->name);
	if (a->kind == STR) {
		printf("%.*s", len, data);
	} else if (a->kind == BIN) {
		for (i = 0; i < len; i++)
			printf("%02x", data[i]);
	} else {
		memcpy(&value, data, len <= 8 ? len : 8);
		printf("%llu", (unsigned long long)value);
	}
	putchar('\n');
}

static void print_attrs(const struct attr *table, const char *prefix, const struct nlattr *nla,
			int len)
{
	const struct attr *a;

	while (len >= NLA_HDRLEN && nla->nla_len >= NLA_HDRLEN && nla->nla_len <= len) {
		for (a = table; a->name; a++)
			if (a->type == (nla->nla_type & NLA_TYPE_MASK))
				print_attr(a, prefix, nla);
		len -= NLA_ALIGN(nla->nla_len);
		nla = (const struct nlattr *)((const char *)nla + NLA_ALIGN(nla->nla_len));
	}
}

/* The cause of an error, and where in the request it lies. */
static void print_ack(struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = nlmsg_data(nlh);
	int skip = sizeof(*err), rem;
	const struct nlattr *nla;

	fprintf(stderr, "%s:", strerror(-err->error));
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += err->msg.nlmsg_len - sizeof(err->msg);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS) {
		nlmsg_for_each_attr(nla, nlh, skip, rem) {
			if (nla_type(nla) == NLMSGERR_ATTR_MSG)
				fprintf(stderr, " %s", nla_get_string(nla));
			else if (nla_type(nla) == NLMSGERR_ATTR_OFFS)
				fprintf(stderr, " [at %u]", nla_get_u32(nla));
		}
	}
	fputc('\n', stderr);
}

/* Prints a message; -1: more may come, else the exit status. */
static int take(struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = nlmsg_data(nlh);
	struct genlmsghdr *genl = nlmsg_data(nlh);

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		printf("DUMP_INTR\n");
	if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
		if (!err->error)
			return 0;
		print_ack(nlh);
		return -err->error;
	}
	print_attrs(top_attrs, "", genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0));
	putchar('\n');
	return -1;
}

/* What came: -1: more may come, else the exit status. */
static int receive(void)
{
	struct sockaddr_nl from;
	struct nlmsghdr *nlh;
	unsigned char *buf = NULL;
	int status = -1;
	int len = nl_recv(sock, &from, &buf, NULL);

	if (len < 0)
		die("receive:", nl_geterror(len));
	for (nlh = (struct nlmsghdr *)buf; status < 0 && nlmsg_ok(nlh, len);
	     nlh = nlmsg_next(nlh, &len))
		status = take(nlh);
	free(buf);
	fflush(stdout);
	return status;
}

static int listen_to(int family, const char *group, int seconds)
{
	struct pollfd pfd = { .fd = nl_socket_get_fd(sock), .events = POLLIN };
	int id = genl_ctrl_resolve_grp(sock, MYDEV_GENL_NAME, group);
	time_t end = time(NULL) + seconds;

	if (family < 0 || id < 0 || nl_socket_add_membership(sock, id))
		die("no group", group);
	while (time(NULL) < end)
		if (poll(&pfd, 1, 100) > 0)
			receive();
	return 0;
}

static int find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].cmd;
	if (!atoi(name))
		die("no command", name);
	return atoi(name);
}

static int request(int family, int flags, const char *name, char *const attrs[])
{
	struct nl_msg *msg = nlmsg_alloc_size(32768);
	int status = -1;

	if (!msg)
		die("out of memory", "");
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_REQUEST | flags,
		    find_command(name), MYDEV_GENL_VERSION);
	for (; *attrs; attrs++)
		put(msg, top_attrs, *attrs);
	if (nl_send_auto(sock, msg) < 0)
		die("send", name);
	while (status < 0)
		status = receive();
	nlmsg_free(msg);
	return status;
}

/* One after the other, with a "+" between them, until one fails. */
static int requests(int family, int flags, char *argv[])
{
	char **end;
	int status;

	do {
		for (end = argv; *end && strcmp(*end, "+"); end++)
			;
		if (!*end)
			return request(family, flags, argv[0], argv + 1);
		*end = NULL;
		status = request(family, flags, argv[0], argv + 1);
		argv = end + 1;
	} while (!status && *argv);
	return status;
}

int main(int argc, char *argv[])
{
	int option, family, seconds = 0, flags = NLM_F_ACK;
	const char *group = NULL;

	while ((option = getopt(argc, argv, "dm:t:")) != -1) {
		if (option == 'd')
			flags = NLM_F_DUMP;
		else if (option == 'm')
			group = optarg;
		else if (option == 't')
			seconds = atoi(optarg);
		else
			return 255;
	}
	sock = nl_socket_alloc();
	if (!sock || genl_connect(sock))
		die("no socket", "");
	family = genl_ctrl_resolve(sock, MYDEV_GENL_NAME);
	if (family < 0)
		die("no family", MYDEV_GENL_NAME);
	nl_socket_disable_seq_check(sock);
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &(int){ 1 }, sizeof(int));
	nl_socket_set_msg_buf_size(sock, 65536);
	if (group)
		return listen_to(family, group, seconds);
	if (optind == argc)
		die("no command", "");
	return requests(family, flags, argv + optind);
}
