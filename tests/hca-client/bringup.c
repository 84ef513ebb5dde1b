// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the order of commands that makes a function ready and that takes it
 * down again. It must never know queue pairs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hca-client/bringup.h"
#include "tests/hca-client/pages.h"

enum {
	CAP_GENERAL = 0, CAP_ATOMIC = 3, CAP_CUR = 1,
	CAP_BYTES = 0x1000, CAP_AT = 0x10,
	REG_HOST_ENDIANNESS = 0x7004,
};

#define EVENTS_ASYNC \
	(1ull << EVENT_PATH_MIG | 1ull << EVENT_COMM_EST | 1ull << EVENT_SQ_DRAINED | \
	 1ull << EVENT_CQ_ERROR | 1ull << EVENT_WQ_CATAS_ERROR | 1ull << EVENT_PORT_CHANGE | \
	 1ull << EVENT_PAGE_REQUEST | 1ull << EVENT_WQ_INVAL_REQ_ERROR | \
	 1ull << EVENT_WQ_ACCESS_ERROR | 1ull << EVENT_SRQ_CATAS_ERROR | \
	 1ull << EVENT_SRQ_LAST_WQE | 1ull << EVENT_SRQ_RQ_LIMIT)

/* One capability page: current values, changed by @change, set and read back into @page. */
static int cap_set(struct hc *hc, uint16_t type, void (*change)(uint8_t *cap), uint8_t *page)
{
	uint8_t in[CAP_AT + CAP_BYTES] = { 0 }, out[CAP_AT + CAP_BYTES] = { 0 };
	uint8_t query[16] = { 0 };
	int ret;

	hc_head(query, HC_QUERY_HCA_CAP, (uint16_t)(type << 1 | CAP_CUR));
	ret = hc_exec(hc, query, sizeof(query), out, sizeof(out));
	if (ret)
		return ret;
	memcpy(in + CAP_AT, out + CAP_AT, CAP_BYTES);
	hc_head(in, HC_SET_HCA_CAP, (uint16_t)(type << 1));
	change(in + CAP_AT);
	ret = hc_exec(hc, in, sizeof(in), NULL, 16);
	if (!ret)
		ret = hc_exec(hc, query, sizeof(query), out, sizeof(out));
	memcpy(page, out + CAP_AT, cmd_hca_cap__SIZE);
	return ret;
}

static void change_general(uint8_t *cap)
{
	ifc_set(cap, cmd_hca_cap__pkey_table_size, 0);
	ifc_set(cap, cmd_hca_cap__cmdif_checksum, 0);
	ifc_set(cap, cmd_hca_cap__log_uar_page_sz, 0);
}

static void change_atomic(uint8_t *cap)
{
	if (ifc_get(cap, atomic_caps__supported_atomic_req_8B_endianness_mode_1))
		ifc_set(cap, atomic_caps__atomic_req_8B_endianness_mode, 1);
}

static int caps_set(struct hc *hc)
{
	uint8_t atomic[cmd_hca_cap__SIZE];
	int ret = cap_set(hc, CAP_GENERAL, change_general, hc->fw->cap);

	if (!ret && ifc_get(hc->fw->cap, cmd_hca_cap__atomic))
		ret = cap_set(hc, CAP_ATOMIC, change_atomic, atomic);
	return ret;
}

static int issi_set(struct hc *hc)
{
	uint8_t in[set_issi_in__SIZE] = { 0 }, out[query_issi_out__SIZE] = { 0 };
	int ret;

	hc_head(in, HC_QUERY_ISSI, 0);
	ret = hc_exec(hc, in, sizeof(in), out, sizeof(out));
	if (ret)
		return ret;
	if (!(ifc_get(out, query_issi_out__supported_issi_dw0) & 1 << 1))
		return -EOPNOTSUPP;
	hc_head(in, HC_SET_ISSI, 0);
	ifc_set(in, set_issi_in__current_issi, 1);
	return hc_exec(hc, in, sizeof(in), NULL, 16);
}

static int endianness_set(struct hc *hc)
{
	uint8_t in[access_register_in__SIZE + 16] = { 0 }, out[sizeof(in)] = { 0 };

	hc_head(in, HC_ACCESS_REG, 0);
	ifc_set(in, access_register_in__register_id, REG_HOST_ENDIANNESS);
	return hc_exec(hc, in, sizeof(in), out, sizeof(out));
}

