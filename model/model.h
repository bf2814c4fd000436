/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The adapter's own logic: what a card's controller does. Freestanding C, run by
 * mydev_sim.ko in the kernel and by mydev-emu in a process; written once.
 *
 * No globals, floats, sleeping or allocation. The environment provides a struct
 * mydev_model_ops and calls every function below for one model from one thread at a time.
 *
 * The flash is NOR: a page is programmed by clearing bits, a sector erased to all ones,
 * and power can fail before, within or after any operation. Layout of the whole device,
 * which the environment sizes by mydev_model_flash_size():
 *
 *   slot 0 | slot 1 | boot state (2 sectors) | configuration (2 sectors) | log (4 sectors)
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "port.h"
#include <mydev/hw.h>

/* Room for a digest state of the environment's SHA-256. */
#define MODEL_SHA256_STATE	256

struct model_ops {
	/* Flash: 0, or negative when the operation failed. Offsets and lengths in bytes;
	 * program() stays within a page, erase() takes a sector's offset. */
	int (*flash_read)(void *env, u32 off, void *buf, u32 len);
	int (*flash_program)(void *env, u32 off, const void *buf, u32 len);
	int (*flash_erase)(void *env, u32 off);

	/* Milliseconds, monotonic, from any start; runs on through a reset. */
	u64 (*now_ms)(void *env);
	/* Raw samples of a channel's noise source, a byte each, of at least 4 bits of
	 * min-entropy. One that is to fail the tests has to be grossly wrong: see health.h. */
	void (*noise)(void *env, unsigned int channel, u8 *buf, u32 len);
	/* Readings: 1/1000 degree Celsius, mV; whether a channel's cable is in. */
	s32 (*temperature)(void *env);
	u32 (*voltage)(void *env);
	bool (*cable)(void *env, unsigned int channel);
	/* Whether the processor starts the image in this slot: a bad boot, played. */
	bool (*boots)(void *env, unsigned int slot);

	void (*sha256_init)(void *state);
	void (*sha256_update)(void *state, const void *data, u32 len);
	void (*sha256_final)(void *state, u8 digest[MYDEV_FWIMG_DIGEST_SIZE]);
	/* 0 when `sig` is a trusted key's over `digest`; NULL: the host has checked, and the
	 * identity lacks MYDEV_CAP_VERIFIES_SIGNATURE. */
	int (*verify)(void *env, const u8 key_hash[32], const u8 *sig, u32 sig_len,
		      const u8 digest[MYDEV_FWIMG_DIGEST_SIZE]);

	/* The adapter tells something. Called from within the functions below. */
	void (*event)(void *env, const struct mydev_hw_event *ev);
};

struct model_geometry {
	u32 slot_size;		/* bytes, whole sectors, up to 16 MiB */
	u32 sector_size;	/* bytes, 8 whole pages or more, 4 KiB to 1 MiB */
	u32 page_size;		/* bytes, a power of two from 64 to 4096 */
	u8 erased;		/* what an erased byte reads: 0xff or 0x00 (then bits are set) */
};

/* A card as it leaves the factory. */
struct model_card {
	u16 model;		/* MYDEV_MODEL_* */
	u16 board_rev;
	char serial[MYDEV_HW_SERIAL_LEN];
	struct model_geometry geometry;
};

struct model;			/* allocate model_sizeof() bytes, 8-aligned */
u32 model_sizeof(void);

/* Bytes of the whole flash for that geometry; 0: it is none that the model takes. */
u32 model_flash_size(const struct model_geometry *g);

/*
 * Makes a factory card's flash around an image that already lies in slot 0: an erased
 * device but for that becomes a bootable one. 0; -EINVAL: the image or the card is bad;
 * -EIO, -EILSEQ: the flash is.
 */
int model_manufacture(struct model *m, const struct model_card *card,
		      const struct model_ops *ops, void *env);

/*
 * Power on. Sets everything up from the flash: picks the slot, reverts or goes on trial,
 * reads the configuration, whatever state a power cut left. `ops` has to stay. Negative when
 * no slot boots (-ENODEV), there is no boot state (-ENODATA) or no such card (-EINVAL): the
 * card is dead, and answers every command with INTERNAL.
 */
int model_power_on(struct model *m, const struct model_card *card, const struct model_ops *ops,
		   void *env);

/*
 * Runs one command. `in` has cmd->in_len bytes, `out` room for cmd->out_max; all three are
 * copies that the host can no longer change. The completion is ready when it returns. When
 * model_wants_restart() then, and after a tick too (a trial that ended), the environment
 * sends the completion and calls model_restart().
 */
void model_command(struct model *m, const struct mydev_hw_cmd *cmd, const void *in, void *out,
		   struct mydev_hw_cpl *cpl);
bool model_wants_restart(const struct model *m);
int model_restart(struct model *m);

/*
 * Lets time pass: trial and LED time-outs, self-test, sensor readings. Returns in how many
 * ms it wants to be called again, 0: not before the environment changed (then call it at
 * once: a cable, a sensor, a noise source) or a command ran (call it after each).
 */
u32 model_tick(struct model *m);

#endif
