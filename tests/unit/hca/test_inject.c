// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promises about commands that a test makes go wrong, and about the
 * readable record, as a driver and a reader of the record see them. It must
 * never know how the model does it.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/hca-model/control.h"
#include "tests/unit/hca/world.h"

enum { SLOT = 3, REG_FW_REV = 0, REG_HEALTH = 0x1010, CONFIG_IDS = 0, GARBAGE = 0xa5 };

/* One line over a control socket; it must be accepted. */
static void control(struct world *w, const char *text)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char answer[4096] = "";
	struct control *c;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ssize_t n = 0;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", w->dir);
	assert_ok(control_create(w->model, addr.sun_path, &c));
	assert_ok(connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	assert_true(hc_until(w->hc[0], (n = recv(fd, answer, sizeof(answer) - 1, 0)) > 0));
	close(fd);
	control_destroy(c);
	if (strncmp(answer, "{\"ok\":true", 10))
		fail_msg("%s: %s", text, answer);
}

static uint32_t pds(const struct hca *hca)
{
	struct object_counts c;

	objects_count(hca, &c);
	return c.pd;
}

static void a_status_is_the_answer_of_one_command_which_does_nothing(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint32_t pd, before = pds(w->hca[0]);

	control(w, "inject a kind=status status=0x0f\n");
	assert_ok(hc_cmd_number(w->hc[1], HC_ALLOC_PD, &pd));	/* the other HCA's */
	assert_ok(hc_cmd_simple(w->hc[1], HC_DEALLOC_PD, 0, pd));
	assert_refused(hc, hc_cmd_number(hc, HC_ALLOC_PD, &pd), 0x0f);
	assert_int_equal(pds(w->hca[0]), before);
	assert_ok(hc_cmd_number(hc, HC_ALLOC_PD, &pd));
	assert_ok(hc_cmd_simple(hc, HC_DEALLOC_PD, 0, pd));
}

static void after_lets_so_many_commands_pass(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint32_t pd[3];
	unsigned int i;

	control(w, "inject a after=2 kind=status status=9\n");
	for (i = 0; i < 2; i++)
		assert_ok(hc_cmd_number(hc, HC_ALLOC_PD, &pd[i]));
	assert_refused(hc, hc_cmd_number(hc, HC_ALLOC_PD, &pd[2]), 9);
	for (i = 0; i < 2; i++)
		assert_ok(hc_cmd_simple(hc, HC_DEALLOC_PD, 0, pd[i]));

	control(w, "inject a after=1 kind=status status=9\n");
	control(w, "inject a kind=none\n");
	for (i = 0; i < 3; i++)
		assert_ok(hc_cmd_number(hc, HC_ALLOC_PD, &pd[i]));
	for (i = 0; i < 3; i++)
		assert_ok(hc_cmd_simple(hc, HC_DEALLOC_PD, 0, pd[i]));
}

/* ALLOC_PD in a slot of its own; the model gets time to answer. */
static void post_command(struct world *w)
{
	uint8_t in[16] = { 0 };

	hc_head(in, HC_ALLOC_PD, 0);
	assert_ok(hc_cmd_post(w->hc[0], SLOT, in, sizeof(in), 16));
	hc_cmd_ring(w->hc[0], 1u << SLOT);
	world_settle(w, 20);
}

static void a_timeout_leaves_the_command_with_the_hca_for_ever(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint32_t pd, before = pds(w->hca[0]);

	control(w, "inject a kind=timeout\n");
	post_command(w);
	assert_false(hc_cmd_done(hc, SLOT));
	assert_int_equal(pds(w->hca[0]), before);
	/* other slots go on */
	assert_ok(hc_cmd_number(hc, HC_ALLOC_PD, &pd));
	assert_ok(hc_cmd_simple(hc, HC_DEALLOC_PD, 0, pd));
	assert_false(hc_cmd_done(hc, SLOT));
	hc_cmd_drop(hc, SLOT);
	/* and the slot can be used again */
	post_command(w);
	assert_true(hc_cmd_done(hc, SLOT));
	{
		uint8_t out[16];

		assert_ok(hc_cmd_collect(hc, SLOT, out, sizeof(out)));
		pd = (uint32_t)ifc_get(out, alloc_pd_out__pd);
	}
	assert_ok(hc_cmd_simple(hc, HC_DEALLOC_PD, 0, pd));
}

static void garbage_is_answered_to_a_command_that_was_executed(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint8_t in[16] = { 0 }, out[query_adapter_out__SIZE] = { 0 };
	uint32_t pd, before = pds(w->hca[0]);

	assert_ok(hc_cmd_number(hc, HC_ALLOC_PD, &pd));
	control(w, "inject a kind=garbage\n");
	assert_ok(hc_cmd_simple(hc, HC_DEALLOC_PD, 0, pd));
	assert_int_equal(pds(w->hca[0]), before);

	control(w, "inject a kind=garbage\n");
	hc_head(in, HC_QUERY_ADAPTER, 0);
	assert_ok(hc_exec(hc, in, sizeof(in), out, sizeof(out)));
	assert_true(all_are(out + 8, sizeof(out) - 8, GARBAGE));
	assert_ok(hc_exec(hc, in, sizeof(in), out, sizeof(out)));
	assert_false(all_are(out + 8, sizeof(out) - 8, GARBAGE));
}

