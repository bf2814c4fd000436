// SPDX-License-Identifier: GPL-2.0
/*
 * dump RUNS mydev|devlink: RUNS dumps of all adapters by generic netlink, of what `show` and `devlink dev info` ask
 * for, one after the other, as fast as the kernel gives them. Prints how many messages and bytes that were, and the
 * microseconds of the median run, of the fastest and of the slowest:
 *
 *   MESSAGES BYTES MEDIAN MIN MAX
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/devlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include <uapi/linux/mydev.h>

#include "tests/bench/times.h"

static const struct {
	const char *name;
	int version, command;
} families[] = {
	{ MYDEV_GENL_NAME, MYDEV_GENL_VERSION, MYDEV_CMD_ADAPTER_GET },
	{ DEVLINK_GENL_NAME, DEVLINK_GENL_VERSION, DEVLINK_CMD_INFO_GET },
};

struct count {
	long messages, bytes;
};

static int on_message(struct nl_msg *msg, void *arg)
{
	struct count *count = arg;

	count->messages++;
	count->bytes += nlmsg_hdr(msg)->nlmsg_len;
	return NL_OK;
}

static int dump(struct nl_sock *sk, int id, int which)
{
	struct nl_msg *msg = nlmsg_alloc();
	int err = -NLE_NOMEM;

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, id, 0, NLM_F_DUMP,
			       families[which].command, families[which].version))
		err = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	return err < 0 ? err : nl_recvmsgs_default(sk);
}

static int usage(void)
{
	fprintf(stderr, "dump RUNS mydev|devlink\n");
	return 2;
}

int main(int argc, char **argv)
{
	int runs = argc == 3 ? atoi(argv[1]) : 0, which = 0, id, err, i;
	struct nl_sock *sk = nl_socket_alloc();
	struct count count;
	long long *us;

	if (runs < 1 || !sk)
		return usage();
	if (!strcmp(argv[2], families[1].name))
		which = 1;
	else if (strcmp(argv[2], families[0].name))
		return usage();
	us = calloc(runs, sizeof(*us));
	err = genl_connect(sk);
	id = err ? err : genl_ctrl_resolve(sk, families[which].name);
	if (!us || id < 0) {
		fprintf(stderr, "dump: family %s: %s\n", argv[2], nl_geterror(id));
		return 1;
	}
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_message, &count);
	for (i = 0; i < runs; i++) {
		count = (struct count){ 0 };
		us[i] = now_us();
		err = dump(sk, id, which);
		us[i] = now_us() - us[i];
		if (err) {
			fprintf(stderr, "dump: %s: %s\n", argv[2], nl_geterror(err));
			return 1;
		}
	}
	sort_us(us, runs);
	printf("%ld %ld %lld %lld %lld\n", count.messages, count.bytes, us[runs / 2], us[0],
	       us[runs - 1]);
	free(us);
	nl_socket_free(sk);
	return 0;
}
