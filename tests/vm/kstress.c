// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at a time, at random: what the kernel's part has to bear.
 *
 *   kstress SECONDS [SEED]
 *
 * Adapters come and go, requests of every kind (some of them nonsense) and dumps run from
 * several sockets, firmware updates start and are cancelled, /dev/hwrng, hwmon and sysfs are
 * read, and the simulator's faults are switched. What any of it returns is no matter: that
 * the machine lives, and the kernel's log is clean, is. Prints how much was done.
 *
 * A failure that is injected into a task (failslab with task-filter) is asked for by
 * KSTRESS_FAIL=1 in the environment.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <uapi/linux/mydev.h>

#define ADAPTERS	4
#define REQUEST_MAX	4096

static unsigned int seed;
static unsigned long done;
static int family;

static unsigned int any(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* One write, as echo would. */
static void put(const char *text, const char *format, ...)
{
	char path[256];
	va_list args;
	int fd;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) >= 0)
		done++;
	close(fd);
}

static void look(const char *pattern)
{
	char buf[4096];
	glob_t found;
	size_t i;
	int fd;

	if (!glob(pattern, 0, NULL, &found)) {
		for (i = 0; i < found.gl_pathc; i++) {
			fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
			if (fd >= 0 && read(fd, buf, sizeof(buf)) >= 0)
				done++;
			if (fd >= 0)
				close(fd);
		}
	}
	globfree(&found);
}

struct request {
	struct nlmsghdr h;
	struct genlmsghdr g;
	char attrs[REQUEST_MAX];
};

static void begin(struct request *rq, int type, int cmd, int flags)
{
	memset(rq, 0, sizeof(*rq));
	rq->h.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	rq->h.nlmsg_type = type;
	rq->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	rq->g.cmd = cmd;
	rq->g.version = MYDEV_GENL_VERSION;
}

static struct nlattr *attr(struct request *rq, int type, const void *data, size_t len)
{
	struct nlattr *a = (void *)((char *)rq + NLMSG_ALIGN(rq->h.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	rq->h.nlmsg_len = NLMSG_ALIGN(rq->h.nlmsg_len) + NLA_ALIGN(a->nla_len);
	return a;
}

static void attr_u32(struct request *rq, int type, __u32 value)
{
	attr(rq, type, &value, sizeof(value));
}

static int open_netlink(void)
{
	struct sockaddr_nl any_port = { .nl_family = AF_NETLINK };
	struct timeval limit = { .tv_sec = 20 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		/* Without a port of its own nothing is multicast to it. */
		bind(fd, (struct sockaddr *)&any_port, sizeof(any_port));
	}
	return fd;
}

/* Sends it and takes what comes up to the end. A dump may be left in the middle. */
static void talk(int fd, struct request *rq)
{
	static char buf[65536];
	struct nlmsghdr *h;
	ssize_t len;

	if (send(fd, rq, rq->h.nlmsg_len, 0) < 0)
		return;
	done++;
	while ((len = recv(fd, buf, sizeof(buf), 0)) > 0) {
		for (h = (void *)buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len))
			if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE)
				return;
		if ((rq->h.nlmsg_flags & NLM_F_DUMP) && !any(50))
			return;
	}
}

