// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the benchmark of RDMA writes between two HCAs of one model process,
 * driven over vfio-user from this one. Prints one line "name value unit" per
 * measurement; the exit status is not 0 when a target is missed. It must never
 * know the model's insides.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/hca-client/poll.h"
#include "tests/hca-client/post.h"
#include "tests/hca-model/model.h"

#define SECONDS		0.5		/* per slice */
#define ROUNDS		6u		/* slices of each kind, taking turns; the best one
					 * counts, as others share the machine */
#define TARGET_RATE	500000.0
#define TARGET_RATIO	0.5
#define LOG_SQ		11u
#define SIGNAL_EVERY	64u
#define BATCH		256u		/* WQEs per doorbell */
#define SLOTS		4096u		/* that small writes go round */
#define BIG		(1u << 20)
#define BIG_BUFFERS	16u		/* per side: more than caches hold */
#define BIG_DEPTH	16u

struct end {
	struct hc *hc;
	uint16_t lid;
	uint32_t pd;
	struct hc_cq cq;
	struct hc_qp qp;
	struct hc_mr mr;
};

struct bench {
	char dir[32];
	pid_t model;
	clockid_t model_cpu;
	struct end a, b;
};

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(int ret, const char *what)
{
	if (!ret)
		return;
	fprintf(stderr, "bench_messages: %s: %s\n", what, strerror(-ret));
	exit(2);
}

/* --- the model process --------------------------------------------------------- */

static void path_of(const struct bench *b, unsigned int i, char *path, size_t room)
{
	snprintf(path, room, "%s/%u", b->dir, i);
}

static void serve(const struct bench *b)
{
	struct model *model;
	char path[64];
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(model_create(&model), "model");
	model->log = fopen("/dev/null", "a");
	for (i = 0; i < 2; i++) {
		struct model_hca_config config = { .name = i ? "b" : "a", .socket_path = path,
						   .listen_fd = -1 };

		path_of(b, i, path, sizeof(path));
		must(model_add_hca(model, &config, NULL), "hca");
	}
	event_base_dispatch(model->base);
	exit(0);
}

static void start_model(struct bench *b)
{
	strcpy(b->dir, "/tmp/bench-messages-XXXXXX");
	if (!mkdtemp(b->dir))
		must(-errno, "directory");
	b->model = fork();
	if (b->model < 0)
		must(-errno, "fork");
	if (b->model == 0)
		serve(b);
	must(-clock_getcpuclockid(b->model, &b->model_cpu), "cpu clock");
}

static void stop_model(const struct bench *b)
{
	char path[64];
	unsigned int i;

	kill(b->model, SIGKILL);
	waitpid(b->model, NULL, 0);
	for (i = 0; i < 2; i++) {
		path_of(b, i, path, sizeof(path));
		unlink(path);
	}
	rmdir(b->dir);
}

/* --- the driver ---------------------------------------------------------------- */

static void end_open(const struct bench *b, unsigned int i, struct end *e)
{
	char path[64];
	struct hc_config config = { .socket_path = path, .arena = 64ul << 20 };

	path_of(b, i, path, sizeof(path));
	must(hc_open(&config, &e->hc), "connect");
	must(hc_bringup(e->hc), "bring-up");
	must(hc_port_wait_active(e->hc, &e->lid), "port");
	must(hc_cmd_number(e->hc, HC_ALLOC_PD, &e->pd), "PD");
	must(hc_cq_create(e->hc, LOG_SQ, 64, e->hc->fw->comp.eqn, &e->cq), "CQ");
	must(hc_reg(e->hc, e->pd, BIG_BUFFERS * (size_t)BIG, HC_ALL_RIGHTS, &e->mr), "MR");
	{
		struct hc_qp_init init = { .type = HC_RC, .pd = e->pd, .log_sq = LOG_SQ,
					   .log_rq = 4, .log_rq_stride = 6, .scq = &e->cq,
					   .rcq = &e->cq, .user_index = HC_NO_INDEX };

		must(hc_qp_create(e->hc, &init, &e->qp), "QP");
	}
	memset(e->mr.mem.ptr, 0x5a + (int)i, BIG_BUFFERS * (size_t)BIG);
}

