// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns mapping and touching memory. Must never know what it is registered for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/lab/verbs/complaint.h"
#include "tests/lab/verbs/memory.h"

#define FILLING		0xa5	/* not 0: no page may be the kernel's page of zeroes */

/* Bytes, from /proc/meminfo; 0: the kernel has none. */
static size_t huge_page(void)
{
	FILE *info = fopen("/proc/meminfo", "re");
	size_t kib = 0;
	char line[128];

	if (!info)
		return 0;
	while (!kib && fgets(line, sizeof(line), info))
		if (sscanf(line, "Hugepagesize: %zu kB", &kib) != 1)
			kib = 0;
	fclose(info);
	return kib << 10;
}

int verbs_memory_map(size_t bytes, bool huge, struct verbs_memory *memory)
{
	size_t page = huge ? huge_page() : VERBS_PAGE;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | (huge ? MAP_HUGETLB : 0);
	void *start;

	*memory = (struct verbs_memory){ 0 };
	if (!page)
		return verbs_failed(ENOSYS, "huge pages");
	if (bytes > SIZE_MAX - page)
		return verbs_failed(EINVAL, "mmap of %zu bytes", bytes);
	bytes = (bytes + page - 1) / page * page;
	start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (start == MAP_FAILED)
		return verbs_failed(errno, "mmap of %zu bytes%s", bytes,
				    huge ? " in huge pages (are there enough? sysctl vm.nr_hugepages)" : "");
	memset(start, FILLING, bytes);
	*memory = (struct verbs_memory){ start, bytes };
	return 0;
}

void verbs_memory_unmap(struct verbs_memory *memory)
{
	if (memory->start)
		munmap(memory->start, memory->bytes);
	*memory = (struct verbs_memory){ 0 };
}
