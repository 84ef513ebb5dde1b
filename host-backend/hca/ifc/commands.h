/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the mailbox layouts of the firmware commands: where each field of an
 * input or output stands. It must never know what a field is used for.
 * Source of every offset: the device interface that the Linux driver
 * publishes in include/linux/mlx5/mlx5_ifc.h (6.12).
 */
#ifndef UNDERPASS_IFC_COMMANDS_H
#define UNDERPASS_IFC_COMMANDS_H

#include "host-backend/hca/ifc/ifc.h"

/* query_issi_out: 0x70 bytes */
enum {
	query_issi_out__current_issi = IFC(0x50, 16),
	query_issi_out__supported_issi_dw0 = IFC(0x360, 32),
	query_issi_out__SIZE = 0x70,
};

/* set_issi_in: 0x10 bytes */
enum {
	set_issi_in__current_issi = IFC(0x50, 16),
	set_issi_in__SIZE = 0x10,
};

/* query_pages_in: 0x10 bytes */
enum {
	query_pages_in__embedded_cpu_function = IFC(0x40, 1),
	query_pages_in__function_id = IFC(0x50, 16),
	query_pages_in__SIZE = 0x10,
};

/* query_pages_out: 0x10 bytes */
enum {
	query_pages_out__embedded_cpu_function = IFC(0x40, 1),
	query_pages_out__function_id = IFC(0x50, 16),
	query_pages_out__num_pages = IFC(0x60, 32),
	query_pages_out__SIZE = 0x10,
};

/* manage_pages_in: 0x10 bytes */
enum {
	manage_pages_in__embedded_cpu_function = IFC(0x40, 1),
	manage_pages_in__function_id = IFC(0x50, 16),
	manage_pages_in__input_num_entries = IFC(0x60, 32),
	manage_pages_in__pas__BYTE = 0x10,
	manage_pages_in__SIZE = 0x10,
};

/* manage_pages_out: 0x10 bytes */
enum {
	manage_pages_out__output_num_entries = IFC(0x40, 32),
	manage_pages_out__pas__BYTE = 0x10,
	manage_pages_out__SIZE = 0x10,
};

/* teardown_hca_in: 0x10 bytes */
enum {
	teardown_hca_in__profile = IFC(0x50, 16),
	teardown_hca_in__SIZE = 0x10,
};

/* teardown_hca_out: 0x10 bytes */
enum {
	teardown_hca_out__state = IFC(0x7f, 1),
	teardown_hca_out__SIZE = 0x10,
};

/* query_adapter_out: 0x110 bytes */
enum {
	query_adapter_out__query_adapter_struct__BYTE = 0x10,
	query_adapter_out__SIZE = 0x110,
};

/* alloc_uar_out: 0x10 bytes */
enum {
	alloc_uar_out__uar = IFC(0x48, 24),
	alloc_uar_out__SIZE = 0x10,
};

/* dealloc_uar_in: 0x10 bytes */
enum {
	dealloc_uar_in__uar = IFC(0x48, 24),
	dealloc_uar_in__SIZE = 0x10,
};

/* alloc_pd_out: 0x10 bytes */
enum {
	alloc_pd_out__pd = IFC(0x48, 24),
	alloc_pd_out__SIZE = 0x10,
};

/* dealloc_pd_in: 0x10 bytes */
enum {
	dealloc_pd_in__pd = IFC(0x48, 24),
	dealloc_pd_in__SIZE = 0x10,
};

/* alloc_xrcd_out: 0x10 bytes */
enum {
	alloc_xrcd_out__xrcd = IFC(0x48, 24),
	alloc_xrcd_out__SIZE = 0x10,
};

/* dealloc_xrcd_in: 0x10 bytes */
enum {
	dealloc_xrcd_in__xrcd = IFC(0x48, 24),
	dealloc_xrcd_in__SIZE = 0x10,
};

/* alloc_transport_domain_out: 0x10 bytes */
enum {
	alloc_transport_domain_out__transport_domain = IFC(0x48, 24),
	alloc_transport_domain_out__SIZE = 0x10,
};

/* alloc_q_counter_out: 0x10 bytes */
enum {
	alloc_q_counter_out__counter_set_id = IFC(0x58, 8),
	alloc_q_counter_out__SIZE = 0x10,
};

