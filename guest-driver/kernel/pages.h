/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns lists of guest pages, as commands carry them (struct up_pages), and the
 * life of pinned user memory. Must never know what the memory is for.
 *
 * Addresses are guest-physical, straight from struct page: no DMA API stands
 * in between, so that nothing can put other pages in their place.
 */
#ifndef UNDERPASS_PAGES_H
#define UNDERPASS_PAGES_H

#include <rdma/ib_umem.h>

#include "abi/commands.h"

struct up_dev;

/* A list while a command carries it: @wire goes into the command. */
struct up_page_list {
	struct up_pages wire;
	struct up_list *last;		/* of the chain; NULL: all is in @wire */
};

/**
 * up_pages_of_umem() - list pinned user memory
 * @dev: device
 * @umem: memory; NULL makes an empty list
 * @list: goes into up_pages_free() after the command
 *
 * Return: 0; -ENOMEM, also when the memory is in more pieces than the device
 * takes in one list.
 */
int up_pages_of_umem(struct up_dev *dev, struct ib_umem *umem, struct up_page_list *list);
/* The same of kernel memory, from kvzalloc(); @size: multiple of the page size. */
int up_pages_of_kernel(struct up_dev *dev, void *memory, size_t size, struct up_page_list *list);
void up_pages_free(struct up_page_list *list);

/**
 * up_mem_get() - pin user memory
 * @dev: device
 * @address, @size: in bytes, of the current process
 * @access: IB_ACCESS_*; what the HCA only reads may be read-only
 *
 * Return: the memory or ERR_PTR(): -EINVAL, -ENOMEM, -EFAULT, ...
 */
struct ib_umem *up_mem_get(struct up_dev *dev, u64 address, size_t size, int access);

/**
 * up_mem_put() - unpin it
 * @dev: device
 * @umem: memory; may be NULL
 * @unsure: 0 when the device confirmed that it does not reach it any more; else
 *	it stays pinned for ever
 */
void up_mem_put(struct up_dev *dev, struct ib_umem *umem, int unsure);
/* Count and tell what stays for ever. */
void up_mem_abandon(struct up_dev *dev);

#endif
