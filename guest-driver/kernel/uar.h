/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns UAR pages: the driver's own and those that user space maps. Must never
 * know what is rung there.
 */
#ifndef UNDERPASS_UAR_H
#define UNDERPASS_UAR_H

#include <rdma/uverbs_ioctl.h>

#include "underpass.h"

/* A page with one reference. */
int up_uar_alloc(struct up_dev *dev, struct up_uar **uar);
void up_uar_put(struct up_uar *uar);

/**
 * up_uar_get_mapped() - a page that the process itself made
 * @context: whose
 * @number: as told to user space
 *
 * Return: it, with a reference more; NULL: no page of this context.
 */
struct up_uar *up_uar_get_mapped(struct up_ucontext *context, u32 number);

/**
 * up_uar_entry_create() - a page that user space can map
 * @context: for this context
 * @entry: ends with rdma_user_mmap_entry_remove()
 */
int up_uar_entry_create(struct up_ucontext *context, struct up_mmap_entry **entry);

int up_mmap(struct ib_ucontext *ibcontext, struct vm_area_struct *vma);
void up_mmap_free(struct rdma_user_mmap_entry *rdma_entry);

/* MLX5_IB_OBJECT_UAR. */
extern const struct uapi_definition up_uar_defs[];

#endif
