/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the bed of the paravirtual device's tests: the device over a model, shown
 * by vfio-user from a thread of its own, and the part of QEMU and of a guest's
 * kernel by hand: RAM, BARs, interrupts, the ring. It must never know what a
 * test is after.
 *
 * The functions belong to one thread. Unless they say otherwise they assert that
 * what they do works.
 */
#ifndef TESTS_UNIT_PV_GUEST_BED_H
#define TESTS_UNIT_PV_GUEST_BED_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest-driver/abi/commands.h"
#include "guest-driver/abi/device.h"
#include "guest-driver/abi/ring.h"
#include "host-backend/pv/pv.h"
#include "hv/vfio-user/client.h"
#include "hv/vfio-user/guest.h"
#include "tests/unit/host/model_bed.h"

enum {
	GUEST_VECTORS = 5,
	GUEST_WAIT_MS = 10000,
	GUEST_MAX_RUNS = 4096,		/* of a window */
};

#define GUEST_LOW	0x100000ull	/* two regions of RAM, and one of ROM */
#define GUEST_HIGH	0x180000000ull
#define GUEST_ROM	0x1c0000000ull
#define GUEST_REGION	(32ull << 20)
#define GUEST_ROM_BYTES	(1ull << 20)

/**
 * struct guest_bed - a device and its guest
 * @model: HCA "a" of it is below the device
 * @base: what the model counted when the device had no guest
 * @client: QEMU's end; NULL: no guest
 * @ram, @mem: the guest's memory as file and mapped, low region first, ROM last
 * @low, @high: next free page from below in the low region, from above in the high one
 * @irq: eventfds of the vectors
 * @seen, @events_seen: completions and events taken
 * @done: slots whose completion came
 */
struct guest_bed {
	struct model_bed *model;
	struct model_bed_counts base;
	struct pv *pv;
	struct vfu_guest *shown;
	pthread_t loop;
	int stop;
	char dir[40], path[64];
	unsigned int log_lines;

	struct vfu_client *client;
	int ram;
	uint8_t *mem;
	uint64_t low, high;
	int irq[GUEST_VECTORS];
	struct up_ring *ring;
	uint64_t ring_gpa;
	uint32_t submitted, seen, events_seen, sequence;
	uint64_t busy, done;		/* bits: slots */
	uint32_t slot_sequence[UP_SLOTS];
};

/* For cmocka: a group shares a model, each test has a device with a guest whose ring is ready. */
int guest_bed_group_setup(void **state);
int guest_bed_group_teardown(void **state);
int guest_bed_setup(void **state);
/* And nothing was left behind. */
int guest_bed_teardown(void **state);

#define in_guest(f)	cmocka_unit_test_setup_teardown(f, guest_bed_setup, guest_bed_teardown)

/* @config: NULL: defaults but for what tests need. */
void guest_bed_open(struct guest_bed *bed, const struct pv_config *config);
/* @clean: nothing may be left; else it is forgiven. */
void guest_bed_close(struct guest_bed *bed, bool clean);

/* QEMU starts: connects, maps RAM, sets vectors. */
void guest_bed_attach(struct guest_bed *bed);
/* QEMU is killed. */
void guest_bed_detach(struct guest_bed *bed);
/* The driver is loaded: reset, ring, READY. */
void guest_bed_start(struct guest_bed *bed);
/* It is unloaded: reset, until the device says that it is done. */
void guest_bed_stop(struct guest_bed *bed);

uint32_t guest_bed_read(struct guest_bed *bed, uint32_t reg);
void guest_bed_write(struct guest_bed *bed, uint32_t reg, uint32_t value);
/* Until the status is @status. */
void guest_bed_wait_status(struct guest_bed *bed, uint32_t status);
/* An 8 byte doorbell, big-endian words, in a page of the UAR window. */
void guest_bed_doorbell(struct guest_bed *bed, uint32_t page, uint32_t off, uint32_t first,
			uint32_t second);
void guest_bed_doorbell32(struct guest_bed *bed, uint32_t page, uint32_t off, uint32_t word);

/* Guest-physical memory. Whole pages, zeroed; never given back before guest_bed_start(). */
uint64_t guest_bed_pages(struct guest_bed *bed, uint64_t bytes);
void *guest_bed_at(struct guest_bed *bed, uint64_t gpa);

/**
 * struct guest_window - memory of one purpose
 * @ptr: first byte here; it is also its address in the guest's programs
 * @size: whole pages
 * @runs: where it is
 */
struct guest_window {
	uint8_t *ptr;
	uint64_t size;
	uint32_t n_runs;
	struct gpa_run *runs;
};

/* @scattered: of single pages in two regions; else in one run. */
void guest_window_open(struct guest_bed *bed, uint64_t bytes, bool scattered,
		       struct guest_window *window);
void guest_window_close(struct guest_window *window);
/* What a command says of a part of it. Longer lists take pages of the guest. */
void guest_window_pages(struct guest_bed *bed, const struct guest_window *window, uint64_t offset,
			uint64_t bytes, struct up_pages *pages);

/* Into a slot and onto the ring, with a kick where the device wants one. The slot. */
uint32_t guest_bed_submit(struct guest_bed *bed, uint32_t opcode, const void *in, uint32_t len);
/* The answer; @out_len bytes of it. What became of the command. */
enum up_result guest_bed_wait(struct guest_bed *bed, uint32_t slot, void *out, uint32_t out_len);
/* The same, whatever the answer is. */
void guest_bed_wait_any(struct guest_bed *bed, uint32_t slot);
/* Both. */
enum up_result guest_bed_command(struct guest_bed *bed, uint32_t opcode, const void *in,
				 uint32_t len, void *out, uint32_t out_len);
/* struct up_slot.detail of the last command waited for. */
uint32_t guest_bed_detail(struct guest_bed *bed);
/* The next event; false: none within the time. */
bool guest_bed_event(struct guest_bed *bed, struct up_event *event, unsigned int ms);

/* What the model counts now beyond a device without a guest. */
struct model_bed_counts guest_bed_counts(struct guest_bed *bed);
/* The HCA reaches nothing of the guest, and has no object of it. */
void guest_bed_assert_empty(struct guest_bed *bed);

#endif
