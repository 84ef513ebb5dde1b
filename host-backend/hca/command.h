/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the command queue: slots, mailboxes, several commands under way, time
 * limits, late completions. Must never know what a command does.
 * Layouts: Linux, include/linux/mlx5/device.h (struct mlx5_cmd_layout,
 * mlx5_cmd_prot_block) and core/cmd.c.
 */
#ifndef HCA_COMMAND_H
#define HCA_COMMAND_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hca;

/* What a command ended with; all a message needs. */
struct hca_cmd_error {
	uint16_t opcode, op_mod;
	int err;		/* -errno as the call returned it */
	uint8_t delivery;	/* delivery status of the queue entry, 0: delivered */
	uint8_t status;		/* of the output mailbox, 0: OK */
	uint32_t syndrome;
};

/**
 * hca_cmd() - run one command and wait for its end
 * @hca: HCA
 * @in: input mailbox, @ilen bytes, opcode at its place; not kept
 * @out: @olen bytes, filled as far as the command succeeded
 *
 * May be called from any thread but the HCA's event thread; several commands
 * run at the same time. MANAGE_PAGES always has a slot.
 *
 * Return: 0; -EREMOTEIO refused by the firmware (hca_cmd_last_error() has
 * status and syndrome); -EIO not delivered, or an output that makes no sense;
 * -ETIMEDOUT no answer within the limit (its memory is kept until one comes,
 * and the answer is dropped); -ENODEV the device is gone or dead (fatal error).
 * Not sent at all: -EBUSY no slot came free within the limit; -ENOMEM and other
 * errors of hca_dma_alloc(); -EMSGSIZE; -EDEADLK in the event thread.
 */
int hca_cmd(struct hca *hca, const void *in, size_t ilen, void *out, size_t olen);

/* The calling thread's last command that failed on @hca. */
const struct hca_cmd_error *hca_cmd_last_error(const struct hca *hca);
/* "CREATE_MKEY: bad parameter (status 0x3, syndrome 0x1234)" */
void hca_cmd_error_text(const struct hca_cmd_error *error, char *buf, size_t len);
/* "CREATE_MKEY", or "0x1234" in @buf (at least 8 bytes) for one we do not know. */
const char *hca_opcode_name(uint16_t opcode, char *buf);

/* Commands whose input is a number at [23:0] of the third dword at most (DEALLOC_PD, DESTROY_QP ...). */
int hca_cmd_simple(struct hca *hca, uint16_t opcode, uint16_t op_mod, uint32_t number);
/* Commands whose answer is such a number (ALLOC_PD ...). */
int hca_cmd_number(struct hca *hca, uint16_t opcode, uint32_t *number);

/*
 * The answer to @in, which succeeded, makes no sense: the command becomes the
 * calling thread's last that failed. Returns -EIO.
 */
int hca_cmd_nonsense(struct hca *hca, const void *in);

/* What an undo may have covered up: @cause, a copy of an earlier last error, is the last error again. */
void hca_cmd_blame(struct hca *hca, const struct hca_cmd_error *cause);

/*
 * Whether a command that failed with @err may have done its work all the same.
 * After a create this means that the object may exist under a number that we
 * do not know: what it names must be quarantined, not used again. A destroy is
 * simpler: but for 0 the object may still be there.
 */
static inline bool hca_cmd_unsure(int err)
{
	return err == -ETIMEDOUT || err == -EIO || err == -ENODEV;
}

struct hca_cmd_stats {
	uint64_t done, failed, timed_out, late;
	unsigned int in_flight, max_in_flight;
};
void hca_cmd_stats(struct hca *hca, struct hca_cmd_stats *stats);

#endif
