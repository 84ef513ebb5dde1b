// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the promise that the HCA reaches what is registered, while it is, and
 * nothing else: by a key, and by the IOMMU where a key says too much. For each policy
 * the exposure that docs/guarantees.md states, and no more. It must never know the
 * model's insides.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/mkey.h"
#include "host-backend/selftest/port.h"
#include "host-backend/selftest/run.h"
#include "host-backend/selftest/transfer.h"
#include "tests/unit/host/model_bed.h"

#define GPA		0x300000000ull	/* of the plot: on a border of every granule */
#define MiB		(1ull << 20)

enum {
	PLOT = 6 << 20,			/* bytes of guest memory that tests register pieces of */
	PAGE = 4096,
	FIRST = 16, PAGES = 3,		/* the piece, in pages of the plot */
	LEN = 48,
	PATTERN = 0x77,			/* what requests write */
	IDLE_MS = 100,			/* of lazy and granule, by default */
};

/* A run of the self-test's parts, and a plot of guest memory of its own. */
struct bed {
	struct model_bed *model;
	struct selftest_report report;
	struct st_run run;
	struct st_pair pair;
	int fd, canary_fd;
	uint8_t *plot, *want;		/* the plot, and what it must be */
	uint8_t *canary;		/* what lies at bus addresses around a registration */
};

/* A registered piece of the plot, and a key that also covers a page before and behind it. */
struct piece {
	struct iommu_registration *reg;
	uint64_t page, bytes;		/* in the plot */
	uint64_t bus;
	uint64_t va;			/* as the key calls the first byte; the plot's address */
	uint32_t key;
};

static void ok(struct bed *bed, int ret)
{
	if (ret)
		fail_msg("%d: %s", ret, bed->run.step ? bed->run.step->text : "");
}

static uint64_t faults(struct bed *bed)
{
	struct model_bed_counts c;

	model_bed_counts(bed->model, 0, &c);
	return c.dma_faults;
}

static uint64_t last_fault(struct bed *bed)
{
	struct model_bed_counts c;

	model_bed_counts(bed->model, 0, &c);
	return c.last_fault;
}

static uint8_t *file_map(const char *name, size_t size, int fill, int *fd)
{
	uint8_t *p;

	*fd = memfd_create(name, MFD_CLOEXEC);
	assert_true(*fd >= 0 && !ftruncate(*fd, (off_t)size));
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	assert_true(p != MAP_FAILED);
	memset(p, fill, size);
	return p;
}

static void plot_open(struct bed *bed)
{
	bed->plot = file_map("plot", PLOT, ST_GUARD, &bed->fd);
	bed->canary = file_map("canary", PAGE, ST_GUARD, &bed->canary_fd);
	bed->want = malloc(PLOT);
	assert_non_null(bed->want);
	memset(bed->want, ST_GUARD, PLOT);
	hca_ioas_lock(bed->run.hca);
	ok(bed, iommu_region_add(bed->run.memory.registrar, GPA, PLOT, IOMMU_READ | IOMMU_WRITE,
				 bed->fd, 0));
	hca_ioas_unlock(bed->run.hca);
}

static void bed_open(struct model_bed *model, enum iommu_policy policy, struct bed *bed)
{
	struct hca_open_error error;
	struct hca_transport *t;

	memset(bed, 0, sizeof(*bed));
	bed->model = model;
	bed->run.report = &bed->report;
	bed->run.config = (struct selftest_config){ .brief = true, .port_ms = 5000,
						    .completion_ms = 5000 };
	bed->run.objects.events.fd = -1;
	assert_int_equal(hca_transport_open(model_bed_device(model, 0), &t, &error), 0);
	assert_int_equal(hca_open(t, NULL, &bed->run.hca, &error), 0);
	assert_int_equal(st_step(&bed->run, "port", st_port_wait), 0);
	assert_int_equal(st_memory_open(bed->run.hca, policy, 0, &bed->run.memory), 0);
	assert_int_equal(st_step(&bed->run, "objects", st_objects_open), 0);
	bed->run.step = &bed->report.steps[0];
	ok(bed, st_pair_open(&bed->run, ST_RC, &bed->pair));
	plot_open(bed);
}