/* dealloc_q_counter_in: 0x10 bytes */
enum {
	dealloc_q_counter_in__counter_set_id = IFC(0x58, 8),
	dealloc_q_counter_in__SIZE = 0x10,
};

/* query_q_counter_in: 0x20 bytes */
enum {
	query_q_counter_in__other_vport = IFC(0x40, 1),
	query_q_counter_in__vport_number = IFC(0x50, 16),
	query_q_counter_in__clear = IFC(0xc0, 1),
	query_q_counter_in__aggregate = IFC(0xc1, 1),
	query_q_counter_in__counter_set_id = IFC(0xf8, 8),
	query_q_counter_in__SIZE = 0x20,
};

/* query_q_counter_out: 0x100 bytes */
enum {
	query_q_counter_out__rx_write_requests = IFC(0x80, 32),
	query_q_counter_out__rx_read_requests = IFC(0xc0, 32),
	query_q_counter_out__rx_atomic_requests = IFC(0x100, 32),
	query_q_counter_out__rx_dct_connect = IFC(0x140, 32),
	query_q_counter_out__out_of_buffer = IFC(0x180, 32),
	query_q_counter_out__out_of_sequence = IFC(0x1c0, 32),
	query_q_counter_out__duplicate_request = IFC(0x200, 32),
	query_q_counter_out__rnr_nak_retry_err = IFC(0x240, 32),
	query_q_counter_out__packet_seq_err = IFC(0x280, 32),
	query_q_counter_out__implied_nak_seq_err = IFC(0x2c0, 32),
	query_q_counter_out__local_ack_timeout_err = IFC(0x300, 32),
	query_q_counter_out__req_rnr_retries_exceeded = IFC(0x380, 32),
	query_q_counter_out__resp_local_length_error = IFC(0x3c0, 32),
	query_q_counter_out__req_local_length_error = IFC(0x3e0, 32),
	query_q_counter_out__resp_local_qp_error = IFC(0x400, 32),
	query_q_counter_out__local_operation_error = IFC(0x420, 32),
	query_q_counter_out__resp_local_protection = IFC(0x440, 32),
	query_q_counter_out__req_local_protection = IFC(0x460, 32),
	query_q_counter_out__resp_cqe_error = IFC(0x480, 32),
	query_q_counter_out__req_cqe_error = IFC(0x4a0, 32),
	query_q_counter_out__req_mw_binding = IFC(0x4c0, 32),
	query_q_counter_out__req_bad_response = IFC(0x4e0, 32),
	query_q_counter_out__req_remote_invalid_request = IFC(0x500, 32),
	query_q_counter_out__resp_remote_invalid_request = IFC(0x520, 32),
	query_q_counter_out__req_remote_access_errors = IFC(0x540, 32),
	query_q_counter_out__resp_remote_access_errors = IFC(0x560, 32),
	query_q_counter_out__req_remote_operation_errors = IFC(0x580, 32),
	query_q_counter_out__req_transport_retries_exceeded = IFC(0x5a0, 32),
	query_q_counter_out__cq_overflow = IFC(0x5c0, 32),
	query_q_counter_out__resp_cqe_flush_error = IFC(0x5e0, 32),
	query_q_counter_out__req_cqe_flush_error = IFC(0x600, 32),
	query_q_counter_out__roce_adp_retrans = IFC(0x640, 32),
	query_q_counter_out__roce_adp_retrans_to = IFC(0x660, 32),
	query_q_counter_out__roce_slow_restart = IFC(0x680, 32),
	query_q_counter_out__roce_slow_restart_cnps = IFC(0x6a0, 32),
	query_q_counter_out__roce_slow_restart_trans = IFC(0x6c0, 32),
	query_q_counter_out__SIZE = 0x100,
};

/* create_eq_in: 0x110 bytes */
enum {
	create_eq_in__eq_context_entry__BYTE = 0x10,
	create_eq_in__event_bitmask__BYTE = 0x58,
	create_eq_in__pas__BYTE = 0x110,
	create_eq_in__SIZE = 0x110,
};

/* create_eq_out: 0x10 bytes */
enum {
	create_eq_out__eq_number = IFC(0x58, 8),
	create_eq_out__SIZE = 0x10,
};

/* destroy_eq_in: 0x10 bytes */
enum {
	destroy_eq_in__eq_number = IFC(0x58, 8),
	destroy_eq_in__SIZE = 0x10,
};

