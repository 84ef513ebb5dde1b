// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the order in which a function is made ready: the one of the stock driver
 * (Linux, core/main.c). Must never know objects but its own queues. The way
 * back is bringdown.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host-backend/hca/caps.h"
#include "host-backend/hca/clock.h"
#include "host-backend/hca/events.h"
#include "host-backend/hca/health.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/iseg.h"
#include "host-backend/hca/object.h"
#include "host-backend/hca/pages.h"
#include "host-backend/hca/pci.h"
#include "host-backend/hca/private.h"
#include "host-backend/hca/uar.h"

enum {
	READY_POLL_US = 2000,
	ISSI_1 = 1 << 1, ISSI_BITS = 80 * 8,	/* of QUERY_ISSI's bitmap */
	REG_HOST_ENDIANNESS = 0x7004, REG_HOST_ENDIANNESS_BYTES = 16,
	DRIVER_VERSION_BYTES = 64,
	/* log2 entries, as the stock driver has them */
	LOG_EQ_CMD = 8, LOG_EQ_ASYNC = 13, LOG_EQ_PAGES = 8,
};

#define ASYNC_EVENTS \
	(1ull << EVENT_PATH_MIG | 1ull << EVENT_COMM_EST | 1ull << EVENT_SQ_DRAINED | \
	 1ull << EVENT_CQ_ERROR | 1ull << EVENT_WQ_CATAS_ERROR | 1ull << EVENT_PATH_MIG_FAILED | \
	 1ull << EVENT_PORT_CHANGE | 1ull << EVENT_WQ_INVAL_REQ_ERROR | \
	 1ull << EVENT_WQ_ACCESS_ERROR | 1ull << EVENT_SRQ_CATAS_ERROR | \
	 1ull << EVENT_SRQ_LAST_WQE | 1ull << EVENT_SRQ_RQ_LIMIT)

static int identify(struct hca *hca)
{
	struct hca_pci_id id;
	int err = hca_pci_identify(hca->transport, &id);

	if (err)
		return err;
	if (!id.kind)
		return hca_step_failed(hca, -EOPNOTSUPP,
				       "%04x:%04x is not an HCA of the mlx5 family",
				       id.vendor, id.device);
	hca->identity.vendor = id.vendor;
	hca->identity.device = id.device;
	hca->identity.is_vf = id.kind->is_vf;
	return 0;
}

/* Whatever ran it before: from here on it is silent and knows no memory. */
static int reset(struct hca *hca)
{
	int err = hca->transport->ops->reset(hca->transport);

	return err ? err : hca_pci_silence(hca->transport);
}

static int coherent(struct hca *hca)
{
	int err;

	if (ioas_caps(hca->ioas)->coherent)
		return 0;
	err = hca_pci_no_snoop_off(hca->transport);
	if (err == -EOPNOTSUPP || err == -EIO)
		return hca_step_failed(hca, -EOPNOTSUPP,
				       "DMA is not coherent: the IOMMU (%s) does not enforce "
				       "snooping, and No-Snoop cannot be switched off in the %s",
				       ioas_name(hca->ioas), hca->identity.is_vf ?
				       "virtual function, only in its physical one" : "device");
	return err;
}

static int wait_ready(struct hca *hca)
{
	uint64_t deadline = hca_now_ms() + hca->config.bringup_ms;
	struct hca_transport *t = hca->transport;

	/* All ones while it is still in reset. */
	while (t->ops->read32(t, HCA_ISEG_INITIALIZING) >> 31) {
		if (hca_now_ms() >= deadline)
			return hca_health_presence(t) ? -ENODEV :
			       hca_step_failed(hca, -ETIMEDOUT,
					       "the firmware is still initializing after %u ms",
					       hca->config.bringup_ms);
		hca_sleep_us(READY_POLL_US);
	}
	return 0;
}

static void read_firmware_version(struct hca *hca)
{
	struct hca_transport *t = hca->transport;
	uint32_t rev = t->ops->read32(t, HCA_ISEG_FW_REV);

	hca->identity.fw_major = (uint16_t)rev;
	hca->identity.fw_minor = (uint16_t)(rev >> 16);
	hca->identity.fw_sub = (uint16_t)t->ops->read32(t, HCA_ISEG_CMDIF_FW_SUB);
}

