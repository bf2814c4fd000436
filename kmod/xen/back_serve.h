/* SPDX-License-Identifier: GPL-2.0 */
/* A frontend's requests, taken from its ring and answered one by one. */
#ifndef MYDEV_XEN_BACK_SERVE_H
#define MYDEV_XEN_BACK_SERVE_H

struct mydev_back;

/* Memory for it. */
int mydev_back_serve_init(struct mydev_back *b);
void mydev_back_serve_free(struct mydev_back *b);

#endif