/* query_eq_in: 0x10 bytes */
enum {
	query_eq_in__eq_number = IFC(0x58, 8),
	query_eq_in__SIZE = 0x10,
};

/* query_eq_out: 0x110 bytes */
enum {
	query_eq_out__eq_context_entry__BYTE = 0x10,
	query_eq_out__event_bitmask = IFC(0x2c0, 64),
	query_eq_out__pas__BYTE = 0x110,
	query_eq_out__SIZE = 0x110,
};

/* create_cq_in: 0x110 bytes */
enum {
	create_cq_in__cq_context__BYTE = 0x10,
	create_cq_in__cq_umem_offset = IFC(0x280, 64),	/* PRM: CREATE_CQ */
	create_cq_in__cq_umem_id = IFC(0x2c0, 32),
	create_cq_in__cq_umem_valid = IFC(0x2e0, 1),
	create_cq_in__pas__BYTE = 0x110,
	create_cq_in__SIZE = 0x110,
};

/* create_cq_out: 0x10 bytes */
enum {
	create_cq_out__cqn = IFC(0x48, 24),
	create_cq_out__SIZE = 0x10,
};

/* destroy_cq_in: 0x10 bytes */
enum {
	destroy_cq_in__cqn = IFC(0x48, 24),
	destroy_cq_in__SIZE = 0x10,
};

/* query_cq_in: 0x10 bytes */
enum {
	query_cq_in__cqn = IFC(0x48, 24),
	query_cq_in__SIZE = 0x10,
};

/* query_cq_out: 0x110 bytes */
enum {
	query_cq_out__cq_context__BYTE = 0x10,
	query_cq_out__pas__BYTE = 0x110,
	query_cq_out__SIZE = 0x110,
};

/* modify_cq_in: 0x110 bytes */
enum {
	modify_cq_in__cqn = IFC(0x48, 24),
	modify_cq_in__modify_field_select_resize_field_select = IFC(0x60, 32),
	modify_cq_in__cq_context__BYTE = 0x10,
	modify_cq_in__cq_umem_valid = IFC(0x2e0, 1),
	modify_cq_in__pas__BYTE = 0x110,
	modify_cq_in__SIZE = 0x110,
};

/* create_mkey_in: 0x110 bytes */
enum {
	create_mkey_in__pg_access = IFC(0x60, 1),
	create_mkey_in__mkey_umem_valid = IFC(0x61, 1),
	create_mkey_in__data_direct = IFC(0x62, 1),
	create_mkey_in__memory_key_mkey_entry__BYTE = 0x10,
	create_mkey_in__translations_octword_actual_size = IFC(0x300, 32),
	create_mkey_in__klm_pas_mtt__BYTE = 0x110,
	create_mkey_in__SIZE = 0x110,
};

/* create_mkey_out: 0x10 bytes */
enum {
	create_mkey_out__mkey_index = IFC(0x48, 24),
	create_mkey_out__SIZE = 0x10,
};

/* destroy_mkey_in: 0x10 bytes */
enum {
	destroy_mkey_in__mkey_index = IFC(0x48, 24),
	destroy_mkey_in__SIZE = 0x10,
};

/* query_mkey_in: 0x10 bytes */
enum {
	query_mkey_in__mkey_index = IFC(0x48, 24),
	query_mkey_in__pg_access = IFC(0x60, 1),
	query_mkey_in__SIZE = 0x10,
};

/* query_mkey_out: 0x130 bytes */
enum {
	query_mkey_out__memory_key_mkey_entry__BYTE = 0x10,
	query_mkey_out__bsf0_klm0_pas_mtt0_1__BYTE = 0x110,
	query_mkey_out__bsf1_klm1_pas_mtt2_3__BYTE = 0x120,
	query_mkey_out__SIZE = 0x130,
};

/* query_special_contexts_out: 0x20 bytes */
enum {
	query_special_contexts_out__dump_fill_mkey = IFC(0x40, 32),
	query_special_contexts_out__resd_lkey = IFC(0x60, 32),
	query_special_contexts_out__null_mkey = IFC(0x80, 32),
	query_special_contexts_out__terminate_scatter_list_mkey = IFC(0xa0, 32),
	query_special_contexts_out__repeated_mkey = IFC(0xc0, 32),
	query_special_contexts_out__SIZE = 0x20,
};

