/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the files of the server side share: the server object and its
 * connection. Must never be included from outside this folder.
 */
#ifndef HV_VFIO_USER_PRIVATE_H
#define HV_VFIO_USER_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>

#include "hv/vfio-user/message.h"
#include "hv/vfio-user/server.h"

#define VFU_MAX_VECTORS		2048u	/* MSI-X has no more */
#define VFU_MAX_BODY		(sizeof(struct vfu_region_access) + VFU_MAX_DATA)
#define VFU_MAX_DEFERRED	4096u	/* messages */
#define VFU_MAX_DEFERRED_BYTES	(16u << 20)
#define VFU_MAX_ABANDONED	16u

/* --- interrupts (irq.c) --------------------------------------------------- */

struct vfu_vector {
	int fd;			/* eventfd, -1 = not set */
	bool masked;
	bool pending;		/* triggered while masked */
	uint32_t changes;	/* of fd and masked */
};

struct vfu_irqs {
	unsigned int count;
	struct vfu_vector *vectors;
};

/* --- one client (connection.c) -------------------------------------------- */

/* A command that came in while the server waited for a reply. */
struct vfu_deferred {
	STAILQ_ENTRY(vfu_deferred) entry;
	struct vfu_msg msg;
};

enum vfu_timer {
	VFU_TIMER_OFF,
	VFU_TIMER_HELLO,	/* waits for VERSION */
	VFU_TIMER_REPLY,	/* waits for the client to read */
};

struct vfu_connection {
	int sock;		/* -1: no client */
	bool attached;		/* version is negotiated */
	bool closing;		/* close once the last reply is out */
	int error;		/* why it must be dropped, -errno */
	uint32_t events;	/* what epoll watches */
	enum vfu_timer timer;
	struct vfu_rx rx;
	struct vfu_tx tx;
	struct vfu_msg msg;	/* the one in work */
	STAILQ_HEAD(, vfu_deferred) deferred;
	unsigned int n_deferred;
	size_t deferred_bytes;
	uint32_t peer_max_data;
	uint16_t next_id;
	uint16_t abandoned[VFU_MAX_ABANDONED];	/* timed out, reply may come */
	unsigned int n_abandoned;
};

/* --- the server (server.c) ------------------------------------------------ */

struct vfu_log_limit {
	time_t second;
	unsigned int lines;
	unsigned int dropped;
};

struct vfu_server {
	struct vfu_server_config config;
	char *path;		/* socket file to remove */
	int epfd;
	int listen_fd;
	int wake_fd;		/* readable: there is work without input */
	int timer_fd;
	struct vfu_dma *dma;
	struct vfu_irqs irqs[VFU_NUM_IRQS];
	struct vfu_connection conn;
	uint8_t *answer;	/* payload buffer of the reply in work */
	size_t answer_cap;
	struct vfu_log_limit log_limit;
};

/**
 * struct vfu_answer - what a command handler wants to reply
 * @body: payload, from vfu_answer_reserve()
 * @len: bytes
 * @fd: descriptor to go along, borrowed, -1 = none
 */
struct vfu_answer {
	void *body;
	size_t len;
	int fd;
};

/* connection.c */
int vfu_conn_open(struct vfu_server *s, int sock);
void vfu_conn_drop(struct vfu_server *s);
void vfu_conn_run(struct vfu_server *s);
void vfu_conn_rearm(struct vfu_server *s);
void vfu_conn_fail(struct vfu_server *s, int error, const char *why);
bool vfu_conn_forget_abandoned(struct vfu_connection *conn, uint16_t id);
int vfu_conn_defer(struct vfu_server *s, struct vfu_msg *msg);

/* command.c */
void vfu_command_handle(struct vfu_server *s, struct vfu_msg *msg);
void vfu_command_refuse(struct vfu_server *s, const struct vfu_header *header,
			int error);
int vfu_answer_reserve(struct vfu_server *s, struct vfu_answer *answer,
		       size_t len);

/* Command handlers: 0 or -errno; lengths and fd counts are checked already. */
#define VFU_HANDLER(name)						\
	int name(struct vfu_server *s, struct vfu_msg *msg,		\
		 struct vfu_answer *answer)
VFU_HANDLER(vfu_handle_version);		/* version.c */
VFU_HANDLER(vfu_handle_device_info);		/* region.c */
VFU_HANDLER(vfu_handle_region_info);
VFU_HANDLER(vfu_handle_region_read);
VFU_HANDLER(vfu_handle_region_write);
VFU_HANDLER(vfu_handle_reset);
VFU_HANDLER(vfu_handle_irq_info);		/* irq.c */
VFU_HANDLER(vfu_handle_set_irqs);
VFU_HANDLER(vfu_handle_dma_map);		/* mapping.c */
VFU_HANDLER(vfu_handle_dma_unmap);

/* region.c, irq.c, mapping.c */
int vfu_regions_init(struct vfu_server *s, const struct vfu_region *regions);
void vfu_regions_fini(struct vfu_server *s);
int vfu_irqs_init(struct vfu_server *s, const unsigned int *counts);
void vfu_irqs_fini(struct vfu_server *s);
void vfu_irqs_drop(struct vfu_server *s);
void vfu_mappings_drop(struct vfu_server *s);

/* log.c */
__attribute__((format(printf, 3, 4)))
void vfu_log(struct vfu_server *s, enum vfu_log_level level,
	     const char *format, ...);

#endif
