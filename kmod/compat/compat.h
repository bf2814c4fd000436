/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What older and newer kernels call differently. Included before every source file, and
 * the only place that looks at the kernel's version.
 *
 * Built and run on 5.10, 6.1 and 6.12. Written for 4.19 too (dom0 of XCP-ng 8), where the
 * simulator is left out for want of the SHA-256 library. 5.2 to 5.9 have netlink policies
 * by family only, which would make our strict ones loose: they are refused.
 */
#ifndef KMOD_COMPAT_H
#define KMOD_COMPAT_H

#include <linux/version.h>
#include <linux/types.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 19, 0) ||                                              \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(5, 2, 0) &&                                          \
	 LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0))
#error "mydev: this kernel is not supported: 4.19 to 5.1, and 5.10 or later, are"
#endif

/* Each operation has a policy of its own; before 5.2 the family's maxattr is its length. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 2, 0)
#define COMPAT_GENL_POLICY(_policy, _maxattr) .policy = _policy
#else
#define COMPAT_GENL_POLICY(_policy, _maxattr) .policy = _policy, .maxattr = _maxattr
#endif

/* What pre_doit() and post_doit() are given. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define compat_genl_doit_ops genl_ops
#else
#define compat_genl_doit_ops genl_split_ops
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 20, 0)
#define COMPAT_NLA_NESTED(_policy) { .type = NLA_NESTED }
#define COMPAT_NLA_U32_RANGE(_range) { .type = NLA_U32 }	/* the adapter refuses the rest */
#define compat_dump_extack(_cb) ((struct netlink_ext_ack *)NULL)
struct netlink_range_validation {
	u64 min, max;
};
#else
#define COMPAT_NLA_NESTED(_policy) NLA_POLICY_NESTED(_policy)
#define COMPAT_NLA_U32_RANGE(_range) NLA_POLICY_FULL_RANGE(NLA_U32, _range)
#define compat_dump_extack(_cb) ((_cb)->extack)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#define sysfs_emit(buf, ...) scnprintf(buf, PAGE_SIZE, __VA_ARGS__)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 9, 0)
#define compat_pci_channel_state enum pci_channel_state
#else
#define compat_pci_channel_state pci_channel_state_t
#endif

/* Callbacks of buses and classes became const, or void, one by one. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define compat_class_uevent_device struct device
#else
#define compat_class_uevent_device const struct device
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define compat_bus_store struct bus_type
#else
#define compat_bus_store const struct bus_type
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 15, 0)
#define compat_bus_remove_t int
#define COMPAT_BUS_REMOVED 0
#else
#define compat_bus_remove_t void
#define COMPAT_BUS_REMOVED
#endif

#endif
