// SPDX-License-Identifier: GPL-2.0
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/sizes.h>

#include "adapter.h"
#include "command.h"
#include "identify.h"
#include "refresh.h"

/* An image is loaded as a whole, so the size of a slot needs a bound. */
#define SLOT_SIZE_MAX	SZ_16M

static bool serial_valid(const char *serial)
{
	size_t len = strnlen(serial, MYDEV_HW_SERIAL_LEN), i;

	for (i = 0; i < len; i++)
		if (!isascii(serial[i]) || (!isalnum(serial[i]) && serial[i] != '-'))
			return false;
	return len > 0;
}

static bool geometry_valid(const struct mydev_hw_identity *id)
{
	u32 slot = le32_to_cpu(id->slot_size);
	u32 sector = le32_to_cpu(id->sector_size);
	u32 page = le32_to_cpu(id->page_size);

	return page && sector && slot && slot <= SLOT_SIZE_MAX && slot % sector == 0 &&
	       sector % page == 0 && MYDEV_HW_DATA_MAX % page == 0;
}

/* What is wrong with an identity, or NULL. */
static const char *identity_fault(const struct mydev_hw_identity *id)
{
	if (le32_to_cpu(id->magic) != MYDEV_HW_MAGIC)
		return "not a MyDev adapter";
	if (MYDEV_HW_VERSION_MAJOR(le16_to_cpu(id->version)) !=
	    MYDEV_HW_VERSION_MAJOR(MYDEV_HW_VERSION))
		return "its firmware speaks another version of the interface";
	if (!serial_valid(id->serial))
		return "bad serial number";
	if (!id->channels || id->channels > MYDEV_HW_CHANNELS_MAX)
		return "bad number of channels";
	if (!geometry_valid(id))
		return "bad flash geometry";
	return NULL;
}

static int read_identity(struct mydev_adapter *a, struct mydev_hw_identity *id)
{
	struct mydev_call call = {
		.opcode = MYDEV_OP_IDENTIFY,
		.recovering = true,
		.out = id,
		.out_max = sizeof(*id),
	};
	const char *fault;
	int err = mydev_command(a, &call);

	if (err)
		return err;
	fault = call.out_len < sizeof(*id) ? "short identity" : identity_fault(id);
	if (!fault && a->identified &&
	    (memcmp(id->serial, a->ident.serial, sizeof(id->serial)) || id->model != a->ident.model))
		fault = "it says now that it is another one";
	if (fault) {
		dev_err_ratelimited(&a->dev, "at %s: %s\n", a->address, fault);
		return -EPROTO;
	}
	return 0;
}

static void store_identity(struct mydev_adapter *a, const struct mydev_hw_identity *id)
{
	spin_lock_irq(&a->lock);
	a->ident = *id;
	memcpy(a->serial, id->serial, MYDEV_HW_SERIAL_LEN);
	a->identified = true;
	spin_unlock_irq(&a->lock);
}

static int say_hello(struct mydev_adapter *a)
{
	struct mydev_call call = {
		.opcode = MYDEV_OP_HELLO,
		.recovering = true,
		.arg = MYDEV_HW_VERSION,
	};
	int err = mydev_command(a, &call);

	/* Refused or not: it answers, so it can be worked with. */
	return call.answered ? 0 : err;
}

int mydev_identify(struct mydev_adapter *a, u32 *boots)
{
	struct mydev_hw_identity id;
	int err = read_identity(a, &id);

	if (err)
		return err;
	*boots = READ_ONCE(a->boots);
	store_identity(a, &id);
	err = say_hello(a);
	if (err)
		return err;
	return mydev_refresh(a, MYDEV_REFRESH_ALL, true);
}
