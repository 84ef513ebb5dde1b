// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns an HCA on paper. It must never know what a test is after.
 */
#include "tests/unit/host/paper_hca.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/ifc/contexts.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/opcodes.h"

enum {
	ENTRY_TYPE = 0, ENTRY_ILEN = 4, ENTRY_IN_PTR = 8, ENTRY_IN = 16, ENTRY_OUT = 32,
	ENTRY_OUT_PTR = 48, ENTRY_OLEN = 56, ENTRY_TOKEN = 60, ENTRY_STATUS_OWN = 63,
	BLOCK_DATA = 512, BLOCK_NEXT = 560, BLOCK_NUMBER = 568, BLOCK_TOKEN = 573,
	BLOCK_BYTES = 576,
	PAPER_BAR = 0x10000, CAP_PCIE = 0x60,
};

static struct paper_hca *paper(struct hca_transport *t)
{
	return (struct paper_hca *)((char *)t - offsetof(struct paper_hca, t));
}

uint8_t *paper_ptr(struct paper_hca *p, uint64_t iova)
{
	struct iommu_backing backing;

	assert_true(fake_domain_lookup(p->domain, iova, &backing, NULL));
	return backing.hva;
}

uint8_t *paper_entry(struct paper_hca *p, unsigned int slot)
{
	return paper_ptr(p, (uint64_t)p->cmdq_h << 32 | (p->cmdq_l & 0xfffff000)) + slot * 64;
}

uint16_t paper_opcode(struct paper_hca *p, unsigned int slot)
{
	return (uint16_t)ifc_get(paper_entry(p, slot) + ENTRY_IN, cmd_in__opcode);
}

size_t paper_input(struct paper_hca *p, unsigned int slot, uint8_t *in, size_t room)
{
	static const uint8_t zero[48];
	const uint8_t *e = paper_entry(p, slot);
	size_t len = ifc_load32(e + ENTRY_ILEN), at, n;
	uint64_t next = ifc_load64(e + ENTRY_IN_PTR);
	uint32_t number = 0;

	assert_int_equal(e[ENTRY_TYPE], 7);
	assert_true(e[ENTRY_STATUS_OWN] == 1);
	assert_true(len >= 16 && len <= room);
	memcpy(in, e + ENTRY_IN, 16);
	for (at = 16; at < len; at += n) {
		const uint8_t *b = paper_ptr(p, next);

		n = len - at < BLOCK_DATA ? len - at : BLOCK_DATA;
		assert_int_equal(next % 1024, 0);
		assert_int_equal(b[BLOCK_TOKEN], e[ENTRY_TOKEN]);
		assert_int_equal(ifc_load32(b + BLOCK_NUMBER), number++);
		assert_memory_equal(b + BLOCK_DATA, zero, sizeof(zero));
		assert_int_equal(b[572] | b[574] | b[575], 0);
		memcpy(in + at, b, n);
		next = ifc_load64(b + BLOCK_NEXT);
	}
	assert_int_equal(next, 0);
	return len;
}

static void scatter(struct paper_hca *p, uint8_t *e, const uint8_t *out, size_t len, bool spoil)
{
	uint64_t next = ifc_load64(e + ENTRY_OUT_PTR);
	size_t at, n;

	memcpy(e + ENTRY_OUT, out, 16);
	for (at = 16; at < len; at += n) {
		uint8_t *b = paper_ptr(p, next);

		n = len - at < BLOCK_DATA ? len - at : BLOCK_DATA;
		assert_int_equal(b[BLOCK_TOKEN], e[ENTRY_TOKEN]);
		memcpy(b, out + at, n);
		if (spoil)
			b[BLOCK_TOKEN] ^= 1;
		next = ifc_load64(b + BLOCK_NEXT);
	}
}

