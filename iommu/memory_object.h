/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the files that guest memory lives in, each held once however many regions
 * it serves. Must never know guest-physical addresses.
 */
#ifndef IOMMU_MEMORY_OBJECT_H
#define IOMMU_MEMORY_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct memory_object - one open file
 * @next: in the list of all
 * @dev: with @ino which file it is
 * @ino: see @dev
 * @writable: open for writing, too; the same file read-only is another object
 * @fd: ours, close-on-exec
 * @refs: regions
 */
struct memory_object {
	struct memory_object *next;
	dev_t dev;
	ino_t ino;
	bool writable;
	int fd;
	unsigned int refs;
};

/**
 * memory_object_get() - the object of a file, with a reference
 * @list: all objects
 * @fd: the file; duplicated if it is new
 * @end: last byte wanted, plus one
 * @write: whether it must be open for writing
 * @out: the object
 *
 * Return: 0; -EINVAL when a regular file ends before @end; -EACCES; -ENOMEM;
 * errors of fstat() and fcntl().
 */
int memory_object_get(struct memory_object **list, int fd, uint64_t end,
		      bool write, struct memory_object **out);
/* The last reference closes the file. */
void memory_object_put(struct memory_object **list, struct memory_object *object);

/**
 * memory_object_map() - a window into the file
 * @object: object
 * @offset: first byte wanted, multiple of 4 KiB
 * @size: bytes
 * @write: map it writable
 * @window: what munmap() will take: whole pages of the file, which may be huge
 * @window_size: its bytes
 * @hva: where @offset is
 *
 * Nothing is pre-faulted.
 *
 * Return: 0, errors of fstat() and mmap().
 */
int memory_object_map(const struct memory_object *object, uint64_t offset,
		      uint64_t size, bool write, void **window,
		      size_t *window_size, void **hva);

#endif
