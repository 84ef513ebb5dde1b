/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the wire layouts of vfio-user 0.0: header, commands and their payloads,
 * as "vfio-user Protocol Specification" (docs/interop/vfio-user.rst of QEMU)
 * defines them; a section name beside a layout is a section of that document.
 * Must never know who sends or receives a message, nor what a device is.
 *
 * All fields are in the byte order of the host (section "Protocol
 * Specification"); offsets count from the end of the header.
 */
#ifndef HV_VFIO_USER_PROTOCOL_H
#define HV_VFIO_USER_PROTOCOL_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/vfio.h>	/* flag values that vfio-user takes over from VFIO */

#define VFU_VERSION_MAJOR	0
#define VFU_VERSION_MINOR	0

/* Section "Commands". */
enum vfu_command {
	VFU_CMD_VERSION			= 1,
	VFU_CMD_DMA_MAP			= 2,
	VFU_CMD_DMA_UNMAP		= 3,
	VFU_CMD_DEVICE_GET_INFO		= 4,
	VFU_CMD_DEVICE_GET_REGION_INFO	= 5,
	VFU_CMD_DEVICE_GET_REGION_IO_FDS = 6,
	VFU_CMD_DEVICE_GET_IRQ_INFO	= 7,
	VFU_CMD_DEVICE_SET_IRQS		= 8,
	VFU_CMD_REGION_READ		= 9,
	VFU_CMD_REGION_WRITE		= 10,
	VFU_CMD_DMA_READ		= 11,
	VFU_CMD_DMA_WRITE		= 12,
	VFU_CMD_DEVICE_RESET		= 13,
	VFU_CMD_REGION_WRITE_MULTI	= 15,
	VFU_CMD_DEVICE_FEATURE		= 16,
	VFU_CMD_MIG_DATA_READ		= 17,
	VFU_CMD_MIG_DATA_WRITE		= 18,
};

/* Section "Header". */
#define VFU_F_TYPE_MASK		0x0000000fu
#define VFU_F_COMMAND		0x0u
#define VFU_F_REPLY		0x1u
#define VFU_F_NO_REPLY		0x10u
#define VFU_F_ERROR		0x20u

struct vfu_header {
	uint16_t id;
	uint16_t cmd;
	uint32_t size;		/* of the whole message, this header included */
	uint32_t flags;		/* VFU_F_* */
	uint32_t error;		/* errno of an error reply, else 0 */
};
static_assert(sizeof(struct vfu_header) == 16, "header");
static_assert(offsetof(struct vfu_header, error) == 12, "header");

/* Section "VFIO_USER_VERSION". JSON text with its NUL follows. */
struct vfu_version {
	uint16_t major;
	uint16_t minor;
};
static_assert(sizeof(struct vfu_version) == 4, "version");

/* Section "VFIO_USER_DMA_MAP". */
#define VFU_DMA_MAP_READ	0x1u
#define VFU_DMA_MAP_WRITE	0x2u
#define VFU_DMA_MAP_ALL		(VFU_DMA_MAP_READ | VFU_DMA_MAP_WRITE)

struct vfu_dma_map_req {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset;	/* in the file that came along, bytes */
	uint64_t iova;
	uint64_t size;
};
static_assert(sizeof(struct vfu_dma_map_req) == 32, "dma map");
static_assert(offsetof(struct vfu_dma_map_req, iova) == 16, "dma map");

/*
 * Section "VFIO_USER_DMA_UNMAP"; the flags are those of struct
 * vfio_iommu_type1_dma_unmap in <linux/vfio.h>. The reply repeats the request,
 * with the bytes that really were unmapped in @size, as the ioctl has it.
 */
#define VFU_DMA_UNMAP_DIRTY	0x1u
#define VFU_DMA_UNMAP_EVERY	0x2u
#define VFU_DMA_UNMAP_FLAGS	(VFU_DMA_UNMAP_DIRTY | VFU_DMA_UNMAP_EVERY)

struct vfu_dma_unmap_req {
	uint32_t argsz;
	uint32_t flags;
	uint64_t iova;
	uint64_t size;
};
static_assert(sizeof(struct vfu_dma_unmap_req) == 24, "dma unmap");

/* Section "VFIO_USER_DEVICE_GET_INFO"; flags: VFIO_DEVICE_FLAGS_*. */
struct vfu_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
};
static_assert(sizeof(struct vfu_device_info) == 16, "device info");

