/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MYDEV_CORE_FLASH_RUN_H
#define MYDEV_CORE_FLASH_RUN_H

struct work_struct;

/* A flash from its first stage to its outcome: the work of struct mydev_flash. */
void mydev_flash_run(struct work_struct *work);

#endif