static int find_family(void)
{
	struct request rq;
	char buf[8192];
	int fd = open_netlink(), id = 0;
	struct nlattr *a;
	ssize_t len, at;

	begin(&rq, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	attr(&rq, CTRL_ATTR_FAMILY_NAME, MYDEV_GENL_NAME, sizeof(MYDEV_GENL_NAME));
	if (send(fd, &rq, rq.h.nlmsg_len, 0) > 0) {
		len = recv(fd, buf, sizeof(buf), 0);
		for (at = NLMSG_LENGTH(GENL_HDRLEN); at + NLA_HDRLEN <= len;
		     at += NLA_ALIGN(a->nla_len)) {
			a = (void *)(buf + at);
			if (a->nla_len < NLA_HDRLEN)
				break;
			if (a->nla_type == CTRL_ATTR_FAMILY_ID)
				id = *(__u16 *)((char *)a + NLA_HDRLEN);
		}
	}
	close(fd);
	return id;
}

static void plug(void)
{
	char text[64];

	snprintf(text, sizeof(text), "md%d S-%u%s", any(2) ? 2000 : 4000, any(ADAPTERS),
		 any(10) ? "" : " mute");
	put(text, "/sys/bus/mydev_sim/new_device");
	if (any(2))
		usleep(any(300000));
	snprintf(text, sizeof(text), "S-%u", any(ADAPTERS));
	put(text, "/sys/bus/mydev_sim/del_device");
}

/* Reads, as anybody may: it gives its privileges up. */
static void reads(void)
{
	static const __u8 cmds[] = { MYDEV_CMD_ADAPTER_GET, MYDEV_CMD_ADAPTER_GET,
				     MYDEV_CMD_CONFIG_GET, MYDEV_CMD_EVENT_GET,
				     MYDEV_CMD_VERSION_GET };
	static int fd = -1;
	struct request rq;
	__u8 cmd = cmds[any(sizeof(cmds))];

	if (fd < 0 && setuid(65534) < 0)
		return;		/* for want of memory, as is played: the next time, then */
	if (fd < 0 || !any(30)) {
		close(fd);
		fd = open_netlink();
	}
	begin(&rq, family, cmd, cmd != MYDEV_CMD_VERSION_GET && any(2) ? NLM_F_DUMP : 0);
	if (!(rq.h.nlmsg_flags & NLM_F_DUMP) && cmd != MYDEV_CMD_VERSION_GET)
		attr_u32(&rq, MYDEV_A_ADAPTER_ID, any(ADAPTERS));
	talk(fd, &rq);
}

static void adapter_gets(void)
{
	static int fd = -1;
	struct request rq;

	if (fd < 0)
		fd = open_netlink();
	begin(&rq, family, MYDEV_CMD_ADAPTER_GET, any(2) ? NLM_F_DUMP : 0);
	if (!(rq.h.nlmsg_flags & NLM_F_DUMP))
		attr_u32(&rq, MYDEV_A_ADAPTER_ID, any(ADAPTERS));
	talk(fd, &rq);
}

static void config_set(struct request *rq)
{
	__u32 num = any(100);
	__u16 key = any(12);
	struct nlattr *nest = attr(rq, MYDEV_A_CONFIG_VALUE | NLA_F_NESTED, NULL, 0);

	attr(rq, MYDEV_A_CONFIG_KEY_ID, &key, sizeof(key));
	attr(rq, MYDEV_A_CONFIG_NUM, &num, sizeof(num));
	nest->nla_len = (char *)rq + rq->h.nlmsg_len - (char *)nest;
}

static void commands(void)
{
	static const __u8 cmds[] = { MYDEV_CMD_CONFIG_SET, MYDEV_CMD_CONFIG_RESET,
				     MYDEV_CMD_RESET, MYDEV_CMD_LOCATE, MYDEV_CMD_SELFTEST,
				     MYDEV_CMD_LOG_GET, MYDEV_CMD_FW_ROLLBACK,
				     MYDEV_CMD_FW_UNPEND };
	static int fd = -1;
	struct request rq;
	__u8 cmd = cmds[any(sizeof(cmds))];

	if (fd < 0)
		fd = open_netlink();
	begin(&rq, family, cmd, 0);
	attr_u32(&rq, MYDEV_A_ADAPTER_ID, any(ADAPTERS));
	if (cmd == MYDEV_CMD_CONFIG_SET)
		config_set(&rq);
	else if (cmd == MYDEV_CMD_LOCATE)
		attr_u32(&rq, MYDEV_A_LOCATE_SECONDS, any(3));
	talk(fd, &rq);
}

static void flashes(void)
{
	static const char *const files[] = { "md2000-1.1.0.bin", "md4000-1.1.0.bin",
					     "md2000-2.0.0.bin", "md4000-2.0.0.bin", "none.bin" };
	static int fd = -1;
	const char *file = files[any(5)];
	struct request rq;

	if (fd < 0)
		fd = open_netlink();
	begin(&rq, family, any(4) ? MYDEV_CMD_FLASH_START :
	      any(2) ? MYDEV_CMD_FLASH_CANCEL : MYDEV_CMD_FW_ACTIVATE, 0);
	attr_u32(&rq, MYDEV_A_ADAPTER_ID, any(ADAPTERS));
	if (rq.g.cmd == MYDEV_CMD_FLASH_START) {
		attr(&rq, MYDEV_A_FLASH_FILE, file, strlen(file) + 1);
		if (any(2))
			attr(&rq, MYDEV_A_FLASH_NO_ACTIVATE, NULL, 0);
	}
	talk(fd, &rq);
	usleep(any(200000));
}

/* Messages of random attributes, some with lengths that lie. */
static void nonsense(void)
{
	static int fd = -1;
	struct request rq;
	struct nlattr *a;
	char data[64];
	unsigned int i, n;

	if (fd < 0)
		fd = open_netlink();
	begin(&rq, family, any(MYDEV_CMD_MAX + 3), any(3) ? 0 : NLM_F_DUMP);
	for (n = any(6); n; n--) {
		for (i = 0; i < sizeof(data); i++)
			data[i] = any(4) ? any(256) : 0;
		a = attr(&rq, any(MYDEV_A_MAX + 3) | (any(4) ? 0 : NLA_F_NESTED), data,
			 any(2) ? 4 : any(sizeof(data)));
		if (!any(20))
			a->nla_len = any(65536);
	}
	talk(fd, &rq);
}

static void listen_groups(void)
{
	static int fd = -1;
	static char buf[8192];
	int group;

	if (fd < 0 || !any(20)) {
		close(fd);
		fd = open_netlink();
		/* Ours are among them. */
		for (group = 1; group < 256; group++)
			setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
	}
	/* Mostly deaf: it overflows. */
	usleep(any(200000));
	while (any(20) && recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		done++;
}

static void entropy(void)
{
	char buf[512];
	int fd = open("/dev/hwrng", O_RDONLY | O_CLOEXEC | (any(2) ? O_NONBLOCK : 0));

	if (fd < 0) {
		usleep(10000);
		return;
	}
	if (!any(10))
		put("mydev", "/sys/class/misc/hw_random/rng_current");
	if (read(fd, buf, 1 + any(sizeof(buf))) > 0)
		done++;
	close(fd);
}

static void sysfs(void)
{
	look("/sys/class/mydev/*/*");
	look("/sys/class/hwmon/*/*_input");
	look("/sys/class/mydev/*/uevent");
}

static void knobs(void)
{
	static const char *const settings[][2] = {
		{ "cable0", "0" }, { "cable0", "1" }, { "noise0", "stuck" }, { "noise0", "ok" },
		{ "noise1", "biased" }, { "noise1", "ok" }, { "temperature", "120000" },
		{ "temperature", "41000" }, { "voltage", "2000" }, { "voltage", "3300" },
		{ "lose_commands", "1" }, { "hang", "1" }, { "hang", "2" }, { "hang", "0" },
		{ "hang", "0" }, { "flash_write_error", "1" }, { "flash_write_error", "0" },
		{ "flash_verify_error", "1" }, { "flash_verify_error", "0" }, { "bad_boot", "1" },
		{ "bad_boot", "0" }, { "flash_delay_us", "500" }, { "flash_delay_us", "0" },
		{ "boot_ms", "300" }, { "boot_ms", "10" },
		{ "garble_replies", "1" }, { "flood_events", "1500" }, { "reboots", "2" },
	};
	unsigned int i = any(sizeof(settings) / sizeof(settings[0]));

	put(settings[i][1], "/sys/kernel/debug/mydev_sim/sim%u/%s", any(ADAPTERS), settings[i][0]);
	usleep(any(100000));
}

static const struct {
	const char *name;
	void (*run)(void);
} tasks[] = {
	{ "plug", plug }, { "plug", plug }, { "reads", reads }, { "adapter", adapter_gets },
	{ "commands", commands }, { "commands", commands }, { "flash", flashes },
	{ "nonsense", nonsense }, { "listen", listen_groups }, { "hwrng", entropy },
	{ "hwrng", entropy }, { "sysfs", sysfs }, { "knobs", knobs },
};

#define TASKS	(sizeof(tasks) / sizeof(tasks[0]))

static void run_task(unsigned int i, time_t end)
{
	alarm(end - time(NULL) + 60);
	seed += i * 7919;
	if (getenv("KSTRESS_FAIL"))
		put("1", "/proc/self/make-it-fail");
	while (time(NULL) < end)
		tasks[i].run();
	printf("%s: %lu\n", tasks[i].name, done);
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	int status, bad = 0;
	unsigned int i;

	seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	family = find_family();
	if (!family) {
		fprintf(stderr, "kstress: no family %s\n", MYDEV_GENL_NAME);
		return 1;
	}
	for (i = 0; i < TASKS; i++)
		if (!fork())
			run_task(i, end);
	while (wait(&status) > 0) {
		if (!WIFEXITED(status) || WEXITSTATUS(status)) {
			fprintf(stderr, "kstress: a task ended with status %#x\n", status);
			bad = 1;
		}
	}
	return bad;
}
