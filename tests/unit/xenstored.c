// SPDX-License-Identifier: GPL-2.0
#include "xenstored.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <xenstore.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/rpc.h"
#include "mgmtd/xenstore.h"

#define PATIENCE_MS	60000

static char dir[] = "/tmp/mydev-xenstored.XXXXXX";
static pid_t pid;
static int virq = -1;

/* Between fork() and exec() nothing is done that other threads' locks could stop. */
static void run(const char *program, char *const *environment)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Its process id is no TAP. */
	if (dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
		execle(program, "xenstored", "-N", "--internal-db", NULL, environment);
	_exit(127);
}

static void spawn(void)
{
	_free_cleanup_ char *rundir = xasprintf("XENSTORED_RUNDIR=%s", dir);
	_free_cleanup_ char *rootdir = xasprintf("XENSTORED_ROOTDIR=%s", dir);
	_free_cleanup_ char *path = xasprintf("XENSTORED_PATH=%s", getenv("XENSTORED_PATH"));
	char preload[] = "LD_PRELOAD=build/tests/xen.so";
	char *environment[] = { rundir, rootdir, path, preload, NULL };
	glob_t found;

	if (glob("/usr/lib/xen-*/bin/xenstored", 0, NULL, &found))
		fail_msg("there is no xenstored: see scripts/packages");
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		run(found.gl_pathv[0], environment);
	globfree(&found);
}

static char *socket_path(void)
{
	return xasprintf("%s/socket", dir);
}

static bool answers(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	strcpy(addr.sun_path, path);
	rc = connect(sock, (struct sockaddr *)&addr, sizeof(addr));
	close(sock);
	return !rc;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static void remove_directory(void)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* One for all that follow each other: libxenstore's threads read the environment. */
static void make_directory(void)
{
	_free_cleanup_ char *path = NULL;

	assert_non_null(mkdtemp(dir));
	atexit(remove_directory);
	path = socket_path();
	assert_int_equal(setenv("XENSTORED_PATH", path, 1), 0);
}

static void make_fifo(void)
{
	_free_cleanup_ char *fifo = xasprintf("%s/virq", dir);

	assert_int_equal(mkfifo(fifo, 0600), 0);
	virq = open(fifo, O_RDWR | O_CLOEXEC);
	assert_true(virq >= 0);
}

void xenstored_start(void)
{
	int64_t end = rpc_now_ms() + PATIENCE_MS;
	_free_cleanup_ char *path = NULL;

	if (strstr(dir, "XXXXXX"))
		make_directory();
	else
		assert_int_equal(mkdir(dir, 0700), 0);
	make_fifo();
	spawn();
	path = socket_path();
	while (!answers(path)) {
		assert_true(rpc_now_ms() < end && !waitpid(pid, NULL, WNOHANG));
		usleep(1000);
	}
	xen_write("/local/domain/0/name", "Domain-0");
}

void xenstored_stop(void)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(virq);
	remove_directory();
}

void xenstored_hang(bool hangs)
{
	kill(pid, hangs ? SIGSTOP : SIGCONT);
}

static struct xenstore *store(void)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };
	struct xenstore *s;

	if (xenstore_open(&s, &e))
		fail_msg("%s", e.message);
	return s;
}

static void end(struct xenstore *s)
{
	_rpc_error_cleanup_ struct rpc_error e = { 0 };

	if (xenstore_failed(s, &e))
		fail_msg("%s", e.message);
	xenstore_close(s);
}

char *xen_read(const char *path)
{
	struct xenstore *s = store();
	char *value = xenstore_read(s, "%s", path);

	end(s);
	return value;
}

void xen_write(const char *path, const char *text)
{
	struct xenstore *s = store();

	if (text)
		xenstore_write(s, text, "%s", path);
	else
		xenstore_remove(s, "%s", path);
	end(s);
}

void xen_give(const char *path, unsigned int domain)
{
	struct xenstore *s = store();

	xenstore_make(s, domain, 0, "%s", path);
	end(s);
}

/* Whether Xen knows the domain. */
static void set_domain(unsigned int domain, bool there)
{
	_free_cleanup_ char *path = xasprintf("%s/domain-%u", dir, domain);
	int fd;

	if (!there) {
		unlink(path);
		return;
	}
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

/* The calls of libxenstore that the daemon has no use for, or not as such. */
#define LIB(name) ((__typeof__(name) *)dlsym(dlopen("libxenstore.so.4", RTLD_NOW), #name))

static void introduce(unsigned int domain)
{
	struct xs_handle *h = LIB(xs_open)(0);

	assert_true(LIB(xs_introduce_domain)(h, domain, 1, 1));
	LIB(xs_close)(h);
}

void xen_guest(unsigned int domain, const char *name, const char *uuid)
{
	_free_cleanup_ char *vm = xasprintf("/vm/%s", uuid);
	struct xenstore *s = store();

	set_domain(domain, true);
	xenstore_make(s, 0, domain, "/local/domain/%u", domain);
	xenstore_make(s, 0, domain, "/local/domain/%u/device", domain);
	xenstore_make(s, domain, domain, "/local/domain/%u/data", domain);
	xenstore_write(s, vm, "/local/domain/%u/vm", domain);
	xenstore_write(s, name, "/local/domain/%u/name", domain);
	end(s);
	introduce(domain);
}

void xen_destroy(unsigned int domain)
{
	_free_cleanup_ char *path = xasprintf("/local/domain/%u", domain);

	xen_write(path, NULL);
	xen_kill(domain);
}

void xen_kill(unsigned int domain)
{
	set_domain(domain, false);
	assert_int_equal(write(virq, "", 1), 1);
}

static struct {
	pthread_t thread;
	atomic_bool stop;
	const char *path;
	unsigned int domain;
} worry;

/* That who may what is written anew is a change as any other, but makes no node. */
static void *worry_main(void *arg)
{
	__typeof__(xs_set_permissions) *set = LIB(xs_set_permissions);
	struct xs_permissions perms[] = {
		{ .id = worry.domain, .perms = XS_PERM_NONE }, { .perms = XS_PERM_READ },
	};
	struct xs_handle *h = LIB(xs_open)(0);

	while (!worry.stop)
		set(h, XBT_NULL, worry.path, perms, 2);
	LIB(xs_close)(h);
	return NULL;
}

void xen_worry(const char *path, unsigned int domain)
{
	worry.stop = false;
	worry.path = path;
	worry.domain = domain;
	assert_int_equal(pthread_create(&worry.thread, NULL, worry_main, NULL), 0);
}

void xen_worry_stop(void)
{
	worry.stop = true;
	pthread_join(worry.thread, NULL);
}

char *xen_list(const char *path)
{
	_free_cleanup_ char *command = xasprintf("xenstore-ls -fp %s 2>&1", path);
	char *text = NULL;
	size_t size = 0;
	FILE *f = popen(command, "r");

	assert_non_null(f);
	if (getdelim(&text, &size, EOF, f) < 0 && !text)
		text = xstrdup("");
	pclose(f);
	return text;
}
