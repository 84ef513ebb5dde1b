/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns allocations that fail on demand: every allocator of the C library that
 * our own objects call is wrapped at link time (Makefile: UNIT_WRAPS). Must
 * never know who allocates.
 */
#ifndef TESTS_UNIT_ALLOC_FAIL_ALLOC_H
#define TESTS_UNIT_ALLOC_FAIL_ALLOC_H

#include <stdbool.h>

/**
 * fail_alloc_arm() - count allocations from now on, and fail one
 * @nth: which one fails, 1: the next; 0: none, they are only counted
 * @after: those after it fail, too, as when memory has really run out
 *
 * Counted are malloc(), calloc(), realloc(), reallocarray(), aligned_alloc(),
 * posix_memalign(), strdup(), asprintf(), and mmap(), which fail with ENOMEM. Any
 * thread's count; what libraries allocate for themselves does not.
 */
void fail_alloc_arm(unsigned long nth, bool after);

/**
 * fail_alloc_disarm() - allocations work again
 *
 * Return: how many were asked for since it was armed; the @nth failed if this
 * is not below it.
 */
unsigned long fail_alloc_disarm(void);

/* Between these two nothing counts: for what a test does itself meanwhile. Not nested. */
void fail_alloc_pause(void);
void fail_alloc_resume(void);

#endif
