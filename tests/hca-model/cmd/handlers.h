/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the list of command handlers that cmd/table.c ties to opcodes. It must
 * never know what they do.
 */
#ifndef HCA_MODEL_CMD_HANDLERS_H
#define HCA_MODEL_CMD_HANDLERS_H

#include "tests/hca-model/cmd/cmd.h"


/* cmd/function.c, cmd/caps.c, cmd/pages.c */
enum cmd_status cmd_enable_hca(struct cmd *cmd);
enum cmd_status cmd_disable_hca(struct cmd *cmd);
enum cmd_status cmd_query_issi(struct cmd *cmd);
enum cmd_status cmd_set_issi(struct cmd *cmd);
enum cmd_status cmd_init_hca(struct cmd *cmd);
enum cmd_status cmd_teardown_hca(struct cmd *cmd);
enum cmd_status cmd_query_adapter(struct cmd *cmd);
enum cmd_status cmd_query_special_contexts(struct cmd *cmd);
enum cmd_status cmd_query_hca_cap(struct cmd *cmd);
enum cmd_status cmd_set_hca_cap(struct cmd *cmd);
enum cmd_status cmd_query_pages(struct cmd *cmd);
enum cmd_status cmd_manage_pages(struct cmd *cmd);
/* obj/refobj.c */
enum cmd_status cmd_alloc_pd(struct cmd *cmd);
enum cmd_status cmd_dealloc_pd(struct cmd *cmd);
enum cmd_status cmd_alloc_xrcd(struct cmd *cmd);
enum cmd_status cmd_dealloc_xrcd(struct cmd *cmd);
enum cmd_status cmd_alloc_uar(struct cmd *cmd);
enum cmd_status cmd_dealloc_uar(struct cmd *cmd);
/* obj/mkey.c */
enum cmd_status cmd_create_mkey(struct cmd *cmd);
enum cmd_status cmd_query_mkey(struct cmd *cmd);
enum cmd_status cmd_destroy_mkey(struct cmd *cmd);
/* obj/eq.c */
enum cmd_status cmd_create_eq(struct cmd *cmd);
enum cmd_status cmd_destroy_eq(struct cmd *cmd);
enum cmd_status cmd_query_eq(struct cmd *cmd);
/* obj/cq.c */
enum cmd_status cmd_create_cq(struct cmd *cmd);
enum cmd_status cmd_destroy_cq(struct cmd *cmd);
enum cmd_status cmd_query_cq(struct cmd *cmd);
enum cmd_status cmd_modify_cq(struct cmd *cmd);
/* obj/qp.c, obj/qp_modify.c */
enum cmd_status cmd_create_qp(struct cmd *cmd);
enum cmd_status cmd_destroy_qp(struct cmd *cmd);
enum cmd_status cmd_query_qp(struct cmd *cmd);
enum cmd_status cmd_modify_qp(struct cmd *cmd);
/* obj/srq.c */
enum cmd_status cmd_create_srq(struct cmd *cmd);
enum cmd_status cmd_destroy_srq(struct cmd *cmd);
enum cmd_status cmd_query_srq(struct cmd *cmd);
enum cmd_status cmd_arm_srq(struct cmd *cmd);
enum cmd_status cmd_modify_rmp(struct cmd *cmd);
/* obj/mcg.c, obj/counter.c, obj/umem.c */
enum cmd_status cmd_attach_mcg(struct cmd *cmd);
enum cmd_status cmd_detach_mcg(struct cmd *cmd);
enum cmd_status cmd_alloc_q_counter(struct cmd *cmd);
enum cmd_status cmd_dealloc_q_counter(struct cmd *cmd);
enum cmd_status cmd_query_q_counter(struct cmd *cmd);
enum cmd_status cmd_create_umem(struct cmd *cmd);
enum cmd_status cmd_destroy_umem(struct cmd *cmd);

#endif