static void look(void *ctx)
{
	struct hca *hca = ctx;
	uint32_t syndrome = hca_health_presence(hca->transport);

	if (syndrome)
		hca_fatal_set(hca, syndrome);
}

static int queue_create(struct hca *hca)
{
	struct hca_cmdq_config config = {
		.transport = hca->transport, .dma = hca->dma,
		.limit_ms = hca->config.command_ms, .look = look, .ctx = hca,
	};
	int err = hca_cmdq_create(&config, &hca->cmdq);

	read_firmware_version(hca);
	if (err == -EOPNOTSUPP)
		return hca_step_failed(hca, err,
				       "firmware %u.%u.%u has no command interface of revision %d",
				       hca->identity.fw_major, hca->identity.fw_minor,
				       hca->identity.fw_sub, HCA_CMDIF_REVISION);
	return err;
}

static int wait_taken(struct hca *hca)
{
	uint64_t deadline = hca_now_ms() + hca->config.bringup_ms;
	struct hca_transport *t = hca->transport;
	enum hca_nic_state state;

	for (;;) {
		state = hca_nic_state(t->ops->read32(t, HCA_ISEG_CMDQ_L));
		if (state == HCA_NIC_FULL_DRIVER)
			return 0;
		if (hca_health_presence(t))
			return -ENODEV;
		if (hca_now_ms() >= deadline)
			return hca_step_failed(hca, -EIO, "the firmware did not take the queue "
					       "(NIC state %d)", state);
		hca_sleep_us(READY_POLL_US);
	}
}

/* The queue's memory is mapped: now the device may read it. */
static int queue_start(struct hca *hca)
{
	int err = hca_pci_bus_master(hca->transport, true);

	if (err)
		return err;
	hca_cmdq_start(hca->cmdq);
	err = wait_ready(hca);
	if (!err)
		err = wait_taken(hca);
	if (!err)
		hca_events_watch(hca->events);
	return err;
}

static int enable(struct hca *hca)
{
	int err = hca_cmd_simple(hca, HCA_OP_ENABLE_HCA, 0, 0);

	/* Where nobody knows, the way back tries. */
	hca->enabled = !err || hca_cmd_unsure(err);
	return err;
}

static int issi(struct hca *hca)
{
	uint8_t in[set_issi_in__SIZE] = { 0 }, out[query_issi_out__SIZE] = { 0 };
	uint32_t supported;
	int err;

	hca_object_head(in, HCA_OP_QUERY_ISSI, 0);
	err = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (err)
		return err;
	if (ifc_get(out, query_issi_out__current_issi) >= ISSI_BITS)
		return hca_cmd_nonsense(hca, in);
	supported = (uint32_t)ifc_get(out, query_issi_out__supported_issi_dw0);
	if (!(supported & ISSI_1))
		return hca_step_failed(hca, -EOPNOTSUPP, "firmware %u.%u.%u does not support "
				       "ISSI 1 (QUERY_ISSI: 0x%x)", hca->identity.fw_major,
				       hca->identity.fw_minor, hca->identity.fw_sub, supported);
	memset(in, 0, sizeof(in));
	hca_object_head(in, HCA_OP_SET_ISSI, 0);
	ifc_set(in, set_issi_in__current_issi, 1);
	return hca_cmd(hca, in, sizeof(in), out, object_status__SIZE);
}

static int boot_pages(struct hca *hca)
{
	return hca_pages_give(hca->pages, HCA_PAGES_BOOT);
}

