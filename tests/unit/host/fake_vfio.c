// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns a VFIO of a few lines: it answers VFIO's requests as the kernel does for
 * one device, which is a file. It must never know what a test is after.
 */
#include "tests/unit/host/fake_vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#define PAGE	4096u

static int failed(int error)
{
	errno = error;
	return -1;
}

static int fill_region(const struct fake_vfio *vfio, struct vfio_region_info *info)
{
	const struct vfio_region_sparse_mmap_area areas[] = {
		{ 0, PAGE }, { 2 * PAGE, FAKE_VFIO_BAR - 2 * PAGE } };
	struct vfio_region_info_cap_sparse_mmap cap = {
		.header = { VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, 0 }, .nr_areas = 2 };
	uint32_t need = sizeof(*info) + sizeof(cap) + sizeof(areas);

	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (info->index == VFIO_PCI_CONFIG_REGION_INDEX) {
		info->size = FAKE_VFIO_CONFIG;
		info->offset = 0;
		return 0;
	}
	info->flags = vfio->bar_flags;
	info->size = vfio->bar_size;
	info->offset = FAKE_VFIO_BAR_AT;
	if (!vfio->sparse)
		return 0;
	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	if (info->argsz < need) {
		info->cap_offset = 0;
	} else {
		info->cap_offset = sizeof(*info);
		memcpy((uint8_t *)info + sizeof(*info), &cap, sizeof(cap));
		memcpy((uint8_t *)info + sizeof(*info) + sizeof(cap), areas, sizeof(areas));
	}
	info->argsz = need;
	return 0;
}

static int fill_iommu(struct vfio_iommu_type1_info *info)
{
	const struct vfio_iommu_type1_info_cap_iova_range cap = {
		.header = { VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1, 0 }, .nr_iovas = 1 };
	const struct vfio_iova_range range = { PAGE, (1ull << 39) - 1 };
	uint32_t need = sizeof(*info) + sizeof(cap) + sizeof(range);

	info->flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info->iova_pgsizes = PAGE;
	info->cap_offset = 0;
	if (info->argsz >= need) {
		info->cap_offset = sizeof(*info);
		memcpy((uint8_t *)info + sizeof(*info), &cap, sizeof(cap));
		memcpy((uint8_t *)info + sizeof(*info) + sizeof(cap), &range, sizeof(range));
	}
	info->argsz = need;
	return 0;
}

static int set_irqs(struct fake_vfio *vfio, const struct vfio_irq_set *set)
{
	const int *fds = (const int *)set->data;

	vfio->msix = set->count;
	for (unsigned int v = 0; v < FAKE_VFIO_VECTORS; v++) {
		bool meant = v >= set->start && v < set->start + set->count;

		if (set->count && !meant)
			continue;
		if (vfio->triggers[v] >= 0)
			close(vfio->triggers[v]);
		vfio->triggers[v] = set->count && fds[v - set->start] >= 0 ?
				   dup(fds[v - set->start]) : -1;
	}
	return 0;
}

/* As the kernel does: whoever resets finds the configuration as it was. */
static int reset(struct fake_vfio *vfio)
{
	if (vfio->again) {
		vfio->again--;
		return failed(EAGAIN);
	}
	assert_false(vfio->config[PCI_COMMAND] & PCI_COMMAND_MASTER);
	memset(vfio->bar, 0, FAKE_VFIO_BAR);
	vfio->resets++;
	return 0;
}

static int unmap(struct fake_vfio *vfio, const struct vfio_iommu_type1_dma_unmap *unmap)
{
	if (unmap->flags != VFIO_DMA_UNMAP_FLAG_ALL || unmap->iova || unmap->size)
		return failed(EINVAL);
	vfio->unmapped = true;
	return 0;
}

static int answer(struct fake_vfio *vfio, unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return 1;
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)arg)->flags = vfio->group_flags;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		return 0;
	case VFIO_SET_IOMMU:
		vfio->iommu = true;
		return 0;
	case VFIO_IOMMU_GET_INFO:
		return vfio->iommu ? fill_iommu(arg) : failed(EINVAL);
	case VFIO_GROUP_GET_DEVICE_FD:
		return fcntl(vfio->file, F_DUPFD_CLOEXEC, 0);
	case VFIO_DEVICE_GET_INFO:
		((struct vfio_device_info *)arg)->flags = vfio->device_flags;
		((struct vfio_device_info *)arg)->num_regions = VFIO_PCI_NUM_REGIONS;
		((struct vfio_device_info *)arg)->num_irqs = VFIO_PCI_NUM_IRQS;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return fill_region(vfio, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		((struct vfio_irq_info *)arg)->flags = vfio->irq_flags;
		((struct vfio_irq_info *)arg)->count = vfio->n_vectors;
		return 0;
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(vfio, arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap(vfio, arg);
	case VFIO_DEVICE_RESET:
		return reset(vfio);
	default:
		return failed(ENOTTY);
	}
}

unsigned int fake_vfio_number(unsigned long request)
{
	return _IOC_NR(request) - VFIO_BASE;
}

int fake_vfio_ioctl(struct fake_vfio *vfio, int fd, unsigned long request, void *arg)
{
	unsigned int number = fake_vfio_number(request);

	if (_IOC_TYPE(request) != VFIO_TYPE)
		return (int)syscall(SYS_ioctl, fd, request, arg);
	if (++vfio->calls == vfio->fail_at)
		return failed(EIO);
	if (number < FAKE_VFIO_REQUESTS && vfio->errors[number])
		return failed(vfio->errors[number]);
	return answer(vfio, request, arg);
}

static void *map(const struct fake_vfio *vfio, size_t size, off_t at)
{
	void *ptr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vfio->file, at);

	assert_ptr_not_equal(ptr, MAP_FAILED);
	return ptr;
}

void fake_vfio_create(struct fake_vfio *vfio)
{
	const uint16_t ids[] = { 0x15b3, 0x1013, PCI_COMMAND_MASTER };

	*vfio = (struct fake_vfio){
		.file = memfd_create("device", MFD_CLOEXEC),
		.group_flags = VFIO_GROUP_FLAGS_VIABLE,
		.device_flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
		.bar_flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			     VFIO_REGION_INFO_FLAG_MMAP,
		.bar_size = FAKE_VFIO_BAR,
		.irq_flags = VFIO_IRQ_INFO_EVENTFD,
		.n_vectors = FAKE_VFIO_VECTORS,
	};
	memset(vfio->triggers, 0xff, sizeof(vfio->triggers));
	assert_int_equal(ftruncate(vfio->file, FAKE_VFIO_BAR_AT + FAKE_VFIO_BAR), 0);
	vfio->config = map(vfio, FAKE_VFIO_CONFIG, 0);
	vfio->bar = map(vfio, FAKE_VFIO_BAR, FAKE_VFIO_BAR_AT);
	memcpy(vfio->config, ids, sizeof(ids));
}

void fake_vfio_destroy(struct fake_vfio *vfio)
{
	munmap(vfio->config, FAKE_VFIO_CONFIG);
	munmap(vfio->bar, FAKE_VFIO_BAR);
	close(vfio->file);
}
