/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the client side of vfio-user: one connection to one device, with
 * blocking calls that have a time limit, and a pipeline for many requests.
 * Must never know what the device does.
 */
#ifndef HV_VFIO_USER_CLIENT_H
#define HV_VFIO_USER_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "hv/vfio-user/protocol.h"

struct vfu_client;

/* Requests that may be under way at the same time. */
#define VFU_CLIENT_WINDOW	1024u

/**
 * struct vfu_client_config - how to connect
 * @path: socket of the server, or NULL
 * @fd: without @path: connected UNIX stream socket, taken over on success
 * @timeout_ms: limit of every call, 0 = 5000
 * @idle: called over and over while a call waits, instead of sleeping; for a
 *	server in the same thread (call its vfu_server_dispatch())
 * @idle_arg: argument of @idle
 * @max_dma_maps: to propose, 0 = 1 << 20
 * @dma_read: fills @len bytes of @buf for a server that asks for memory at
 *	@iova; 0 or -errno. NULL: refused
 * @dma_write: takes @len bytes of @buf; 0 or -errno. NULL: refused
 * @ctx: first argument of dma_read and dma_write
 *
 * dma_read and dma_write run inside any call that waits and inside
 * vfu_client_poll(); they must not call the client.
 */
struct vfu_client_config {
	const char *path;
	int fd;
	unsigned int timeout_ms;
	void (*idle)(void *arg);
	void *idle_arg;
	uint32_t max_dma_maps;
	int (*dma_read)(void *ctx, uint64_t iova, void *buf, size_t len);
	int (*dma_write)(void *ctx, uint64_t iova, const void *buf, size_t len);
	void *ctx;
};

/* What the server said in its version reply. */
struct vfu_client_limits {
	uint32_t max_msg_fds;
	uint32_t max_data;	/* bytes of one region access */
	uint64_t max_dma_maps;
	uint64_t pgsizes;
};

/*
 * Errors all calls share: -ETIMEDOUT; -ENOTCONN when the server is gone or the
 * connection was given up; -EPROTO for a malformed reply (the connection is
 * given up); -EBUSY when the window is full; -EMSGSIZE when the request is
 * larger than the server takes; the server's own error, -EREMOTEIO when it
 * gave none.
 */

/**
 * vfu_client_open() - connect and negotiate
 * @config: see there; not kept
 * @out: the client, owned by the caller
 *
 * A path that does not exist yet or where nobody listens yet is tried again
 * until the time limit.
 *
 * Return: 0, -errno.
 */
int vfu_client_open(const struct vfu_client_config *config,
		    struct vfu_client **out);

/**
 * vfu_client_close() - disconnect and free
 * @client: client or NULL
 */
void vfu_client_close(struct vfu_client *client);

const struct vfu_client_limits *
vfu_client_limits(const struct vfu_client *client);

/**
 * vfu_client_poll() - handle what has come in, do not wait
 * @client: client
 *
 * For clients that answer a server's DMA_READ/DMA_WRITE while they make no
 * call themselves.
 *
 * Return: 0, -ENOTCONN, -EPROTO.
 */
int vfu_client_poll(struct vfu_client *client);

/**
 * vfu_client_stray() - replies that answered no waiting request
 * @client: client
 *
 * Late replies, to requests that timed out, are not counted.
 */
uint64_t vfu_client_stray(const struct vfu_client *client);

/* --- the device ----------------------------------------------------------- */

int vfu_client_device_info(struct vfu_client *client,
			   struct vfu_device_info *info);

/**
 * vfu_client_region_info() - describe a region
 * @client: client
 * @index: VFIO index
 * @info: result
 * @areas: array of the sparse areas, to be freed by the caller, NULL when the
 *	region has none; may be NULL
 * @n_areas: how many; may be NULL
 * @fd: file to map, owned by the caller, -1 when the region has none; NULL:
 *	it is closed
 */
int vfu_client_region_info(struct vfu_client *client, unsigned int index,
			   struct vfu_region_info *info,
			   struct vfu_area **areas, unsigned int *n_areas,
			   int *fd);

int vfu_client_region_read(struct vfu_client *client, unsigned int region,
			   uint64_t off, void *buf, size_t len);
int vfu_client_region_write(struct vfu_client *client, unsigned int region,
			    uint64_t off, const void *buf, size_t len);

