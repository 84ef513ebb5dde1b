/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the files of the client side share: the connection and its window
 * of requests. Must never be included from outside this folder.
 */
#ifndef HV_VFIO_USER_CLIENT_PRIVATE_H
#define HV_VFIO_USER_CLIENT_PRIVATE_H

#include "hv/vfio-user/client.h"
#include "hv/vfio-user/message.h"

enum vfu_slot_state {
	VFU_SLOT_FREE,
	VFU_SLOT_WAITING,
	VFU_SLOT_DONE,		/* answered, not yet collected */
	VFU_SLOT_ABANDONED,	/* timed out; a late reply frees it */
};

/**
 * struct vfu_slot - one request under way
 * @state: see there
 * @id: its message id; the slot's index is @id modulo the window
 * @cmd: its command
 * @malformed: the reply did not fit the request
 * @error: 0 or what the server said
 * @to: where the reply's payload goes, NULL = nowhere
 * @cap: room there, bytes
 * @len: bytes the reply had
 * @fd: first descriptor of the reply, owned; -1 = none
 */
struct vfu_slot {
	enum vfu_slot_state state;
	uint16_t id;
	uint16_t cmd;
	bool malformed;		/* the reply does not fit the request */
	int error;
	void *to;
	size_t cap;
	size_t len;
	int fd;
};

struct vfu_client {
	struct vfu_client_config config;
	struct vfu_client_limits limits;
	int sock;
	int error;		/* connection given up, -errno */
	struct vfu_rx rx;
	struct vfu_msg msg;
	bool sending;		/* a message is partly out: send nothing else */
	bool held;		/* @msg is a request that came meanwhile */
	uint8_t *answer;	/* reply to the server's DMA_READ */
	uint16_t next_id;
	uint64_t stray;
	struct vfu_slot slots[VFU_CLIENT_WINDOW];
	uint16_t queue[VFU_CLIENT_WINDOW];	/* ids submitted, oldest first */
	unsigned int queue_head;
	unsigned int queue_len;
};

/**
 * struct vfu_call - one blocking request
 * @cmd: VFU_CMD_*
 * @flags: VFU_F_NO_REPLY or 0
 * @iov: payload, 2 pieces at most
 * @n_iov: pieces
 * @fds: descriptors to go along
 * @n_fds: how many
 * @to: where the reply's payload goes
 * @cap: room there, bytes; a longer reply is -EPROTO
 * @len: out: bytes the reply had
 * @fd: out: descriptor of the reply or -1, owned by the caller
 */
struct vfu_call {
	uint16_t cmd;
	uint32_t flags;
	struct iovec iov[2];
	unsigned int n_iov;
	const int *fds;
	unsigned int n_fds;
	void *to;
	size_t cap;
	size_t len;
	int fd;
};

/* client.c */
int vfu_client_call(struct vfu_client *c, struct vfu_call *call);
int vfu_client_fail(struct vfu_client *c, int error);

/* client_io.c */
int64_t vfu_client_deadline(const struct vfu_client *c);
int vfu_client_wait(struct vfu_client *c, short events, int64_t deadline);
int vfu_client_send(struct vfu_client *c, const struct iovec *iov,
		    unsigned int n_iov, const int *fds, unsigned int n_fds,
		    int64_t deadline);
int vfu_client_receive(struct vfu_client *c);

/* client_version.c */
int vfu_client_negotiate(struct vfu_client *c);

#endif