void paper_answer(struct paper_hca *p, unsigned int slot, const struct paper_reply *reply)
{
	uint8_t *e = paper_entry(p, slot);
	size_t len = ifc_load32(e + ENTRY_OLEN);

	assert_true(len >= 16 && len <= sizeof(p->out));
	memset(p->out, 0, sizeof(p->out));
	p->out[0] = reply->status;
	ifc_store32(p->out + 4, reply->syndrome);
	if (reply->data)
		memcpy(p->out + 8, reply->data, reply->len < len - 8 ? reply->len : len - 8);
	scatter(p, e, p->out, len, reply->bad_block_token);
	if (reply->bad_entry_token)
		e[ENTRY_TOKEN] ^= 1;
	if (reply->bad_type)
		e[ENTRY_TYPE] = 0;
	atomic_fetch_and(&p->rung, ~(1u << slot));
	p->commands++;
	__atomic_store_n(&e[ENTRY_STATUS_OWN], (uint8_t)(reply->delivery << 1), __ATOMIC_RELEASE);
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
}

void paper_wait_rung(struct paper_hca *p, uint32_t slots)
{
	unsigned int i;

	for (i = 0; i < 25000 && (atomic_load(&p->rung) & slots) != slots; i++)
		nap();
	assert_int_equal(atomic_load(&p->rung) & slots, slots);
}

/* --- what bring-up likes to hear ------------------------------------------------ */

static void caps(uint8_t *cap)
{
	ifc_set(cap, cmd_hca_cap__num_ports, 1);
	ifc_set(cap, cmd_hca_cap__cqe_version, 1);
	ifc_set(cap, cmd_hca_cap__log_max_qp, 17);
	ifc_set(cap, cmd_hca_cap__log_max_eq, 7);
	ifc_set(cap, cmd_hca_cap__log_max_mkey, 20);
	ifc_set(cap, cmd_hca_cap__driver_version, 1);
}

static void manage_pages(struct paper_hca *p, const uint8_t *in, uint8_t *data)
{
	uint32_t n = (uint32_t)ifc_get(in, manage_pages_in__input_num_entries), i;
	uint16_t op = (uint16_t)ifc_get(in, cmd_in__op_mod);

	if (op == 1)
		for (i = 0; i < n; i++) {
			assert_true(p->n_pages < PAPER_MAX_PAGES);
			p->pages[p->n_pages++] = ifc_load64(in + 0x10 + i * 8);
			*paper_ptr(p, p->pages[p->n_pages - 1]) = 0x77;
		}
	if (op != 2)
		return;
	for (i = 0; i < n && p->n_pages; i++)
		ifc_store64(data + 8 + i * 8, p->pages[--p->n_pages]);
	ifc_store32(data, i);
}

static void create_eq(struct paper_hca *p, const uint8_t *in, uint8_t *data)
{
	const uint8_t *eqc = in + create_eq_in__eq_context_entry__BYTE;
	unsigned int i;

	for (i = 0; i < PAPER_MAX_EQS && p->eq[i].eqn; i++)
		;
	assert_true(i < PAPER_MAX_EQS);
	p->eq[i] = (struct paper_eq){
		.eqn = i + 1, .log_size = (uint32_t)ifc_get(eqc, eqc__log_eq_size),
		.iova = ifc_load64(in + create_eq_in__pas__BYTE),
		.mask = ifc_load64(in + create_eq_in__event_bitmask__BYTE),
	};
	ifc_store32(data, i + 1);
}

/* @data: output from byte 8 on, zeroed. */
static void execute(struct paper_hca *p, const uint8_t *in, uint8_t *data)
{
	uint16_t op_mod = (uint16_t)ifc_get(in, cmd_in__op_mod);
	uint32_t eqn;

	switch (ifc_get(in, cmd_in__opcode)) {
	case HCA_OP_QUERY_HCA_CAP:
		caps(data + 8);
		break;
	case HCA_OP_QUERY_ADAPTER:
		memcpy(data + 0xf8, "PAPER", 5);
		break;
	case HCA_OP_QUERY_PAGES:
		ifc_store32(data + 4, op_mod == 1 ? PAPER_BOOT_PAGES : PAPER_INIT_PAGES);
		break;
	case HCA_OP_MANAGE_PAGES:
		manage_pages(p, in, data);
		break;
	case HCA_OP_QUERY_ISSI:
		ifc_store32(data + 0x64, 3);
		break;
	case HCA_OP_CREATE_EQ:
		create_eq(p, in, data);
		break;
	case HCA_OP_DESTROY_EQ:
		eqn = (uint32_t)ifc_get(in, destroy_eq_in__eq_number);
		if (eqn >= 1 && eqn <= PAPER_MAX_EQS)
			p->eq[eqn - 1].eqn = 0;
		break;
	case HCA_OP_ALLOC_UAR:
		ifc_store32(data, PAPER_UAR);
		break;
	}
}

