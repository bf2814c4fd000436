/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel for unit tests of the daemon: it stands in for lib/netlink.c, lib/nllisten.c and
 * mgmtd/hotplug.c, with adapters in memory. Every failure can be played, without root and
 * without a module; the real kernel is tested in the machines.
 *
 * Two keys: temp.warn (id 1, 40..95 C, default 70) and led (id 2, off,on,activity); one more
 * with firmware 2.0.0: sensor.hysteresis (id 3, 0..10).
 */
#ifndef TESTS_UNIT_KFAKE_H
#define TESTS_UNIT_KFAKE_H

#include "lib/netlink.h"

/* Everything back to: loaded, no adapters, no events. */
void kfake_reset(void);

/* mydev.ko comes and goes; with another epoch each time. */
void kfake_load(bool loaded);
void kfake_level(unsigned int level);

/* An adapter comes, announced by udev or not; its index. */
uint32_t kfake_add(uint32_t index, uint16_t model, const char *serial);
void kfake_remove(uint32_t index);
/* What the kernel knows of it, to be changed at will before an event. */
struct mdnl_adapter *kfake_info(uint32_t index);

/* Sets a value as somebody else would, and tells. */
void kfake_set(uint32_t index, const char *key, uint32_t num);
uint32_t kfake_get(uint32_t index, const char *key);
void kfake_firmware(uint32_t index, unsigned int major, unsigned int minor);
void kfake_state(uint32_t index, enum mydev_adapter_state state);
void kfake_hw_event(uint32_t index, struct mydev_hw_event hw);
/* A flash moves on, and ends with an errno (0: well). */
void kfake_flash_stage(uint32_t index, enum mydev_flash_stage stage, uint32_t bytes, uint32_t total);
void kfake_flash_end(uint32_t index, uint32_t error, const char *message);

/* Commands to it fail so, or take so long. */
void kfake_fail(uint32_t index, int err, const char *text);
void kfake_delay(uint32_t index, unsigned int ms);
/* Commands to all of them wait until they may go on. */
void kfake_hold(bool hold);

/* The listener loses what it has; events are only in the ring. */
void kfake_overflow(void);
/* The ring forgets all but the newest n. */
void kfake_forget(unsigned int n);
/* Dumps say that they are inconsistent n times. */
void kfake_interrupt_dumps(unsigned int n);

/* How often each was asked. */
struct kfake_counts {
	unsigned int gets, dumps, config_gets, config_sets, commands;
};
struct kfake_counts kfake_counts(void);
/* The file of the flash started last, "" before. */
const char *kfake_flash_file(void);

#endif
