/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bus "mydev_sim", into which simulated adapters are plugged:
 *
 *   echo "MODEL [SERIAL] [mute]" > /sys/bus/mydev_sim/new_device
 *   echo "simN or SERIAL"        > /sys/bus/mydev_sim/del_device
 *
 * MODEL is md2000 or md4000; a serial is 1 to 15 letters, digits and '-', without one it is
 * made up. A mute adapter answers nothing until its debugfs file `hang` is set to 0.
 */
#ifndef MYDEV_SIM_BUS_H
#define MYDEV_SIM_BUS_H

#include <linux/device.h>
#include <linux/list.h>
#include <mydev/hw.h>

struct sim_card;

struct sim_device {
	struct device dev;		/* "simN" */
	u32 id;				/* N */
	struct list_head node;		/* in the bus's list */
	u16 model;			/* MYDEV_MODEL_* */
	char serial[MYDEV_HW_SERIAL_LEN];	/* with a NUL */
	bool mute;
	struct sim_card *card;		/* while its driver has it */
};

#define to_sim_device(_dev)	container_of(_dev, struct sim_device, dev)

int sim_bus_register(void);
void sim_bus_unregister(void);

/* Plugs in `count` adapters of that model, or with NULL of both in turn. */
int sim_bus_populate(unsigned int count, const char *model);

#endif
