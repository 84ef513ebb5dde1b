/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns memory to be registered: mapped, and touched before anybody measures.
 * Must never know what it is registered for.
 */
#ifndef TESTS_LAB_VERBS_MEMORY_H
#define TESTS_LAB_VERBS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERBS_PAGE	4096u

struct verbs_memory {
	uint8_t *start;
	size_t bytes;	/* as mapped: whole pages */
};

/**
 * verbs_memory_map() - private memory, every page of it written; says what failed
 * @bytes: not 0
 * @huge: of the system's default huge page size, instead of what mmap() gives
 * @memory: filled
 *
 * Return: 0; what mmap() says.
 */
int verbs_memory_map(size_t bytes, bool huge, struct verbs_memory *memory);

/**
 * verbs_memory_unmap() - give it back; nothing of it may be registered
 * @memory: mapped; all zero is allowed
 */
void verbs_memory_unmap(struct verbs_memory *memory);

#endif
