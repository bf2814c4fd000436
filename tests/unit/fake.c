// SPDX-License-Identifier: GPL-2.0
#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#include "lib/alloc.h"
#include "mgmtcli/run.h"

struct fake {
	const struct fake_reply *replies;
	bool *used;
	char dir[32];
	char *path;
	int listener, wake[2];
	pthread_t thread;
	pthread_mutex_t lock;
	json *requests;
	char file[64];
};

static const struct fake_reply *reply_to(struct fake *f, const char *method)
{
	const struct fake_reply *last = NULL;

	for (unsigned int i = 0; f->replies[i].method; i++) {
		if (strcmp(f->replies[i].method, method))
			continue;
		last = &f->replies[i];
		if (!f->used[i]) {
			f->used[i] = true;
			break;
		}
	}
	return last;
}

static void send_text(int sock, const char *text)
{
	size_t n = strlen(text);

	while (n) {
		ssize_t done = send(sock, text, n, MSG_NOSIGNAL);

		if (done < 0)
			return;
		text += done;
		n -= done;
	}
}

/* Answers one request; false: hangs up. */
static bool answer(struct fake *f, int sock, json *request)
{
	const char *method = json_str(json_get(request, "method"), "");
	const struct fake_reply *r;
	_free_cleanup_ char *text = NULL;
	int64_t id = json_num(json_get(request, "id"), -1);

	pthread_mutex_lock(&f->lock);
	json_append(f->requests, json_ref(request));
	r = reply_to(f, method);
	pthread_mutex_unlock(&f->lock);
	if (r && r->result)
		text = xasprintf("{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":%s}\n", (int)id, r->result);
	else if (r && r->error)
		text = xasprintf("{\"jsonrpc\":\"2.0\",\"id\":%d,\"error\":{\"code\":1,\"message\":\"x\","
				 "\"data\":%s}}\n", (int)id, r->error);
	else if (!r)
		text = xasprintf("{\"jsonrpc\":\"2.0\",\"id\":%d,\"error\":{\"code\":-32601,"
				 "\"message\":\"there is no method %s\"}}\n", (int)id, method);
	if (text)
		send_text(sock, text);
	if (r && r->after)
		send_text(sock, r->after);
	if (r && r->signal)
		kill(getpid(), r->signal);
	return !r || !r->hang_up;
}

static void keep_file(struct fake *f, int fd)
{
	ssize_t n = pread(fd, f->file, sizeof(f->file) - 1, 0);

	f->file[n > 0 ? n : 0] = '\0';
	close(fd);
}

static void serve(struct fake *f, int sock)
{
	struct pollfd p[] = { { .fd = sock, .events = POLLIN }, { .fd = f->wake[0], .events = POLLIN } };
	struct rpc_in in;
	const char *text, *why;
	bool go_on = true;
	size_t len;

	rpc_in_init(&in, RPC_LINE_MAX);
	while (go_on && poll(p, 2, -1) > 0 && !p[1].revents && rpc_in_recv(&in, sock) > 0) {
		while (go_on && rpc_in_line(&in, &text, &len) > 0) {
			int fd = rpc_in_take_fd(&in);
			_json_cleanup_ json *request = json_parse(text, len, &why);

			if (fd >= 0)
				keep_file(f, fd);
			go_on = answer(f, sock, request);
		}
	}
	rpc_in_free(&in);
	close(sock);
}

