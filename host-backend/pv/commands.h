/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the way of a guest's command: the table of what there is, and what all
 * commands have in common. Must never know the ring that it came by.
 */
#ifndef PV_COMMANDS_H
#define PV_COMMANDS_H

#include <stddef.h>
#include <stdint.h>

#include "guest-driver/abi/commands.h"
#include "guest-driver/abi/device.h"
#include "guest-driver/abi/ring.h"
#include "host-backend/pv/table.h"

struct pv;

/**
 * struct pv_command - a command, as it was copied
 * @life: of the guest in which it came
 * @slot, @sequence: for the ring
 * @opcode, @length: enum up_opcode; bytes of @in
 * @reserved: what the slot had where zeros must be
 * @detail, @out_length: for the answer
 * @in, @out: what was asked, the answer
 */
struct pv_command {
	uint64_t life;
	uint32_t slot, sequence;
	uint32_t opcode, length;
	uint64_t reserved;
	uint32_t detail, out_length;
	enum up_result result;
	_Alignas(8) uint8_t in[UP_SLOT_DATA];
	_Alignas(8) uint8_t out[UP_SLOT_DATA];
};

/* Check it, carry it out, fill in the answer. In a worker. */
void pv_command_run(struct pv *pv, struct pv_command *cmd);

/* "REG_MR"; NULL: there is no such command. */
const char *pv_command_name(uint32_t opcode);

/* How commands end that are refused: @detail as struct up_slot says. Returns @result. */
static inline enum up_result pv_refuse(struct pv_command *cmd, enum up_result result,
				       size_t detail)
{
	cmd->detail = (uint32_t)detail;
	return result;
}

/* The result of a firmware command that failed with @err; its syndrome becomes the detail. */
enum up_result pv_hca_result(struct pv *pv, struct pv_command *cmd, int err);

/**
 * pv_object_finish() - the end of every command that makes an object
 * @pv: device
 * @cmd: command; struct up_number_out is its answer unless the caller overwrites it
 * @o: the object, not yet published
 * @err: of the firmware command that made it
 * @number: of the object
 *
 * On error @o is gone, with its memory; where the HCA may have made it all the
 * same the memory's bus addresses are never used again.
 *
 * Return: UP_OK or why not.
 */
enum up_result pv_object_finish(struct pv *pv, struct pv_command *cmd, struct pv_object *o,
				int err, uint32_t number);

/* The other way to end: it never got to the HCA. Returns @result. */
enum up_result pv_object_abort(struct pv *pv, struct pv_object *o, enum up_result result);

/**
 * pv_object_end() - destroy a claimed object
 * @pv: device
 * @o: claimed to be ended
 *
 * First at the HCA, then its memory. Gone on success; refused by the HCA it
 * stays as it is, unclaimed; not confirmed it is lost.
 *
 * Return: 0; errors of hca_cmd().
 */
int pv_object_end(struct pv *pv, struct pv_object *o);

/* A claimed object of which nobody knows what the HCA has of it: it is lost, and the HCA in doubt. */
void pv_object_doubt(struct pv *pv, struct pv_object *o);

/* One function per command, by kind of object. UP_OK or why not. */
typedef enum up_result (*pv_command_fn)(struct pv *pv, struct pv_command *cmd);

enum up_result pv_query_device(struct pv *pv, struct pv_command *cmd);	/* query.c */
enum up_result pv_query_port(struct pv *pv, struct pv_command *cmd);
enum up_result pv_query_gids(struct pv *pv, struct pv_command *cmd);
enum up_result pv_query_pkeys(struct pv *pv, struct pv_command *cmd);
enum up_result pv_query_clock(struct pv *pv, struct pv_command *cmd);
enum up_result pv_uar_alloc(struct pv *pv, struct pv_command *cmd);	/* uar.c */
enum up_result pv_pd_alloc(struct pv *pv, struct pv_command *cmd);	/* pd.c */
enum up_result pv_xrcd_alloc(struct pv *pv, struct pv_command *cmd);
enum up_result pv_mr_register(struct pv *pv, struct pv_command *cmd);	/* mr.c */
enum up_result pv_mr_change(struct pv *pv, struct pv_command *cmd);
enum up_result pv_eq_create(struct pv *pv, struct pv_command *cmd);	/* eq.c */
enum up_result pv_cq_create(struct pv *pv, struct pv_command *cmd);	/* cq.c */
enum up_result pv_cq_resize(struct pv *pv, struct pv_command *cmd);
enum up_result pv_cq_moderate(struct pv *pv, struct pv_command *cmd);
enum up_result pv_srq_create(struct pv *pv, struct pv_command *cmd);	/* srq.c */
enum up_result pv_srq_arm(struct pv *pv, struct pv_command *cmd);
enum up_result pv_srq_query(struct pv *pv, struct pv_command *cmd);
enum up_result pv_qp_create(struct pv *pv, struct pv_command *cmd);	/* qp.c */
enum up_result pv_qp_query(struct pv *pv, struct pv_command *cmd);
enum up_result pv_qp_modify(struct pv *pv, struct pv_command *cmd);	/* qp_modify.c */
enum up_result pv_mcast_attach(struct pv *pv, struct pv_command *cmd);	/* mcast.c */
enum up_result pv_mcast_detach(struct pv *pv, struct pv_command *cmd);

#endif
