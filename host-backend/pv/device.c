// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the device as the guest finds it on its PCI bus. Must never know
 * commands or objects.
 */
#include "host-backend/pv/device.h"

#include <endian.h>
#include <string.h>

#include "host-backend/pv/private.h"
#include "host-backend/pv/reset.h"

static uint32_t read_register(struct pv *pv, uint64_t reg)
{
	const struct pv_registers *r = &pv->registers;

	switch (reg) {
	case UP_REG_MAGIC:
		return UP_MAGIC;
	case UP_REG_VERSION:
		return UP_ABI_VERSION;
	case UP_REG_FEATURES:
		return UP_FEATURES_KNOWN;
	case UP_REG_DRIVER_FEATURES:
		return r->features;
	case UP_REG_UAR_PAGES:
		return pv->config.limits.uars;
	case UP_REG_VECTORS:
		return pv->config.n_vectors;
	case UP_REG_RING_LOW:
		return (uint32_t)r->ring;
	case UP_REG_RING_HIGH:
		return (uint32_t)(r->ring >> 32);
	case UP_REG_STATUS:
		return atomic_load(&r->status);
	default:
		return 0;
	}
}

/* NULL, or why the driver cannot have what it asks for. */
static const char *open_ring(struct pv *pv)
{
	const struct pv_registers *r = &pv->registers;

	if (r->features & ~UP_FEATURES_KNOWN)
		return "its driver wants features that there are not";
	if (r->ring & (UP_PAGE - 1))
		return "its ring does not begin with a page";
	if (!pv_memory_bytes(pv))
		return "its memory is not shared with us: memory-backend-memfd with share=on is needed";
	return pv_ring_open(pv, r->ring) ? "its ring is not in its memory" : NULL;
}

/* From RESET only; what a worker or the HCA says in the meantime stays. */
static void become_ready(struct pv *pv)
{
	struct pv_registers *r = &pv->registers;
	uint32_t reset = UP_STATUS_RESET;
	const char *wrong;

	if (atomic_load(&r->status) != UP_STATUS_RESET)
		return;
	wrong = open_ring(pv);
	if (wrong)
		pv_log(pv, PV_LOG_WARNING, "the guest is refused: %s", wrong);
	if (!atomic_compare_exchange_strong(&r->status, &reset,
					    wrong ? UP_STATUS_REFUSED : UP_STATUS_READY))
		pv_ring_close(pv);
}

static void write_status(struct pv *pv, uint32_t value)
{
	if (value == UP_STATUS_READY)
		become_ready(pv);
	else if (value == UP_STATUS_RESET)
		pv_reset_begin(pv);
}

static void write_register(struct pv *pv, uint64_t reg, uint32_t value)
{
	struct pv_registers *r = &pv->registers;
	bool fixed = atomic_load(&r->status) != UP_STATUS_RESET;

	switch (reg) {
	case UP_REG_DRIVER_FEATURES:
		r->features = fixed ? r->features : value;
		break;
	case UP_REG_RING_LOW:
		r->ring = fixed ? r->ring : (r->ring & ~0xffffffffull) | value;
		break;
	case UP_REG_RING_HIGH:
		r->ring = fixed ? r->ring : (r->ring & 0xffffffffull) | (uint64_t)value << 32;
		break;
	case UP_REG_STATUS:
		write_status(pv, value);
		break;
	case UP_REG_KICK:
		pv_stats_add(&pv->stats.kicks, 1);
		pv_workers_kick(pv);
		break;
	}
}

static void bar_read(void *ctx, unsigned int bar, uint64_t off, void *buf, size_t len)
{
	uint32_t value;

	memset(buf, 0, len);
	if (bar != UP_BAR_CONTROL || len != sizeof(value) || off % sizeof(value))
		return;
	value = htole32(read_register(ctx, off));
	memcpy(buf, &value, sizeof(value));
}