static struct paper_eq *eq_for(struct paper_hca *p, uint8_t type)
{
	unsigned int i;

	for (i = 0; i < PAPER_MAX_EQS; i++)
		if (p->eq[i].eqn && p->eq[i].mask >> type & 1)
			return &p->eq[i];
	return NULL;
}

static void automatic_answer(struct paper_hca *p, unsigned int slot)
{
	static _Thread_local uint8_t in[16384], data[8192];
	struct paper_reply reply = { .data = data, .len = sizeof(data) };
	uint8_t event[28] = { 0 };
	size_t len;

	memset(data, 0, sizeof(data));
	len = paper_input(p, slot, in, sizeof(in));
	memset(in + len, 0, sizeof(in) - len);
	execute(p, in, data);
	if (p->ask && !p->ask(p, slot, paper_opcode(p, slot), &reply, data))
		return;
	paper_answer(p, slot, &reply);
	if (!p->silent && eq_for(p, EVENT_CMD)) {
		ifc_store32(event, 1u << slot);
		paper_event(p, EVENT_CMD, 0, event, false);
	}
}

/* --- registers ------------------------------------------------------------------ */

static uint32_t op_read32(struct hca_transport *t, uint64_t off)
{
	struct paper_hca *p = paper(t);

	if (p->gone)
		return UINT32_MAX;
	switch (off) {
	case 0x000:
		return 28 << 16 | 12;
	case 0x004:
		return p->cmdif << 16 | 2006;
	case 0x014:
		if (p->cmdq_l && p->taking && !--p->taking)
			p->nic_state = 0;
		return (p->cmdq_l & 0xfffff000) | p->nic_state << 8 | p->shape;
	case 0x1fc:
		return p->initializing ? --p->initializing ? UINT32_MAX : 0 : 0;
	case 0x230:
		return 0x0c1c07d6;
	case 0x1010:
		return p->beating ? ++p->counter : p->counter;
	default:
		return 0;
	}
}

static uint8_t op_read8(struct hca_transport *t, uint64_t off)
{
	struct paper_hca *p = paper(t);

	if (p->gone)
		return UINT8_MAX;
	return off == 0x23d ? p->synd : off == 0x238 ? p->rfr : 0;
}

static void op_write32(struct hca_transport *t, uint64_t off, uint32_t value)
{
	struct paper_hca *p = paper(t);
	unsigned int i;

	if (p->gone)
		return;
	if (off == 0x10) {
		p->cmdq_h = value;
	} else if (off == 0x14) {
		p->cmdq_l = value;
		if (p->nic_state == 1 && !p->taking)
			p->nic_state = 0;
	} else if (off == 0x18) {
		atomic_fetch_or(&p->rung, value);
		for (i = 0; p->automatic && i < PAPER_SLOTS; i++)
			if (value >> i & 1)
				automatic_answer(p, i);
	} else if (off == PAPER_UAR * UAR_PAGE_SIZE + UAR_EQ_ARM) {
		p->arms++;
	}
}

static void op_write64(struct hca_transport *t, uint64_t off, uint32_t first, uint32_t second)
{
	(void)t;
	(void)off;
	(void)first;
	(void)second;
}

static int op_config_read(struct hca_transport *t, unsigned int off, unsigned int len,
			  uint32_t *value)
{
	struct paper_hca *p = paper(t);

	*value = 0;
	if (p->gone)
		memset(value, 0xff, len);
	else
		memcpy(value, p->config + off, len);
	return 0;
}

