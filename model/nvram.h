/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The snapshot of the configuration in flash: its generation, then {key, type, length, data}
 * for each value, of which only what is not the default needs to be there.
 */
#ifndef MODEL_NVRAM_H
#define MODEL_NVRAM_H

#include "model.h"

struct model_nvram_entry {
	__le16 key;		/* 0 */
	u8 type;		/* 2: enum mydev_hw_config_type */
	u8 len;			/* 3: bytes of data that follow, at most a value's */
};				/* 4 */

typedef void model_nvram_take(struct model *m, u16 key, u8 type,
			      const union mydev_hw_config_data *data);

/* Gives every stored value to `take`. 0; -ENODATA, -EILSEQ: not all there. */
int model_nvram_load(struct model *m, model_nvram_take *take);

/* Keeps a value for the next snapshot although nobody uses it. False: no room. */
bool model_nvram_keep(struct model *m, u16 key, u8 type,
		      const union mydev_hw_config_data *data);

/*
 * Writes a snapshot: begin, a put for each value, commit. 0, or -EIO, -EILSEQ: the snapshot
 * before stands.
 */
void model_nvram_begin(struct model *m);
void model_nvram_put(struct model *m, u16 key, u8 type, const union mydev_hw_config_data *data);
int model_nvram_commit(struct model *m);

/* Whether a snapshot can be read. Not between begin and commit. */
bool model_nvram_readable(struct model *m);

#endif