/* create_qp_in: 0x110 bytes */
enum {
	create_qp_in__qpc_ext = IFC(0x40, 1),
	create_qp_in__input_qpn = IFC(0x48, 24),
	create_qp_in__opt_param_mask = IFC(0x80, 32),
	create_qp_in__ece = IFC(0xa0, 32),
	create_qp_in__qpc__BYTE = 0x18,
	create_qp_in__wq_umem_offset = IFC(0x800, 64),
	create_qp_in__wq_umem_id = IFC(0x840, 32),
	create_qp_in__wq_umem_valid = IFC(0x860, 1),
	create_qp_in__pas__BYTE = 0x110,
	create_qp_in__SIZE = 0x110,
};

/* create_qp_out: 0x10 bytes */
enum {
	create_qp_out__qpn = IFC(0x48, 24),
	create_qp_out__ece = IFC(0x60, 32),
	create_qp_out__SIZE = 0x10,
};

/* destroy_qp_in: 0x10 bytes */
enum {
	destroy_qp_in__qpn = IFC(0x48, 24),
	destroy_qp_in__SIZE = 0x10,
};

/* rst2init_qp_in: 0x110 bytes */
enum {
	rst2init_qp_in__qpn = IFC(0x48, 24),
	rst2init_qp_in__opt_param_mask = IFC(0x80, 32),
	rst2init_qp_in__ece = IFC(0xa0, 32),
	rst2init_qp_in__qpc__BYTE = 0x18,
	rst2init_qp_in__SIZE = 0x110,
};

/* query_qp_in: 0x10 bytes */
enum {
	query_qp_in__qpc_ext = IFC(0x40, 1),
	query_qp_in__qpn = IFC(0x48, 24),
	query_qp_in__SIZE = 0x10,
};

/* query_qp_out: 0x1d0 bytes */
enum {
	query_qp_out__opt_param_mask = IFC(0x80, 32),
	query_qp_out__ece = IFC(0xa0, 32),
	query_qp_out__qpc__BYTE = 0x18,
	query_qp_out__qp_pas_or_qpc_ext_and_pas__BYTE = 0x110,
	query_qp_out__SIZE = 0x1d0,
};

/* create_rmp_in: 0x110 bytes */
enum {
	create_rmp_in__ctx__BYTE = 0x20,
	create_rmp_in__SIZE = 0x110,
};

/* create_rmp_out: 0x10 bytes */
enum {
	create_rmp_out__rmpn = IFC(0x48, 24),
	create_rmp_out__SIZE = 0x10,
};

/* destroy_rmp_in: 0x10 bytes */
enum {
	destroy_rmp_in__rmpn = IFC(0x48, 24),
	destroy_rmp_in__SIZE = 0x10,
};

/* modify_rmp_in: 0x110 bytes */
enum {
	modify_rmp_in__rmp_state = IFC(0x40, 4),
	modify_rmp_in__rmpn = IFC(0x48, 24),
	modify_rmp_in__bitmask = IFC(0x80, 64),
	modify_rmp_in__ctx__BYTE = 0x20,
	modify_rmp_in__SIZE = 0x110,
};

/* query_rmp_in: 0x10 bytes */
enum {
	query_rmp_in__rmpn = IFC(0x48, 24),
	query_rmp_in__SIZE = 0x10,
};

/* query_rmp_out: 0x110 bytes */
enum {
	query_rmp_out__rmp_context__BYTE = 0x20,
	query_rmp_out__SIZE = 0x110,
};

/* rmp_bitmask: 0x8 bytes */
enum {
	rmp_bitmask__lwm = IFC(0x3f, 1),
	rmp_bitmask__SIZE = 0x8,
};

/* create_xrc_srq_in: 0x110 bytes */
enum {
	create_xrc_srq_in__xrc_srq_context_entry__BYTE = 0x10,
	create_xrc_srq_in__xrc_srq_umem_valid = IFC(0x2e0, 1),
	create_xrc_srq_in__pas__BYTE = 0x110,
	create_xrc_srq_in__SIZE = 0x110,
};

/* create_xrc_srq_out: 0x10 bytes */
enum {
	create_xrc_srq_out__xrc_srqn = IFC(0x48, 24),
	create_xrc_srq_out__SIZE = 0x10,
};

/* destroy_xrc_srq_in: 0x10 bytes */
enum {
	destroy_xrc_srq_in__xrc_srqn = IFC(0x48, 24),
	destroy_xrc_srq_in__SIZE = 0x10,
};

