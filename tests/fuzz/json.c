// SPDX-License-Identifier: GPL-2.0
/* Any bytes as a line that a client sent: what the scanner lets pass, comes back unchanged. */
#include "lib/json.h"
#include "lib/jsonscan.h"
#include "tests/fuzz/fuzz.h"

static void check_again(json *v)
{
	_json_cleanup_ json *again = NULL;
	const char *text, *why = NULL;
	size_t len;

	text = json_text(v, &len);
	again = json_parse(text, len, &why);
	must(!why && json_equal(v, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *why = NULL;
	_json_cleanup_ json *v = json_parse(text, size, &why);
	size_t members = 0;

	must(!v || !why);
	if (!why) {		/* a null is no value */
		must(!json_scan(text, size, JSON_DEPTH_MAX, &members));
		check_again(v);
	}
	return 0;
}
