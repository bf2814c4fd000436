// SPDX-License-Identifier: GPL-2.0
/* Any bytes as the attributes of a netlink message, of which adapters make a part. */
#include <string.h>

#include "lib/nldecode.h"
#include "tests/fuzz/fuzz.h"

/* It ends within its array, and upsets no terminal. */
#define must_be_text(s) check_text(s, sizeof(s))

static void check_text(const char *s, size_t size)
{
	const char *end = memchr(s, 0, size);

	must(end);
	for (; s < end; s++)
		must(*s >= ' ' && *s <= '~');
}

static void check_adapter(const void *data, size_t size)
{
	struct mdnl_adapter a;

	mdnl_decode_adapter(data, size, &a);
	must_be_text(a.name);
	must_be_text(a.address);
	must_be_text(a.serial);
	must_be_text(a.flash.message);
	must_be_text(a.flash.image);
}

static void check_event(const void *data, size_t size)
{
	struct mdnl_event ev;

	mdnl_decode_event(data, size, &ev);
	must_be_text(ev.serial);
	must_be_text(ev.flash.message);
}

static void check_config(const void *data, size_t size)
{
	struct mdnl_config c;
	bool good = mdnl_decode_config(data, size, &c);

	must_be_text(c.name);
	must_be_text(c.unit);
	must_be_text(c.choices);
	must_be_text(c.str);
	must_be_text(c.def_str);
	must(!good || c.name[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mdnl_version v;
	struct mdnl_flash f;
	uint32_t index;

	check_adapter(data, size);
	check_event(data, size);
	check_config(data, size);
	mdnl_decode_version(data, size, &v);
	must_be_text(v.module);
	if (mdnl_decode_progress(data, size, &index, &f))
		must_be_text(f.message);
	return 0;
}
