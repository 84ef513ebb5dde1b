/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns ordering between this processor and the HCA, by purpose. Must never
 * know what is ordered.
 */
#ifndef HCA_BARRIER_H
#define HCA_BARRIER_H

/* What was written to memory is there before the register write that follows. */
static inline void hca_to_device_barrier(void)
{
#if defined(__x86_64__)
	__asm__ volatile("" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("dmb oshst" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/* What is read next is as new as the ownership bit that was read before. */
static inline void hca_from_device_barrier(void)
{
#if defined(__x86_64__)
	__asm__ volatile("" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("dmb oshld" ::: "memory");
#else
	__sync_synchronize();
#endif
}

#endif