/* Little-endian, which is 0. A virtual function has no say. */
static int host_endianness(struct hca *hca)
{
	uint8_t in[access_register_in__SIZE + REG_HOST_ENDIANNESS_BYTES] = { 0 };
	uint8_t out[access_register_out__SIZE + REG_HOST_ENDIANNESS_BYTES];

	if (hca->identity.is_vf)
		return 0;
	hca_object_head(in, HCA_OP_ACCESS_REG, 0);
	ifc_set(in, access_register_in__register_id, REG_HOST_ENDIANNESS);
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

static int init_pages(struct hca *hca)
{
	return hca_pages_give(hca->pages, HCA_PAGES_INIT);
}

static int init(struct hca *hca)
{
	int err = hca_cmd_simple(hca, HCA_OP_INIT_HCA, 0, 0);

	hca->inited = !err || hca_cmd_unsure(err);
	return err;
}

static int driver_version(struct hca *hca)
{
	uint8_t in[0x10 + DRIVER_VERSION_BYTES] = { 0 }, out[object_status__SIZE];

	if (!ifc_get(hca->caps, cmd_hca_cap__driver_version))
		return 0;
	hca_object_head(in, HCA_OP_SET_DRIVER_VERSION, 0);
	strcpy((char *)in + 0x10, "Linux,underpass,1.0.0");
	return hca_cmd(hca, in, sizeof(in), out, sizeof(out));
}

static int adapter(struct hca *hca)
{
	uint8_t in[0x10] = { 0 }, out[query_adapter_out__SIZE] = { 0 };
	const uint8_t *psid = out + query_adapter_out__query_adapter_struct__BYTE +
			      query_adapter_param_block__vsd_contd_psid__BYTE;
	size_t i;
	int err;

	hca_object_head(in, HCA_OP_QUERY_ADAPTER, 0);
	err = hca_cmd(hca, in, sizeof(in), out, sizeof(out));
	if (err)
		return err;
	for (i = 0; i < sizeof(hca->identity.psid) - 1 && psid[i]; i++) {
		if (psid[i] < ' ' || psid[i] > '~')
			return hca_cmd_nonsense(hca, in);
		hca->identity.psid[i] = (char)psid[i];
	}
	return 0;
}

static int uar(struct hca *hca)
{
	int err = hca_uar_alloc(hca, &hca->uar);

	hca->has_uar = !err;
	return err;
}

static int interrupts(struct hca *hca)
{
	return hca_events_interrupts(hca->events, true);
}

static int eq(struct hca *hca, uint8_t log_size, uint64_t mask, struct hca_eq **out)
{
	int err = hca_eq_create(hca, 0, log_size, mask, out);

	if (!err)
		hca_events_add(hca->events, *out);
	return err;
}

static int eq_cmd(struct hca *hca)
{
	int err = eq(hca, LOG_EQ_CMD, 1ull << EVENT_CMD, &hca->eq_cmd);

	if (!err)
		hca_cmdq_use_events(hca->cmdq, true);
	return err;
}

static int eq_async(struct hca *hca)
{
	return eq(hca, LOG_EQ_ASYNC, ASYNC_EVENTS, &hca->eq_async);
}

static int eq_pages(struct hca *hca)
{
	if (ifc_get(hca->caps, cmd_hca_cap__page_request_disable))
		return 0;
	return eq(hca, LOG_EQ_PAGES, 1ull << EVENT_PAGE_REQUEST, &hca->eq_pages);
}

int hca_bringup(struct hca *hca, const char **what)
{
	static const struct {
		const char *what;
		int (*run)(struct hca *hca);
	} steps[] = {
		{ "identify the function", identify },
		{ "reset the function", reset },
		{ "make DMA coherent", coherent },
		{ "wait for the firmware", wait_ready },
		{ "make the command queue", queue_create },
		{ "start the command queue", queue_start },
		{ "ENABLE_HCA", enable },
		{ "ISSI", issi },
		{ "boot pages", boot_pages },
		{ "HOST_ENDIANNESS", host_endianness },
		{ "set capabilities", hca_caps_set },
		{ "init pages", init_pages },
		{ "INIT_HCA", init },
		{ "SET_DRIVER_VERSION", driver_version },
		{ "read capabilities", hca_caps_read },
		{ "QUERY_ADAPTER", adapter },
		{ "UAR page", uar },
		{ "interrupts", interrupts },
		{ "EQ of commands", eq_cmd },
		{ "EQ of asynchronous events", eq_async },
		{ "EQ of page requests", eq_pages },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < sizeof(steps) / sizeof(steps[0]); i++) {
		*what = steps[i].what;
		err = steps[i].run(hca);
	}
	return err;
}
