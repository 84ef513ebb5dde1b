/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns an HCA that only exists as answers to commands, below the paravirtual
 * device, and the check of every command it gets: memory that it names is the
 * guest's registered memory, and nothing in it is a right no guest may have. It
 * must never know what the guest asked for.
 */
#ifndef TESTS_FUZZ_PV_HCA_H
#define TESTS_FUZZ_PV_HCA_H

#include <stdbool.h>
#include <stdint.h>

#include "host-backend/hca/transport.h"

/* To be taken over by pv_create(). Needs -Wl,--wrap=hca_cmdq_run. */
struct hca_transport *pv_hca_open(void);

/*
 * From now on commands are the guest's, whose memory is the file @ram_fd: they are
 * checked, and the next one fails as @how says; so does the next work request of
 * the host's.
 */
enum pv_hca_fault { PV_HCA_GOOD, PV_HCA_REFUSES, PV_HCA_SILENT, PV_HCA_NONSENSE };
void pv_hca_begin(int ram_fd);
void pv_hca_fail_next(enum pv_hca_fault how);
/* New objects get the numbers again that they had at pv_hca_begin(). */
void pv_hca_reset_numbers(void);

#endif
