// SPDX-License-Identifier: GPL-2.0
/* Any bytes as a policy for guests: what it grants may be granted, or it grants nothing. */
#include <string.h>
#include <xen/io/mydevif.h>

#include "mgmtd/guestpolicy.h"
#include "tests/fuzz/conf.h"

static void check(const struct guest_policy *p)
{
	for (size_t i = 0; i < p->problems.n; i++)
		must(strstr(p->problems.list[i], conf_path));
	if (p->problems.n)
		return;
	must(!(p->grant.allow & ~MYDEVIF_GRANTABLE) && (p->grant.allow & MYDEV_CLASS_VIEW));
	must(p->grant.rate <= MYDEVIF_RATE_MAX && p->grant.burst <= MYDEVIF_RATE_MAX);
	must(!p->grant.burst || p->grant.burst >= MYDEV_HW_DATA_MAX);
	for (char **s = p->serials; s && *s; s++)
		must(**s && strlen(*s) <= MYDEV_HW_SERIAL_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct guest_policy *match;
	struct guest_policies *p;

	conf_write(data, size);
	p = guest_policies_load(conf_dir);
	must(p->n == 1);
	check(&p->list[0]);
	match = guest_policies_match(p, "web1", "0000aaaa-0000-4000-8000-000000000000");
	must(!match || (match->grants && !match->problems.n));
	guest_policies_release(p);
	return 0;
}
