// SPDX-License-Identifier: GPL-2.0
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "card.h"
#include "knobs.h"

#define WORD_MAX	16		/* of what is written into a file, with its NUL */

static const char *const noises[] = {
	[SIM_NOISE_OK] = "ok",
	[SIM_NOISE_STUCK] = "stuck",
	[SIM_NOISE_BIASED] = "biased",
	NULL
};

static const struct {
	const char *name;
	enum sim_knob first;
	bool per_channel;
	int min, max, start;
	const char *const *words;	/* names of the values, or NULL: a number */
} knobs[] = {
	{ "cable", SIM_CABLE, true, 0, 1, 1 },
	{ "noise", SIM_NOISE, true, 0, SIM_NOISE_BIASED, SIM_NOISE_OK, noises },
	{ "temperature", SIM_TEMPERATURE, false, -55000, 150000, 41000 },
	{ "voltage", SIM_VOLTAGE, false, 0, 6000, 3300 },
	{ "lose_commands", SIM_LOSE_COMMANDS, false, 0, 1000000, 0 },
	{ "garble_replies", SIM_GARBLE_REPLIES, false, 0, 1000000, 0 },
	{ "flood_events", SIM_FLOOD_EVENTS, false, 0, 1000000, 0 },
	{ "reboots", SIM_REBOOTS, false, 0, 1000, 0 },
	{ "hang", SIM_HANG, false, 0, 2, 0 },
	{ "flash_write_error", SIM_FLASH_WRITE_ERROR, false, 0, 1, 0 },
	{ "flash_verify_error", SIM_FLASH_VERIFY_ERROR, false, 0, 1, 0 },
	{ "bad_boot", SIM_BAD_BOOT, false, 0, 1, 0 },
	{ "flash_delay_us", SIM_FLASH_DELAY_US, false, 0, 100000, 0 },
	{ "boot_ms", SIM_BOOT_MS, false, 0, 60000, 50 },
};

/* What a file is about. */
struct sim_knob_file {
	struct sim_card *card;
	unsigned int row;	/* of knobs[] */
	enum sim_knob knob;
};

static struct dentry *root;

int sim_knob(struct sim_card *card, enum sim_knob knob)
{
	return atomic_read(&card->knobs.value[knob]);
}

void sim_knob_set(struct sim_card *card, enum sim_knob knob, int value)
{
	atomic_set(&card->knobs.value[knob], value);
}

bool sim_knob_take(struct sim_card *card, enum sim_knob knob)
{
	return atomic_add_unless(&card->knobs.value[knob], -1, 0);
}

static ssize_t knob_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	const struct sim_knob_file *f = file->private_data;
	int value = sim_knob(f->card, f->knob);
	char text[WORD_MAX];
	int len;

	if (knobs[f->row].words)
		len = scnprintf(text, sizeof(text), "%s\n", knobs[f->row].words[value]);
	else
		len = scnprintf(text, sizeof(text), "%d\n", value);
	return simple_read_from_buffer(buf, count, pos, text, len);
}

static int parse(unsigned int row, const char *text, int *value)
{
	if (knobs[row].words) {
		*value = match_string(knobs[row].words, -1, text);
		return *value < 0 ? -EINVAL : 0;
	}
	if (kstrtoint(text, 10, value))
		return -EINVAL;
	return *value < knobs[row].min || *value > knobs[row].max ? -ERANGE : 0;
}

static ssize_t knob_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	const struct sim_knob_file *f = file->private_data;
	char text[WORD_MAX];
	int err, value;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = 0;
	err = parse(f->row, strim(text), &value);
	if (err)
		return err;
	sim_knob_set(f->card, f->knob, value);
	sim_card_wake(f->card);
	return count;
}

static const struct file_operations knob_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = knob_read,
	.write = knob_write,
	.llseek = default_llseek,
};

int sim_knobs_init(struct sim_card *card, unsigned int channels)
{
	struct sim_knob_file *f;
	unsigned int row, i;

	card->knobs.files = kcalloc(SIM_KNOBS + 1, sizeof(*card->knobs.files), GFP_KERNEL);
	if (!card->knobs.files)
		return -ENOMEM;
	f = card->knobs.files;
	for (row = 0; row < ARRAY_SIZE(knobs); row++) {
		for (i = 0; i < (knobs[row].per_channel ? channels : 1); i++, f++) {
			f->card = card;
			f->row = row;
			f->knob = knobs[row].first + i;
			sim_knob_set(card, f->knob, knobs[row].start);
		}
	}
	return 0;
}

void sim_knobs_free(struct sim_card *card)
{
	kfree(card->knobs.files);
}

void sim_knobs_show(struct sim_card *card, const char *dir)
{
	struct sim_knob_file *f;
	char name[32];

	card->knobs.dir = debugfs_create_dir(dir, root);
	for (f = card->knobs.files; f->card; f++) {
		if (knobs[f->row].per_channel)
			snprintf(name, sizeof(name), "%s%u", knobs[f->row].name,
				 f->knob - knobs[f->row].first);
		else
			strscpy(name, knobs[f->row].name, sizeof(name));
		debugfs_create_file(name, 0600, card->knobs.dir, f, &knob_fops);
	}
}

void sim_knobs_hide(struct sim_card *card)
{
	debugfs_remove_recursive(card->knobs.dir);
}

int sim_knobs_register(void)
{
	/* Without debugfs nothing can be broken, and all else works. */
	root = debugfs_create_dir("mydev_sim", NULL);
	return 0;
}

void sim_knobs_unregister(void)
{
	debugfs_remove_recursive(root);
}
