/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the framing of messages on a non-blocking UNIX stream socket, with the
 * file descriptors that come along. Must never know what a command means.
 */
#ifndef HV_VFIO_USER_MESSAGE_H
#define HV_VFIO_USER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "hv/vfio-user/protocol.h"

/**
 * struct vfu_msg - one received message
 * @header: as it came
 * @body: what follows the header; the buffer is kept for the next message
 * @len: bytes in @body
 * @cap: room in @body
 * @fds: descriptors; a taken one is set to -1
 * @n_fds: how many came, VFU_MAX_FDS at most
 * @too_many_fds: more came than we take; the surplus was closed
 */
struct vfu_msg {
	struct vfu_header header;
	uint8_t *body;
	size_t len;
	size_t cap;
	int fds[VFU_MAX_FDS];
	unsigned int n_fds;
	bool too_many_fds;
};

/**
 * vfu_msg_take_fd() - take a descriptor out of a message
 * @msg: message
 * @i: which one
 *
 * Return: the descriptor, now the caller's, or -1.
 */
int vfu_msg_take_fd(struct vfu_msg *msg, unsigned int i);

/**
 * vfu_msg_close_fds() - close the descriptors nobody took
 * @msg: message
 */
void vfu_msg_close_fds(struct vfu_msg *msg);

/**
 * vfu_msg_free() - close the descriptors nobody took and free the body
 * @msg: message, left empty
 */
void vfu_msg_free(struct vfu_msg *msg);

/**
 * struct vfu_rx - the message that is coming in
 * @msg: complete once vfu_rx_step() returns 1
 * @got: bytes of it that are there
 */
struct vfu_rx {
	struct vfu_msg msg;
	size_t got;
};

/**
 * vfu_rx_step() - go on receiving
 * @rx: state; zeroed at first
 * @sock: non-blocking UNIX stream socket
 * @max_body: largest body to accept, bytes
 *
 * Descriptors belong to the message whose bytes they come with.
 *
 * Return: 1 when @rx->msg is complete (call vfu_rx_take() next); 0 when the
 * socket is empty; -ENODATA when the peer has closed; -EMSGSIZE when the
 * header gives a size that is too small or too large (the header is valid,
 * the stream is not); -ENOMEM; errors of recvmsg().
 */
int vfu_rx_step(struct vfu_rx *rx, int sock, size_t max_body);

/**
 * vfu_rx_take() - move the complete message out
 * @rx: state, ready for the next message after this
 * @msg: receives the message; whatever buffer it held is reused
 */
void vfu_rx_take(struct vfu_rx *rx, struct vfu_msg *msg);

/**
 * vfu_rx_free() - drop what has come in so far
 * @rx: state
 */
void vfu_rx_free(struct vfu_rx *rx);

/**
 * struct vfu_tx - the rest of a message that did not fit into the socket
 * @buf: bytes
 * @len: how many
 * @off: how many are sent
 * @fd: descriptor that goes with the first byte, borrowed; -1 = none
 */
struct vfu_tx {
	uint8_t *buf;
	size_t len;
	size_t off;
	int fd;
};

static inline bool vfu_tx_pending(const struct vfu_tx *tx)
{
	return tx->off < tx->len;
}

/**
 * vfu_tx_send() - send one message, keep what does not fit
 * @tx: state, nothing pending
 * @sock: non-blocking UNIX stream socket
 * @iov: the message; header first, 3 pieces at most
 * @n_iov: pieces
 * @fd: descriptor to go along, borrowed until nothing is pending; -1 = none
 *
 * Return: 0 (look at vfu_tx_pending()); -ENOMEM; errors of sendmsg().
 */
int vfu_tx_send(struct vfu_tx *tx, int sock, const struct iovec *iov,
		unsigned int n_iov, int fd);

/**
 * vfu_tx_flush() - go on sending
 * @tx: state
 * @sock: socket
 *
 * Return: 0 (look at vfu_tx_pending()); errors of sendmsg().
 */
int vfu_tx_flush(struct vfu_tx *tx, int sock);

/**
 * vfu_tx_free() - forget what is not sent
 * @tx: state
 */
void vfu_tx_free(struct vfu_tx *tx);

/**
 * vfu_send_fds() - one sendmsg() with descriptors
 * @sock: socket
 * @iov: pieces
 * @n_iov: how many
 * @fds: descriptors to go along with the first byte
 * @n_fds: how many; 0 = none, VFU_MAX_FDS at most
 *
 * Return: bytes sent, -EAGAIN, -errno.
 */
ssize_t vfu_send_fds(int sock, const struct iovec *iov, unsigned int n_iov,
		     const int *fds, unsigned int n_fds);

#endif
