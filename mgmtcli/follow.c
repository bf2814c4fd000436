// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/follow.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "mgmtcli/text.h"

static volatile sig_atomic_t interrupted;

static void interrupt(int sig)
{
	interrupted = 1;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* What nohup and shells ignore in jobs behind, stays ignored. */
static bool ignored(int sig)
{
	struct sigaction sa;

	return !sigaction(sig, NULL, &sa) && sa.sa_handler == SIG_IGN;
}

/*
 * The signals are blocked but for the moments of waiting, so that none comes between a look
 * at `interrupted` and the wait.
 */
static void catch_signals(struct follow *f)
{
	static sigset_t while_waiting;
	struct sigaction sa = { .sa_handler = interrupt };
	sigset_t blocked;

	interrupted = 0;
	sigemptyset(&blocked);
	for (size_t i = 0; i < N_SIGNALS; i++) {
		if (ignored(signals[i]))
			continue;
		sigaction(signals[i], &sa, NULL);
		sigaddset(&blocked, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &while_waiting);
	f->cli->client.wait_mask = &while_waiting;
}

static void release_signals(struct follow *f)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	if (!f->cli->client.wait_mask)
		return;
	for (size_t i = 0; i < N_SIGNALS; i++)
		if (!ignored(signals[i]))
			sigaction(signals[i], &sa, NULL);
	sigprocmask(SIG_SETMASK, f->cli->client.wait_mask, NULL);
	f->cli->client.wait_mask = NULL;
}

static void take_event(struct follow *f, json *event)
{
	int64_t seq = json_num(json_get(event, "seq"), 0);

	/* After a reconnection some may come twice. */
	if (seq && seq <= f->since)
		return;
	if (seq)
		f->since = seq;
	if (f->on_event)
		f->on_event(event, f->arg);
}

static void notified(const char *method, json *params, void *arg)
{
	struct follow *f = arg;
	json *clean = f->cli->json ? json_ref(params) : text_clean_json(json_ref(params));

	if (!strcmp(method, "event"))
		take_event(f, clean);
	else if (!strcmp(method, "progress") && f->on_progress)
		f->on_progress(json_str(json_get(clean, "adapter"), "-"), json_get(clean, "flash"),
			       f->arg);
	/* After "dropped", the connection ends: what follows is like any other loss of it. */
	json_unref(clean);
}

/* Subscribes on the connection, making one when there is none. 0, or cli->error's code. */
static int subscribe(struct follow *f)
{
	json *params = json_object(), *result;
	int64_t lost, newest;

	if (f->since >= 0)
		json_set_int(params, "since", f->since);
	if (f->progress)
		json_set_bool(params, "progress", true);
	if (f->adapters)
		json_set(params, "adapters", json_ref(f->adapters));
	f->cli->client.notify = notified;
	f->cli->client.arg = f;
	result = cli_call(f->cli, "events.subscribe", params, -1);
	if (!result)
		return f->cli->error.code;
	lost = json_num(json_get(result, "lost"), 0);
	if (lost > 0 && f->on_lost)
		f->on_lost(lost, f->arg);
	newest = json_num(json_get(result, "next"), -1);
	if (f->since < 0)
		f->since = newest;
	/* Lower than what we know: mydevd lost its state, counts anew, and tells all it has. */
	if (newest >= 0 && newest < f->since) {
		f->since = 0;
		if (f->on_restarted)
			f->on_restarted(newest, f->arg);
	}
	json_unref(result);
	return 0;
}

int follow_start(struct follow *f)
{
	catch_signals(f);
	return subscribe(f);
}

static void pause_ms(struct follow *f, int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	ppoll(NULL, 0, &ts, f->cli->client.wait_mask);
}

static void connection(struct follow *f, bool lost)
{
	/* First it, which may have bars to take away. */
	if (f->on_connection)
		f->on_connection(lost, f->arg);
	cli_note(f->cli, lost ? "the connection to mydevd is lost; trying again" :
				"connected to mydevd again");
}

/* 0: connected again; -EINTR; or cli->error's code. */
static int reconnect(struct follow *f)
{
	int64_t end = rpc_now_ms() + FOLLOW_PATIENCE_MS;
	int pause = 50, ret;

	connection(f, true);
	do {
		pause_ms(f, pause);
		if (interrupted)
			return -EINTR;
		pause = pause < 800 ? pause * 2 : 1000;
		ret = subscribe(f);
	} while (ret && rpc_now_ms() < end);
	if (ret)
		return ret;
	connection(f, false);
	return 0;
}

int follow_wait(struct follow *f, int timeout_ms)
{
	int ret;

	if (interrupted)
		return -EINTR;
	ret = rpc_client_wait(&f->cli->client, timeout_ms);
	if (ret == -EINTR && !interrupted)	/* the window's size changed, or so */
		return 0;
	if (!ret || ret == -ETIMEDOUT || ret == -EINTR)
		return ret;
	return reconnect(f);
}

void follow_stop(struct follow *f)
{
	f->cli->client.notify = NULL;
	release_signals(f);
}
