/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the server side of vfio-user: one PCI device on one UNIX socket, for
 * one client at a time, driven from the caller's event loop without threads.
 * Must never know what the device does.
 */
#ifndef HV_VFIO_USER_SERVER_H
#define HV_VFIO_USER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hv/vfio-user/dma.h"
#include "hv/vfio-user/protocol.h"

struct vfu_server;

enum vfu_log_level {
	VFU_LOG_ERROR,		/* the connection or the server is lost */
	VFU_LOG_WARNING,	/* a client did something wrong */
	VFU_LOG_INFO,		/* clients come and go */
};

/**
 * struct vfu_ops - what the device does; every member may be NULL
 * @region_read: fill @len bytes of @buf from @region at @off; the access is
 *	inside the region and @len is 1 to 1 MiB; 0 or -errno
 * @region_write: the same for a write
 * @reset: reset the device; 0 or -errno. NULL: reset is not offered
 * @dma_mapped: a range was added, @offset bytes into the file @fd, which is valid
 *	during the call; -1: there is none. Other than 0: it goes again, with this
 *	error for the client
 * @dma_unmap: all ranges inside [@iova, @iova + @size - 1] go after this
 *	returns: stop using their memory now. Also called for each range when
 *	the client unmaps everything or goes away
 * @irqs_changed: eventfds or masks of an interrupt index changed
 * @attached: a client has negotiated
 * @detached: the client is gone, its interrupts and ranges too
 *
 * Callbacks run inside vfu_server_dispatch() (and dma_unmap, irqs_changed and
 * detached also inside vfu_server_destroy()). They may call any function of
 * this file but vfu_server_dispatch(), vfu_server_adopt() and
 * vfu_server_destroy(). Without region_read a region reads as zero; without
 * region_write writes are dropped.
 */
struct vfu_ops {
	int (*region_read)(void *ctx, unsigned int region, uint64_t off,
			   void *buf, size_t len);
	int (*region_write)(void *ctx, unsigned int region, uint64_t off,
			    const void *buf, size_t len);
	int (*reset)(void *ctx);
	int (*dma_mapped)(void *ctx, const struct vfu_dma_range *range, int fd,
			  uint64_t offset);
	void (*dma_unmap)(void *ctx, uint64_t iova, uint64_t size);
	void (*irqs_changed)(void *ctx, unsigned int index);
	void (*attached)(void *ctx);
	void (*detached)(void *ctx);
};

/**
 * struct vfu_region - one region of the device
 * @size: bytes, 0: the region does not exist
 * @flags: VFIO_REGION_INFO_FLAG_READ, _WRITE, _MMAP of <linux/vfio.h>
 * @fd: with _MMAP: file to hand to the client; stays the caller's and must
 *	stay open as long as the server lives
 * @fd_offset: where offset 0 of the region is in @fd, bytes
 * @areas: with _MMAP: the parts that can be mapped; copied
 * @n_areas: 0 with _MMAP: the whole region can be mapped
 */
struct vfu_region {
	uint64_t size;
	uint32_t flags;
	int fd;
	uint64_t fd_offset;
	const struct vfu_area *areas;
	unsigned int n_areas;
};

/**
 * struct vfu_server_config - all a server needs; 0 means the default
 * @path: where to listen; a stale socket file is replaced, a live one not
 * @listen_fd: without @path: a socket that listens already (> 0), taken over
 *	on success. With neither, clients come by vfu_server_adopt() only
 * @mode: access mode of the socket file, default 0600
 * @set_group: whether to give the socket file to @group
 * @group: see @set_group
 * @regions: by VFIO index, BAR0 to VGA
 * @irq_count: interrupts by VFIO index: INTx, MSI, MSI-X, error, request
 * @ops: callbacks; must outlive the server
 * @ctx: first argument of all callbacks
 * @log: where log lines go, NULL: nowhere. Lines that a client can cause are
 *	rate-limited and hold no text of the client's
 * @max_dma_ranges: default 1 << 20
 * @max_dma_objects: distinct memory files, default 4096
 * @max_messages: handled per vfu_server_dispatch(), default 64
 * @reply_timeout_ms: for a client that does not read its replies, default 5000
 * @hello_timeout_ms: for a client that does not say its version, default 5000
 * @dma_timeout_ms: for DMA_READ/DMA_WRITE messages, default 1000
 */
struct vfu_server_config {
	const char *path;
	int listen_fd;
	mode_t mode;
	bool set_group;
	gid_t group;
	struct vfu_region regions[VFU_NUM_REGIONS];
	unsigned int irq_count[VFU_NUM_IRQS];
	const struct vfu_ops *ops;
	void *ctx;
	void (*log)(void *ctx, enum vfu_log_level level, const char *message);
	size_t max_dma_ranges;
	size_t max_dma_objects;
	unsigned int max_messages;
	unsigned int reply_timeout_ms;
	unsigned int hello_timeout_ms;
	unsigned int dma_timeout_ms;
};

