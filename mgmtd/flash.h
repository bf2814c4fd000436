/* SPDX-License-Identifier: GPL-2.0 */
/* Firmware updates: who is flashed, what stands against it, and the start of it. */
#ifndef MGMTD_FLASH_H
#define MGMTD_FLASH_H

#include "lib/rpc.h"
#include "mgmtd/adapters.h"
#include "mgmtd/filework.h"
#include "mgmtd/image.h"

enum flash_action { FLASH_START, FLASH_NOTHING_TO_DO, FLASH_SKIPPED, FLASH_REFUSED };

struct flash_verdict {
	enum flash_action action;
	struct rpc_error e;		/* why not FLASH_START */
};

/* What may be overruled. */
struct flash_policy {
	bool force;			/* the version that runs already */
	bool allow_downgrade;
	bool skip_others;		/* other models are skipped, not refused */
};

/* Whether an adapter is to be flashed with an image that is valid. The error is the caller's. */
void flash_judge(const struct adapter *a, const struct image *img,
		 const struct flash_policy *policy, struct flash_verdict *v);

/* Sets `e` when a flash is running: "busy" with what is running. */
bool flash_busy(const struct adapter *a, struct rpc_error *e);

/* FlashResult of the RPC document; `id` 0: none was started. */
json *flash_result(const char *adapter, const char *action, const struct rpc_error *e, json *from,
		   json *to, uint32_t id);

/* firmware.flash, once its image has been judged. */
void flash_with_image(struct filework *w);

#endif
