/* SPDX-License-Identifier: GPL-2.0 */
/* A directory with one configuration file, conf_path, which goes when the fuzzer does. */
#ifndef TESTS_FUZZ_CONF_H
#define TESTS_FUZZ_CONF_H

#include <stdio.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

static char conf_dir[] = "/tmp/mydev-fuzz.XXXXXX", conf_path[64];

static void conf_remove(void)
{
	unlink(conf_path);
	rmdir(conf_dir);
}

static void conf_make(void)
{
	must(mkdtemp(conf_dir));
	snprintf(conf_path, sizeof(conf_path), "%s/10-x.conf", conf_dir);
	atexit(conf_remove);
}

/* These bytes are the file from now on. */
static void conf_write(const uint8_t *data, size_t size)
{
	FILE *f;

	if (!conf_path[0])
		conf_make();
	f = fopen(conf_path, "w");
	must(f);
	must(fwrite(data, 1, size, f) == size);
	must(!fclose(f));
}

#endif