static void a_device_that_is_gone_reads_all_ones_until_a_reset(void **state)
{
	struct world *w = *state;
	struct hc *hc = w->hc[0];
	uint32_t rev = hc_read32(hc, REG_FW_REV), ids = 0, now = 0;

	assert_ok(hc_config_access(hc, CONFIG_IDS, &ids, sizeof(ids), false));
	control(w, "inject a kind=gone\n");
	assert_int_equal(hc_read32(hc, REG_FW_REV), rev);	/* not before the command */
	post_command(w);
	assert_false(hc_cmd_done(hc, SLOT));
	assert_int_equal(hc_read32(hc, REG_FW_REV), UINT32_MAX);
	assert_int_equal(hc_read32(hc, REG_HEALTH), UINT32_MAX);
	assert_ok(hc_config_access(hc, CONFIG_IDS, &now, sizeof(now), false));
	assert_int_equal(now, UINT32_MAX);
	hc_cmd_drop(hc, SLOT);
	post_command(w);					/* nobody is there */
	assert_false(hc_cmd_done(hc, SLOT));

	assert_ok(hc_device_reset(hc));
	assert_nothing_left(w->hca[0]);
	hc_forget(hc);
	assert_int_equal(hc_read32(hc, REG_FW_REV), rev);
	assert_ok(hc_config_access(hc, CONFIG_IDS, &now, sizeof(now), false));
	assert_int_equal(now, ids);
	hc_free_all(hc);
	assert_ok(hc_bringup(hc));
	assert_ok(hc_port_wait_active(hc, &w->lid[0]));
}

/* The record has a line with this in it. */
static void __attribute__((format(printf, 2, 3))) tells(const char *record, const char *fmt, ...)
{
	char want[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(want, sizeof(want), fmt, args);
	va_end(args);
	if (!strstr(record, want))
		fail_msg("not in the record: %s\n%s", want, record);
}

static void the_record_tells_commands_requests_packets_and_events(void **state)
{
	struct world *w = *state;
	char path[64], text[65536];
	struct pair p;
	struct hc_sge sge;
	struct hc_wr wr;
	size_t n;
	FILE *f;

	pair_open(w, HC_RC, 0, NULL, &p);
	snprintf(path, sizeof(path), "%s/record", w->dir);
	snprintf(text, sizeof(text), "trace on %s\n", path);
	control(w, text);
	/* no room for the answer */
	assert_refused(p.a.hc, hc_cmd_simple(p.a.hc, HC_QUERY_ADAPTER, 0, 0), 0x51);
	assert_int_equal(hc_qp_state(p.a.hc, &p.a.qp), 3);
	sge = sge_of(&p.a, 0, 1234);
	wr = wr_rdma(WQE_SEND, &sge, &p.b, 0);
	post_recv_buf(&p.b, 0, 4096);
	hc_cq_arm(p.b.hc, &p.b.rcq, false);
	post_one(&p.a, &wr);
	expect_ok(&p.a, &p.a.scq, CQE_REQ, NULL);
	expect_ok(&p.b, &p.b.rcq, CQE_RESP_SEND, NULL);
	control(w, "trace off\n");
	assert_int_equal(hc_qp_state(p.b.hc, &p.b.qp), 3);	/* not told any more */

	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	unlink(path);
	tells(text, " a: CMD query_qp (0x50b) op_mod 0x0 in ");
	tells(text, " a: CMD query_adapter (0x101) op_mod 0x0 in 16 out 16 -> status 0x51");
	tells(text, " a: qp %#x wqe 0: SEND ds 2 len 1234 flags 0x8", p.a.qp.qpn);
	tells(text, " a: qp %#x -> lid %#x qp %#x: SEND_FIRST psn ", p.a.qp.qpn, p.b.lid,
	      p.b.qp.qpn);
	tells(text, " a: qp %#x cqe on cq %#x: SEND wqe 0 ok", p.a.qp.qpn, p.a.scq.cqn);
	tells(text, " b: qp %#x cqe on cq %#x: receive wqe 0, 1234 bytes", p.b.qp.qpn,
	      p.b.rcq.cqn);
	tells(text, " b: EQE eqn %u ci ", w->hc[1]->fw->comp.eqn);
	assert_null(strstr(text, " b: CMD"));
	pair_close(&p);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(a_status_is_the_answer_of_one_command_which_does_nothing),
		in_world(after_lets_so_many_commands_pass),
		in_world(a_timeout_leaves_the_command_with_the_hca_for_ever),
		in_world(garbage_is_answered_to_a_command_that_was_executed),
		in_world(a_device_that_is_gone_reads_all_ones_until_a_reset),
		in_world(the_record_tells_commands_requests_packets_and_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
