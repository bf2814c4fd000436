// SPDX-License-Identifier: GPL-2.0
#include "tests/unit/emu.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/util.h"

#define ARGS_MAX	32

static uint32_t get32(const __le32 *reg)
{
	return le32toh(__atomic_load_n(reg, __ATOMIC_ACQUIRE));
}

static void put32(__le32 *reg, uint32_t value)
{
	__atomic_store_n(reg, htole32(value), __ATOMIC_RELEASE);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static char *path(struct emu *e, const char *name)
{
	return xasprintf("%s/%s", e->dir, name);
}

void emu_setup(struct emu *e)
{
	_free_cleanup_ char *state = NULL;

	*e = (struct emu){ .socket = -1 };
	strcpy(e->dir, "/tmp/mydev-emu.XXXXXX");
	assert_non_null(mkdtemp(e->dir));
	state = path(e, "state");
	assert_int_equal(mkdir(state, 0700), 0);
}

void emu_teardown(struct emu *e)
{
	pid_t pid;

	if (e->socket >= 0)
		emu_unplug(e);
	if (e->pid)
		emu_stop(e);
	pid = fork();
	if (!pid)
		execlp("rm", "rm", "-rf", e->dir, NULL);
	waitpid(pid, NULL, 0);
}

int emu_fixture_setup(void **state)
{
	static struct emu e;

	emu_setup(&e);
	*state = &e;
	return 0;
}

int emu_fixture_teardown(void **state)
{
	emu_teardown(*state);
	return 0;
}

/* The program is MYDEV_EMU, words of which may be a debugger's, or the sanitized one. */
static void exec_emu(struct emu *e, const char *const *args)
{
	const char *program = getenv("MYDEV_EMU");
	char *words = xstrdup(program ? program : "build/san/mydev-emu");
	const char *argv[ARGS_MAX] = { NULL };
	char *word;
	int n = 0;

	while ((word = strsep(&words, " ")))
		argv[n++] = word;
	argv[n++] = "--model";
	argv[n++] = "md2000";
	argv[n++] = "--socket";
	argv[n++] = path(e, "card.sock");
	argv[n++] = "--state";
	argv[n++] = path(e, "state");
	argv[n++] = "--control";
	argv[n++] = path(e, "control.sock");
	argv[n++] = "--factory";
	argv[n++] = "build/firmware/md2000-1.0.0.bin";
	for (; *args; args++)
		argv[n++] = *args;
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static void spawn(struct emu *e, const char *const *args)
{
	_free_cleanup_ char *log = path(e, "log");
	int fd;

	e->pid = fork();
	assert_true(e->pid >= 0);
	if (e->pid)
		return;
	/* Not even a test that dies leaves it behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, 1);
	dup2(fd, 2);
	exec_emu(e, args);
}

static char *read_log(struct emu *e)
{
	_free_cleanup_ char *log = path(e, "log");
	char *text = xzalloc(65536);
	int fd = open(log, O_RDONLY);

	assert_true(fd >= 0 && read(fd, text, 65535) >= 0);
	close(fd);
	return text;
}

int emu_connect(struct emu *e, const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", e->dir, name);
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

void emu_start(struct emu *e, const char *const *args)
{
	uint64_t end = now_ms() + EMU_WAIT_MS;
	int fd, status;

	spawn(e, args);
	/* The control socket is the last thing that appears. */
	while ((fd = emu_connect(e, "control.sock")) < 0) {
		if (waitpid(e->pid, &status, WNOHANG) == e->pid) {
			e->pid = 0;
			fail_msg("mydev-emu ended: %s", read_log(e));
		}
		assert_true(now_ms() < end);
		usleep(1000);
	}
	close(fd);
}

int emu_wait(struct emu *e)
{
	int status;

	assert_int_equal(waitpid(e->pid, &status, 0), e->pid);
	e->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void emu_stop(struct emu *e)
{
	int status;

	kill(e->pid, SIGTERM);
	status = emu_wait(e);
	if (status)
		fail_msg("mydev-emu ended with %d: %s", status, read_log(e));
}

int emu_run(struct emu *e, const char *const *args, char **said)
{
	int status;

	spawn(e, args);
	status = emu_wait(e);
	*said = read_log(e);
	return status;
}

/* A number of the server's, and the descriptor with it, or -1. */
static int64_t receive(struct emu *e, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	int64_t number;
	struct iovec iov = { .iov_base = &number, .iov_len = sizeof(number) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;

	assert_int_equal(recvmsg(e->socket, &msg, MSG_WAITALL), sizeof(number));
	c = CMSG_FIRSTHDR(&msg);
	*fd = -1;
	if (c)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return le64toh(number);
}

static void receive_plain(struct emu *e, int64_t expected)
{
	int fd;

	assert_int_equal(receive(e, &fd), expected);
	assert_int_equal(fd, -1);
}

static int receive_fd(struct emu *e, int64_t expected)
{
	int fd;

	assert_int_equal(receive(e, &fd), expected);
	assert_true(fd >= 0);
	return fd;
}

void emu_plug(struct emu *e)
{
	unsigned int i;
	int memory;

	e->socket = emu_connect(e, "card.sock");
	assert_true(e->socket >= 0);
	receive_plain(e, 0);
	receive_plain(e, 1);
	memory = receive_fd(e, -1);
	for (i = 0; i < MYDEV_PCI_IRQS; i++)
		e->ring[i] = receive_fd(e, 0);
	for (i = 0; i < MYDEV_PCI_IRQS; i++)
		e->irq[i] = receive_fd(e, 1);
	e->window = mmap(NULL, sizeof(*e->window), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	assert_true(e->window != MAP_FAILED);
	/* Nobody's to cut off. */
	assert_int_not_equal(ftruncate(memory, 0), 0);
	close(memory);
	e->generation = 0;
	e->sq_tail = 0;
	e->cq_head = 0;
	e->eq_head = 0;
}

void emu_unplug(struct emu *e)
{
	unsigned int i;

	munmap(e->window, sizeof(*e->window));
	for (i = 0; i < MYDEV_PCI_IRQS; i++) {
		close(e->ring[i]);
		close(e->irq[i]);
	}
	close(take_fd(e->socket));
}

bool emu_interrupt(struct emu *e, unsigned int vector, int ms)
{
	struct pollfd p = { .fd = e->irq[vector], .events = POLLIN };
	eventfd_t n;

	return poll(&p, 1, ms) == 1 && !eventfd_read(e->irq[vector], &n);
}

void emu_ring(struct emu *e, unsigned int vector)
{
	assert_int_equal(eventfd_write(e->ring[vector], 1), 0);
}

uint32_t emu_state(struct emu *e)
{
	return get32(&e->window->card.state);
}

void emu_wait_state(struct emu *e, uint32_t state)
{
	uint64_t end = now_ms() + EMU_WAIT_MS;

	while (emu_state(e) != state) {
		emu_interrupt(e, MYDEV_PCI_IRQ_EVENT, 10);
		if (now_ms() > end)
			fail_msg("state %u instead of %u", emu_state(e), state);
	}
}

void emu_reset(struct emu *e)
{
	uint64_t end = now_ms() + EMU_WAIT_MS;

	e->sq_tail = 0;
	e->cq_head = 0;
	e->eq_head = 0;
	put32(&e->window->host.sq_tail, 0);
	put32(&e->window->host.cq_head, 0);
	put32(&e->window->host.eq_head, 0);
	put32(&e->window->host.reset, ++e->generation);
	emu_ring(e, MYDEV_PCI_RING_RESET);
	while (get32(&e->window->card.generation) != e->generation) {
		assert_true(now_ms() < end);
		usleep(100);
	}
}

uint16_t emu_submit(struct emu *e, uint8_t opcode, uint32_t arg, const void *in, uint32_t in_len)
{
	bool bulk = in_len > MYDEV_HW_DATA_MAX;
	uint32_t tag = e->next_tag++ % (bulk ? MYDEV_HW_BULKS : MYDEV_HW_TAGS);
	uint16_t id = MYDEV_HW_ID(e->generation, tag);
	struct mydev_hw_cmd cmd = {
		.opcode = opcode,
		.id = htole16(id),
		.arg = { htole32(arg) },
		.in_len = htole32(in_len),
		.out_max = htole32(MYDEV_HW_DATA_MAX),
	};

	if (in)
		memcpy(bulk ? e->window->bulk[tag] : e->window->buffers[tag].in, in, in_len);
	e->window->sq[e->sq_tail % MYDEV_HW_TAGS] = cmd;
	put32(&e->window->host.sq_tail, ++e->sq_tail);
	emu_ring(e, MYDEV_PCI_RING_SUBMIT);
	return id;
}

/* Whether the card is still there after up to so many ms without a completion. */
static bool wait_completion(struct emu *e, int ms)
{
	struct pollfd p[] = {
		{ .fd = e->irq[MYDEV_PCI_IRQ_COMPLETION], .events = POLLIN },
		{ .fd = e->socket, .events = POLLIN },
	};
	eventfd_t n;

	if (poll(p, 2, ms) > 0 && p[0].revents)
		eventfd_read(p[0].fd, &n);
	return !p[1].revents;
}

bool emu_completion(struct emu *e, struct emu_reply *r, int ms)
{
	uint64_t end = now_ms() + ms;
	struct mydev_hw_cpl cpl;
	uint32_t tag;

	while (get32(&e->window->card.cq_tail) == e->cq_head) {
		if (now_ms() >= end || !wait_completion(e, end - now_ms()))
			return false;
	}
	cpl = e->window->cq[e->cq_head % MYDEV_HW_TAGS];
	r->id = le16toh(cpl.id);
	r->status = le16toh(cpl.status);
	r->result = le32toh(cpl.result);
	r->len = le32toh(cpl.out_len);
	tag = MYDEV_HW_ID_TAG(r->id);
	if (tag < MYDEV_HW_TAGS)
		memcpy(r->data, e->window->buffers[tag].out, sizeof(r->data));
	put32(&e->window->host.cq_head, ++e->cq_head);
	return true;
}

const struct emu_reply *emu_try_command(struct emu *e, uint8_t opcode, uint32_t arg,
					const void *in, uint32_t in_len)
{
	static struct emu_reply r;
	uint16_t id = emu_submit(e, opcode, arg, in, in_len);

	if (!emu_completion(e, &r, EMU_WAIT_MS))
		return NULL;
	assert_int_equal(r.id, id);
	return &r;
}

const struct emu_reply *emu_command(struct emu *e, uint8_t opcode, uint32_t arg, const void *in,
				    uint32_t in_len)
{
	const struct emu_reply *r = emu_try_command(e, opcode, arg, in, in_len);

	assert_non_null(r);
	return r;
}

bool emu_event(struct emu *e, struct mydev_hw_event *ev, int ms)
{
	uint64_t end = now_ms() + ms;

	while (get32(&e->window->card.eq_tail) == e->eq_head) {
		if (now_ms() >= end)
			return false;
		emu_interrupt(e, MYDEV_PCI_IRQ_EVENT, end - now_ms());
	}
	*ev = e->window->eq[e->eq_head % MYDEV_HW_EVENTS];
	put32(&e->window->host.eq_head, ++e->eq_head);
	return true;
}

struct mydev_hw_event emu_wait_event(struct emu *e, uint8_t type)
{
	struct mydev_hw_event ev;

	do {
		if (!emu_event(e, &ev, EMU_WAIT_MS))
			fail_msg("no event of type %u", type);
	} while (ev.type != type);
	return ev;
}

static size_t read_image(const char *version, uint8_t *image, size_t room)
{
	_free_cleanup_ char *file = xasprintf("build/firmware/md2000-%s.bin", version);
	_close_cleanup_ int fd = open(file, O_RDONLY);
	ssize_t len = read(fd, image, room);

	assert_true(len > 0 && (size_t)len < room);
	return len;
}

static uint16_t status_of(const struct emu_reply *r)
{
	return r ? r->status : EMU_GONE;
}

uint16_t emu_update(struct emu *e, const char *version)
{
	static uint8_t image[256 * 1024];
	uint32_t size = read_image(version, image, sizeof(image)), off, n;
	const struct emu_reply *r;
	uint16_t st;

	st = status_of(emu_try_command(e, MYDEV_OP_FW_BEGIN, size, NULL, 0));
	for (off = 0; !st && off < size; off += 4096)
		st = status_of(emu_try_command(e, MYDEV_OP_FW_ERASE, off, NULL, 0));
	for (off = 0; !st && off < size; off += n) {
		n = size - off < MYDEV_HW_DATA_MAX ? size - off : MYDEV_HW_DATA_MAX;
		st = status_of(emu_try_command(e, MYDEV_OP_FW_WRITE, off, image + off, n));
	}
	if (st)
		return st;
	do {
		r = emu_try_command(e, MYDEV_OP_FW_VERIFY, 0, NULL, 0);
		st = status_of(r);
	} while (!st && r->result < size);
	return st ? st : status_of(emu_try_command(e, MYDEV_OP_FW_COMMIT, 0, NULL, 0));
}

char *emu_ask(struct emu *e, const char *line)
{
	_close_cleanup_ int fd = emu_connect(e, "control.sock");
	_free_cleanup_ char *whole = xasprintf("%s\n", line);
	char *text = xzalloc(16384);
	size_t len = 0;
	ssize_t n;

	assert_true(fd >= 0);
	assert_int_equal(send(fd, whole, strlen(whole), MSG_NOSIGNAL), strlen(whole));
	shutdown(fd, SHUT_WR);
	while ((n = read(fd, text + len, 16383 - len)) > 0)
		len += n;
	return text;
}

void emu_tell(struct emu *e, const char *line)
{
	_free_cleanup_ char *answer = emu_ask(e, line);

	assert_string_equal(answer, "ok\n");
}

json *emu_status(struct emu *e)
{
	_free_cleanup_ char *answer = emu_ask(e, "status");
	const char *why;
	json *j = json_parse(answer, strlen(answer), &why);

	assert_non_null(j);
	return j;
}
