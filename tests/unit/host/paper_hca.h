/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns an HCA on paper: registers, a command queue and EQs that do exactly what
 * a test says, when it says it, on a fake IOMMU domain. It must never know what
 * a test is after.
 *
 * Where no test interferes, it answers every command at its doorbell with what
 * bring-up likes to hear. It is no model: what it answers it does not check.
 */
#ifndef TESTS_UNIT_HOST_PAPER_HCA_H
#define TESTS_UNIT_HOST_PAPER_HCA_H

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host-backend/hca/transport.h"
#include "tests/unit/iommu/fake_domain.h"

enum {
	PAPER_SLOTS = 32, PAPER_SLOT_PAGES = 31,
	PAPER_BOOT_PAGES = 3, PAPER_INIT_PAGES = 600,
	PAPER_MAX_PAGES = 2048, PAPER_MAX_EQS = 8,
	PAPER_UAR = 5,
};

/* How a command is answered. All zero: delivered, OK, no data. */
struct paper_reply {
	uint8_t delivery, status;
	uint32_t syndrome;
	const void *data;		/* output from byte 8 on */
	size_t len;
	bool bad_entry_token, bad_block_token, bad_type;
};

struct paper_eq {
	uint64_t iova;
	uint32_t log_size, pi, eqn;
	uint64_t mask;
};

struct paper_hca {
	struct hca_transport t;
	struct iommu_domain *domain;
	uint64_t domain_left;		/* mappings at its end */

	/* Registers; a test may change them at any time. */
	_Atomic uint32_t cmdif, shape, nic_state, initializing, counter;
	_Atomic uint32_t taking;	/* looks before the queue counts as taken; 0: at once */
	_Atomic uint8_t synd, rfr;
	_Atomic bool beating;		/* the counter moves with each look at it */
	_Atomic bool gone;		/* everything reads as all ones */
	bool revive;			/* a reset brings it back */
	int reset_err;
	uint8_t config[256];
	bool no_snoop_stays;

	uint32_t cmdq_h, cmdq_l;
	_Atomic uint32_t rung;		/* slots that wait for an answer */
	_Atomic uint32_t arms;		/* EQ arm doorbells */
	_Atomic int irq;		/* eventfd of vector 0, -1: none */
	unsigned int resets, commands;
	bool closed;

	/* Whether doorbells are answered at once; and whether without a command event. */
	_Atomic bool automatic, silent;
	/*
	 * Asked before each automatic answer: may change @reply (its data is good
	 * for 8 KiB and the caller's), or return false: no answer.
	 */
	bool (*ask)(struct paper_hca *p, unsigned int slot, uint16_t opcode,
		    struct paper_reply *reply, uint8_t *data);
	void *ctx;

	uint64_t pages[PAPER_MAX_PAGES];	/* lent to us */
	_Atomic unsigned int n_pages;
	pthread_mutex_t lock;		/* of the EQs' producer indices */
	struct paper_eq eq[PAPER_MAX_EQS];
	uint8_t out[8192 + 8];
};

/* @domain: NULL: a default one. The transport is p->t; its close() ends nothing but marks it. */
void paper_open(struct paper_hca *p, const struct fake_domain_config *domain);
/* Destroys the domain if nobody took it over. */
void paper_close(struct paper_hca *p);

/* What is at a bus address; asserts that something is. */
uint8_t *paper_ptr(struct paper_hca *p, uint64_t iova);
/* The entry of a slot. */
uint8_t *paper_entry(struct paper_hca *p, unsigned int slot);
uint16_t paper_opcode(struct paper_hca *p, unsigned int slot);
/* Gathers the input of a slot by its blocks, checking them. Return: its length. */
size_t paper_input(struct paper_hca *p, unsigned int slot, uint8_t *in, size_t room);
/* Waits, 5 s at most, until all of these slots are rung. */
void paper_wait_rung(struct paper_hca *p, uint32_t slots);
void paper_answer(struct paper_hca *p, unsigned int slot, const struct paper_reply *reply);

/* An event of a type to the EQ that takes it: 28 bytes of data, and an interrupt unless @silent. */
void paper_event(struct paper_hca *p, uint8_t type, uint8_t sub_type, const uint8_t data[28],
		 bool silent);

#endif
