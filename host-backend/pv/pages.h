/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns lists of guest pages as commands name them: from struct up_pages to runs
 * that were read once, and on to what the HCA reaches. Must never know what the
 * pages are for.
 */
#ifndef PV_PAGES_H
#define PV_PAGES_H

#include "host-backend/hca/pas.h"
#include "host-backend/pv/commands.h"
#include "host-backend/pv/table.h"

struct pv;

/**
 * pv_pages_register() - the HCA comes to reach what a command lists
 * @pv: device
 * @cmd: command
 * @at: where in it the struct up_pages stands, bytes
 * @access: IOMMU_*
 * @va: address of the first byte as the HCA will see it; 0: of no interest
 * @o: for what
 *
 * Return: UP_OK; UP_BAD_COMMAND, UP_BAD_VALUE, UP_BAD_MEMORY, UP_QUOTA,
 * UP_NO_RESOURCES with cmd->detail set.
 */
enum up_result pv_pages_register(struct pv *pv, struct pv_command *cmd, size_t at,
				 unsigned int access, uint64_t va, struct pv_object *o);

/* The same for a queue of @bytes, which the list must have exactly; @ring refers to @o->memory. */
enum up_result pv_pages_ring(struct pv *pv, struct pv_command *cmd, size_t at,
			     unsigned int access, uint64_t bytes, struct pv_object *o,
			     struct hca_ring *ring);

/* No pages at all: what a list must be where none is meant. UP_OK; UP_BAD_COMMAND. */
enum up_result pv_pages_none(struct pv_command *cmd, size_t at);

/**
 * pv_pages_record() - the doorbell record that a command names
 * @pv: device
 * @cmd: command
 * @at: where in it the struct up_dbr stands, bytes
 * @o: who stands on the pages from now on
 * @iova: its bus address
 *
 * Return: UP_OK; UP_BAD_OBJECT, UP_BAD_VALUE, UP_BAD_MEMORY with cmd->detail set.
 */
enum up_result pv_pages_record(struct pv *pv, struct pv_command *cmd, size_t at,
			       struct pv_object *o, uint64_t *iova);

enum up_result pv_pages_pin(struct pv *pv, struct pv_command *cmd);

#endif
