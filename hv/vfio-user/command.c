// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the table of commands a server takes: lengths, descriptor counts and
 * the reply that each gets. Must never know what a command does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hv/vfio-user/private.h"

struct command {
	size_t min;			/* body, bytes */
	size_t max;
	unsigned int max_fds;
	VFU_HANDLER((*handle));
};

static const struct command commands[] = {
	[VFU_CMD_VERSION] = {
		sizeof(struct vfu_version),
		sizeof(struct vfu_version) + VFU_MAX_VERSION_TEXT,
		0, vfu_handle_version },
	[VFU_CMD_DMA_MAP] = {
		sizeof(struct vfu_dma_map_req), sizeof(struct vfu_dma_map_req),
		1, vfu_handle_dma_map },
	[VFU_CMD_DMA_UNMAP] = {
		sizeof(struct vfu_dma_unmap_req),
		sizeof(struct vfu_dma_unmap_req),
		0, vfu_handle_dma_unmap },
	[VFU_CMD_DEVICE_GET_INFO] = {
		sizeof(struct vfu_device_info), sizeof(struct vfu_device_info),
		0, vfu_handle_device_info },
	[VFU_CMD_DEVICE_GET_REGION_INFO] = {
		sizeof(struct vfu_region_info), sizeof(struct vfu_region_info),
		0, vfu_handle_region_info },
	[VFU_CMD_DEVICE_GET_IRQ_INFO] = {
		sizeof(struct vfu_irq_info), sizeof(struct vfu_irq_info),
		0, vfu_handle_irq_info },
	[VFU_CMD_DEVICE_SET_IRQS] = {
		sizeof(struct vfu_irq_set),
		sizeof(struct vfu_irq_set) + VFU_MAX_VECTORS,
		VFU_MAX_FDS, vfu_handle_set_irqs },
	[VFU_CMD_REGION_READ] = {
		sizeof(struct vfu_region_access),
		sizeof(struct vfu_region_access),
		0, vfu_handle_region_read },
	[VFU_CMD_REGION_WRITE] = {
		sizeof(struct vfu_region_access),
		sizeof(struct vfu_region_access) + VFU_MAX_DATA,
		0, vfu_handle_region_write },
	[VFU_CMD_DEVICE_RESET] = { 0, 0, 0, vfu_handle_reset },
};

int vfu_answer_reserve(struct vfu_server *s, struct vfu_answer *answer,
		       size_t len)
{
	if (len > s->answer_cap) {
		uint8_t *buf = malloc(len);

		if (!buf)
			return -ENOMEM;
		free(s->answer);
		s->answer = buf;
		s->answer_cap = len;
	}
	answer->body = s->answer;
	answer->len = len;
	return 0;
}

static void reply_send(struct vfu_server *s, const struct vfu_header *request,
		       int error, const struct vfu_answer *answer)
{
	struct vfu_header header = {
		.id = request->id,
		.cmd = request->cmd,
		.flags = VFU_F_REPLY,
	};
	struct iovec iov[2] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = answer->body, .iov_len = answer->len },
	};
	int ret;

	if (s->conn.error)
		return;
	if (error) {
		header.flags |= VFU_F_ERROR;
		header.error = (uint32_t)-error;
		iov[1].iov_len = 0;
	}
	header.size = (uint32_t)(sizeof(header) + iov[1].iov_len);
	ret = vfu_tx_send(&s->conn.tx, s->conn.sock, iov, 2,
			  error ? -1 : answer->fd);
	if (ret)
		vfu_conn_fail(s, ret, "cannot send a reply");
}

void vfu_command_refuse(struct vfu_server *s, const struct vfu_header *header,
			int error)
{
	const struct vfu_answer none = { .fd = -1 };

	reply_send(s, header, error, &none);
}

static int command_run(struct vfu_server *s, struct vfu_msg *msg,
		       struct vfu_answer *answer)
{
	const struct vfu_header *header = &msg->header;
	const struct command *command;

	if (header->flags & ~(VFU_F_TYPE_MASK | VFU_F_NO_REPLY) || header->error)
		return -EINVAL;
	if (header->cmd >= sizeof(commands) / sizeof(commands[0]) ||
	    !commands[header->cmd].handle)
		return -EOPNOTSUPP;
	command = &commands[header->cmd];
	if (msg->len < command->min || msg->len > command->max)
		return -EINVAL;
	if (msg->too_many_fds || msg->n_fds > command->max_fds)
		return -EINVAL;
	if (!s->conn.attached && (header->cmd != VFU_CMD_VERSION ||
				  header->flags & VFU_F_NO_REPLY))
		return -EINVAL;
	return command->handle(s, msg, answer);
}

void vfu_command_handle(struct vfu_server *s, struct vfu_msg *msg)
{
	struct vfu_answer answer = { .fd = -1 };
	int ret = command_run(s, msg, &answer);

	if (ret)
		vfu_log(s, VFU_LOG_WARNING, "command %u of %zu bytes refused: %s",
			msg->header.cmd, msg->len, strerror(-ret));
	if (!(msg->header.flags & VFU_F_NO_REPLY))
		reply_send(s, &msg->header, ret, &answer);
	/* Without a version there is no protocol to go on with. */
	if (!s->conn.attached)
		s->conn.closing = true;
}
