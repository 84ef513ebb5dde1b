// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how tests of isolation make keys that say too much, send requests by them, and
 * look at what was reached. It must never know which policy promises what.
 */
#include "tests/unit/host/isolation_bed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/mkey.h"
#include "host-backend/selftest/port.h"
#include "host-backend/selftest/transfer.h"

enum {
	TRIES = 20,
	NEAR = 64,			/* the other end of requests */
};

void iso_ok(struct iso *iso, int ret)
{
	if (ret)
		fail_msg("%d: %s", ret, iso->run.step ? iso->run.step->text : "");
}

/* All that any test expected, for those who count elsewhere. */
static uint64_t all_faults;

static const char *other_device(void)
{
	return getenv("UNDERPASS_DEVICE");
}

static uint64_t faults(struct iso *iso)
{
	struct model_bed_counts c = { 0 };

	if (iso->model)
		model_bed_counts(iso->model, 0, &c);
	return c.dma_faults;
}

int iso_setup(void **state)
{
	*state = NULL;
	return other_device() ? 0 : model_bed_setup_pf(state);
}

int iso_teardown(void **state)
{
	if (*state)
		return model_bed_teardown(state);
	print_message("# %llu DMA faults so far\n", (unsigned long long)all_faults);
	return 0;
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

static void plot_open(struct iso *iso)
{
	iso->plot = file_map("plot", ISO_PLOT, ST_GUARD, &iso->fd);
	iso->canary = file_map("canary", ISO_PAGE, ST_GUARD, &iso->canary_fd);
	iso->want = malloc(ISO_PLOT);
	assert_non_null(iso->want);
	memset(iso->want, ST_GUARD, ISO_PLOT);
	hca_ioas_lock(iso->run.hca);
	iso_ok(iso, iommu_region_add(iso->run.memory.registrar, ISO_GPA, ISO_PLOT,
				     ISO_RW, iso->fd, 0));
	hca_ioas_unlock(iso->run.hca);
}

/* Of the registrar: moved on by tests. */
static uint64_t clock_ms;

static uint64_t clock_now(void *ctx)
{
	(void)ctx;
	return clock_ms;
}

void iso_open(void **state, enum iommu_policy policy, struct iso *iso)
{
	const struct iommu_registrar_config config = { .policy = policy, .now_ms = clock_now };
	const char *device = other_device();
	struct hca_open_error error;
	struct hca_transport *t;

	memset(iso, 0, sizeof(*iso));
	iso->model = *state;
	iso->faults_before = faults(iso);
	iso->run.report = &iso->report;
	iso->run.config = (struct selftest_config){ .brief = true, .port_ms = 5000,
						    .completion_ms = 5000 };
	iso->run.objects.events.fd = -1;
	device = device ? device : model_bed_device(iso->model, 0);
	assert_int_equal(hca_transport_open(device, &t, &error), 0);
	assert_int_equal(hca_open(t, NULL, &iso->run.hca, &error), 0);
	assert_int_equal(st_step(&iso->run, "port", st_port_wait), 0);
	assert_int_equal(st_memory_open(iso->run.hca, &config, &iso->run.memory), 0);
	assert_int_equal(st_step(&iso->run, "objects", st_objects_open), 0);
	iso->run.step = &iso->report.steps[0];
	iso_ok(iso, st_pair_open(&iso->run, ST_RC, &iso->pair));
	plot_open(iso);
}

static void model_close(struct iso *iso)
{
	if (!iso->model)
		return;
	model_bed_wait_detached(iso->model);
	iso_expect_faults(iso, 0, 0);
	if (iso->faults)
		model_bed_forgive(iso->model);
}

void iso_close(struct iso *iso)
{
	struct hca_close_report report;

	iso_ok(iso, st_pair_close(&iso->run, &iso->pair));
	iso_ok(iso, st_objects_close(&iso->run));
	assert_int_equal(st_memory_stray(&iso->run.memory), UINT64_MAX);
	if (guest_memory_find(iso->run.memory.table, ISO_GPA))
		iso_unplug(iso);
	iso_ok(iso, st_memory_close(&iso->run.memory));
	hca_close(iso->run.hca, &report);
	assert_int_equal(report.err, 0);
	assert_int_equal(report.maps_left, 0);
	munmap(iso->plot, ISO_PLOT);
	munmap(iso->canary, ISO_PAGE);
	close(iso->fd);
	close(iso->canary_fd);
	free(iso->want);
	model_close(iso);
}

/* --- a piece, and keys that say too much -------------------------------------------------- */

bool iso_canary_map(struct iso *iso, uint64_t bus)
{
	const struct iommu_backing backing = { .fd = iso->canary_fd, .hva = iso->canary };
	struct iommu_domain *domain = hca_transport(iso->run.hca)->domain;

	return !domain->ops->map(domain, bus, ISO_PAGE, ISO_RW, &backing);
}

void iso_canary_unmap(struct iso *iso, uint64_t bus)
{
	struct iommu_domain *domain = hca_transport(iso->run.hca)->domain;
	uint64_t unmapped;

	assert_int_equal(domain->ops->unmap(domain, bus, ISO_PAGE, &unmapped), 0);
	assert_int_equal(unmapped, ISO_PAGE);
}

void iso_piece_register(struct iso *iso, uint64_t page, unsigned int access,
			struct iso_piece *piece)
{
	const struct gpa_run run = { ISO_GPA + page * ISO_PAGE, ISO_PAGES * ISO_PAGE };
	struct iommu_request request = {
		.owner = &iso->run.memory.owner, .runs = &run, .n_runs = 1,
		.access = access, .va = (uintptr_t)iso->plot + page * ISO_PAGE,
	};
	const struct bus_run *bus;
	size_t n;

	*piece = (struct iso_piece){ .page = page, .at = page * ISO_PAGE, .bytes = run.size,
				     .va = request.va };
	hca_ioas_lock(iso->run.hca);
	iso_ok(iso, iommu_register(iso->run.memory.registrar, &request, &piece->reg, NULL));
	hca_ioas_unlock(iso->run.hca);
	bus = iommu_registration_bus(piece->reg, &n);
	assert_int_equal(n, 1);
	piece->bus = bus->iova;
}

uint32_t iso_key_create(struct iso *iso, uint64_t va, uint64_t bus, uint64_t bytes)
{
	const struct hca_mkey_attr attr = {
		.pd = iso->run.objects.pd, .access = HCA_MKEY_ACCESS_ALL, .start = va, .len = bytes,
	};
	const struct bus_run run = { bus, bytes };
	uint32_t key;

	assert_int_equal(hca_mkey_create(iso->run.hca, &attr, &run, 1, 0, &key), 0);
	return key;
}

void iso_piece_deregister(struct iso *iso, struct iso_piece *piece)
{
	hca_ioas_lock(iso->run.hca);
	iso_ok(iso, iommu_deregister(iso->run.memory.registrar, piece->reg));
	hca_ioas_unlock(iso->run.hca);
	piece->reg = NULL;
}

static bool gaps_around(struct iso *iso, const struct iso_piece *piece)
{
	if (!iso_canary_map(iso, piece->bus - ISO_PAGE))
		return false;
	if (iso_canary_map(iso, piece->bus + piece->bytes))
		return true;
	iso_canary_unmap(iso, piece->bus - ISO_PAGE);
	return false;
}

/*
 * One whose neighbouring bus addresses are nobody's. They stay mapped to the canary. The
 * others are kept meanwhile, as the same addresses would come again.
 */
static void piece_between_gaps(struct iso *iso, struct iso_piece *piece)
{
	struct iso_piece taken[TRIES];
	unsigned int i, n;

	for (n = 0; n < TRIES; n++) {
		iso_piece_register(iso, 1 + n * 2 * ISO_PAGES, ISO_RW, &taken[n]);
		if (gaps_around(iso, &taken[n]))
			break;
	}
	if (n == TRIES)
		fail_msg("no bus address with gaps around it");
	for (i = 0; i < n; i++)
		iso_piece_deregister(iso, &taken[i]);
	*piece = taken[n];
}

/*
 * A key that covers a page too many at each end. A strict HCA wants them to be
 * mapped while the key is made, so they are, for that time.
 */
void iso_piece_open(struct iso *iso, struct iso_piece *piece)
{
	piece_between_gaps(iso, piece);
	piece->key = iso_key_create(iso, piece->va - ISO_PAGE, piece->bus - ISO_PAGE,
				piece->bytes + 2 * ISO_PAGE);
	iso_canary_unmap(iso, piece->bus - ISO_PAGE);
	iso_canary_unmap(iso, piece->bus + piece->bytes);
}

void iso_key_destroy(struct iso *iso, uint32_t key)
{
	assert_int_equal(hca_mkey_destroy(iso->run.hca, key), 0);
}

/* --- requests ------------------------------------------------------------------------------- */

uint8_t iso_request(struct iso *iso, uint8_t opcode, uint32_t key, uint64_t va)
{
	struct st_data *near = &iso->run.objects.near;
	const struct st_piece local = { near->va + NEAR, ISO_LEN, near->key };
	const struct st_send send = {
		.opcode = opcode, .remote_va = va, .remote_key = key,
		.pieces = &local, .n_pieces = 1,
	};
	struct st_completion c;

	memset(st_data_ptr(near, NEAR), ISO_PATTERN, ISO_LEN);
	st_qp_send(&iso->run, &iso->pair.a, &send);
	iso_ok(iso, st_cq_wait(&iso->run, &iso->run.objects.send_cq, &c));
	if (c.syndrome)
		iso_ok(iso, st_pair_reconnect(&iso->run, &iso->pair));
	return c.syndrome;
}

void iso_expect_faults(struct iso *iso, unsigned int n, uint64_t bus)
{
	struct model_bed_counts c;

	iso->faults += n;
	all_faults += n;
	if (!iso->model)
		return;
	model_bed_counts(iso->model, 0, &c);
	assert_int_equal(c.dma_faults, iso->faults_before + iso->faults);
	if (bus)
		assert_int_equal(c.last_fault, bus);
}

void iso_stopped_by_iommu(struct iso *iso, uint32_t key, uint64_t va, uint64_t bus)
{
	const uint8_t *near = st_data_ptr(&iso->run.objects.near, NEAR);
	unsigned int i;

	assert_int_equal(iso_request(iso, WQE_RDMA_WRITE, key, va), CQE_SYND_REMOTE_OP);
	iso_expect_faults(iso, 1, bus);
	assert_int_equal(iso_request(iso, WQE_RDMA_READ, key, va), CQE_SYND_REMOTE_OP);
	iso_expect_faults(iso, 1, bus);
	for (i = 0; i < ISO_LEN; i++)
		assert_int_equal(near[i], ISO_PATTERN);
}

void iso_stopped_by_key(struct iso *iso, uint32_t key, uint64_t va)
{
	assert_int_equal(iso_request(iso, WQE_RDMA_WRITE, key, va), CQE_SYND_REMOTE_ACCESS);
	assert_int_equal(iso_request(iso, WQE_RDMA_READ, key, va), CQE_SYND_REMOTE_ACCESS);
	iso_expect_faults(iso, 0, 0);
}

void iso_reaches(struct iso *iso, uint32_t key, uint64_t va, uint64_t at)
{
	memset(iso->plot + at, ST_GUARD, ISO_LEN);
	assert_int_equal(iso_request(iso, WQE_RDMA_WRITE, key, va), 0);
	memset(iso->want + at, ISO_PATTERN, ISO_LEN);
	assert_memory_equal(iso->plot + at, iso->want + at, ISO_LEN);
	iso_expect_faults(iso, 0, 0);
}

void iso_nothing_else_changed(struct iso *iso)
{
	unsigned int i;

	assert_memory_equal(iso->plot, iso->want, ISO_PLOT);
	for (i = 0; i < ISO_PAGE; i++)
		assert_int_equal(iso->canary[i], ST_GUARD);
}

void iso_tick_after(struct iso *iso, uint64_t ms)
{
	clock_ms += ms;
	hca_ioas_lock(iso->run.hca);
	iommu_registrar_tick(iso->run.memory.registrar);
	hca_ioas_unlock(iso->run.hca);
}

void iso_flush(struct iso *iso)
{
	hca_ioas_lock(iso->run.hca);
	iso_ok(iso, iommu_registrar_flush(iso->run.memory.registrar));
	hca_ioas_unlock(iso->run.hca);
}

void iso_unplug(struct iso *iso)
{
	hca_ioas_lock(iso->run.hca);
	iso_ok(iso, iommu_region_remove(iso->run.memory.registrar, ISO_GPA, ISO_PLOT));
	hca_ioas_unlock(iso->run.hca);
}
