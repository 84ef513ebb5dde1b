// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the tests of bring-up and teardown, over the strict model and over an
 * HCA on paper. It must never know how either works.
 */
#include "tests/unit/host/core_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "host-backend/hca/ifc/caps.h"
#include "host-backend/hca/ifc/commands.h"
#include "host-backend/hca/opcodes.h"
#include "host-backend/hca/pd.h"

/* --- on the model ------------------------------------------------------------------ */

static void bringup_makes_the_stock_drivers_queues_and_teardown_leaves_nothing(void **state)
{
	struct model_bed *bed = *state;
	struct hca *hca = core_open(bed, 0, NULL);
	struct model_bed_counts c;
	struct hca_identity id;

	model_bed_counts(bed, 0, &c);
	assert_true(c.bus_master);
	assert_int_equal(c.eq, 3);
	assert_int_equal(c.uar, 1);
	assert_int_equal(c.objects, 4);
	assert_int_equal(c.pages, hca_pages_lent(hca));
	assert_true(c.pages > 0);
	assert_int_equal(c.refused, 0);
	assert_int_equal(hca_fatal(hca), 0);
	hca_identity(hca, &id);
	assert_int_equal(id.vendor, 0x15b3);
	assert_int_equal(id.device, id.is_vf ? 0x1014 : 0x1013);
	assert_int_equal(id.fw_major, 12);
	assert_int_equal(id.n_ports, 1);
	assert_string_equal(id.psid, "MT_2190110032");
	assert_int_equal(ifc_get(hca_caps(hca), cmd_hca_cap__log_max_qp), 17);
	assert_non_null(hca_caps_atomic(hca));
	assert_int_equal(ifc_get(hca_caps_atomic(hca),
				 atomic_caps__atomic_req_8B_endianness_mode), 1);
	core_close(hca);
	model_bed_wait_detached(bed);
	model_bed_counts(bed, 0, &c);
	assert_false(c.bus_master);
}

static void again_and_again(void **state)
{
	struct model_bed *bed = *state;
	unsigned int i;

	for (i = 0; i < 20; i++)
		core_close(core_open(bed, 0, NULL));
}

static void an_hca_in_use_by_a_crashed_driver_comes_up_all_the_same(void **state)
{
	struct model_bed *bed = *state;
	struct hca_open_error error = { "" };
	struct hca_transport *t;
	struct hca *first;
	uint32_t value;

	/* Somebody left bus mastering on and a command queue behind. */
	assert_int_equal(hca_transport_open(model_bed_device(bed, 0), &t, &error), 0);
	t->ops->config_read(t, PCI_COMMAND, 2, &value);
	t->ops->config_write(t, PCI_COMMAND, 2, value | PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	t->ops->write32(t, 0x10, 0x12345678);
	t->ops->write32(t, 0x14, 0x9abcd000);
	assert_int_equal(hca_open(t, NULL, &first, &error), 0);
	core_close(first);
}

struct worker {
	struct hca *hca;
	pthread_t thread;
	unsigned int failed;
};

static void *allocate_and_free(void *arg)
{
	struct worker *w = arg;
	unsigned int i;
	uint32_t pd;

	for (i = 0; i < 50; i++) {
		if (hca_pd_alloc(w->hca, &pd) || hca_pd_dealloc(w->hca, pd))
			w->failed++;
		/* Errors are each thread's own. */
		if (hca_pd_dealloc(w->hca, 0xffffff) != -EREMOTEIO ||
		    hca_cmd_last_error(w->hca)->opcode != HCA_OP_DEALLOC_PD)
			w->failed++;
	}
	return NULL;
}

static void commands_of_many_threads_do_not_disturb_each_other(void **state)
{
	enum { WORKERS = 40 };
	struct model_bed *bed = *state;
	struct hca *hca = core_open(bed, 0, NULL);
	struct worker w[WORKERS] = { 0 };
	struct hca_cmd_stats stats;
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		w[i].hca = hca;
		assert_int_equal(pthread_create(&w[i].thread, NULL, allocate_and_free, &w[i]), 0);
	}
	for (i = 0; i < WORKERS; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].failed, 0);
	}
	hca_cmd_stats(hca, &stats);
	assert_int_equal(stats.failed, WORKERS * 50);
	assert_int_equal(stats.timed_out, 0);
	core_close(hca);
}

