/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns what the fuzz targets of the HCA share: a model inside the process, a
 * driver for its one HCA, and the seeds. It must never know what an input
 * means.
 */
#ifndef TESTS_FUZZ_BED_H
#define TESTS_FUZZ_BED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/hca-client/bringup.h"
#include "tests/hca-model/model.h"

enum {
	BED_HEAD = 8,			/* bytes that begin every step of an input */
	BED_MAX_INPUT = 768,
};

extern struct model *model;
extern struct hca *hca;
extern struct hc *hc;

/* Ends the run as a finding. */
void must(int ok);

/* Once: @arena bytes of memory, mapped unless @map_nothing. */
void bed_open(size_t arena, bool map_nothing);
/* For each input: everything as new. */
void bed_bringup(void);

/* Seeds: steps at random, which the fuzzer then keeps or drops and changes. */
size_t bed_mutate(uint8_t *data, size_t size, size_t max, unsigned int seed);

/* What libFuzzer calls in a target, and one that it has. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#endif
