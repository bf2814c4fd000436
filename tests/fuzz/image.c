// SPDX-License-Identifier: GPL-2.0
/* Any bytes as a firmware image: the parser that the daemon, the tools and adapters share. */
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/fwimage.h"
#include "tests/fuzz/fuzz.h"

static const struct keyring *keys(void)
{
	static struct keyring *k;

	if (!k)
		k = keyring_load("firmware", NULL, NULL);
	return k;
}

/* Nothing that a caller relies on lies beyond the end. */
static void check_bounds(const struct fwimage *img)
{
	const struct fwimg_info *i = &img->info;

	must(i->total == img->size);
	must(i->covered <= i->total);
	must(i->payload <= i->covered && i->payload_size <= i->covered - i->payload);
	must(!i->has_manifest || i->payload_size >= sizeof(i->manifest));
	must(i->sig_len <= sizeof(i->sig));
	if (!fwimg_manifest_check(i, UINT16_MAX))
		must(le32toh(i->manifest.code_size) == i->payload_size - sizeof(i->manifest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fwimage img = { .data = (uint8_t *)data, .size = size };

	must(fwimage_problem_text(fwimage_check(&img, keys())));
	if (!fwimage_parse(&img)) {
		check_bounds(&img);
		/* Behind a digest that is right, too. */
		fwimage_check_signature(&img, keys());
		fwimage_check_payload(&img);
	}
	return 0;
}
