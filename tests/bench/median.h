/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the figure that stands for several measurements on a machine that others
 * share. Must never know what was measured.
 */
#ifndef TESTS_BENCH_MEDIAN_H
#define TESTS_BENCH_MEDIAN_H

#include <stddef.h>

/* The median of @n values, more than none; sorts them. */
double bench_median(double *values, size_t n);

#endif
