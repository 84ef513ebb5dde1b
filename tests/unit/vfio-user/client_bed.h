/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the test bed of the client library: a client and our server, in the
 * same thread or in two. It must never know what a test is after.
 */
#ifndef TESTS_UNIT_VFIO_USER_CLIENT_BED_H
#define TESTS_UNIT_VFIO_USER_CLIENT_BED_H

#include <pthread.h>
#include <stdatomic.h>

#include "hv/vfio-user/client.h"
#include "tests/unit/vfio-user/vfu_bed.h"

#define PAGE	4096ull
#define RW	(VFU_DMA_READ | VFU_DMA_WRITE)
#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX

struct client_bed {
	struct vfu_bed bed;
	struct vfu_client *client;
	uint8_t memory[4 * PAGE];	/* what DMA messages reach, at iova 0 */
	unsigned int asked;
	pthread_t thread;
	atomic_bool stop;
};

/* For cmocka: *state is a struct client_bed; both ends in this thread. */
int client_bed_setup(void **state);
int client_bed_teardown(void **state);

/* The server gets a thread of its own. */
int client_bed_setup_thread(void **state);
int client_bed_teardown_thread(void **state);
/* After the callbacks are set: the server belongs to the thread from here. */
void client_bed_start(struct client_bed *p);

#define in_client_bed(f) cmocka_unit_test_setup_teardown(f, client_bed_setup, client_bed_teardown)
#define in_threads(f)							\
	cmocka_unit_test_setup_teardown(f, client_bed_setup_thread, client_bed_teardown_thread)

#endif