static int op_config_write(struct hca_transport *t, unsigned int off, unsigned int len,
			   uint32_t value)
{
	struct paper_hca *p = paper(t);

	if (!p->gone && !(off == CAP_PCIE + PCI_EXP_DEVCTL && p->no_snoop_stays))
		memcpy(p->config + off, &value, len);
	return 0;
}

static int op_set_irq(struct hca_transport *t, unsigned int vector, int eventfd)
{
	struct paper_hca *p = paper(t);

	assert_int_equal(vector, 0);
	p->irq = eventfd;
	return 0;
}

static int op_reset(struct hca_transport *t)
{
	struct paper_hca *p = paper(t);

	if (p->reset_err)
		return p->reset_err;
	p->resets++;
	p->rung = 0;
	p->n_pages = 0;
	p->nic_state = 1;
	memset(p->eq, 0, sizeof(p->eq));
	p->config[PCI_COMMAND] &= (uint8_t)~PCI_COMMAND_MASTER;
	if (p->revive)
		p->gone = false;
	return 0;
}

static int op_bar_fd(struct hca_transport *t, int *fd, uint64_t *offset)
{
	(void)t;
	(void)fd;
	(void)offset;
	return -EOPNOTSUPP;
}

static unsigned int op_files(struct hca_transport *t, int fds[HCA_TRANSPORT_FILES])
{
	(void)t;
	(void)fds;
	return 0;
}

static void op_close(struct hca_transport *t)
{
	assert_null(t->domain);
	paper(t)->closed = true;
}

static const struct hca_transport_ops ops = {
	.name = "paper", .config_read = op_config_read, .config_write = op_config_write,
	.read32 = op_read32, .write32 = op_write32, .write64 = op_write64, .read8 = op_read8,
	.set_irq = op_set_irq, .reset = op_reset, .bar_fd = op_bar_fd, .files = op_files,
	.close = op_close,
};

void paper_open(struct paper_hca *p, const struct fake_domain_config *domain)
{
	struct fake_domain_config config = { 0 };
	static char name[] = "paper";

	if (domain)
		config = *domain;
	memset(p, 0, sizeof(*p));
	config.needs_hva = true;
	config.left = &p->domain_left;
	p->domain = fake_domain_create(&config);
	p->t = (struct hca_transport){
		.ops = &ops, .device = name, .bar_size = PAPER_BAR, .n_vectors = 4,
		.domain = p->domain,
	};
	p->cmdif = 5;
	p->shape = 5 << 4 | 6;
	p->nic_state = 1;
	pthread_mutex_init(&p->lock, NULL);
	p->irq = -1;
	p->automatic = true;
	p->revive = true;
	memcpy(p->config, (uint8_t[]){ 0xb3, 0x15, 0x13, 0x10 }, 4);
	p->config[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	p->config[PCI_CAPABILITY_LIST] = CAP_PCIE;
	p->config[CAP_PCIE] = PCI_CAP_ID_EXP;
	p->config[CAP_PCIE + PCI_EXP_DEVCTL + 1] = PCI_EXP_DEVCTL_NOSNOOP_EN >> 8;
}

void paper_close(struct paper_hca *p)
{
	if (p->t.domain)
		p->t.domain->ops->destroy(p->t.domain);
	p->t.domain = NULL;
}

void paper_event(struct paper_hca *p, uint8_t type, uint8_t sub_type, const uint8_t data[28],
		 bool silent)
{
	struct paper_eq *eq;
	uint64_t one = 1;
	struct eqe *e;

	pthread_mutex_lock(&p->lock);
	eq = eq_for(p, type);
	assert_non_null(eq);
	e = (struct eqe *)paper_ptr(p, eq->iova) + (eq->pi & ((1u << eq->log_size) - 1));
	e->type = type;
	e->sub_type = sub_type;
	memcpy(e->data, data, sizeof(e->data));
	__atomic_store_n(&e->owner, eq->pi >> eq->log_size & 1, __ATOMIC_RELEASE);
	eq->pi++;
	pthread_mutex_unlock(&p->lock);
	if (!silent)
		assert_int_equal(write(p->irq, &one, sizeof(one)), sizeof(one));
}
