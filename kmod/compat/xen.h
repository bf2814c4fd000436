/* SPDX-License-Identifier: GPL-2.0 */
/* What Xen's parts of older kernels call differently. */
#ifndef KMOD_COMPAT_XEN_H
#define KMOD_COMPAT_XEN_H

#include <linux/mm.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/io/ring.h>
#include <xen/xenbus.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define compat_xenbus_remove_t int
#define COMPAT_XENBUS_REMOVED 0
#else
#define compat_xenbus_remove_t void
#define COMPAT_XENBUS_REMOVED
#endif

/* A boot does not wait for the device. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
#define COMPAT_XENBUS_NOT_ESSENTIAL
#else
#define COMPAT_XENBUS_NOT_ESSENTIAL .not_essential = true,
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 8, 0)
#define compat_evtchn_port_t int
#else
#define compat_evtchn_port_t evtchn_port_t
#endif

/* Frees the page, too: as soon as the other side has let go of it. */
static inline void compat_end_foreign_access(grant_ref_t ref, void *page)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 0, 0)
	gnttab_end_foreign_access(ref, 0, (unsigned long)page);
#else
	gnttab_end_foreign_access(ref, virt_to_page(page));
#endif
}

static inline int compat_bind_interdomain_lateeoi(struct xenbus_device *xdev, evtchn_port_t port,
						  irq_handler_t handler, const char *name,
						  void *data)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	return bind_interdomain_evtchn_to_irqhandler_lateeoi(xdev->otherend_id, port, handler, 0,
							     name, data);
#else
	return bind_interdomain_evtchn_to_irqhandler_lateeoi(xdev, port, handler, 0, name, data);
#endif
}

#ifndef RING_COPY_RESPONSE
#define RING_COPY_RESPONSE(_r, _idx, _rsp) \
	(*(_rsp) = *(volatile typeof(_rsp))RING_GET_RESPONSE(_r, _idx))
#endif

#ifndef RING_RESPONSE_PROD_OVERFLOW
#define RING_RESPONSE_PROD_OVERFLOW(_r, _prod) \
	(((_prod) - (_r)->rsp_cons) > RING_SIZE(_r))
#endif

#endif
