// SPDX-License-Identifier: GPL-2.0
#include "mgmtcli/style.h"

#include <string.h>

enum table_style style_of(const char *word)
{
	static const struct {
		const char *word;
		enum table_style style;
	} styles[] = {
		{ "ready", STYLE_GOOD },	{ "ok", STYLE_GOOD },
		{ "connected", STYLE_GOOD },	{ "closing", STYLE_WARN },
		{ "starting", STYLE_WARN },	{ "resetting", STYLE_WARN },
		{ "warning", STYLE_WARN },	{ "unplugged", STYLE_WARN },
		{ "unresponsive", STYLE_BAD },	{ "failed", STYLE_BAD },
		{ "error", STYLE_BAD },		{ "repetition", STYLE_BAD },
		{ "proportion", STYLE_BAD },
	};

	for (size_t i = 0; word && i < sizeof(styles) / sizeof(styles[0]); i++)
		if (!strcmp(styles[i].word, word))
			return styles[i].style;
	return STYLE_PLAIN;
}
