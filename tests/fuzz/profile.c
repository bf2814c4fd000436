// SPDX-License-Identifier: GPL-2.0
/* Any bytes as a profile: it applies as a whole, or says what is wrong with it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mgmtd/profile.h"
#include "tests/fuzz/fuzz.h"

static char dir[] = "/tmp/mydev-fuzz.XXXXXX", path[64];

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

static void make_dir(void)
{
	must(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/10-x.conf", dir);
	atexit(remove_dir);
}

static void write_profile(const uint8_t *data, size_t size)
{
	FILE *f = fopen(path, "w");

	must(f);
	must(fwrite(data, 1, size, f) == size);
	must(!fclose(f));
}

static void check(const struct profile *p)
{
	for (size_t i = 0; !p->problems.n && i < p->n_settings; i++)
		must(p->settings[i].key[0] && p->settings[i].line);
	for (size_t i = 0; i < p->problems.n; i++)
		must(strstr(p->problems.list[i], path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct traits traits = { .by = { "MD-2000", "SN-1", "0000:01:00.0" } };
	struct profiles p;
	struct wishes w;

	if (!path[0])
		make_dir();
	write_profile(data, size);
	profiles_init(&p, dir);
	profiles_load(&p);
	must(p.all.n == 1);
	check(p.all.list[0]);
	profiles_wishes(&p, &traits, &w);
	must(!w.n || !p.all.list[0]->problems.n);
	wishes_clear(&w);
	profiles_clear(&p);
	return 0;
}
