// SPDX-License-Identifier: GPL-2.0
#include "mgmtd/service.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "lib/alloc.h"
#include "lib/systemd.h"
#include "mgmtd/daemon.h"
#include "mgmtd/dispatch.h"
#include "mgmtd/events.h"
#include "mgmtd/guests.h"
#include "mgmtd/log.h"
#include "mgmtd/server.h"

#define SETTLE_MS	200	/* editors write in several steps */
#define BACKLOG		64

struct service {
	struct daemon *d;
	struct event *terminate[2];
	struct event *hangup;
	struct event *watchdog;
	int watch_fd;
	struct event *watch;
	struct event *settled;
};

/* ---- reloading ---- */

static void on_problem(const char *text, void *arg)
{
	static const struct occurrence o = { .type = "profile.error", .severity = "error" };
	struct daemon *d = arg;

	if (d->events)
		events_tell(d->events, &o, NULL, "%s", text);
}

void service_load_settings(struct daemon *d)
{
	_free_cleanup_ char *path = xasprintf("%s/mydev.conf", d->options.config_dir);

	settings_load(&d->settings, path, on_problem, d);
}

static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct service *s = arg;

	log_notice("reading the configuration again");
	service_load_settings(s->d);
	server_reload_groups(s->d->dispatch->server);
	wanted_load_profiles(s->d);
	wanted_profiles_changed(s->d);	/* settings count for what they want, too */
	guests_load_policies(s->d);
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval settle = { .tv_usec = SETTLE_MS * 1000 };
	struct service *s = arg;
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	event_add(s->settled, &settle);
}

static void on_settled(evutil_socket_t fd, short what, void *arg)
{
	struct service *s = arg;

	wanted_load_profiles(s->d);
	guests_load_policies(s->d);
}

static void watch_directory(struct service *s, const char *name)
{
	_free_cleanup_ char *dir = xasprintf("%s/%s", s->d->options.config_dir, name);

	if (inotify_add_watch(s->watch_fd, dir, IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
			      IN_DELETE | IN_ONLYDIR) < 0)
		log_warning("%s is not watched (%s): changes want systemctl reload mydevd", dir,
			    strerror(errno));
}

static void watch_profiles(struct service *s)
{
	s->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (s->watch_fd < 0) {
		log_warning("profiles are not watched (%s): changes want systemctl reload mydevd",
			    strerror(errno));
		return;
	}
	watch_directory(s, "profiles.d");
	watch_directory(s, "guests.d");
	s->watch = event_new(s->d->base, s->watch_fd, EV_READ | EV_PERSIST, on_watch, s);
	if (!s->watch || event_add(s->watch, NULL) < 0)
		xalloc_failed();
}

/* ---- the service ---- */

static void on_terminate(evutil_socket_t fd, short what, void *arg)
{
	struct service *s = arg;

	systemd_notify("STOPPING=1");
	event_base_loopbreak(s->d->base);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	systemd_notify("WATCHDOG=1");
}

/* As seldom as it may be: it is what wakes an idle daemon up. */
static void feed_watchdog(struct service *s)
{
	uint64_t usec = systemd_watchdog_usec() / 2;
	const struct timeval tv = { .tv_sec = usec / 1000000, .tv_usec = usec % 1000000 };

	if (usec)
		event_add(s->watchdog, &tv);
}

struct service *service_new(struct daemon *d)
{
	struct service *s = xzalloc(sizeof(*s));

	s->d = d;
	s->watch_fd = -1;
	signal(SIGPIPE, SIG_IGN);
	s->terminate[0] = evsignal_new(d->base, SIGTERM, on_terminate, s);
	s->terminate[1] = evsignal_new(d->base, SIGINT, on_terminate, s);
	s->hangup = evsignal_new(d->base, SIGHUP, on_hangup, s);
	s->watchdog = event_new(d->base, -1, EV_PERSIST, on_watchdog, s);
	s->settled = evtimer_new(d->base, on_settled, s);
	if (!s->terminate[0] || !s->terminate[1] || !s->hangup || !s->watchdog || !s->settled)
		xalloc_failed();
	event_add(s->terminate[0], NULL);
	event_add(s->terminate[1], NULL);
	event_add(s->hangup, NULL);
	feed_watchdog(s);
	watch_profiles(s);
	return s;
}

void service_free(struct service *s)
{
	event_free(s->terminate[0]);
	event_free(s->terminate[1]);
	event_free(s->hangup);
	event_free(s->watchdog);
	event_free(s->settled);
	if (s->watch)
		event_free(s->watch);
	closep(&s->watch_fd);
	free(s);
}

/* ---- the socket ---- */

/*
 * Everybody may connect: two groups and root have permissions, which a file's mode cannot
 * say. Who it is is asked of the kernel, and others hear that they may not.
 */
static int own_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 || chmod(path, 0666) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

int service_socket(const char *path)
{
	int fd = systemd_listen_fd();

	if (fd == -EINVAL)
		log_error("systemd passed more than one socket");
	if (fd != -1)
		return fd;
	fd = own_socket(path);
	if (fd < 0)
		log_error("%s: %s", path, strerror(-fd));
	return fd;
}