static void end_connect(struct end *e, const struct end *peer)
{
	struct hc_path path = hc_path_default;

	path.mtu = HC_MTU_4096;
	path.ack_timeout = 20;
	path.dlid = peer->lid;
	path.remote_qpn = peer->qp.qpn;
	must(hc_qp_to_rts(e->hc, &e->qp, &path), "connect QP");
}

static uint32_t completed(struct end *e)
{
	struct hc_wc wc;
	uint32_t n = 0;

	while (hc_cq_poll(&e->cq, &wc)) {
		must(wc.syndrome ? -EIO : 0, "completion");
		n++;
	}
	return n;
}

/* Wait until at most @left of @owed completions are missing; return how many are. */
static uint32_t wait_for(struct end *e, uint32_t owed, uint32_t left)
{
	double limit = seconds(CLOCK_MONOTONIC) + 30;

	while (owed > left) {
		owed -= completed(e);
		must(seconds(CLOCK_MONOTONIC) > limit ? -ETIMEDOUT : 0, "waiting");
	}
	return owed;
}

/* 8-byte writes, BATCH to a doorbell, as many batches as the ring holds. Messages per second. */
static double small_writes(struct bench *b, bool inl, double *cpu)
{
	struct end *a = &b->a;
	struct hc_sge sge = { a->mr.va, 8, a->mr.key };
	uint64_t value = 0x0123456789abcdefull, sent = 0;
	struct hc_wr wr = { .opcode = WQE_RDMA_WRITE, .sge = &sge, .n_sge = !inl,
			    .inl = inl ? &value : NULL, .inl_len = 8, .rkey = b->b.mr.key };
	double start = seconds(CLOCK_MONOTONIC), cpu0 = seconds(b->model_cpu), end;
	uint32_t owed = 0, i;

	memcpy(a->mr.mem.ptr, &value, sizeof(value));
	memset(b->b.mr.mem.ptr, 0, SLOTS * 8);
	while (seconds(CLOCK_MONOTONIC) < start + SECONDS) {
		for (i = 0; i < BATCH; i++, sent++) {
			wr.raddr = b->b.mr.va + sent % SLOTS * 8;
			wr.flags = i % SIGNAL_EVERY == SIGNAL_EVERY - 1 ? HC_SIGNALED : 0;
			hc_post_send(&a->qp, &wr);
		}
		hc_ring(a->hc, &a->qp);
		owed += BATCH / SIGNAL_EVERY;
		owed = wait_for(a, owed, ((1u << LOG_SQ) - BATCH) / SIGNAL_EVERY);
	}
	wait_for(a, owed, 0);
	for (i = 0; i < SLOTS; i++)
		must(memcmp(b->b.mr.mem.ptr + i * 8, &value, 8) ? -EBADMSG : 0, "small bytes");
	end = seconds(CLOCK_MONOTONIC);
	*cpu = (seconds(b->model_cpu) - cpu0) / (end - start);
	return (double)sent / (end - start);
}

/* One write at a time, doorbell to completion: microseconds. */
static double round_trip(struct bench *b)
{
	enum { N = 2000 };
	struct end *a = &b->a;
	struct hc_sge sge = { a->mr.va, 8, a->mr.key };
	struct hc_wr wr = { .opcode = WQE_RDMA_WRITE, .flags = HC_SIGNALED, .sge = &sge,
			    .n_sge = 1, .raddr = b->b.mr.va, .rkey = b->b.mr.key };
	double start = seconds(CLOCK_MONOTONIC);
	unsigned int i;

	for (i = 0; i < N; i++) {
		hc_post_send(&a->qp, &wr);
		hc_ring(a->hc, &a->qp);
		wait_for(a, 1, 0);
	}
	return (seconds(CLOCK_MONOTONIC) - start) / N * 1e6;
}

