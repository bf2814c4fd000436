// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/alloc.h"
#include "lib/util.h"
#include "mgmtcli/cli.h"
#include "mgmtcli/host.h"
#include "mgmtcli/text.h"
#include "mgmtcli/verbs.h"

/* {"schema", "created", "cli", "daemon", "host"}; of the daemon, its error if need be. */
static json *gather(struct cli *cli)
{
	json *v = json_object(), *daemon;
	char created[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_set_int(v, "schema", 1);
	json_set_str(v, "created", created);
	json_set_str(v, "cli", MYDEV_VERSION);
	daemon = cli_call(cli, "daemon.support", NULL, -1);
	json_set(v, "daemon", json_ref(json_get(daemon, "support")));
	if (!daemon)
		json_set(v, "daemon_error", rpc_error_json(&cli->error));
	json_set(v, "host", host_facts());
	json_unref(daemon);
	return v;
}

static bool write_all(int fd, const char *s, size_t n)
{
	while (n) {
		ssize_t done = write(fd, s, n);

		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			s += done;
			n -= done;
		}
	}
	return !fsync(fd);
}

static int write_failed(struct cli *cli, const char *path, int error)
{
	int code = error == EACCES || error == EPERM ? RPC_NOT_PERMITTED :
		   error == ENOENT ? RPC_NOT_FOUND : RPC_FAILED;

	return rpc_error_set(&cli->error, code, "%s: %s", path, strerror(error));
}

/* The new file, while it does not stand in its place: a signal that ends us takes it away. */
static char *unfinished;

static void on_signal(int sig)
{
	unlink(unfinished);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void handle_signals(void (*handler)(int))
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction now;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
			signal(signals[i], handler);
}

/* Opens a file beside `path`, which only its owner reads: all of the configuration is in it. */
static int open_beside(struct cli *cli, const char *path)
{
	int fd;

	unfinished = xasprintf("%s.XXXXXX", path);
	handle_signals(on_signal);
	fd = mkostemp(unfinished, O_CLOEXEC);	/* mode 0600 */
	if (fd < 0)
		write_failed(cli, path, errno);
	return fd;
}

/* Puts it into its place: what is there is replaced whole, or not, and no link followed. */
static int write_file(struct cli *cli, int fd, const char *path, json *v, bool replace)
{
	const char *text = json_pretty(v);
	bool done = write_all(fd, text, strlen(text)) && write_all(fd, "\n", 1);

	/* Unlike rename(), link() fails when the name is there. */
	if (done)
		done = !(replace ? rename(unfinished, path) : link(unfinished, path));
	return done ? 0 : write_failed(cli, path, errno);
}

static void close_beside(int fd)
{
	if (fd >= 0) {
		close(fd);
		unlink(unfinished);	/* gone already, after rename() */
	}
	handle_signals(SIG_DFL);
	free(take_ptr(unfinished));
}

static int may_replace(struct cli *cli, const char *path)
{
	_free_cleanup_ char *clean = text_clean(path);
	int ret = cli_confirm(cli, "%s is there already. Replace it?", clean);

	if (ret && !cli->ask)
		rpc_error_set(&cli->error, RPC_REFUSED, "%s: is there already", path);
	if (ret && !cli->error.hint)
		rpc_error_hint(&cli->error, "choose another name, or replace it with --yes");
	return ret;
}

/* Says where it is, and what is missing in it. */
static int report(struct cli *cli, const char *path, bool whole)
{
	_free_cleanup_ char *clean = text_clean(path);
	_json_cleanup_ json *v = json_object();
	_free_cleanup_ char *why = xstrdup(whole ? "" : cli->error.message);

	if (!whole) {
		rpc_error_set(&cli->error, RPC_PARTIAL, "%s: written, but without what mydevd knows: %s",
			      path, why);
		json_set(v, "error", rpc_error_json(&cli->error));
	}
	json_set_str(v, "file", path);
	if (cli->json)
		cli_json(cli, v);
	else if (whole)
		cli_say(cli, "%s: written. Send it to your support; it has serial numbers and configuration in it.",
			clean);
	else
		cli_print_error(cli, NULL, &cli->error);
	cli->error_told = true;
	return whole ? RPC_OK : RPC_PARTIAL;
}

static int run(struct cli *cli, const struct args *args)
{
	const char *path = args->words[0];
	_json_cleanup_ json *v = NULL;
	struct stat st;
	bool there = !lstat(path, &st);
	int fd, ret = 0;

	if (there && !S_ISREG(st.st_mode))
		return rpc_error_set(&cli->error, RPC_REFUSED, "%s: is no regular file", path);
	if (there && may_replace(cli, path))
		return cli->error.code;
	/* First, as gathering takes long: a path that cannot be written to is said at once. */
	fd = open_beside(cli, path);
	if (fd >= 0) {
		v = gather(cli);
		ret = write_file(cli, fd, path, v, there);
	}
	close_beside(fd);
	if (fd < 0 || ret)
		return cli->error.code;
	return report(cli, path, !json_has(v, "daemon_error"));
}

static const struct example examples[] = {
	{ "support /tmp/mydev-support.json", "what your vendor's support asks for first" },
	{ NULL },
};

const struct command command_support = {
	.name = "support",
	.args = "FILE",
	.summary = "write what a vendor's support asks for first",
	.about = "One JSON file that only you can read: versions, adapters and their logs, configuration,\n"
		 "profiles, firmware, events, and of this host the system, kernel log, modules and packages.\n"
		 "No random bytes, no keys. Without mydevd it is written too, with less (exit code 9).",
	.methods = (const char *const[]){ "daemon.support", NULL },
	.examples = examples,
	.min_words = 1,
	.max_words = 1,
	.words = { WORD_FILE },
	.run = run,
};