static void port_events_are_told(void **state)
{
	struct model_bed *bed = *state;
	struct core_events events;
	struct hca_config config = { .event = core_events_take, .ctx = &events };
	struct model_bed_counts c;
	struct hca_event e;
	struct hca *hca;

	core_events_init(&events);
	hca = core_open(bed, 0, &config);
	core_until((model_bed_counts(bed, 0, &c), c.active));
	model_bed_control(bed, "port a down");
	core_until((model_bed_counts(bed, 0, &c), !c.active));
	model_bed_control(bed, "port a up");
	core_until((model_bed_counts(bed, 0, &c), c.active));
	e = core_events_wait(&events, HCA_EVENT_PORT, 2);
	assert_int_equal(e.number, 1);
	core_close(hca);
}

/* --- on paper ---------------------------------------------------------------------- */

struct order {
	struct { uint16_t opcode, op_mod; } cmd[128];
	unsigned int n;
};

static bool record(struct paper_hca *p, unsigned int slot, uint16_t opcode,
		   struct paper_reply *reply, uint8_t *data)
{
	struct order *o = p->ctx;

	(void)reply;
	(void)data;
	assert_true(p->config[PCI_COMMAND] & PCI_COMMAND_MASTER);
	o->cmd[o->n].opcode = opcode;
	o->cmd[o->n++].op_mod = (uint16_t)ifc_get(paper_entry(p, slot) + 16, cmd_in__op_mod);
	return true;
}

static void commands_come_in_the_order_of_the_stock_driver(void **state)
{
	static const struct { uint16_t opcode, op_mod; } stock[] = {
		{ HCA_OP_ENABLE_HCA, 0 }, { HCA_OP_QUERY_ISSI, 0 }, { HCA_OP_SET_ISSI, 0 },
		{ HCA_OP_QUERY_PAGES, 1 }, { HCA_OP_MANAGE_PAGES, 1 }, { HCA_OP_ACCESS_REG, 0 },
		{ HCA_OP_QUERY_HCA_CAP, 0 }, { HCA_OP_QUERY_HCA_CAP, 1 }, { HCA_OP_SET_HCA_CAP, 0 },
		{ HCA_OP_QUERY_PAGES, 2 }, { HCA_OP_MANAGE_PAGES, 1 }, { HCA_OP_MANAGE_PAGES, 1 },
		{ HCA_OP_INIT_HCA, 0 }, { HCA_OP_SET_DRIVER_VERSION, 0 },
		{ HCA_OP_QUERY_HCA_CAP, 1 }, { HCA_OP_QUERY_ADAPTER, 0 }, { HCA_OP_ALLOC_UAR, 0 },
		{ HCA_OP_CREATE_EQ, 0 }, { HCA_OP_CREATE_EQ, 0 }, { HCA_OP_CREATE_EQ, 0 },
		/* and back */
		{ HCA_OP_DESTROY_EQ, 0 }, { HCA_OP_DESTROY_EQ, 0 }, { HCA_OP_DESTROY_EQ, 0 },
		{ HCA_OP_DEALLOC_UAR, 0 }, { HCA_OP_TEARDOWN_HCA, 0 },
		{ HCA_OP_MANAGE_PAGES, 2 }, { HCA_OP_MANAGE_PAGES, 2 }, { HCA_OP_DISABLE_HCA, 0 },
	};
	struct order *o = calloc(1, sizeof(*o));
	struct paper_hca *p = calloc(1, sizeof(*p));
	unsigned int vf, i, j;

	(void)state;
	for (vf = 0; vf < 2; vf++) {
		paper_open(p, NULL);
		if (vf)
			p->config[2] = 0x14;
		p->ask = record;
		p->ctx = o;
		o->n = 0;
		core_close(core_open_paper(p, NULL));
		assert_true(p->closed);
		assert_int_equal(p->domain_left, 0);
		assert_int_equal(p->resets, 2);
		assert_int_equal(p->irq, -1);
		for (i = j = 0; i < sizeof(stock) / sizeof(stock[0]); i++) {
			/* A virtual function has no say in the byte order. */
			if (vf && stock[i].opcode == HCA_OP_ACCESS_REG)
				continue;
			assert_int_equal(o->cmd[j].opcode, stock[i].opcode);
			assert_int_equal(o->cmd[j++].op_mod, stock[i].op_mod);
		}
		assert_int_equal(o->n, j);
	}
	free(p);
	free(o);
}