/* Nothing is left, though a test did what no owner of memory may do. */
static void bed_close(struct bed *bed)
{
	struct hca_close_report report;

	ok(bed, st_pair_close(&bed->run, &bed->pair));
	ok(bed, st_objects_close(&bed->run));
	assert_int_equal(st_memory_stray(&bed->run.memory), UINT64_MAX);
	hca_ioas_lock(bed->run.hca);
	iommu_region_remove(bed->run.memory.registrar, GPA, PLOT);	/* some tests did that */
	hca_ioas_unlock(bed->run.hca);
	ok(bed, st_memory_close(&bed->run.memory));
	hca_close(bed->run.hca, &report);
	assert_int_equal(report.err, 0);
	assert_int_equal(report.maps_left, 0);
	munmap(bed->plot, PLOT);
	munmap(bed->canary, PAGE);
	close(bed->fd);
	close(bed->canary_fd);
	free(bed->want);
	model_bed_wait_detached(bed->model);
}

/* --- a piece, and keys that say too much -------------------------------------------------- */

/* The same page of nobody at a bus address; whether that was free. */
static bool canary_map(struct bed *bed, uint64_t iova)
{
	const struct iommu_backing backing = { .fd = bed->canary_fd, .hva = bed->canary };
	struct iommu_domain *domain = hca_transport(bed->run.hca)->domain;

	return !domain->ops->map(domain, iova, PAGE, IOMMU_READ | IOMMU_WRITE, &backing);
}

static void canary_unmap(struct bed *bed, uint64_t iova)
{
	struct iommu_domain *domain = hca_transport(bed->run.hca)->domain;
	uint64_t unmapped;

	assert_int_equal(domain->ops->unmap(domain, iova, PAGE, &unmapped), 0);
	assert_int_equal(unmapped, PAGE);
}

static void piece_register(struct bed *bed, uint64_t page, uint64_t pages, struct piece *piece)
{
	const struct gpa_run run = { GPA + page * PAGE, pages * PAGE };
	struct iommu_request request = {
		.owner = &bed->run.memory.owner, .runs = &run, .n_runs = 1,
		.access = IOMMU_READ | IOMMU_WRITE, .va = (uintptr_t)bed->plot + page * PAGE,
	};
	const struct bus_run *bus;
	size_t n;

	*piece = (struct piece){ .page = page, .bytes = run.size, .va = request.va };
	hca_ioas_lock(bed->run.hca);
	ok(bed, iommu_register(bed->run.memory.registrar, &request, &piece->reg, NULL));
	hca_ioas_unlock(bed->run.hca);
	bus = iommu_registration_bus(piece->reg, &n);
	assert_int_equal(n, 1);
	piece->bus = bus->iova;
}

static uint32_t key_create(struct bed *bed, uint64_t va, uint64_t bus, uint64_t bytes)
{
	const struct hca_mkey_attr attr = {
		.pd = bed->run.objects.pd, .access = HCA_MKEY_ACCESS_ALL, .start = va, .len = bytes,
	};
	const struct bus_run run = { bus, bytes };
	uint32_t key;

	assert_int_equal(hca_mkey_create(bed->run.hca, &attr, &run, 1, 0, &key), 0);
	return key;
}

/*
 * A key that covers a page too many at each end. A strict HCA wants them to be
 * mapped while the key is made; whatever is there by right is left alone.
 */
static void piece_open(struct bed *bed, struct piece *piece)
{
	bool before, behind;

	piece_register(bed, FIRST, PAGES, piece);
	before = canary_map(bed, piece->bus - PAGE);
	behind = canary_map(bed, piece->bus + piece->bytes);
	piece->key = key_create(bed, piece->va - PAGE, piece->bus - PAGE,
				piece->bytes + 2 * PAGE);
	if (before)
		canary_unmap(bed, piece->bus - PAGE);
	if (behind)
		canary_unmap(bed, piece->bus + piece->bytes);
}

static void piece_deregister(struct bed *bed, struct piece *piece)
{
	hca_ioas_lock(bed->run.hca);
	ok(bed, iommu_deregister(bed->run.memory.registrar, piece->reg));
	hca_ioas_unlock(bed->run.hca);
	piece->reg = NULL;
}