/* A posted write: no reply, so errors of the device stay unknown. */
int vfu_client_region_post(struct vfu_client *client, unsigned int region,
			   uint64_t off, const void *buf, size_t len);

int vfu_client_reset(struct vfu_client *client);

/* --- interrupts ----------------------------------------------------------- */

int vfu_client_irq_info(struct vfu_client *client, unsigned int index,
			struct vfu_irq_info *info);

/**
 * vfu_client_set_eventfds() - set or unset eventfds of consecutive vectors
 * @client: client
 * @index: VFIO index
 * @start: first vector
 * @fds: one per vector, -1 = unset; stay the caller's
 * @count: how many
 *
 * Sent in as many messages as descriptors and runs of -1 ask for; on error
 * the first ones may have been done.
 */
int vfu_client_set_eventfds(struct vfu_client *client, unsigned int index,
			    unsigned int start, const int *fds,
			    unsigned int count);

/**
 * vfu_client_irq_action() - mask, unmask or trigger vectors
 * @client: client
 * @index: VFIO index
 * @action: VFIO_IRQ_SET_ACTION_*
 * @start: first vector
 * @count: how many; 0 with ACTION_TRIGGER disables all of the index
 * @bools: one byte per vector whether it is meant, or NULL for all
 */
int vfu_client_irq_action(struct vfu_client *client, unsigned int index,
			  uint32_t action, unsigned int start,
			  unsigned int count, const uint8_t *bools);

/* --- DMA ------------------------------------------------------------------ */

/* @fd stays the caller's; -1: the server has to ask by messages. */
int vfu_client_dma_map(struct vfu_client *client, uint64_t iova, uint64_t size,
		       uint32_t prot, int fd, uint64_t offset);

/**
 * vfu_client_dma_unmap_bytes() - unmap all ranges in a window, and learn how much went
 * @client: client
 * @iova: first address
 * @size: bytes; the window may hold several whole ranges and gaps
 * @bytes: sum of the ranges' sizes, 0 when there was none; set on success only
 *
 * Return: 0, also when nothing was mapped there; -EINVAL when the window cuts
 * a range; the shared errors.
 */
int vfu_client_dma_unmap_bytes(struct vfu_client *client, uint64_t iova,
			       uint64_t size, uint64_t *bytes);
/* The same; -ENOENT when the server had nothing mapped there. */
int vfu_client_dma_unmap(struct vfu_client *client, uint64_t iova,
			 uint64_t size);
int vfu_client_dma_unmap_all(struct vfu_client *client);

/* --- pipeline ------------------------------------------------------------- */

/**
 * vfu_client_submit() - send a request, do not wait for its reply
 * @client: client
 * @cmd: VFU_CMD_*
 * @body: payload
 * @len: bytes
 * @fds: descriptors to go along, stay the caller's
 * @n_fds: how many
 * @id: message id of the request, may be NULL
 *
 * Waits at most for room in the socket. Every submitted request takes a place
 * in the window until vfu_client_collect() has returned it.
 */
int vfu_client_submit(struct vfu_client *client, uint16_t cmd,
		      const void *body, size_t len, const int *fds,
		      unsigned int n_fds, uint16_t *id);

int vfu_client_submit_dma_map(struct vfu_client *client, uint64_t iova,
			      uint64_t size, uint32_t prot, int fd,
			      uint64_t offset, uint16_t *id);
int vfu_client_submit_dma_unmap(struct vfu_client *client, uint64_t iova,
				uint64_t size, uint16_t *id);

/**
 * struct vfu_client_result - one answered request
 * @id: what vfu_client_submit() gave
 * @cmd: its command
 * @error: 0 or the server's -errno
 */
struct vfu_client_result {
	uint16_t id;
	uint16_t cmd;
	int error;
};

/**
 * vfu_client_collect() - wait for the reply to the oldest submitted request
 * @client: client
 * @result: which request, and how it went
 *
 * Return: 0; -ENOENT when nothing is submitted; the shared errors (the request
 * is then forgotten).
 */
int vfu_client_collect(struct vfu_client *client,
		       struct vfu_client_result *result);

/* Submitted and not yet collected. */
unsigned int vfu_client_submitted(const struct vfu_client *client);

#endif
