/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the order of runs by address. Must never know what runs are for.
 */
#ifndef IOMMU_RUN_ORDER_H
#define IOMMU_RUN_ORDER_H

#include <stddef.h>

#include "iommu/registration.h"

/**
 * run_order_sort() - by guest-physical address, ascending
 * @runs: to be sorted, whole pages
 * @scratch: room for as many
 * @n: how many
 *
 * Takes linear time: a guest's page list is long and in no order.
 *
 * Return: @runs or @scratch, where the sorted runs are.
 */
struct gpa_run *run_order_sort(struct gpa_run *runs, struct gpa_run *scratch, size_t n);

#endif