static void key_destroy(struct bed *bed, uint32_t key)
{
	assert_int_equal(hca_mkey_destroy(bed->run.hca, key), 0);
}

/* --- requests ------------------------------------------------------------------------------- */

/* The syndrome of an RC request on @len bytes at @va; 0: it went well. */
static uint8_t request(struct bed *bed, uint8_t opcode, uint32_t key, uint64_t va, uint32_t len)
{
	struct st_data *near = &bed->run.objects.near;
	const struct st_piece local = { near->va + 64, len, near->key };
	const struct st_send send = {
		.opcode = opcode, .remote_va = va, .remote_key = key,
		.pieces = &local, .n_pieces = 1,
	};
	struct st_completion c;

	memset(st_data_ptr(near, 64), PATTERN, len);
	st_qp_send(&bed->run, &bed->pair.a, &send);
	ok(bed, st_cq_wait(&bed->run, &bed->run.objects.send_cq, &c));
	if (c.syndrome)
		ok(bed, st_pair_reconnect(&bed->run, &bed->pair));
	return c.syndrome;
}

/* Neither a write nor a read gets there; the IOMMU says no, at that bus address. */
static void stopped_by_iommu(struct bed *bed, uint32_t key, uint64_t va, uint64_t bus)
{
	const uint8_t *near = st_data_ptr(&bed->run.objects.near, 64);
	uint64_t before = faults(bed);
	unsigned int i;

	assert_int_equal(request(bed, WQE_RDMA_WRITE, key, va, LEN), CQE_SYND_REMOTE_OP);
	assert_int_equal(faults(bed), before + 1);
	assert_int_equal(last_fault(bed), bus);
	assert_int_equal(request(bed, WQE_RDMA_READ, key, va, LEN), CQE_SYND_REMOTE_OP);
	assert_int_equal(faults(bed), before + 2);
	for (i = 0; i < LEN; i++)
		assert_int_equal(near[i], PATTERN);
}

/* A key that is gone: the HCA itself refuses, nothing reaches the IOMMU. */
static void stopped_by_key(struct bed *bed, uint32_t key, uint64_t va)
{
	uint64_t before = faults(bed);

	assert_int_equal(request(bed, WQE_RDMA_WRITE, key, va, LEN), CQE_SYND_REMOTE_ACCESS);
	assert_int_equal(request(bed, WQE_RDMA_READ, key, va, LEN), CQE_SYND_REMOTE_ACCESS);
	assert_int_equal(faults(bed), before);
}

/* It gets there, and the plot is to have it at @at. */
static void reaches(struct bed *bed, uint32_t key, uint64_t va, uint64_t at)
{
	uint64_t before = faults(bed);

	memset(bed->plot + at, ST_GUARD, LEN);
	assert_int_equal(request(bed, WQE_RDMA_WRITE, key, va, LEN), 0);
	memset(bed->want + at, PATTERN, LEN);
	assert_memory_equal(bed->plot + at, bed->want + at, LEN);
	assert_int_equal(faults(bed), before);
}

/* Not a byte of guest memory changed but what was to. Nor of the page that was at the neighbouring bus addresses. */
static void nothing_else_changed(struct bed *bed)
{
	unsigned int i;

	assert_memory_equal(bed->plot, bed->want, PLOT);
	for (i = 0; i < PAGE; i++)
		assert_int_equal(bed->canary[i], ST_GUARD);
}

