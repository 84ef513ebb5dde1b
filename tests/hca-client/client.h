/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one connection to an HCA served over vfio-user: its BAR, its interrupts
 * and the memory it may reach. It must never know commands or queues.
 */
#ifndef HCA_CLIENT_CLIENT_H
#define HCA_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/vfio-user/dma.h"	/* VFU_DMA_READ, VFU_DMA_WRITE */

struct vfu_client;

enum {
	HC_VECTORS = 4,			/* MSI-X vectors with an eventfd: async, then completion */
	HC_PAGE = 4096,
	HC_CLASSES = 40,		/* allocation classes: powers of two */
	HC_TIMEOUT_MS = 10000,
};

/**
 * struct hc_config - how to reach the HCA
 * @socket_path: where it is served
 * @arena: bytes of memory to map for it, 0: 64 MiB
 * @iova: bus address of the arena, 0: 4 GiB
 * @map_nothing: leave the arena unmapped, the caller uses hc_map()
 * @pump: runs the model when it lives in this thread; NULL when it does not
 * @pump_arg: argument of @pump
 */
struct hc_config {
	const char *socket_path;
	size_t arena;
	uint64_t iova;
	bool map_nothing;
	void (*pump)(void *arg);
	void *pump_arg;
};

/* A piece of the arena: here and as the HCA sees it. */
struct hc_mem {
	uint8_t *ptr;
	uint64_t iova;
	size_t size;
};

struct hc_class {
	uint64_t *free;			/* offsets */
	uint32_t n, room;
};

struct hc_fw;				/* bringup.h */

struct hc {
	struct vfu_client *vfu;
	void (*pump)(void *arg);
	void *pump_arg;

	int memfd;
	uint8_t *arena;
	size_t arena_size, arena_used;
	uint64_t iova;
	struct hc_class classes[HC_CLASSES];

	int irq[HC_VECTORS];

	/* command.h */
	struct hc_mem cmdq;
	void *slots[32];		/* commands under way, see command.c */
	uint8_t delivery, status;	/* of the newest command that failed */
	uint32_t syndrome;
	uint32_t last_token;
	void (*after_command)(struct hc *hc);	/* NULL: none */
	/* For fuzzers: changes a copy of each input mailbox; NULL: nobody does. */
	void (*edit)(uint8_t *in, size_t len);

	struct hc_fw *fw;
};

/**
 * hc_open - connect, make and map the arena, set eventfds
 * @config: how; copied
 * @out:    the connection; release with hc_close()
 *
 * Return: 0 or why it did not work.
 */
int hc_open(const struct hc_config *config, struct hc **out);
/* Drops the connection: the HCA sees its client go. */
void hc_close(struct hc *hc);

/**
 * hc_alloc - memory that the HCA may reach, zeroed
 * @hc:    the connection
 * @size:  bytes, rounded up to a power of two
 * @align: bytes, a power of two
 * @out:   here and there
 *
 * The piece is aligned to its rounded size too. 0 or -ENOMEM.
 */
int hc_alloc(struct hc *hc, size_t size, size_t align, struct hc_mem *out);
void hc_free(struct hc *hc, struct hc_mem *mem);
/* Everything at once, when nobody holds any of it: after a reset and hc_forget(). */
void hc_free_all(struct hc *hc);

/* Map a part of the arena at another bus address, or again: DMA_MAP. */
int hc_map(struct hc *hc, const void *ptr, size_t size, uint64_t iova, uint32_t prot);
int hc_unmap(struct hc *hc, uint64_t iova, size_t size);

/* Registers: BAR0, big-endian words in host order. */
uint32_t hc_read32(struct hc *hc, uint64_t off);
int hc_write32(struct hc *hc, uint64_t off, uint32_t value);
/* Two words in one posted write, as a doorbell is. */
int hc_write64(struct hc *hc, uint64_t off, uint32_t word0, uint32_t word1);
int hc_bar_write(struct hc *hc, uint64_t off, const void *buf, size_t len);
int hc_config_access(struct hc *hc, uint64_t off, void *buf, size_t len, bool write);
int hc_device_reset(struct hc *hc);

/* Whether interrupt @vector came since the last call. */
bool hc_irq_taken(struct hc *hc, unsigned int vector);

/* Monotonic milliseconds. */
uint64_t hc_now_ms(void);
/* One turn of a wait loop: run the model, or let its thread run. */
void hc_turn(struct hc *hc);

/* Wait until @cond; false after HC_TIMEOUT_MS. */
#define hc_until(hc, cond) ({						\
	uint64_t hc_end_ = hc_now_ms() + HC_TIMEOUT_MS;			\
	bool hc_ok_;							\
									\
	while (!(hc_ok_ = (cond)) && hc_now_ms() < hc_end_)		\
		hc_turn(hc);						\
	hc_ok_;								\
})

#endif
