// SPDX-License-Identifier: GPL-2.0
/* Any bytes as a profile: it applies as a whole, or says what is wrong with it. */
#include <string.h>

#include "mgmtd/profile.h"
#include "tests/fuzz/conf.h"

static void check(const struct profile *p)
{
	for (size_t i = 0; !p->problems.n && i < p->n_settings; i++)
		must(p->settings[i].key[0] && p->settings[i].line);
	for (size_t i = 0; i < p->problems.n; i++)
		must(strstr(p->problems.list[i], conf_path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct traits traits = { .by = { "MD-2000", "SN-1", "0000:01:00.0" } };
	struct profiles p;
	struct wishes w;

	conf_write(data, size);
	profiles_init(&p, conf_dir);
	profiles_load(&p);
	must(p.all.n == 1);
	check(p.all.list[0]);
	profiles_wishes(&p, &traits, &w);
	must(!w.n || !p.all.list[0]->problems.n);
	wishes_clear(&w);
	profiles_clear(&p);
	return 0;
}