/* Bring-up must fail so, and leave nothing. */
static void refused(struct paper_hca *p, int err, const char *part)
{
	struct hca_config config = { .command_ms = 100, .bringup_ms = 100 };
	struct hca_open_error error = { "" };
	struct hca *hca;

	assert_int_equal(hca_open(&p->t, &config, &hca, &error), err);
	if (!strstr(error.text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, error.text);
	assert_null(p->t.domain);
	assert_int_equal(p->domain_left, 0);
	assert_false(p->closed);
	assert_int_equal(p->config[PCI_COMMAND] & PCI_COMMAND_MASTER, 0);
	assert_int_equal(p->irq, -1);
}

static void dma_that_cannot_be_made_coherent_is_refused(void **state)
{
	static const struct { bool vf, stays; int err; } rows[] = {
		{ false, false, 0 }, { false, true, -EOPNOTSUPP }, { true, false, -EOPNOTSUPP },
	};
	struct fake_domain_config domain = { .incoherent = true };
	struct paper_hca *p = calloc(1, sizeof(*p));
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		paper_open(p, &domain);
		p->no_snoop_stays = rows[i].stays;
		p->config[2] = rows[i].vf ? 0x14 : 0x13;
		if (rows[i].err) {
			refused(p, rows[i].err, "DMA is not coherent");
			continue;
		}
		core_close(core_open_paper(p, NULL));
		assert_int_equal(p->config[0x60 + PCI_EXP_DEVCTL + 1] &
				 PCI_EXP_DEVCTL_NOSNOOP_EN >> 8, 0);
	}
	free(p);
}

static bool spoil(struct paper_hca *p, unsigned int slot, uint16_t opcode,
		  struct paper_reply *reply, uint8_t *data)
{
	unsigned int kind = *(unsigned int *)p->ctx;

	(void)slot;
	(void)reply;
	if (kind == 0 && opcode == HCA_OP_QUERY_ISSI)
		ifc_store32(data + 0x64, 1);
	if (kind == 1 && opcode == HCA_OP_QUERY_HCA_CAP)
		ifc_set(data + 8, cmd_hca_cap__port_type, 1);
	if (kind == 2 && opcode == HCA_OP_QUERY_HCA_CAP)
		ifc_set(data + 8, cmd_hca_cap__cqe_version, 0);
	if (kind == 3 && opcode == HCA_OP_QUERY_PAGES)
		ifc_store32(data + 4, 0x80000000);
	if (kind == 4 && opcode == HCA_OP_ALLOC_UAR)
		ifc_store32(data, 0x10000);
	if (kind == 5 && opcode == HCA_OP_CREATE_EQ)
		ifc_store32(data, 0x101);
	if (kind == 6 && opcode == HCA_OP_QUERY_ADAPTER)
		data[0xf8] = 7;
	if (kind == 7 && opcode == HCA_OP_QUERY_HCA_CAP)
		ifc_set(data + 8, cmd_hca_cap__num_ports, 0xa5);
	if (kind == 8 && opcode == HCA_OP_QUERY_ISSI)
		ifc_store32(data, 0xa5a5);
	if (kind == 9 && opcode == HCA_OP_QUERY_HCA_CAP) {
		ifc_set(data + 8, cmd_hca_cap__atomic, 1);
		ifc_set(data + 8, atomic_caps__atomic_req_8B_endianness_mode, 2);
	}
	if (kind == 10 && opcode == HCA_OP_QUERY_HCA_CAP)
		ifc_set(data + 8, cmd_hca_cap__log_uar_page_sz, 4);
	return true;
}