int hc_enable(struct hc *hc)
{
	uint16_t pci_command = 0x6;	/* memory space, bus master */
	int ret;

	if (!hc->fw) {
		hc->fw = calloc(1, sizeof(*hc->fw));
		if (!hc->fw)
			return -ENOMEM;
	}
	ret = hc_config_access(hc, 4, &pci_command, sizeof(pci_command), true);
	if (!ret)
		ret = hc_cmdq_start(hc);
	if (!ret)
		ret = hc_cmd_simple(hc, HC_ENABLE_HCA, 0, 0);
	if (ret)
		return ret;
	hc->fw->enabled = true;
	ret = issi_set(hc);
	if (!ret)
		ret = hc_pages_give(hc, HC_PAGES_BOOT);
	if (!ret)
		ret = endianness_set(hc);
	if (!ret)
		ret = caps_set(hc);
	if (!ret)
		ret = hc_pages_give(hc, HC_PAGES_INIT);
	return ret;
}

/* We poll the entries; the events are only taken off the queue. */
static void drain_cmd_events(struct hc *hc)
{
	struct eqe e;

	while (hc_eq_poll(hc, &hc->fw->cmd, &e))
		;
}

int hc_bringup(struct hc *hc)
{
	struct hc_fw *fw;
	int ret;

	ret = hc_enable(hc);
	if (ret)
		return ret;
	fw = hc->fw;
	ret = hc_cmd_simple(hc, HC_INIT_HCA, 0, 0);
	if (ret)
		return ret;
	fw->inited = true;
	ret = hc_cmd_number(hc, HC_ALLOC_UAR, &fw->uar);
	if (ret)
		return ret;
	fw->has_uar = true;
	ret = hc_eq_create(hc, 0, HC_EQ_LOG, 1ull << EVENT_CMD, &fw->cmd);
	if (ret)
		return ret;
	hc->after_command = drain_cmd_events;
	ret = hc_eq_create(hc, 0, HC_EQ_LOG, EVENTS_ASYNC, &fw->async);
	if (ret)
		return ret;
	return hc_eq_create(hc, 1, HC_COMP_EQ_LOG, 0, &fw->comp);
}

static void keep_first(int *first, int ret)
{
	if (!*first)
		*first = ret;
}

int hc_teardown(struct hc *hc)
{
	struct hc_fw *fw = hc->fw;
	int first = 0;

	if (!fw)
		return 0;
	keep_first(&first, hc_eq_destroy(hc, &fw->comp));
	keep_first(&first, hc_eq_destroy(hc, &fw->async));
	hc->after_command = NULL;
	keep_first(&first, hc_eq_destroy(hc, &fw->cmd));
	if (fw->has_uar)
		keep_first(&first, hc_cmd_simple(hc, HC_DEALLOC_UAR, 0, fw->uar));
	if (fw->inited)
		keep_first(&first, hc_cmd_simple(hc, HC_TEARDOWN_HCA, 0, 0));
	if (fw->enabled) {
		keep_first(&first, hc_pages_take(hc));
		keep_first(&first, hc_cmd_simple(hc, HC_DISABLE_HCA, 0, 0));
	}
	hc_forget(hc);
	return first;
}

void hc_forget(struct hc *hc)
{
	struct hc_fw *fw = hc->fw;
	unsigned int i;

	hc->after_command = NULL;
	for (i = 0; i < HC_SLOTS; i++)
		hc_cmd_drop(hc, i);
	if (!fw)
		return;
	hc_free(hc, &fw->cmd.buf);
	hc_free(hc, &fw->async.buf);
	hc_free(hc, &fw->comp.buf);
	while (fw->n_pages)
		hc_free(hc, &fw->pages[--fw->n_pages]);
	free(fw->pages);
	free(fw);
	hc->fw = NULL;
}

int hc_eq_create(struct hc *hc, unsigned int vector, uint8_t log, uint64_t mask,
		 struct hc_eq *eq)
{
	size_t bytes = sizeof(struct eqe) << log;
	size_t n = (bytes + HC_PAGE - 1) / HC_PAGE;
	uint8_t in[create_eq_in__SIZE + 64 * 8] = { 0 }, out[create_eq_out__SIZE] = { 0 };
	uint8_t *eqc = in + create_eq_in__eq_context_entry__BYTE;
	size_t i;
	int ret;

