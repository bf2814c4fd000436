/* SPDX-License-Identifier: GPL-2.0 */
/* The command ring of xen/io/mydevif.h, in Xen's manner; and the sizes that it promises. */
#ifndef MYDEV_XEN_RING_H
#define MYDEV_XEN_RING_H

#include <linux/types.h>
#include <xen/interface/io/ring.h>
#include <xen/io/mydevif.h>

DEFINE_RING_TYPES(mydevif, struct mydevif_request, struct mydevif_response);

_Static_assert(sizeof(struct mydevif_request) == 64, "xen/io/mydevif.h");
_Static_assert(sizeof(struct mydevif_response) == 32, "xen/io/mydevif.h");
_Static_assert(sizeof(struct mydevif_events) == 2112, "xen/io/mydevif.h");
_Static_assert(__CONST_RING_SIZE(mydevif, 4096) == 32, "xen/io/mydevif.h");

#endif
