// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the descriptors of guest memory and windows into it. Must never know
 * guest-physical addresses.
 */
#include "iommu/memory_object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int object_create(const struct memory_object *key, int fd,
			 struct memory_object **out)
{
	struct memory_object *object = malloc(sizeof(*object));
	int ret;

	if (!object)
		return -ENOMEM;
	*object = *key;
	object->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (object->fd < 0) {
		ret = -errno;
		free(object);
		return ret;
	}
	*out = object;
	return 0;
}

int memory_object_get(struct memory_object **list, int fd, uint64_t end,
		      bool write, struct memory_object **out)
{
	struct memory_object key = { .fd = -1 }, *object;
	struct stat st;
	int mode, ret;

	mode = fcntl(fd, F_GETFL);
	if (mode < 0 || fstat(fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode) && (st.st_size < 0 || end > (uint64_t)st.st_size))
		return -EINVAL;
	mode &= O_ACCMODE;
	if (mode == O_WRONLY || (write && mode != O_RDWR))
		return -EACCES;
	key.dev = st.st_dev;
	key.ino = st.st_ino;
	key.writable = mode == O_RDWR;
	for (object = *list; object; object = object->next)
		if (object->dev == key.dev && object->ino == key.ino &&
		    object->writable == key.writable)
			break;
	if (!object) {
		ret = object_create(&key, fd, &object);
		if (ret)
			return ret;
		object->next = *list;
		*list = object;
	}
	object->refs++;
	*out = object;
	return 0;
}

void memory_object_put(struct memory_object **list, struct memory_object *object)
{
	if (--object->refs)
		return;
	while (*list != object)
		list = &(*list)->next;
	*list = object->next;
	close(object->fd);
	free(object);
}

int memory_object_map(const struct memory_object *object, uint64_t offset,
		      uint64_t size, bool write, void **window,
		      size_t *window_size, void **hva)
{
	int prot = PROT_READ | (write ? PROT_WRITE : 0);
	uint64_t page = 4096, head;
	struct stat st;
	void *base;

	if (fstat(object->fd, &st))
		return -errno;
	/* hugetlbfs tells its page size so, and wants windows of whole pages. */
	if (st.st_blksize > 4096 && !(st.st_blksize & (st.st_blksize - 1)))
		page = (uint64_t)st.st_blksize;
	head = offset & (page - 1);
	if (size > SIZE_MAX - head - page)
		return -ENOMEM;
	size = (head + size + page - 1) & ~(page - 1);
	base = mmap(NULL, size, prot, MAP_SHARED | MAP_NORESERVE, object->fd,
		    (off_t)(offset - head));
	if (base == MAP_FAILED)
		return -errno;
	/* A guest's memory is no part of our core dumps; best effort. */
	madvise(base, size, MADV_DONTDUMP);
	*window = base;
	*window_size = size;
	*hva = (uint8_t *)base + head;
	return 0;
}