/* query_xrc_srq_in: 0x10 bytes */
enum {
	query_xrc_srq_in__xrc_srqn = IFC(0x48, 24),
	query_xrc_srq_in__SIZE = 0x10,
};

/* query_xrc_srq_out: 0x110 bytes */
enum {
	query_xrc_srq_out__xrc_srq_context_entry__BYTE = 0x10,
	query_xrc_srq_out__pas__BYTE = 0x110,
	query_xrc_srq_out__SIZE = 0x110,
};

/* arm_xrc_srq_in: 0x10 bytes */
enum {
	arm_xrc_srq_in__xrc_srqn = IFC(0x48, 24),
	arm_xrc_srq_in__lwm = IFC(0x70, 16),
	arm_xrc_srq_in__SIZE = 0x10,
};

/* create_srq_in: 0x110 bytes */
enum {
	create_srq_in__srq_context_entry__BYTE = 0x10,
	create_srq_in__pas__BYTE = 0x110,
	create_srq_in__SIZE = 0x110,
};

/* create_srq_out: 0x10 bytes */
enum {
	create_srq_out__srqn = IFC(0x48, 24),
	create_srq_out__SIZE = 0x10,
};

/* destroy_srq_in: 0x10 bytes */
enum {
	destroy_srq_in__srqn = IFC(0x48, 24),
	destroy_srq_in__SIZE = 0x10,
};

/* query_srq_in: 0x10 bytes */
enum {
	query_srq_in__srqn = IFC(0x48, 24),
	query_srq_in__SIZE = 0x10,
};

/* query_srq_out: 0x110 bytes */
enum {
	query_srq_out__srq_context_entry__BYTE = 0x10,
	query_srq_out__pas__BYTE = 0x110,
	query_srq_out__SIZE = 0x110,
};

/* arm_rq_in: 0x10 bytes */
enum {
	arm_rq_in__srq_number = IFC(0x48, 24),
	arm_rq_in__lwm = IFC(0x70, 16),
	arm_rq_in__SIZE = 0x10,
};

/* attach_to_mcg_in: 0x20 bytes */
enum {
	attach_to_mcg_in__qpn = IFC(0x48, 24),
	attach_to_mcg_in__multicast_gid__BYTE = 0x10,
	attach_to_mcg_in__SIZE = 0x20,
};

/* detach_from_mcg_in: 0x20 bytes */
enum {
	detach_from_mcg_in__qpn = IFC(0x48, 24),
	detach_from_mcg_in__multicast_gid__BYTE = 0x10,
	detach_from_mcg_in__SIZE = 0x20,
};

/* mad_ifc_in: 0x110 bytes */
enum {
	mad_ifc_in__remote_lid = IFC(0x40, 16),
	mad_ifc_in__plane_index = IFC(0x50, 8),
	mad_ifc_in__port = IFC(0x58, 8),
	mad_ifc_in__mad__BYTE = 0x10,
	mad_ifc_in__SIZE = 0x110,
};

/* mad_ifc_out: 0x110 bytes */
enum {
	mad_ifc_out__response_mad_packet__BYTE = 0x10,
	mad_ifc_out__SIZE = 0x110,
};

/* access_register_in: 0x10 bytes */
enum {
	access_register_in__register_id = IFC(0x50, 16),
	access_register_in__argument = IFC(0x60, 32),
	access_register_in__register_data__BYTE = 0x10,
	access_register_in__SIZE = 0x10,
};

/* access_register_out: 0x10 bytes */
enum {
	access_register_out__register_data__BYTE = 0x10,
	access_register_out__SIZE = 0x10,
};

/* query_hca_vport_context_in: 0x10 bytes */
enum {
	query_hca_vport_context_in__other_vport = IFC(0x40, 1),
	query_hca_vport_context_in__port_num = IFC(0x4c, 4),
	query_hca_vport_context_in__vport_number = IFC(0x50, 16),
	query_hca_vport_context_in__SIZE = 0x10,
};

/* query_hca_vport_context_out: 0x210 bytes */
enum {
	query_hca_vport_context_out__hca_vport_context__BYTE = 0x10,
	query_hca_vport_context_out__SIZE = 0x210,
};