static void bar_write(void *ctx, unsigned int bar, uint64_t off, const void *buf, size_t len)
{
	uint32_t value;

	if (bar == UP_BAR_UAR) {
		pv_uar_write(ctx, off, buf, len);
	} else if (bar == UP_BAR_CONTROL && len == sizeof(value) && !(off % sizeof(value))) {
		memcpy(&value, buf, sizeof(value));
		write_register(ctx, off, le32toh(value));
	}
}

static void config_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	pv_config_space_read(&((struct pv *)ctx)->registers.config, off, buf, len);
}

static void reset(void *ctx)
{
	struct pv *pv = ctx;

	pv_reset_begin(pv);
	pv->registers.features = 0;
	pv->registers.ring = 0;
	pv_config_space_reset(&pv->registers.config, &pv->device);
}

/* Who may not be a bus master any more may not use the guest's memory: a kernel that crashed says so. */
static void config_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	struct pv *pv = ctx;
	bool was = pv_config_space_bus_master(&pv->registers.config);

	if (pv_config_space_asks_reset(off, buf, len)) {
		reset(pv);
		return;
	}
	pv_config_space_write(&pv->registers.config, off, buf, len);
	if (was && !pv_config_space_bus_master(&pv->registers.config) &&
	    atomic_load(&pv->registers.status) != UP_STATUS_RESET)
		pv_reset_begin(pv);
}

static int memory_added(void *ctx, const struct hv_memory *memory)
{
	return pv_memory_add(ctx, memory);
}

static void memory_removed(void *ctx, uint64_t gpa, uint64_t size)
{
	pv_memory_remove(ctx, gpa, size);
}

static void vector_changed(void *ctx, unsigned int vector, int eventfd)
{
	pv_vectors_set(ctx, vector, eventfd);
}

static void attached(void *ctx)
{
	struct pv *pv = ctx;

	pv->registers.attached = true;
	pv->registers.attached_ns = pv_stats_now();
	pv_log(ctx, PV_LOG_NOTE, "a guest is attached");
}

static void detached(void *ctx)
{
	((struct pv *)ctx)->registers.attached = false;
	pv_log(ctx, PV_LOG_NOTE, "the guest is gone");
	reset(ctx);
}

static const struct hv_device_ops device_ops = {
	.config_read = config_read,
	.config_write = config_write,
	.bar_read = bar_read,
	.bar_write = bar_write,
	.reset = reset,
	.memory_added = memory_added,
	.memory_removed = memory_removed,
	.vector_changed = vector_changed,
	.attached = attached,
	.detached = detached,
};

int pv_device_describe(struct pv *pv)
{
	int ret;

	pv->device = (struct hv_device){
		.ops = &device_ops, .ctx = pv, .config_size = PV_CONFIG_BYTES,
		.bars[UP_BAR_CONTROL] = { .size = UP_CONTROL_SIZE },
		.n_vectors = pv->config.n_vectors,
	};
	ret = pv_uar_window(pv, &pv->device.bars[UP_BAR_UAR]);
	if (!ret)
		pv_config_space_reset(&pv->registers.config, &pv->device);
	return ret;
}

void pv_registers_fail(struct pv *pv, uint32_t syndrome)
{
	uint32_t status = atomic_load(&pv->registers.status);

	pv_log(pv, PV_LOG_ERROR, "the HCA is lost: %s", hca_fatal_text(syndrome));
	do {
		if (status == UP_STATUS_RESETTING)
			return;		/* who resets will see it */
	} while (!atomic_compare_exchange_weak(&pv->registers.status, &status, UP_STATUS_FAILED));
	pv_vectors_notify(pv);
}

void pv_registers_refuse(struct pv *pv)
{
	uint32_t ready = UP_STATUS_READY;

	if (atomic_compare_exchange_strong(&pv->registers.status, &ready, UP_STATUS_REFUSED))
		pv_vectors_notify(pv);
}

void pv_registers_resetting(struct pv *pv)
{
	atomic_store(&pv->registers.status, UP_STATUS_RESETTING);
}

void pv_registers_reset_done(struct pv *pv)
{
	atomic_store(&pv->registers.status,
		     pv_adapter_unfit(pv) ? UP_STATUS_FAILED : UP_STATUS_RESET);
}
