// SPDX-License-Identifier: GPL-2.0
/*
 * What xenstored asks of Xen, for one that runs without: preloaded into the real program.
 * Domain N is there while $XENSTORED_RUNDIR/domain-N is; a byte into the fifo `virq` is Xen's
 * word that a domain has died.
 */
#define XC_WANT_COMPAT_EVTCHN_API
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#define VIRQ_PORT	1
#define DOMAIN_PORT	2

static int dummy;

static void path_of(char *buf, size_t size, const char *fmt, int n)
{
	int len = snprintf(buf, size, "%s/", getenv("XENSTORED_RUNDIR"));

	snprintf(buf + len, size - len, fmt, n);
}

/* ---- domains ---- */

xc_interface *xc_interface_open(struct xentoollog_logger *logger,
				struct xentoollog_logger *dombuild_logger, unsigned int flags)
{
	return (xc_interface *)&dummy;
}

int xc_interface_close(xc_interface *xch)
{
	return 0;
}

int xc_domain_getinfo(xc_interface *xch, uint32_t first, unsigned int max, xc_dominfo_t *info)
{
	char path[256];

	path_of(path, sizeof(path), "domain-%d", first);
	if (first && access(path, F_OK))
		return 0;
	memset(info, 0, sizeof(*info));
	info->domid = first;
	return 1;
}

/* ---- grants: pages that nobody else has ---- */

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned int flags)
{
	return (xengnttab_handle *)&dummy;
}

int xengnttab_close(xengnttab_handle *xgt)
{
	return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t nr_grants)
{
	return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? NULL : page;
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start, uint32_t pages)
{
	return munmap(start, 4096 * pages);
}

/* ---- event channels: the fifo ---- */

static int virq = -1;

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
	char path[256];

	path_of(path, sizeof(path), "virq", 0);
	virq = open(path, O_RDWR | O_CLOEXEC);
	return virq < 0 ? NULL : (xenevtchn_handle *)&dummy;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	return virq;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
						     evtchn_port_t port)
{
	return DOMAIN_PORT;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int number)
{
	return VIRQ_PORT;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	char byte;

	return read(virq, &byte, 1) == 1 ? VIRQ_PORT : -1;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	return 0;
}

/* ---- what the kernel has in /proc/xen for domain 0: a port, a page ---- */

static int open_dom0(const char *path)
{
	int fd = memfd_create("xen", 0);

	if (fd < 0 || ftruncate(fd, 4096) < 0)
		return -1;
	if (strstr(path, "port") && pwrite(fd, "2", 1, 0) != 1)
		return -1;
	return fd;
}

#define INTERPOSE(name)								\
	int name(const char *path, int flags, ...)				\
	{									\
		int (*next)(const char *path, int flags, ...) = dlsym(RTLD_NEXT, #name); \
		va_list ap;							\
		int mode;							\
										\
		if (!strncmp(path, "/proc/xen/xsd_", 14))			\
			return open_dom0(path);					\
		va_start(ap, flags);						\
		mode = va_arg(ap, int);						\
		va_end(ap);							\
		return next(path, flags, mode);					\
	}

INTERPOSE(open)
INTERPOSE(open64)
