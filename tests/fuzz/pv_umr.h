/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the paper HCA's part in changes of keys: the one queue pair that may ask
 * for them, and the check of what it asks. It must never know what the guest
 * asked for.
 */
#ifndef TESTS_FUZZ_PV_UMR_H
#define TESTS_FUZZ_PV_UMR_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/fuzz/pv_hca.h"

enum { PV_UMR_SERVICE = 0xc, PV_HOST_UAR = 4 };

/* A CQ or a queue pair on the host's own UAR page got a number; its command. */
void pv_umr_cq(const uint8_t *in, uint32_t cqn);
void pv_umr_qp(const uint8_t *in, uint32_t qpn);
/* The answer to one of these commands was nonsense: nobody serves the queue that is made now. */
void pv_umr_forget(void);
/* The guest's key of that index; whether all it covers is mapped for writing. */
void pv_umr_key(uint32_t index, bool writable);

/* A doorbell; @fault: what becomes of the request. Whether there was one. */
bool pv_umr_doorbell(uint64_t off, uint32_t first, uint32_t second, enum pv_hca_fault fault);

#endif