static void sleep_ms(unsigned int ms)
{
	const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static void tick(struct bed *bed)
{
	hca_ioas_lock(bed->run.hca);
	iommu_registrar_tick(bed->run.memory.registrar);
	hca_ioas_unlock(bed->run.hca);
}

static void flush(struct bed *bed)
{
	hca_ioas_lock(bed->run.hca);
	ok(bed, iommu_registrar_flush(bed->run.memory.registrar));
	hca_ioas_unlock(bed->run.hca);
}

/* --- exact ------------------------------------------------------------------------------------ */

static void exact_reaches_what_is_registered_and_not_the_pages_beside_it(void **state)
{
	struct piece piece;
	struct bed bed;

	bed_open(*state, IOMMU_POLICY_EXACT, &bed);
	piece_open(&bed, &piece);
	reaches(&bed, piece.key, piece.va, FIRST * PAGE);
	reaches(&bed, piece.key, piece.va + piece.bytes - LEN,
		(FIRST + PAGES) * PAGE - LEN);
	stopped_by_iommu(&bed, piece.key, piece.va - PAGE, piece.bus - PAGE);
	stopped_by_iommu(&bed, piece.key, piece.va - LEN, piece.bus - LEN);
	stopped_by_iommu(&bed, piece.key, piece.va + piece.bytes, piece.bus + piece.bytes);
	stopped_by_iommu(&bed, piece.key, piece.va + piece.bytes + PAGE - LEN,
			 piece.bus + piece.bytes + PAGE - LEN);
	nothing_else_changed(&bed);
	piece_deregister(&bed, &piece);
	key_destroy(&bed, piece.key);
	bed_close(&bed);
	model_bed_forgive(*state);
}

static void exact_stops_a_request_that_only_ends_beyond_the_registration(void **state)
{
	struct piece piece;
	struct bed bed;
	uint64_t before;

	bed_open(*state, IOMMU_POLICY_EXACT, &bed);
	piece_open(&bed, &piece);
	before = faults(&bed);
	assert_int_equal(request(&bed, WQE_RDMA_WRITE, piece.key, piece.va + piece.bytes - LEN / 2,
				 LEN), CQE_SYND_REMOTE_OP);
	assert_int_equal(faults(&bed), before + 1);
	/* What was its own may have been written. */
	memcpy(bed.want + (FIRST + PAGES) * PAGE - LEN / 2,
	       bed.plot + (FIRST + PAGES) * PAGE - LEN / 2, LEN / 2);
	nothing_else_changed(&bed);
	piece_deregister(&bed, &piece);
	key_destroy(&bed, piece.key);
	bed_close(&bed);
	model_bed_forgive(*state);
}

static void exact_is_unreachable_as_soon_as_deregistration_returns(void **state)
{
	struct piece piece;
	struct bed bed;

	bed_open(*state, IOMMU_POLICY_EXACT, &bed);
	piece_open(&bed, &piece);
	reaches(&bed, piece.key, piece.va, FIRST * PAGE);
	piece_deregister(&bed, &piece);
	stopped_by_iommu(&bed, piece.key, piece.va, piece.bus);
	stopped_by_iommu(&bed, piece.key, piece.va + piece.bytes - LEN,
			 piece.bus + piece.bytes - LEN);
	key_destroy(&bed, piece.key);
	stopped_by_key(&bed, piece.key, piece.va);
	nothing_else_changed(&bed);
	bed_close(&bed);
	model_bed_forgive(*state);
}

static void a_destroyed_key_stops_before_the_iommu_has_to(void **state)
{
	struct piece piece;
	struct bed bed;

	bed_open(*state, IOMMU_POLICY_EXACT, &bed);
	piece_open(&bed, &piece);
	reaches(&bed, piece.key, piece.va, FIRST * PAGE);
	key_destroy(&bed, piece.key);
	stopped_by_key(&bed, piece.key, piece.va);
	piece_deregister(&bed, &piece);
	stopped_by_key(&bed, piece.key, piece.va);
	nothing_else_changed(&bed);
	bed_close(&bed);
}

static void a_local_list_is_stopped_as_well(void **state)
{
	struct piece piece;
	struct bed bed;
	struct st_piece local;
	struct st_send send;
	struct st_completion c;
	uint64_t before;

	bed_open(*state, IOMMU_POLICY_EXACT, &bed);
	piece_open(&bed, &piece);
	piece_deregister(&bed, &piece);
	before = faults(&bed);
	local = (struct st_piece){ piece.va, LEN, piece.key };
	send = (struct st_send){
		.opcode = WQE_RDMA_WRITE, .remote_va = bed.run.objects.far.va,
		.remote_key = bed.run.objects.far.key, .pieces = &local, .n_pieces = 1,
	};
	st_qp_send(&bed.run, &bed.pair.a, &send);
	ok(&bed, st_cq_wait(&bed.run, &bed.run.objects.send_cq, &c));
	assert_int_equal(c.syndrome, CQE_SYND_LOCAL_PROT);
	assert_int_equal(faults(&bed), before + 1);
	ok(&bed, st_data_check(&bed.run, &bed.run.objects.far));
	ok(&bed, st_pair_reconnect(&bed.run, &bed.pair));
	key_destroy(&bed, piece.key);
	nothing_else_changed(&bed);
	bed_close(&bed);
	model_bed_forgive(*state);
}

/* --- lazy --------------------------------------------------------------------------------------- */

static void lazy_lingers_until_its_idle_time_is_over(void **state)
{
	struct piece piece;
	struct bed bed;

	bed_open(*state, IOMMU_POLICY_LAZY, &bed);
	piece_open(&bed, &piece);
	stopped_by_iommu(&bed, piece.key, piece.va - PAGE, piece.bus - PAGE);
	stopped_by_iommu(&bed, piece.key, piece.va + piece.bytes, piece.bus + piece.bytes);
	piece_deregister(&bed, &piece);
	tick(&bed);
	reaches(&bed, piece.key, piece.va, FIRST * PAGE);	/* the window the docs state */
	sleep_ms(IDLE_MS + 20);
	tick(&bed);
	stopped_by_iommu(&bed, piece.key, piece.va, piece.bus);
	key_destroy(&bed, piece.key);
	nothing_else_changed(&bed);
	bed_close(&bed);
	model_bed_forgive(*state);
}

static void lazy_lingers_no_longer_than_a_flush(void **state)
{
	struct piece piece;
	struct bed bed;

	bed_open(*state, IOMMU_POLICY_LAZY, &bed);
	piece_open(&bed, &piece);
	piece_deregister(&bed, &piece);
	flush(&bed);
	stopped_by_iommu(&bed, piece.key, piece.va, piece.bus);
	key_destroy(&bed, piece.key);
	nothing_else_changed(&bed);
	bed_close(&bed);
	model_bed_forgive(*state);
}

/* --- granule ------------------------------------------------------------------------------------ */

/* A key for all of the 2 MiB block the piece lies in, which is mapped as a whole. */
static uint32_t block_key(struct bed *bed, const struct piece *piece)
{
	return key_create(bed, (uintptr_t)bed->plot, piece->bus - piece->page * PAGE, 2 * MiB);
}

static void granule_exposes_the_block_and_not_what_is_beside_it(void **state)
{
	uint64_t end;
	struct piece piece;
	struct bed bed;
	uint32_t key, beyond;

	bed_open(*state, IOMMU_POLICY_GRANULE, &bed);
	piece_register(&bed, FIRST, PAGES, &piece);
	key = block_key(&bed, &piece);
	reaches(&bed, key, piece.va, FIRST * PAGE);
	reaches(&bed, key, piece.va - PAGE, (FIRST - 1) * PAGE);	/* in the block: exposed */
	reaches(&bed, key, (uintptr_t)bed.plot + 2 * MiB - LEN, 2 * MiB - LEN);
	end = piece.bus - FIRST * PAGE + 2 * MiB;
	if (canary_map(&bed, end)) {
		beyond = key_create(&bed, (uintptr_t)bed.plot + 2 * MiB, end, PAGE);
		canary_unmap(&bed, end);
		stopped_by_iommu(&bed, beyond, (uintptr_t)bed.plot + 2 * MiB, end);
		key_destroy(&bed, beyond);
	}
	nothing_else_changed(&bed);
	key_destroy(&bed, key);
	piece_deregister(&bed, &piece);
	bed_close(&bed);
	model_bed_forgive(*state);
}

static void granule_keeps_a_block_while_anything_in_it_is_registered(void **state)
{
	struct piece piece, other;
	struct bed bed;
	uint32_t key;

	bed_open(*state, IOMMU_POLICY_GRANULE, &bed);
	piece_register(&bed, FIRST, PAGES, &piece);
	piece_register(&bed, 4 * FIRST, PAGES, &other);
	key = block_key(&bed, &piece);
	piece_deregister(&bed, &piece);
	sleep_ms(IDLE_MS + 20);
	tick(&bed);
	reaches(&bed, key, piece.va, FIRST * PAGE);
	piece_deregister(&bed, &other);
	tick(&bed);
	reaches(&bed, key, piece.va, FIRST * PAGE);
	sleep_ms(IDLE_MS + 20);
	tick(&bed);
	stopped_by_iommu(&bed, key, piece.va, piece.bus);
	stopped_by_iommu(&bed, key, other.va, other.bus);
	key_destroy(&bed, key);
	nothing_else_changed(&bed);
	bed_close(&bed);
	model_bed_forgive(*state);
}

/* --- static ------------------------------------------------------------------------------------- */

static void static_exposes_all_guest_memory_and_nothing_else(void **state)
{
	struct piece piece;
	struct bed bed;
	uint32_t key;

	bed_open(*state, IOMMU_POLICY_STATIC, &bed);
	piece_register(&bed, FIRST, PAGES, &piece);
	key = key_create(&bed, (uintptr_t)bed.plot, piece.bus - FIRST * PAGE, PLOT);
	piece_deregister(&bed, &piece);
	flush(&bed);
	reaches(&bed, key, piece.va, FIRST * PAGE);
	reaches(&bed, key, (uintptr_t)bed.plot + PLOT - LEN, PLOT - LEN);
	key_destroy(&bed, key);
	nothing_else_changed(&bed);
	bed_close(&bed);
}

/* --- all ---------------------------------------------------------------------------------------- */

/* The memory of a region that went away is out of reach at once, registered or idle. */
static void a_region_that_goes_is_unreachable_at_once_under_every_policy(void **state)
{
	static const enum iommu_policy policies[] = {
		IOMMU_POLICY_EXACT, IOMMU_POLICY_LAZY, IOMMU_POLICY_GRANULE, IOMMU_POLICY_STATIC,
	};
	struct piece live, idle;
	struct bed bed;
	uint32_t live_key, idle_key;
	size_t i;

	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		bed_open(*state, policies[i], &bed);
		piece_register(&bed, FIRST, PAGES, &live);
		piece_register(&bed, 4 * FIRST, PAGES, &idle);
		live_key = key_create(&bed, live.va, live.bus, live.bytes);
		idle_key = key_create(&bed, idle.va, idle.bus, idle.bytes);
		reaches(&bed, live_key, live.va, FIRST * PAGE);
		piece_deregister(&bed, &idle);
		hca_ioas_lock(bed.run.hca);
		ok(&bed, iommu_region_remove(bed.run.memory.registrar, GPA, PLOT));
		hca_ioas_unlock(bed.run.hca);
		assert_true(iommu_registration_revoked(live.reg));
		stopped_by_iommu(&bed, live_key, live.va, live.bus);
		stopped_by_iommu(&bed, idle_key, idle.va, idle.bus);
		nothing_else_changed(&bed);
		key_destroy(&bed, live_key);
		key_destroy(&bed, idle_key);
		piece_deregister(&bed, &live);
		bed_close(&bed);
	}
	model_bed_forgive(*state);
}

#define on_model(f) cmocka_unit_test_setup_teardown(f, model_bed_setup_pf, model_bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_model(exact_reaches_what_is_registered_and_not_the_pages_beside_it),
		on_model(exact_stops_a_request_that_only_ends_beyond_the_registration),
		on_model(exact_is_unreachable_as_soon_as_deregistration_returns),
		on_model(a_destroyed_key_stops_before_the_iommu_has_to),
		on_model(a_local_list_is_stopped_as_well),
		on_model(lazy_lingers_until_its_idle_time_is_over),
		on_model(lazy_lingers_no_longer_than_a_flush),
		on_model(granule_exposes_the_block_and_not_what_is_beside_it),
		on_model(granule_keeps_a_block_while_anything_in_it_is_registered),
		on_model(static_exposes_all_guest_memory_and_nothing_else),
		on_model(a_region_that_goes_is_unreachable_at_once_under_every_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
