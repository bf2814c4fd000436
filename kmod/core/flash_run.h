/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MYDEV_CORE_FLASH_RUN_H
#define MYDEV_CORE_FLASH_RUN_H

struct mydev_adapter;

/* A flash from its first stage to its outcome. */
void mydev_flash_run(struct mydev_adapter *a);

#endif
