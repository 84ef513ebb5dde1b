// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the wrappers that the linker puts before the C library's allocators.
 * Must never know who allocates.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/alloc/fail_alloc.h"

static struct {
	atomic_bool armed, paused;
	atomic_ulong seen, nth;
	atomic_bool after;
} alloc;

void fail_alloc_arm(unsigned long nth, bool after)
{
	atomic_store(&alloc.armed, false);
	atomic_store(&alloc.paused, false);
	atomic_store(&alloc.seen, 0);
	atomic_store(&alloc.nth, nth);
	atomic_store(&alloc.after, after);
	atomic_store(&alloc.armed, true);
}

unsigned long fail_alloc_disarm(void)
{
	atomic_store(&alloc.armed, false);
	return atomic_load(&alloc.seen);
}

void fail_alloc_pause(void)
{
	atomic_store(&alloc.paused, true);
}

void fail_alloc_resume(void)
{
	atomic_store(&alloc.paused, false);
}

/* Whether this one fails; errno is set then. */
static bool fails(void)
{
	unsigned long number;

	if (!atomic_load(&alloc.armed) || atomic_load(&alloc.paused))
		return false;
	number = atomic_fetch_add(&alloc.seen, 1) + 1;
	if (!alloc.nth || number < alloc.nth ||
	    (number > alloc.nth && !alloc.after))
		return false;
	errno = ENOMEM;
	return true;
}

/* The linker's names: __wrap_f is what calls of f reach, __real_f is f. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__real_reallocarray(void *ptr, size_t n, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
int __real_posix_memalign(void **ptr, size_t align, size_t size);
char *__real_strdup(const char *text);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_reallocarray(void *ptr, size_t n, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
int __wrap_posix_memalign(void **ptr, size_t align, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
	return fails() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_reallocarray(void *ptr, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(ptr, n, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(align, size);
}

int __wrap_posix_memalign(void **ptr, size_t align, size_t size)
{
	return fails() ? ENOMEM : __real_posix_memalign(ptr, align, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

int __wrap_asprintf(char **out, const char *format, ...)
{
	va_list args;
	int ret;

	if (fails())
		return -1;
	va_start(args, format);
	ret = vasprintf(out, format, args);
	va_end(args);
	return ret;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return fails() ? MAP_FAILED : __real_mmap(addr, len, prot, flags, fd, off);
}