static void what_firmware_must_not_say_is_refused_by_name(void **state)
{
	static const struct { int err; const char *part; } rows[] = {
		{ -EOPNOTSUPP, "firmware 12.28.2006 does not support ISSI 1" },
		{ -EOPNOTSUPP, "Ethernet" }, { -EOPNOTSUPP, "CQEs of version 1" },
		{ -EIO, "QUERY_PAGES: the answer makes no sense" },
		{ -EIO, "ALLOC_UAR: the answer makes no sense" },
		{ -EIO, "CREATE_EQ: the answer makes no sense" },
		{ -EIO, "QUERY_ADAPTER: the answer makes no sense" },
		{ -EIO, "QUERY_HCA_CAP: the answer makes no sense" },
		{ -EIO, "QUERY_ISSI: the answer makes no sense" },
		{ -EIO, "QUERY_HCA_CAP: the answer makes no sense" },
		{ -EOPNOTSUPP, "UAR pages of 2^16 bytes" },
	};
	struct paper_hca *p = calloc(1, sizeof(*p));
	unsigned int kind;

	(void)state;
	for (kind = 0; kind < sizeof(rows) / sizeof(rows[0]); kind++) {
		paper_open(p, NULL);
		p->ask = spoil;
		p->ctx = &kind;
		refused(p, rows[kind].err, rows[kind].part);
	}
	free(p);
}

static void what_a_function_must_not_be_is_refused_by_name(void **state)
{
	struct paper_hca *p = calloc(1, sizeof(*p));

	(void)state;
	paper_open(p, NULL);
	p->config[2] = 0x99;
	refused(p, -EOPNOTSUPP, "15b3:1099 is not an HCA of the mlx5 family");
	paper_open(p, NULL);
	p->cmdif = 4;
	refused(p, -EOPNOTSUPP, "no command interface of revision 5");
	paper_open(p, NULL);
	p->initializing = UINT32_MAX;
	refused(p, -ETIMEDOUT, "still initializing after 100 ms");
	paper_open(p, NULL);
	p->taking = UINT32_MAX;
	refused(p, -EIO, "did not take the queue (NIC state 1)");
	paper_open(p, NULL);
	p->gone = true;
	p->revive = false;
	refused(p, -ENODEV, "paper: ");
	paper_open(p, NULL);
	p->reset_err = -EIO;
	refused(p, -EIO, "reset the function");
	free(p);
}

static void firmware_that_takes_its_time_is_waited_for(void **state)
{
	struct paper_hca *p = calloc(1, sizeof(*p));

	(void)state;
	paper_open(p, NULL);
	p->initializing = 10;
	p->taking = 10;
	core_close(core_open_paper(p, NULL));
	free(p);
}

static void nothing_is_unmapped_before_the_reset(void **state)
{
	struct paper_hca *p = calloc(1, sizeof(*p));
	struct hca_close_report report;
	struct hca *hca;

	(void)state;
	paper_open(p, NULL);
	hca = core_open_paper(p, NULL);
	/* The firmware keeps everything, and the reset does not work either: that is told. */
	p->automatic = false;
	p->gone = true;
	p->reset_err = -EIO;
	hca_close(hca, &report);
	assert_int_equal(report.err, -ENODEV);
	assert_int_equal(report.pages_kept, PAPER_BOOT_PAGES + PAPER_INIT_PAGES);
	assert_int_equal(report.maps_left, 0);
	assert_int_equal(p->domain_left, 0);
	free(p);
}

int main(void)
{
#define PF(name) cmocka_unit_test_setup_teardown(name, model_bed_setup_pf, model_bed_teardown)
#define VF(name) cmocka_unit_test_setup_teardown(name, model_bed_setup_vf, model_bed_teardown)
	const struct CMUnitTest tests[] = {
		PF(bringup_makes_the_stock_drivers_queues_and_teardown_leaves_nothing),
		VF(bringup_makes_the_stock_drivers_queues_and_teardown_leaves_nothing),
		PF(again_and_again),
		VF(again_and_again),
		PF(an_hca_in_use_by_a_crashed_driver_comes_up_all_the_same),
		PF(commands_of_many_threads_do_not_disturb_each_other),
		PF(port_events_are_told),
		cmocka_unit_test(commands_come_in_the_order_of_the_stock_driver),
		cmocka_unit_test(dma_that_cannot_be_made_coherent_is_refused),
		cmocka_unit_test(what_firmware_must_not_say_is_refused_by_name),
		cmocka_unit_test(what_a_function_must_not_be_is_refused_by_name),
		cmocka_unit_test(firmware_that_takes_its_time_is_waited_for),
		cmocka_unit_test(nothing_is_unmapped_before_the_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
