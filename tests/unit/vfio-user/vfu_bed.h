/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the test bed of the vfio-user tests: a server with a toy device on one
 * end of a socket pair, and raw messages on the other. Must never use the
 * client library: raw means raw.
 */
#ifndef TESTS_UNIT_VFIO_USER_VFU_BED_H
#define TESTS_UNIT_VFIO_USER_VFU_BED_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "hv/vfio-user/server.h"

#define BED_BAR0_SIZE	8192u		/* plain memory behind messages */
#define BED_BAR2_SIZE	16384u		/* two of four pages can be mapped */
#define BED_BAR4_SIZE	4096u		/* read only */
#define BED_BAR5_SIZE	(2u << 20)	/* larger than one message */
#define BED_MSIX	64u

/* One reply, with room for any. */
struct vfu_raw_reply {
	struct vfu_header header;
	uint8_t body[BED_BAR5_SIZE];
	size_t len;
	int fds[16];
	unsigned int n_fds;
};

/**
 * struct vfu_bed - the toy device and what happened to it
 * @sock: the client's end, non-blocking; -1 when closed
 * @reply: for replies that nobody wants to look at
 */
struct vfu_bed {
	struct vfu_server *server;
	int sock;
	struct vfu_raw_reply *reply;
	int bar2_fd;
	struct vfu_server_config config;
	uint8_t bar0[BED_BAR0_SIZE];
	unsigned int reads, writes, resets;
	unsigned int mapped, unmapped, irqs, attached, detached;
	int read_error, write_error;
	int refuse_map;		/* what the device says to a map */
	void (*on_write)(struct vfu_bed *bed, uint64_t off);
	unsigned int log_lines;
	int fds_before;
};

/* One raw message. */
struct vfu_raw {
	uint16_t id;
	uint16_t cmd;
	uint32_t size;		/* 0: right */
	uint32_t flags;
	uint32_t error;
	const void *body;
	size_t len;
	const int *fds;
	unsigned int n_fds;
};

/* A raw message whose payload is @object. */
#define VFU_RAW(command, object) {					\
	.id = 77, .cmd = (command), .body = &(object), .len = sizeof(object) }

/* For cmocka: *state is a struct vfu_bed, open; or without a negotiated version. */
int vfu_bed_setup(void **state);
int vfu_bed_setup_mute(void **state);
int vfu_bed_teardown(void **state);

#define in_vfu_bed(f) cmocka_unit_test_setup_teardown(f, vfu_bed_setup, vfu_bed_teardown)

int vfu_bed_count_fds(void);
int vfu_bed_memfd(size_t size);

/* Fills @bed->config; change it, then vfu_bed_start(). */
void vfu_bed_prepare(struct vfu_bed *bed);
void vfu_bed_start(struct vfu_bed *bed);	/* server only */
void vfu_bed_connect(struct vfu_bed *bed);	/* a socket pair, no version */
void vfu_bed_hello(struct vfu_bed *bed);
void vfu_bed_open(struct vfu_bed *bed);		/* all of it, with version */
void vfu_bed_hang_up(struct vfu_bed *bed);
void vfu_bed_close(struct vfu_bed *bed);	/* checks that nothing is lost */

size_t vfu_bed_encode(const struct vfu_raw *raw, uint8_t *to, size_t cap);
void vfu_bed_send(struct vfu_bed *bed, const struct vfu_raw *raw);
void vfu_bed_run(struct vfu_bed *bed);		/* dispatch until idle */

/* Return: 1 = a reply, 0 = none, -1 = the server has closed. */
int vfu_bed_reply(struct vfu_bed *bed, struct vfu_raw_reply *reply);

/*
 * Sends, dispatches, and expects one reply: with @error 0 a good one, else an
 * error reply of header size with this errno. @reply may be NULL.
 */
void vfu_bed_expect(struct vfu_bed *bed, const struct vfu_raw *raw, int error,
		    struct vfu_raw_reply *reply);
void vfu_bed_expect_closed(struct vfu_bed *bed);
void vfu_bed_expect_alive(struct vfu_bed *bed);

/* Return: errno of the reply, 0. */
int vfu_bed_map(struct vfu_bed *bed, uint64_t iova, uint64_t size, int fd,
		uint64_t offset);

#endif
