/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the layout of management datagrams: offsets, classes, methods,
 * attributes. It must never know who answers one. Source: InfiniBand
 * Architecture volume 1, chapters 13 (MAD), 14 (SMP), 15 (SA), 16.1 (PMA).
 */
#ifndef HCA_MODEL_MGMT_MAD_H
#define HCA_MODEL_MGMT_MAD_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	MAD_BYTES = 256,
	/* common header */
	MAD_BASE_VERSION = 0, MAD_CLASS = 1, MAD_CLASS_VERSION = 2, MAD_METHOD = 3,
	MAD_STATUS = 4, MAD_TID = 8, MAD_ATTR = 16, MAD_ATTR_MOD = 20,
	/* SMP */
	SMP_HOP_PTR = 6, SMP_HOP_CNT = 7, SMP_MKEY = 24, SMP_DR_SLID = 32, SMP_DR_DLID = 34,
	SMP_DATA = 64, SMP_DATA_BYTES = 64, SMP_INITIAL_PATH = 128, SMP_RETURN_PATH = 192,
	SMP_MAX_HOPS = 63,
	/* PMA */
	PMA_DATA = 64,
	/* RMPP and SA */
	RMPP_VERSION = 24, RMPP_TYPE = 25, RMPP_RTIME_FLAGS = 26, RMPP_STATUS = 27,
	RMPP_SEGMENT = 28, RMPP_LENGTH = 32,
	SA_SM_KEY = 36, SA_ATTR_OFFSET = 44, SA_COMP_MASK = 48, SA_DATA = 56,
	SA_DATA_BYTES = 200,
};

enum mad_class {
	CLASS_SMP_LID = 0x01, CLASS_SMP_DIRECT = 0x81, CLASS_SA = 0x03, CLASS_PMA = 0x04,
};

enum mad_method {
	METHOD_GET = 0x01, METHOD_SET = 0x02, METHOD_SEND = 0x03, METHOD_TRAP = 0x05,
	METHOD_REPORT = 0x06, METHOD_TRAP_REPRESS = 0x07,
	METHOD_GET_TABLE = 0x12, METHOD_DELETE = 0x15,
	METHOD_RESPONSE = 0x80, METHOD_GET_RESP = 0x81,
};

enum mad_status {
	STATUS_OK = 0, STATUS_BUSY = 0x01, STATUS_BAD_VERSION = 0x04, STATUS_BAD_METHOD = 0x08,
	STATUS_BAD_ATTR = 0x0c, STATUS_BAD_VALUE = 0x1c,
	STATUS_DIRECTION = 0x8000,		/* D bit of directed routes */
	SA_STATUS_NO_RESOURCES = 0x0100, SA_STATUS_REQ_INVALID = 0x0200,
	SA_STATUS_NO_RECORDS = 0x0300, SA_STATUS_TOO_MANY_RECORDS = 0x0400,
	SA_STATUS_GID_INVALID = 0x0500, SA_STATUS_COMPONENTS = 0x0600,
};

enum mad_attr {
	ATTR_CLASS_PORT_INFO = 0x01, ATTR_NOTICE = 0x02, ATTR_INFORM_INFO = 0x03,
	/* SMP */
	ATTR_NODE_DESC = 0x10, ATTR_NODE_INFO = 0x11, ATTR_SWITCH_INFO = 0x12,
	ATTR_GUID_INFO = 0x14, ATTR_PORT_INFO = 0x15, ATTR_PKEY_TABLE = 0x16,
	ATTR_SL_TO_VL = 0x17, ATTR_VL_ARB = 0x18, ATTR_LFT = 0x19, ATTR_MFT = 0x1b,
	ATTR_SM_INFO = 0x20, ATTR_VENDOR_DIAG = 0x30, ATTR_LED_INFO = 0x31,
	ATTR_MLNX_EXT_PORT_INFO = 0xff90,	/* FDR10; zero: not in use */
	/* PMA */
	ATTR_PMA_SAMPLES_CONTROL = 0x10, ATTR_PORT_COUNTERS = 0x12, ATTR_PORT_COUNTERS_EXT = 0x1d,
	/* SA */
	ATTR_NODE_RECORD = 0x11, ATTR_PORT_INFO_RECORD = 0x12, ATTR_SWITCH_INFO_RECORD = 0x14,
	ATTR_SM_INFO_RECORD = 0x18, ATTR_LINK_RECORD = 0x20, ATTR_GUID_INFO_RECORD = 0x30,
	ATTR_SERVICE_RECORD = 0x31, ATTR_PATH_RECORD = 0x35, ATTR_MCMEMBER_RECORD = 0x38,
};

/* PortInfo.CapabilityMask */
enum {
	PORT_CAP_SM = 1 << 1, PORT_CAP_NOTICE = 1 << 2, PORT_CAP_TRAP = 1 << 3,
	PORT_CAP_SL_MAP = 1 << 6, PORT_CAP_SYS_GUID = 1 << 11, PORT_CAP_EXT_SPEEDS = 1 << 14,
	PORT_CAP_CM = 1 << 16, PORT_CAP_CLIENT_REREG = 1 << 25,
};

#define GID_DEFAULT_PREFIX	0xfe80000000000000ull
#define QKEY_GSI		0x80010000u
#define OUI_MELLANOX		0x0002c9u

/* Rates and MTUs as SA records have them. */
enum { IB_MTU_4096 = 5, IB_RATE_100G = 16, SELECT_EXACT = 2 };

static inline uint16_t mad_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t mad_get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline uint64_t mad_get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static inline void mad_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void mad_put32(uint8_t *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void mad_put64(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

static inline bool mad_is_version_1(const uint8_t *mad)
{
	return mad[MAD_BASE_VERSION] == 1 && mad[MAD_CLASS_VERSION] == 1;
}

/* A request becomes its answer. */
static inline void mad_reply(uint8_t *mad, uint16_t status)
{
	mad[MAD_METHOD] = METHOD_GET_RESP;
	mad_put16(mad + MAD_STATUS, status);
}

/* IBA codes of an MTU: 256 -> 1 ... 4096 -> 5. */
static inline uint8_t mtu_code(uint32_t bytes)
{
	uint8_t code = 1;

	while (bytes > 256u && code < IB_MTU_4096) {
		bytes >>= 1;
		code++;
	}
	return code;
}

#endif
