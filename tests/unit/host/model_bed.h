/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the bed of the host side's tests: strict HCA models, served by
 * vfio-user from a thread of their own. It must never know what a test is
 * after, nor anything of the product.
 *
 * A test includes this and the product's headers, never the model's: both have
 * a struct hca. For the same reason product code must not export hca_create,
 * hca_destroy, hca_log, hca_reset, hca_reset_firmware, cmd_*, pci_*, dma_*.
 *
 * The functions belong to one thread at a time. Each but the first two asserts
 * that it worked.
 */
#ifndef TESTS_UNIT_HOST_MODEL_BED_H
#define TESTS_UNIT_HOST_MODEL_BED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct model_bed;

enum { MODEL_BED_MAX_HCAS = 8 };

/**
 * model_bed_open() - start a model
 * @n_hcas: how many HCAs it has, named "a", "b", ..., all on one fabric with a
 *	subnet manager
 * @vf: they are virtual functions
 * @out: the bed
 *
 * HCA_LOG and HCA_TRACE name files for the model's log and trace.
 *
 * Return: 0, -1.
 */
int model_bed_open(unsigned int n_hcas, bool vf, struct model_bed **out);

/* The end, without a look at what is left. The model may be killed already. */
void model_bed_drop(struct model_bed *bed);

/*
 * The end, with model_bed_assert_clean() before it unless the model was killed.
 */
void model_bed_close(struct model_bed *bed);

/* For cmocka: *state is a struct model_bed of 1 or 2 HCAs, ended by model_bed_close(). */
int model_bed_setup_pf(void **state);
int model_bed_setup_vf(void **state);
int model_bed_setup_pair(void **state);
int model_bed_teardown(void **state);

/* "vfio-user:PATH", for hca_transport_open(). */
const char *model_bed_device(const struct model_bed *bed, unsigned int i);

/*
 * The model stands still until the unlock: no message is answered. So a test
 * can look at memory that the HCA writes, or see what a wedged server does.
 */
void model_bed_lock(struct model_bed *bed);
void model_bed_unlock(struct model_bed *bed);

/* The model dies: sockets close without a word. */
void model_bed_kill(struct model_bed *bed);

/**
 * struct model_bed_counts - what an HCA has and what befell it
 * @attached: a client is connected
 * @dead: an injected "gone" happened
 * @bus_master: its DMA is on
 * @lid: of its port; 0 until the subnet manager was there
 * @active: its port is
 * @dma_ranges, @dma_bytes: mapped by the client
 * @dma_faults: accesses to what is not mapped, ever
 * @last_fault: bus address of the newest
 * @commands, @refused: executed ever, and how many with a bad status
 * @interrupts: MSI-X messages ever
 * @pages: lent to the firmware
 * @objects: sum of the following
 * @swept_*: what, ever, went without a command for it: objects and pages that TEARDOWN_HCA,
 *	a reset or the client's end destroyed; ranges that were mapped at the client's end
 */
struct model_bed_counts {
	bool attached, dead, bus_master, active;
	uint16_t lid;
	uint64_t dma_ranges, dma_bytes, dma_faults, last_fault;
	uint64_t commands, refused, interrupts;
	uint32_t pages, objects;
	uint32_t uar, pd, xrcd, mkey, eq, cq, qp, srq, counter, umem, mcg;
	uint64_t swept_objects, swept_pages, swept_ranges;
};

void model_bed_counts(struct model_bed *bed, unsigned int i, struct model_bed_counts *counts);

/**
 * model_bed_assert_clean() - nobody is there and nothing was left
 * @bed: bed
 *
 * Waits, 5 s at most, until no HCA has a client. Then: no object, no page, no
 * range; none was ever swept away; no DMA fault. Of the last two, what
 * happened before model_bed_forgive() does not count.
 */
void model_bed_assert_clean(struct model_bed *bed);
void model_bed_forgive(struct model_bed *bed);
/* The wait alone. */
void model_bed_wait_detached(struct model_bed *bed);

/**
 * model_bed_control() - a word of the control socket, see docs/hca-model.md
 * @bed: bed
 * @fmt: e.g. "inject a kind=status after=3 status=4", "pages a -8", "fatal a"
 *
 * Asserts that the model took it.
 */
void model_bed_control(struct model_bed *bed, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The HCA reads or writes memory by bus address. 0; -EFAULT is a DMA fault, and counted. */
int model_bed_dma_read(struct model_bed *bed, unsigned int i, uint64_t iova, void *buf, size_t len);
int model_bed_dma_write(struct model_bed *bed, unsigned int i, uint64_t iova, const void *buf,
			size_t len);
/* The HCA raises an MSI-X vector. */
void model_bed_interrupt(struct model_bed *bed, unsigned int i, unsigned int vector);

#endif
