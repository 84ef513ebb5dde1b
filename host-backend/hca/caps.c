// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns which capabilities are switched on, and which are demanded. Must never
 * know what uses them. Which and how: Linux, core/main.c, handle_hca_cap() and
 * handle_hca_cap_atomic().
 */
#include "host-backend/hca/caps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/hca/object.h"
#include "host-backend/hca/private.h"

enum {
	TYPE_GENERAL = 0, TYPE_ATOMIC = 3,	/* op_mod = type << 1, | 1: current values */
	PAGE_AT = 0x10, PAGE_BYTES = 0x1000,
	LOG_QPS = 18,
	PKEYS_128 = 0,				/* code of the table's size */
	PORT_IB = 0, MAX_PORTS = 2,
	LOG_UAR_UNIT = 12,			/* the code of a UAR page's size counts from 4 KiB */
	ENDIAN_BIG = 0, ENDIAN_HOST = 1,	/* of what atomics answer; there is no other */
};

/* One page of capabilities behind the header of a command. */
struct cap_message {
	uint8_t bytes[PAGE_AT + PAGE_BYTES];
};

static int query(struct hca *hca, uint16_t type, bool current, struct cap_message *out)
{
	uint8_t in[0x10] = { 0 };

	memset(out, 0, sizeof(*out));
	hca_object_head(in, HCA_OP_QUERY_HCA_CAP, (uint16_t)(type << 1 | current));
	return hca_cmd(hca, in, sizeof(in), out->bytes, sizeof(out->bytes));
}

static int set(struct hca *hca, uint16_t type, struct cap_message *in)
{
	uint8_t out[object_status__SIZE];

	memset(in->bytes, 0, PAGE_AT);
	hca_object_head(in->bytes, HCA_OP_SET_HCA_CAP, (uint16_t)(type << 1));
	return hca_cmd(hca, in->bytes, sizeof(in->bytes), out, sizeof(out));
}

static int nonsense(struct hca *hca)
{
	uint8_t in[0x10] = { 0 };

	hca_object_head(in, HCA_OP_QUERY_HCA_CAP, TYPE_GENERAL << 1);
	return hca_cmd_nonsense(hca, in);
}

/* Numbers that no card has: the answer is garbage. */
static bool sane(const uint8_t *cap)
{
	uint64_t ports = ifc_get(cap, cmd_hca_cap__num_ports);

	return ports >= 1 && ports <= MAX_PORTS && ifc_get(cap, cmd_hca_cap__log_max_qp) &&
	       ifc_get(cap, cmd_hca_cap__log_max_eq) && ifc_get(cap, cmd_hca_cap__log_max_mkey);
}

static bool atomic_sane(const uint8_t *cap)
{
	uint64_t mode = ifc_get(cap, atomic_caps__atomic_req_8B_endianness_mode);

	return mode == ENDIAN_BIG || mode == ENDIAN_HOST;
}

static int demand(struct hca *hca, const uint8_t *cap)
{
	if (ifc_get(cap, cmd_hca_cap__port_type) != PORT_IB)
		return hca_step_failed(hca, -EOPNOTSUPP, "its port is an Ethernet port; set the "
				       "link type to InfiniBand (mlxconfig LINK_TYPE_P1=1)");
	if (!ifc_get(cap, cmd_hca_cap__cqe_version))
		return hca_step_failed(hca, -EOPNOTSUPP, "it has no CQEs of version 1");
	return 0;
}

static int set_general(struct hca *hca, struct cap_message *max, struct cap_message *cur)
{
	uint8_t *cap = cur->bytes + PAGE_AT, *limit = max->bytes + PAGE_AT;
	uint64_t log_qps;
	int err;

	err = query(hca, TYPE_GENERAL, false, max);
	if (!err)
		err = query(hca, TYPE_GENERAL, true, cur);
	if (err)
		return err;
	if (!sane(limit) || !sane(cap))
		return nonsense(hca);
	err = demand(hca, cap);
	if (err)
		return err;
	memcpy(hca->caps, cap, sizeof(hca->caps));
	log_qps = ifc_get(limit, cmd_hca_cap__log_max_qp);
	ifc_set(cap, cmd_hca_cap__pkey_table_size, PKEYS_128);
	ifc_set(cap, cmd_hca_cap__log_max_qp, log_qps < LOG_QPS ? log_qps : LOG_QPS);
	ifc_set(cap, cmd_hca_cap__cmdif_checksum, 0);
	ifc_set(cap, cmd_hca_cap__log_uar_page_sz, 0);		/* 4 KiB */
	if (ifc_get(limit, cmd_hca_cap__cache_line_128byte))
		ifc_set(cap, cmd_hca_cap__cache_line_128byte, 0);
	/* What lies beyond the fields that we know is not ours to send back. */
	memset(cap + cmd_hca_cap__SIZE, 0, PAGE_BYTES - cmd_hca_cap__SIZE);
	return set(hca, TYPE_GENERAL, cur);
}

static int set_atomic(struct hca *hca, struct cap_message *max, struct cap_message *cur)
{
	uint8_t *cap = cur->bytes + PAGE_AT;
	int err;

	err = query(hca, TYPE_ATOMIC, false, max);
	if (!err)
		err = query(hca, TYPE_ATOMIC, true, cur);
	if (err)
		return err;
	if (!atomic_sane(cap))
		return nonsense(hca);
	if (!ifc_get(cap, atomic_caps__supported_atomic_req_8B_endianness_mode_1))
		return 0;
	/* The host's byte order. */
	memset(cap, 0, PAGE_BYTES);
	ifc_set(cap, atomic_caps__atomic_req_8B_endianness_mode, ENDIAN_HOST);
	return set(hca, TYPE_ATOMIC, cur);
}

int hca_caps_set(struct hca *hca)
{
	struct cap_message *message = calloc(2, sizeof(*message));
	int err;

	if (!message)
		return -ENOMEM;
	err = set_general(hca, &message[0], &message[1]);
	if (!err && ifc_get(hca->caps, cmd_hca_cap__atomic))
		err = set_atomic(hca, &message[0], &message[1]);
	free(message);
	return err;
}

static int read_page(struct hca *hca, uint16_t type, uint8_t *cap, size_t len)
{
	struct cap_message *message = malloc(sizeof(*message));
	int err;

	if (!message)
		return -ENOMEM;
	err = query(hca, type, true, message);
	memcpy(cap, message->bytes + PAGE_AT, len);
	free(message);
	return err;
}

int hca_caps_read(struct hca *hca)
{
	int err = read_page(hca, TYPE_GENERAL, hca->caps, sizeof(hca->caps));
	uint64_t log_uar;

	if (err)
		return err;
	if (!sane(hca->caps))
		return nonsense(hca);
	/* Whoever gets a UAR page must get nothing else with it. */
	log_uar = ifc_get(hca->caps, cmd_hca_cap__log_uar_page_sz);
	if (log_uar)
		return hca_step_failed(hca, -EOPNOTSUPP, "it insists on UAR pages of 2^%u bytes",
				       (unsigned int)log_uar + LOG_UAR_UNIT);
	hca->identity.n_ports = (unsigned int)ifc_get(hca->caps, cmd_hca_cap__num_ports);
	if (!ifc_get(hca->caps, cmd_hca_cap__atomic))
		return 0;
	err = read_page(hca, TYPE_ATOMIC, hca->caps_atomic, sizeof(hca->caps_atomic));
	if (!err && !atomic_sane(hca->caps_atomic))
		err = nonsense(hca);
	hca->has_atomic = !err;
	return err;
}
