/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An adapter's configuration as last read: keys, as its firmware describes them, with
 * their values. Never changed once made; who uses it holds a reference.
 */
#ifndef MYDEV_CORE_CONFIG_H
#define MYDEV_CORE_CONFIG_H

#include <linux/kref.h>
#include <mydev/hw.h>

struct mydev_adapter;

#define MYDEV_CONFIG_KEYS_MAX	64	/* of an adapter; so many fit into one message */

struct mydev_config_key {
	struct mydev_hw_config_desc desc;
	struct mydev_hw_config_value value;
};

struct mydev_config {
	struct kref refs;
	u32 gen;			/* mydev_hw_status.config_gen that it is of, or is older */
	unsigned int count, max;	/* keys in use, and room for how many */
	struct mydev_config_key key[];	/* ascending ids */
};

/*
 * Reads it from the adapter. 0 and *config with a reference, or an error: mydev_command()'s,
 * and -EPROTO when what came makes no sense. `recovering`: see mydev_command().
 */
int mydev_config_read(struct mydev_adapter *a, bool recovering, struct mydev_config **config);

/* What the adapter has cached, with a reference, or NULL. */
struct mydev_config *mydev_config_get(struct mydev_adapter *a);
void mydev_config_put(struct mydev_config *config);

/* The key, or NULL. */
const struct mydev_config_key *mydev_config_find(const struct mydev_config *config, u16 key);

#endif
