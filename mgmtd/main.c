// SPDX-License-Identifier: GPL-2.0
/* mydevd: keeps MyDev adapters in their wanted configuration and updates their firmware. */
#include <event2/event.h>
#include <malloc.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/alloc.h"
#include "lib/systemd.h"
#include "mgmtd/daemon.h"
#include "mgmtd/dispatch.h"
#include "mgmtd/events.h"
#include "mgmtd/guests.h"
#include "mgmtd/hotplug.h"
#include "mgmtd/kernel.h"
#include "mgmtd/keys.h"
#include "mgmtd/log.h"
#include "mgmtd/options.h"
#include "mgmtd/service.h"
#include "mgmtd/staging.h"
#include "mgmtd/worker.h"

/* A daemon is small and lives long: one arena for all threads, and nothing hoarded. */
static void tune_memory(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, 128 * 1024);
	mallopt(M_MMAP_THRESHOLD, 64 * 1024);
}

static void tell_started(struct daemon *d)
{
	static const struct occurrence o = { .type = "daemon.started", .severity = "info" };
	json *data = json_object();

	json_set_str(data, "version", MYDEV_VERSION);
	events_tell(d->events, &o, data, "mydevd " MYDEV_VERSION " started");
}

static void start_base(struct daemon *d)
{
	_free_cleanup_ char *profiles = xasprintf("%s/profiles.d", d->options.config_dir);

	d->base = event_base_new();
	if (!d->base)
		xalloc_failed();
	openrpc_init(&d->rpc);
	d->staging = staging_new(d->options.firmware_dir);
	profiles_init(&d->profiles, profiles);
}

static void stop_base(struct daemon *d)
{
	profiles_clear(&d->profiles);
	staging_free(d->staging);
	openrpc_clear(&d->rpc);
	event_base_free(d->base);
}

static void start_work(struct daemon *d, int fd)
{
	_free_cleanup_ char *keys = xasprintf("%s/keys", d->options.config_dir);

	keys_check(keys);
	/* Once for what the events' file needs; then again, to tell of mistakes by an event. */
	service_load_settings(d);
	d->workers = workers_new(d->base);
	d->readers = job_queue_new(d->workers);
	d->events = events_new(d->base, d->workers, d->options.state_dir, d->settings.events_kept);
	tell_started(d);
	service_load_settings(d);
	d->dispatch = dispatch_new(d, fd);
	d->guests = guests_new(d);
}

/* What is under way ends, and its callers hear of it, before the parts go. */
static void stop_work(struct daemon *d)
{
	kernel_stop(d->kernel);
	guests_stop(d->guests);
	if (!workers_free(d->workers)) {
		log_warning("a file, an adapter or XenStore does not answer: leaving without waiting for it");
		_exit(EXIT_SUCCESS);
	}
	turns_finish(&d->turns);
	guests_free(d->guests);
	dispatch_free(d->dispatch);
	events_free(d->events);
}

/* Serves until it is told to end. */
static void serve(struct daemon *d)
{
	struct service *service = service_new(d);

	wanted_load_profiles(d);
	kernel_start(d->kernel);
	guests_load_policies(d);
	malloc_trim(0);
	systemd_notify("READY=1");
	event_base_dispatch(d->base);
	service_free(service);
}

static int run(struct daemon *d)
{
	int fd, rc = EXIT_FAILURE;

	start_base(d);
	fd = service_socket(d->options.socket);
	if (fd < 0)
		goto out_base;
	if (hotplug_new(&d->hotplug, d) < 0) {
		log_error("udev cannot be listened to");
		goto out_socket;
	}
	if (kernel_new(&d->kernel, d) < 0) {
		log_error("the kernel has no netlink for us");
		goto out_hotplug;
	}
	start_work(d, fd);
	serve(d);
	stop_work(d);
	fd = -1;	/* the dispatch had it */
	rc = EXIT_SUCCESS;
	kernel_free(d->kernel);
out_hotplug:
	hotplug_free(d->hotplug);
out_socket:
	closep(&fd);
out_base:
	stop_base(d);
	return rc;
}

int main(int argc, char **argv)
{
	struct daemon d = { 0 };
	int rc = options_parse(&d.options, argc, argv);

	if (rc >= 0)
		return rc;
	tune_memory();
	umask(077);
	return run(&d);
}
