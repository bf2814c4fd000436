// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/xenbus.h>

#include "back_limits.h"
#include "ring.h"

/* What is left is given in such pieces, unless no more is wanted: fewer are not worth a command. */
#define PIECE	32
/* A bucket fills for so long at most: the numbers stay in 64 bits. */
#define US_MAX	(1ULL << 33)

static const struct {
	const char *word;
	u32 class;
} words[] = {
	{ "view", MYDEV_CLASS_VIEW },
	{ "entropy", MYDEV_CLASS_ENTROPY },
	{ "log", MYDEV_CLASS_LOG },
	{ "locate", MYDEV_CLASS_LOCATE },
	{ "selftest", MYDEV_CLASS_SELFTEST },
	{ "config", MYDEV_CLASS_CONFIG },
};

/* The class's bit, 0: there is none that could be granted. */
static u32 class_of(const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i].word))
			return words[i].class;
	return 0;
}

static const char *read_serial(struct xenbus_device *xdev, char *serial)
{
	char *text = xenbus_read(XBT_NIL, xdev->nodename, MYDEVIF_NODE_ADAPTER, NULL);
	const char *fault = NULL;

	if (IS_ERR(text))
		return "the node \"adapter\" is missing";
	if (!*text || strlen(text) > MYDEV_HW_SERIAL_LEN)
		fault = "the node \"adapter\" is no serial number";
	else
		strscpy(serial, text, MYDEV_HW_SERIAL_LEN + 1);
	kfree(text);
	return fault;
}

static const char *read_classes(struct xenbus_device *xdev, u32 *classes)
{
	char *text = xenbus_read(XBT_NIL, xdev->nodename, MYDEVIF_NODE_ALLOW, NULL), *rest, *word;
	const char *fault = NULL;

	*classes = MYDEVIF_DEFAULT;
	if (IS_ERR(text))
		return PTR_ERR(text) == -ENOENT ? NULL : "the node \"allow\" cannot be read";
	*classes = MYDEV_CLASS_VIEW;
	for (rest = text; (word = strsep(&rest, ",")); *classes |= class_of(word))
		if (*word && !class_of(word))
			fault = "the node \"allow\" has a word that is no class to be granted";
	kfree(text);
	return fault;
}

/* The number in the node if it is there; false: it is none from min to MYDEVIF_RATE_MAX. */
static bool read_bytes(struct xenbus_device *xdev, const char *node, u32 min, u32 *bytes)
{
	char *text = xenbus_read(XBT_NIL, xdev->nodename, node, NULL);
	bool good;

	if (IS_ERR(text))
		return PTR_ERR(text) == -ENOENT;
	good = !kstrtou32(text, 10, bytes) && *bytes >= min && *bytes <= MYDEVIF_RATE_MAX;
	kfree(text);
	return good;
}

const char *mydev_back_limits_read(struct xenbus_device *xdev, struct mydev_back_limits *limits)
{
	const char *fault = read_serial(xdev, limits->serial);

	if (!fault)
		fault = read_classes(xdev, &limits->classes);
	limits->rate = MYDEVIF_RATE_DEFAULT;
	if (!fault && !read_bytes(xdev, MYDEVIF_NODE_RATE, 0, &limits->rate))
		fault = "the node \"rate\" is no number of bytes";
	limits->burst = max_t(u32, limits->rate, MYDEV_HW_DATA_MAX);
	if (!fault && !read_bytes(xdev, MYDEVIF_NODE_BURST, MYDEV_HW_DATA_MAX, &limits->burst))
		fault = "the node \"burst\" is no number of bytes";
	return fault;
}

void mydev_back_bucket_fill(struct mydev_back_bucket *b, const struct mydev_back_limits *limits)
{
	b->us = ktime_to_us(ktime_get());
	b->bytes = limits->burst;
}

u32 mydev_back_bucket_ask(struct mydev_back_bucket *b, const struct mydev_back_limits *limits,
			  u32 wanted)
{
	u64 now = ktime_to_us(ktime_get()), us = min(now - b->us, US_MAX), more;

	if (!limits->rate)
		return wanted;
	more = div_u64(us * limits->rate, USEC_PER_SEC);
	if (b->bytes + more >= limits->burst) {
		b->bytes = limits->burst;
		b->us = now;
	} else if (more) {
		b->bytes += more;
		/* What is over of a byte's time counts for the next. */
		b->us = now - us + div_u64(more * USEC_PER_SEC, limits->rate);
	}
	return wanted <= b->bytes ? wanted : round_down(b->bytes, PIECE);
}

void mydev_back_bucket_take(struct mydev_back_bucket *b, const struct mydev_back_limits *limits,
			    u32 taken)
{
	if (limits->rate)
		b->bytes -= min_t(u64, taken, b->bytes);
}