/* 1 MiB writes from buffer to buffer: bytes per second. The driver naps: the core is the model's. */
static double big_writes(struct bench *b, double *cpu)
{
	struct end *a = &b->a;
	struct hc_sge sge = { .len = BIG, .key = a->mr.key };
	struct hc_wr wr = { .opcode = WQE_RDMA_WRITE, .flags = HC_SIGNALED, .sge = &sge,
			    .n_sge = 1, .rkey = b->b.mr.key };
	const struct timespec nap = { .tv_nsec = 50000 };
	double start = seconds(CLOCK_MONOTONIC);
	double cpu0 = seconds(b->model_cpu), end;
	uint64_t sent = 0, done = 0, at;

	while (seconds(CLOCK_MONOTONIC) < start + SECONDS || done < sent) {
		if (seconds(CLOCK_MONOTONIC) < start + SECONDS && sent - done < BIG_DEPTH) {
			at = sent++ % BIG_BUFFERS * BIG;
			sge.va = a->mr.va + at;
			wr.raddr = b->b.mr.va + at;
			hc_post_send(&a->qp, &wr);
			hc_ring(a->hc, &a->qp);
		}
		done += completed(a);
		if (sent - done >= BIG_DEPTH / 2)
			nanosleep(&nap, NULL);
	}
	end = seconds(CLOCK_MONOTONIC);
	*cpu = (seconds(b->model_cpu) - cpu0) / (end - start);
	return (double)sent * BIG / (end - start);
}

/* The same buffers, copied by the processor in blocks of the same size. */
static double copies(struct bench *b, double *cpu)
{
	double start = seconds(CLOCK_MONOTONIC), end;
	double cpu0 = seconds(CLOCK_PROCESS_CPUTIME_ID);
	uint64_t n = 0, at;

	do {
		at = n++ % BIG_BUFFERS * BIG;
		memcpy(b->b.mr.mem.ptr + at, b->a.mr.mem.ptr + at, BIG);
		__asm__ volatile("" : : "r"(b->b.mr.mem.ptr) : "memory");
		end = seconds(CLOCK_MONOTONIC);
	} while (end < start + SECONDS);
	*cpu = (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu0) / (end - start);
	return (double)n * BIG / (end - start);
}

static bool arrived(const struct bench *b)
{
	return !memcmp(b->a.mr.mem.ptr, b->b.mr.mem.ptr, BIG_BUFFERS * (size_t)BIG);
}

static double best(double a, double b)
{
	return a > b ? a : b;
}

int main(void)
{
	double rate = 0, rate_inline = 0, cpu = 0, big = 0, copy = 0, us = 1e9;
	double big_core = 0, copy_core = 0;
	double v, c;
	bool slow;
	struct bench b = { 0 };
	unsigned int i;

	start_model(&b);
	end_open(&b, 0, &b.a);
	end_open(&b, 1, &b.b);
	end_connect(&b.a, &b.b);
	end_connect(&b.b, &b.a);
	for (i = 0; i < ROUNDS; i++) {
		v = small_writes(&b, false, &c);
		if (v > rate) {
			rate = v;
			cpu = c;
		}
		v = small_writes(&b, true, &c);
		rate_inline = best(rate_inline, v);
		v = round_trip(&b);
		us = v < us ? v : us;
		memset(b.b.mr.mem.ptr, 0, BIG_BUFFERS * (size_t)BIG);
		v = big_writes(&b, &c);
		big = best(big, v);
		big_core = best(big_core, v / c);
		must(arrived(&b) ? 0 : -EBADMSG, "bytes");
		v = copies(&b, &c);
		copy = best(copy, v);
		copy_core = best(copy_core, v / c);
	}
	hc_close(b.a.hc);
	hc_close(b.b.hc);
	stop_model(&b);

	printf("write_8_bytes %.0f messages/s\n", rate);
	printf("write_8_bytes_model_cpu %.2f cores\n", cpu);
	printf("write_8_bytes_inline %.0f messages/s\n", rate_inline);
	printf("write_8_bytes_round_trip %.1f us\n", us);
	printf("write_1_MiB %.2f GB/s\n", big / 1e9);
	printf("memcpy_1_MiB %.2f GB/s\n", copy / 1e9);
	printf("write_to_memcpy %.2f ratio\n", big / copy);
	printf("write_to_memcpy_per_core %.2f ratio\n", big_core / copy_core);
	if (rate < TARGET_RATE)
		fprintf(stderr, "bench_messages: below %.0f messages/s\n", TARGET_RATE);
	slow = big / copy < TARGET_RATIO;
	if (slow)
		fprintf(stderr, "bench_messages: below %.2f of memcpy\n", TARGET_RATIO);
	return rate < TARGET_RATE || slow;
}
