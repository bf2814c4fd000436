/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MGMTCLI_STYLE_H
#define MGMTCLI_STYLE_H

#include "lib/table.h"

/* How a word for a state, a health or a severity looks. Plain, if it is not known or NULL. */
enum table_style style_of(const char *word);

#endif