	if (n > 64)
		return -EINVAL;
	memset(eq, 0, sizeof(*eq));
	ret = hc_alloc(hc, bytes, HC_PAGE, &eq->buf);
	if (ret)
		return ret;
	for (i = 0; i < (size_t)1 << log; i++)
		eq->buf.ptr[i * sizeof(struct eqe) + 63] = 1;
	hc_head(in, HC_CREATE_EQ, 0);
	ifc_set(eqc, eqc__log_eq_size, log);
	ifc_set(eqc, eqc__uar_page, hc->fw->uar);
	ifc_set(eqc, eqc__intr, vector);
	ifc_store64(in + create_eq_in__event_bitmask__BYTE, mask);
	for (i = 0; i < n; i++)
		ifc_store64(in + create_eq_in__pas__BYTE + i * 8, eq->buf.iova + i * HC_PAGE);
	ret = hc_exec(hc, in, create_eq_in__SIZE + n * 8, out, sizeof(out));
	if (ret) {
		hc_free(hc, &eq->buf);
		return ret;
	}
	eq->log = log;
	eq->eqn = (uint32_t)ifc_get(out, create_eq_out__eq_number);
	eq->uar = hc->fw->uar;
	hc_eq_arm(hc, eq);
	return 0;
}

int hc_eq_destroy(struct hc *hc, struct hc_eq *eq)
{
	int ret;

	if (!eq->buf.ptr)
		return 0;
	ret = hc_cmd_simple(hc, HC_DESTROY_EQ, 0, eq->eqn);
	hc_free(hc, &eq->buf);
	return ret;
}

bool hc_eq_poll(struct hc *hc, struct hc_eq *eq, struct eqe *out)
{
	struct eqe *e = (struct eqe *)eq->buf.ptr + (eq->ci & ((1u << eq->log) - 1));
	uint8_t owner = __atomic_load_n(&e->owner, __ATOMIC_ACQUIRE);

	if ((owner & 1) != (eq->ci >> eq->log & 1))
		return false;
	*out = *e;
	eq->ci++;
	hc_write32(hc, (uint64_t)eq->uar * UAR_PAGE_SIZE + UAR_EQ_UPDATE,
		   eq->eqn << 24 | (eq->ci & 0xffffff));
	return true;
}

void hc_eq_arm(struct hc *hc, struct hc_eq *eq)
{
	hc_write32(hc, (uint64_t)eq->uar * UAR_PAGE_SIZE + UAR_EQ_ARM,
		   eq->eqn << 24 | (eq->ci & 0xffffff));
}

int hc_port_query(struct hc *hc, uint8_t *state, uint16_t *lid)
{
	uint8_t in[query_hca_vport_context_in__SIZE] = { 0 };
	uint8_t out[query_hca_vport_context_out__SIZE] = { 0 };
	const uint8_t *v = out + query_hca_vport_context_out__hca_vport_context__BYTE;
	int ret;

	hc_head(in, HC_QUERY_HCA_VPORT_CONTEXT, 0);
	ifc_set(in, query_hca_vport_context_in__port_num, 1);
	ret = hc_exec(hc, in, sizeof(in), out, sizeof(out));
	*state = (uint8_t)ifc_get(v, hca_vport_context__vport_state);
	*lid = (uint16_t)ifc_get(v, hca_vport_context__lid);
	return ret;
}

int hc_port_wait_active(struct hc *hc, uint16_t *lid)
{
	uint8_t state = 0;
	int ret = 0;

	if (!hc_until(hc, (ret = hc_port_query(hc, &state, lid)) || state == 4))
		return -ETIMEDOUT;
	return ret;
}

int hc_gid_query(struct hc *hc, unsigned int index, uint8_t gid[16])
{
	uint8_t in[query_hca_vport_gid_in__SIZE] = { 0 };
	uint8_t out[query_hca_vport_gid_out__SIZE + 16] = { 0 };
	int ret;

	hc_head(in, HC_QUERY_HCA_VPORT_GID, 0);
	ifc_set(in, query_hca_vport_gid_in__port_num, 1);
	ifc_set(in, query_hca_vport_gid_in__gid_index, index);
	ret = hc_exec(hc, in, sizeof(in), out, sizeof(out));
	memcpy(gid, out + query_hca_vport_gid_out__gid__BYTE, 16);
	return ret;
}
