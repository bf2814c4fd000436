/* SPDX-License-Identifier: GPL-2.0 */
/* UTF-8 as in RFC 3629: no overlong forms, no surrogates, up to U+10FFFF. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT "\xef\xbf\xbd"	/* U+FFFD */

/* utf8_char() below, without its short cut. */
size_t utf8_char_long(const char *s, size_t n, uint32_t *cp);

/*
 * The length in bytes (1..4) of the character at the beginning of the `n` bytes at `s`, and
 * in *cp (unless NULL) its code point; 0 when `n` is 0 or the bytes are malformed.
 */
static inline size_t utf8_char(const char *s, size_t n, uint32_t *cp)
{
	/* Nearly all is ASCII. */
	if (n && (unsigned char)*s < 0x80) {
		if (cp)
			*cp = (unsigned char)*s;
		return 1;
	}
	return utf8_char_long(s, n, cp);
}

#endif