static void *loop(void *arg)
{
	struct fake *f = arg;
	sigset_t all;
	struct pollfd p[] = {
		{ .fd = f->listener, .events = POLLIN }, { .fd = f->wake[0], .events = POLLIN },
	};

	/* Signals are for the CLI. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	while (poll(p, 2, -1) > 0 && !p[1].revents) {
		int sock = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);

		if (sock >= 0)
			serve(f, sock);
	}
	return NULL;
}

struct fake *fake_start(const struct fake_reply *replies)
{
	struct fake *f = xzalloc(sizeof(*f));
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	unsigned int n = 0;

	while (replies[n].method)
		n++;
	f->replies = replies;
	f->used = xzalloc(n);
	f->requests = json_array();
	strcpy(f->dir, "/tmp/mydevcli-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->path = xasprintf("%s/sock", f->dir);
	strcpy(sa.sun_path, f->path);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(f->listener, 4), 0);
	assert_int_equal(pipe(f->wake), 0);
	pthread_mutex_init(&f->lock, NULL);
	assert_int_equal(pthread_create(&f->thread, NULL, loop, f), 0);
	return f;
}

const char *fake_path(struct fake *f)
{
	return f->path;
}

json *fake_params(struct fake *f, const char *method, unsigned int n)
{
	json *found = NULL;

	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; !found && i < json_len(f->requests); i++) {
		json *r = json_at(f->requests, i);

		if (!strcmp(json_str(json_get(r, "method"), ""), method) && !n--)
			found = json_get(r, "params");
	}
	pthread_mutex_unlock(&f->lock);
	return found;
}

const char *fake_file(struct fake *f)
{
	return f->file;
}

void fake_stop(struct fake *f)
{
	assert_int_equal(write(f->wake[1], "x", 1), 1);
	pthread_join(f->thread, NULL);
	close(f->listener);
	close(f->wake[0]);
	close(f->wake[1]);
	unlink(f->path);
	rmdir(f->dir);
	json_unref(f->requests);
	free(f->path);
	free(f->used);
	free(f);
}

struct run run_cli(const struct run_setup *setup, const char *line)
{
	_free_cleanup_ char *words = xasprintf("mydevcli %s", line);
	char *argv[32], *save = NULL;
	struct run r = { 0 };
	size_t n_out, n_err;
	struct cli cli;
	int argc = 0;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = strcmp(w, "''") ? w : w + 2;
	argv[argc] = NULL;
	signal(SIGINT, SIG_DFL);	/* whoever runs the tests may ignore it */
	cli_init(&cli);
	cli.out = open_memstream(&r.out, &n_out);
	cli.err = open_memstream(&r.err, &n_err);
	cli.in = fmemopen((char *)(setup->answers ? setup->answers : ""),
			  setup->answers ? strlen(setup->answers) + 1 : 1, "r");
	cli.socket = setup->socket ? setup->socket : "/nonexistent/mydevd.sock";
	cli.firmware_dir = setup->firmware_dir ? setup->firmware_dir : "/nonexistent";
	cli.ask = setup->answers;
	cli.tty = setup->columns;
	cli.columns = setup->columns;
	cli.rows = setup->columns ? 25 : 0;
	cli.color = setup->color;
	r.code = cli_run(&cli, argc, argv);
	fclose(cli.out);
	fclose(cli.err);
	fclose(cli.in);
	cli_free(&cli);
	return r;
}

void run_free(struct run *r)
{
	free(r->out);
	free(r->err);
}

void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("not found: \"%s\" in:\n%s", part, text);
}

void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("found: \"%s\" in:\n%s", part, text);
}

const char fake_adapter[] =
	"{\"name\":\"card-0\",\"serial\":\"SN4000-0001\",\"model\":\"MD-4000\",\"address\":\"sim1\","
	"\"transport\":\"sim\",\"state\":\"ready\",\"health\":\"warning\","
	"\"problems\":[\"channel 1: cable unplugged\"],\"age_ms\":420,\"board_rev\":2,"
	"\"features\":[\"conditioning\"],\"allowed\":[\"view\",\"config\"],"
	"\"firmware\":{\"running\":\"1.0.0\",\"stored\":\"1.1.0\",\"pending\":\"1.1.0\",\"rollback\":null,"
	"\"counter\":3,\"reverted\":null,\"slots\":[{\"slot\":0,\"state\":\"confirmed\","
	"\"version\":\"1.0.0\",\"counter\":3,\"digest\":\"00ff\",\"running\":true},{\"slot\":1,"
	"\"state\":\"pending\",\"version\":\"1.1.0\",\"counter\":4,\"digest\":\"11ff\",\"running\":false}]},"
	"\"flash\":{\"id\":2,\"stage\":\"done\",\"failed_stage\":null,\"percent\":100,\"error\":null,"
	"\"image\":\"md4000-1.1.0.bin\",\"before\":\"1.0.0\",\"after\":\"1.0.0\",\"wanted\":\"1.1.0\","
	"\"pending\":true,\"elapsed_ms\":8200},"
	"\"channels\":[{\"channel\":0,\"health\":\"ok\",\"cable\":true,\"failures\":0,\"bytes\":\"1536\"},"
	"{\"channel\":1,\"health\":\"unplugged\",\"cable\":false,\"failures\":2,\"bytes\":\"0\"}],"
	"\"temperature_mc\":41200,\"voltage_mv\":3305,\"locate_s\":12,\"uptime_ms\":\"200000\",\"boots\":7,"
	"\"resets\":1,\"selftest\":\"passed\",\"profile\":\"/etc/mydev/profiles.d/20-entropy.conf\","
	"\"config\":\"drift\",\"drift\":[\"led\",\"temp.warn\"]}";