/* Section "VFIO_USER_DEVICE_GET_REGION_INFO"; VFIO_REGION_INFO_FLAG_*. */
struct vfu_region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;	/* from the start of this struct */
	uint64_t size;
	uint64_t offset;	/* to give to mmap() for offset 0 of the region */
};
static_assert(sizeof(struct vfu_region_info) == 32, "region info");
static_assert(offsetof(struct vfu_region_info, size) == 16, "region info");

/* Sections "VFIO cap header format" and "VFIO region info cap sparse mmap". */
struct vfu_cap_header {
	uint16_t id;		/* VFIO_REGION_INFO_CAP_* */
	uint16_t version;
	uint32_t next;		/* from the start of the region info, 0 = last */
};
static_assert(sizeof(struct vfu_cap_header) == 8, "cap header");

struct vfu_cap_sparse {
	struct vfu_cap_header header;
	uint32_t nr_areas;
	uint32_t reserved;
};
static_assert(sizeof(struct vfu_cap_sparse) == 16, "sparse mmap");

struct vfu_area {
	uint64_t offset;	/* in the region, bytes, page aligned */
	uint64_t size;		/* bytes, page aligned */
};
static_assert(sizeof(struct vfu_area) == 16, "sparse area");

/* Section "VFIO_USER_DEVICE_GET_IRQ_INFO"; flags: VFIO_IRQ_INFO_*. */
struct vfu_irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};
static_assert(sizeof(struct vfu_irq_info) == 16, "irq info");

/* Section "VFIO_USER_DEVICE_SET_IRQS"; flags: VFIO_IRQ_SET_*. */
struct vfu_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
};
static_assert(sizeof(struct vfu_irq_set) == 20, "irq set");

/* Sections "VFIO_USER_REGION_READ" and "VFIO_USER_REGION_WRITE". */
struct vfu_region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};
static_assert(sizeof(struct vfu_region_access) == 16, "region access");

/*
 * Sections "VFIO_USER_DMA_READ" and "VFIO_USER_DMA_WRITE". The document gives
 * the reply to a DMA_WRITE a 4 byte count; QEMU and libvfio-user send 8 bytes,
 * so a reader takes 12 or 16 bytes.
 */
struct vfu_dma_access {
	uint64_t iova;
	uint64_t count;
};
static_assert(sizeof(struct vfu_dma_access) == 16, "dma access");

/* Indices, as VFIO gives them to PCI devices (<linux/vfio.h>). */
#define VFU_NUM_REGIONS		VFIO_PCI_NUM_REGIONS
#define VFU_NUM_IRQS		VFIO_PCI_NUM_IRQS
static_assert(VFU_NUM_REGIONS == 9, "BAR0-5, ROM, config, VGA");
static_assert(VFU_NUM_IRQS == 5, "INTx, MSI, MSI-X, error, request");

/* Defaults and bounds of section "VFIO_USER_VERSION" as we use them. */
#define VFU_MAX_FDS		16u		/* per message; QEMU takes no more */
#define VFU_DEFAULT_FDS		1u		/* a peer that does not say */
#define VFU_MAX_DATA		(1024u * 1024u)	/* bytes of one data transfer */
#define VFU_MIN_DATA		4096u		/* a peer that takes less is refused */
#define VFU_DEFAULT_MAPS	65535u
#define VFU_PAGE_SIZE		4096u
#define VFU_MAX_VERSION_TEXT	8192u		/* bytes of JSON */

#endif