/* modify_hca_vport_context_in: 0x210 bytes */
enum {
	modify_hca_vport_context_in__other_vport = IFC(0x40, 1),
	modify_hca_vport_context_in__port_num = IFC(0x4c, 4),
	modify_hca_vport_context_in__vport_number = IFC(0x50, 16),
	modify_hca_vport_context_in__hca_vport_context__BYTE = 0x10,
	modify_hca_vport_context_in__SIZE = 0x210,
};

/* query_hca_vport_gid_in: 0x10 bytes */
enum {
	query_hca_vport_gid_in__other_vport = IFC(0x40, 1),
	query_hca_vport_gid_in__port_num = IFC(0x4c, 4),
	query_hca_vport_gid_in__vport_number = IFC(0x50, 16),
	query_hca_vport_gid_in__gid_index = IFC(0x70, 16),
	query_hca_vport_gid_in__SIZE = 0x10,
};

/* query_hca_vport_gid_out: 0x10 bytes */
enum {
	query_hca_vport_gid_out__gids_num = IFC(0x60, 16),
	query_hca_vport_gid_out__gid__BYTE = 0x10,
	query_hca_vport_gid_out__SIZE = 0x10,
};

/* query_hca_vport_pkey_in: 0x10 bytes */
enum {
	query_hca_vport_pkey_in__other_vport = IFC(0x40, 1),
	query_hca_vport_pkey_in__port_num = IFC(0x4c, 4),
	query_hca_vport_pkey_in__vport_number = IFC(0x50, 16),
	query_hca_vport_pkey_in__pkey_index = IFC(0x70, 16),
	query_hca_vport_pkey_in__SIZE = 0x10,
};

/* query_hca_vport_pkey_out: 0x10 bytes */
enum {
	query_hca_vport_pkey_out__pkey__BYTE = 0x10,
	query_hca_vport_pkey_out__SIZE = 0x10,
};

/* query_vport_state_in: 0x10 bytes */
enum {
	query_vport_state_in__other_vport = IFC(0x40, 1),
	query_vport_state_in__vport_number = IFC(0x50, 16),
	query_vport_state_in__SIZE = 0x10,
};

/* query_vport_state_out: 0x10 bytes */
enum {
	query_vport_state_out__admin_state = IFC(0x78, 4),
	query_vport_state_out__state = IFC(0x7c, 4),
	query_vport_state_out__SIZE = 0x10,
};

/* query_vport_counter_in: 0x20 bytes */
enum {
	query_vport_counter_in__other_vport = IFC(0x40, 1),
	query_vport_counter_in__port_num = IFC(0x4c, 4),
	query_vport_counter_in__vport_number = IFC(0x50, 16),
	query_vport_counter_in__clear = IFC(0xc0, 1),
	query_vport_counter_in__SIZE = 0x20,
};

/* query_vport_counter_out: 0x210 bytes */
enum {
	query_vport_counter_out__received_errors__BYTE = 0x10,
	query_vport_counter_out__transmit_errors__BYTE = 0x20,
	query_vport_counter_out__received_ib_unicast__BYTE = 0x30,
	query_vport_counter_out__transmitted_ib_unicast__BYTE = 0x40,
	query_vport_counter_out__received_ib_multicast__BYTE = 0x50,
	query_vport_counter_out__transmitted_ib_multicast__BYTE = 0x60,
	query_vport_counter_out__received_eth_broadcast__BYTE = 0x70,
	query_vport_counter_out__transmitted_eth_broadcast__BYTE = 0x80,
	query_vport_counter_out__received_eth_unicast__BYTE = 0x90,
	query_vport_counter_out__transmitted_eth_unicast__BYTE = 0xa0,
	query_vport_counter_out__received_eth_multicast__BYTE = 0xb0,
	query_vport_counter_out__transmitted_eth_multicast__BYTE = 0xc0,
	query_vport_counter_out__local_loopback__BYTE = 0xd0,
	query_vport_counter_out__SIZE = 0x210,
};

/* create_umem_in: 0x10 bytes */
enum {
	create_umem_in__SIZE = 0x10,
};

/* create_umem_out: 0x10 bytes */
enum {
	create_umem_out__umem_id = IFC(0x48, 24),
	create_umem_out__SIZE = 0x10,
};

/* destroy_umem_in: 0x10 bytes */
enum {
	destroy_umem_in__umem_id = IFC(0x48, 24),
	destroy_umem_in__SIZE = 0x10,
};

#endif
