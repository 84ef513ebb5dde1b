/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how the function of an HCA is reached: configuration space, BAR 0,
 * MSI-X, reset, and the IOMMU domain its DMA goes through. One table of
 * operations, an implementation per way (kernel VFIO, vfio-user). Must never
 * know what the registers mean.
 */
#ifndef HCA_TRANSPORT_H
#define HCA_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu/domain.h"

struct hca_transport;

enum { HCA_TRANSPORT_FILES = 3 };	/* container, group, device */

/**
 * struct hca_transport_ops - one way to an HCA
 * @name: for messages, e.g. "vfio"
 * @config_read, @config_write: PCI configuration space, @len 1, 2 or 4, naturally
 *	aligned; values in host order (the space itself is little-endian)
 * @read32: BAR 0, big-endian register @off (multiple of 4) in host order; all
 *	ones when the device is gone
 * @write32: the same way out
 * @write64: two registers by one 8-byte write, @off a multiple of 8: doorbells
 * @read8: one byte (health syndrome)
 * @set_irq: MSI-X vector @vector raises @eventfd from now on; -1: none. Vectors
 *	can be added while others are in use. @eventfd stays the caller's
 * @reset: function level reset; bus mastering is off afterwards, No-Snoop may be
 *	on again, vectors keep their eventfds
 * @bar_fd: the file and offset at which BAR 0 can be mapped by others (QEMU);
 *	-EOPNOTSUPP where there is none. The fd stays the transport's
 * @files: the files that keep the function ours as long as one of them is open, for
 *	who outlives this process: hca_vfio_quiet(). They stay the transport's. Returns
 *	their number, 0 where the end of this process is the end of all
 * @close: bus mastering off, interrupts off, then everything released; the
 *	domain must have been destroyed
 *
 * All may be called from any thread. Errors: 0 or -errno; -ENODEV when gone.
 */
struct hca_transport_ops {
	const char *name;
	int (*config_read)(struct hca_transport *t, unsigned int off, unsigned int len, uint32_t *value);
	int (*config_write)(struct hca_transport *t, unsigned int off, unsigned int len, uint32_t value);
	uint32_t (*read32)(struct hca_transport *t, uint64_t off);
	void (*write32)(struct hca_transport *t, uint64_t off, uint32_t value);
	void (*write64)(struct hca_transport *t, uint64_t off, uint32_t first, uint32_t second);
	uint8_t (*read8)(struct hca_transport *t, uint64_t off);
	int (*set_irq)(struct hca_transport *t, unsigned int vector, int eventfd);
	int (*reset)(struct hca_transport *t);
	int (*bar_fd)(struct hca_transport *t, int *fd, uint64_t *offset);
	unsigned int (*files)(struct hca_transport *t, int fds[HCA_TRANSPORT_FILES]);
	void (*close)(struct hca_transport *t);
};

/**
 * struct hca_transport - an open way to one HCA
 * @ops: how
 * @device: what the user called it: "0000:3b:00.0", "vfio-user:PATH"
 * @bar_size: bytes of BAR 0
 * @n_vectors: MSI-X vectors
 * @domain: where its DMA goes; to be handed to ioas_create(), which takes it
 *	over, and NULL from when it is destroyed; the transport must outlive it
 */
struct hca_transport {
	const struct hca_transport_ops *ops;
	char *device;
	uint64_t bar_size;
	unsigned int n_vectors;
	struct iommu_domain *domain;
};

/* Why a transport did not open: which step, on what, and the remedy if one is known. One line. */
struct hca_open_error {
	char text[256];
};

/**
 * hca_transport_open() - by the name a user gives
 * @device: "DDDD:BB:DD.F" or "BB:DD.F": kernel VFIO; "vfio-user:PATH"
 * @out: the transport; release by its close()
 * @error: filled on error; may be NULL
 *
 * Bus mastering is off and no interrupt is set when it returns.
 *
 * Return: 0; -EINVAL not a device name; -ENODEV no such device or nobody
 * there; -EPERM not bound to vfio-pci or the group is not viable; -EBUSY the
 * group is another process's; -EACCES no right to the group file; others.
 */
int hca_transport_open(const char *device, struct hca_transport **out,
		       struct hca_open_error *error);

/* The end of a transport that no hca_close() ends: its domain, if it is still there, and then close(). */
void hca_transport_close(struct hca_transport *t);

/*
 * Kernel VFIO by files handed in: an open container with the group attached, the
 * group (or -1) and the device. Taken over on success.
 */
int hca_vfio_open_fds(int container, int group, int device, const char *name,
		      struct hca_transport **out, struct hca_open_error *error);

/**
 * hca_vfio_quiet() - end what an HCA does whose process died
 * @container, @group, @device: the files() of its transport that are left; closed in any case
 * @name: for messages
 * @error: filled on error, may be NULL
 *
 * Bus mastering off, reset, all mappings taken away: whoever else still has the
 * device mapped finds an HCA that knows nothing, and reaches no memory by it. The
 * group is free only when that one has ended, too.
 *
 * Return: 0; -errno of the first step that failed, the others are done all the same.
 */
int hca_vfio_quiet(int container, int group, int device, const char *name,
		   struct hca_open_error *error);

#endif
