/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the world the HCA tests live in: a strict model inside the test, two
 * HCAs, one driver for each, and pairs of connected queue pairs. It must never
 * know what a test is after.
 */
#ifndef TESTS_UNIT_HCA_WORLD_H
#define TESTS_UNIT_HCA_WORLD_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/hca-client/poll.h"
#include "tests/hca-client/post.h"
#include "tests/hca-model/model.h"

struct world {
	struct model *model;
	char dir[32];
	struct hca *hca[2];
	struct hc *hc[2];		/* brought up */
	uint16_t lid[2];
};

/* For cmocka: *state is a struct world. The teardown asserts that nothing is left. */
int world_setup(void **state);
int world_teardown(void **state);
/* The same without bring-up and without the last check. */
int world_setup_silent(void **state);

/* Runs the model for @ms milliseconds, then until it has nothing to do. */
void world_settle(struct world *w, unsigned int ms);
/* No object, no page, no attachment. */
void assert_nothing_left(const struct hca *hca);

/* One side of a conversation. */
struct side {
	struct world *w;
	struct hc *hc;
	struct hca *hca;
	uint16_t lid;
	uint32_t pd, xrcd;
	struct hc_cq scq, rcq;
	struct hc_srq srq;
	struct hc_qp qp;
	struct hc_mr mr;
};

struct pair {
	struct world *w;
	struct side a, b;
	struct hc_path path;		/* used for both directions, with the addresses filled in */
};

enum { SIDE_LOG_SQ = 7, SIDE_LOG_RQ = 6, SIDE_RQ_STRIDE = 8, SIDE_LOG_CQ = 8 };

/**
 * pair_open - PD, CQs, a registered buffer and a QP on each HCA, connected
 * @w:        the world
 * @type:     HC_RC, HC_UC, HC_UD, HC_XRC (initiator on a, target on b)
 * @mr_bytes: of each side's buffer, 0: 64 KiB
 * @path:     NULL: hc_path_default
 * @p:        filled
 */
void pair_open(struct world *w, uint8_t type, size_t mr_bytes, const struct hc_path *path,
	       struct pair *p);
void pair_close(struct pair *p);
/* From RESET (or anywhere, after 2RST) to RTS again. */
void pair_reconnect(struct pair *p);

void side_open(struct world *w, unsigned int i, size_t mr_bytes, struct side *s);
void side_close(struct side *s);
/* A QP for @s as pair_open() makes it, in RESET. */
void side_qp(struct side *s, uint8_t type, struct hc_qp *qp);

/* Byte patterns with no period that a shifted copy would match. */
void pattern(uint8_t *p, size_t n, uint32_t seed);
bool pattern_is(const uint8_t *p, size_t n, uint32_t seed);
bool all_are(const uint8_t *p, size_t n, uint8_t value);

/* A part of the side's buffer. */
struct hc_sge sge_of(const struct side *s, uint64_t off, uint32_t len);
/* The same, cut into at most @pieces pieces of uneven lengths. Return: how many. */
unsigned int sge_cut(const struct side *s, uint64_t off, uint32_t size, unsigned int pieces,
		     struct hc_sge *sge);

/* One request and its doorbell. */
void post_one(struct side *s, const struct hc_wr *wr);
void post_recv_buf(struct side *s, uint64_t off, uint32_t len);
/* An RC request over the sides' own buffers. */
struct hc_wr wr_rdma(uint8_t opcode, const struct hc_sge *sge, const struct side *remote,
		     uint64_t off);

/* The next completion of @cq must be this one. */
void expect_ok(struct side *s, struct hc_cq *cq, uint8_t opcode, struct hc_wc *wc);
void expect_error(struct side *s, struct hc_cq *cq, uint8_t opcode, uint8_t syndrome);
void expect_none(struct side *s, struct hc_cq *cq);

/* After an error both rings flush and the QP is in ERR. */
void expect_dead(struct side *s);
/* Post @wr twice on a: the first fails as told, the second is flushed; then connect again. */
void fails_with(struct pair *p, struct hc_wr wr, uint8_t syndrome);
/* IBA leaves open which of the two NAKs it is when the QP forbids the operation. */
void fails_at_the_remote_qp(struct pair *p, struct hc_wr wr);

/* The next asynchronous event must be this one; @number: of the QP or SRQ. */
void expect_event(struct side *s, uint8_t type, uint32_t number);
/* Nothing (more) happened on the asynchronous queue. */
void expect_no_event(struct side *s);
void forget_events(struct side *s);

/* The pages of [@ptr, @ptr + @size) of the arena are unmapped until world_mend(). */
struct hole {
	uint8_t *from, *to;
};

struct hole world_hole(struct hc *hc, const void *ptr, size_t size);
void world_mend(struct hc *hc, struct hole hole);

/* Command results. */
#define assert_ok(x) assert_int_equal((x), 0)
#define assert_refused(hc, x, why) do {					\
	assert_int_equal((x), -EREMOTEIO);				\
	assert_int_equal((hc)->status, (why));				\
} while (0)

#endif