/**
 * vfu_server_create() - start to serve
 * @config: copied, but for what its description says
 * @out: the server, owned by the caller
 *
 * Return: 0; -EINVAL for an impossible configuration; -EADDRINUSE when
 * something answers at the path; -ENAMETOOLONG; -ENOMEM; errors of socket
 * calls.
 */
int vfu_server_create(const struct vfu_server_config *config,
		      struct vfu_server **out);

/**
 * vfu_server_destroy() - drop the client, remove the socket file, free all
 * @server: server or NULL
 */
void vfu_server_destroy(struct vfu_server *server);

/**
 * vfu_server_adopt() - take a connected socket as the client
 * @server: server
 * @fd: connected UNIX stream socket (as of socketpair()), taken over on success
 *
 * Return: 0; -EBUSY when there is a client; -errno.
 */
int vfu_server_adopt(struct vfu_server *server, int fd);

/**
 * vfu_server_fd() - one descriptor for the caller's event loop
 * @server: server
 *
 * Return: an epoll descriptor; when it is readable call vfu_server_dispatch().
 */
int vfu_server_fd(const struct vfu_server *server);

/**
 * vfu_server_dispatch() - handle what is there
 * @server: server
 *
 * Never blocks, except for the bounded waits of vfu_server_dma_read() and
 * vfu_server_dma_write() when a callback makes them. At most
 * max_messages messages are handled; the rest keeps vfu_server_fd() readable.
 *
 * Return: 0, also when a client was dropped; -errno when the server itself
 * cannot go on.
 */
int vfu_server_dispatch(struct vfu_server *server);

/**
 * vfu_server_attached() - whether a client has negotiated and is there
 * @server: server
 */
bool vfu_server_attached(const struct vfu_server *server);

/**
 * vfu_server_dma() - the client's DMA ranges
 * @server: server
 *
 * Return: the table, the same one for the server's whole life; read only.
 */
struct vfu_dma *vfu_server_dma(struct vfu_server *server);

/**
 * vfu_server_dma_read() - read client memory, by message where it must be
 * @server: server
 * @iova: address
 * @buf: where to
 * @len: bytes; may span adjacent ranges
 *
 * Ranges that are mapped here are copied; for others the client is asked and
 * waited for (dma_timeout_ms for each message). Other messages that come in
 * the meantime are kept and handled later, in their order.
 *
 * Return: 0; -EFAULT when a part is not mapped; -EACCES when the range is not
 * readable; -ENOTCONN; -ETIMEDOUT; -EIO when the client answered nonsense (it
 * is then dropped); the client's error.
 */
int vfu_server_dma_read(struct vfu_server *server, uint64_t iova, void *buf,
			size_t len);

/**
 * vfu_server_dma_write() - write client memory, by message where it must be
 * @server: server
 * @iova: address
 * @buf: where from
 * @len: bytes
 *
 * Return: as vfu_server_dma_read().
 */
int vfu_server_dma_write(struct vfu_server *server, uint64_t iova,
			 const void *buf, size_t len);

/**
 * vfu_irq_trigger() - raise an interrupt
 * @server: server
 * @index: VFIO index, as VFIO_PCI_MSIX_IRQ_INDEX
 * @vector: which of the index
 *
 * A masked interrupt is remembered and raised when it is unmasked.
 *
 * Return: 0; -ENOENT when the client has set no eventfd; -EINVAL when there is
 * no such interrupt; -errno of the write.
 */
int vfu_irq_trigger(struct vfu_server *server, unsigned int index,
		    unsigned int vector);

/**
 * vfu_irq_enabled() - whether the client has set an eventfd
 * @server: server
 * @index: VFIO index
 * @vector: which of the index
 */
bool vfu_irq_enabled(const struct vfu_server *server, unsigned int index,
		     unsigned int vector);

/**
 * vfu_irq_fd() - the eventfd, to hand on to another interrupt source
 * @server: server
 * @index: VFIO index
 * @vector: which of the index
 *
 * Return: the server's own descriptor, valid until the next irqs_changed()
 * of this index; -ENOENT or -EINVAL.
 */
int vfu_irq_fd(const struct vfu_server *server, unsigned int index,
	       unsigned int vector);

/**
 * struct vfu_irq_state - an interrupt
 * @fd: as of vfu_irq_fd(), -1: none
 * @masked: it is to be kept until it is unmasked
 * @changes: another number each time that @fd or @masked changes; 0: never so far
 */
struct vfu_irq_state {
	int fd;
	bool masked;
	uint32_t changes;
};

/* 0; -EINVAL: there is no such interrupt. */
int vfu_irq_state(const struct vfu_server *server, unsigned int index,
		  unsigned int vector, struct vfu_irq_state *state);

#endif
