// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the order of the steps, and that all of it comes down again. Must never know
 * how a step works.
 */
#include "host-backend/selftest/selftest.h"

#include <errno.h>
#include <string.h>

#include "host-backend/selftest/port.h"
#include "host-backend/selftest/run.h"
#include "host-backend/selftest/traffic.h"

enum { PORT_MS = 30000, COMPLETION_MS = 5000 };

/* What is sent once all is there; each stands for itself. */
static const struct {
	const char *name;
	st_step_fn fn;
	bool brief;
} traffic[] = {
	{ "events", st_rc_events, true },
	{ "RC send", st_rc_send, false },
	{ "RC write", st_rc_write, true },
	{ "RC read", st_rc_read, false },
	{ "RC atomics", st_rc_atomics, false },
	{ "UC send", st_uc_send, false },
	{ "UC write", st_uc_write, false },
	{ "UD send", st_ud_send, true },
	{ "XRC send", st_xrc_send, true },
	{ "refusals", st_refusals, true },
};

/* The event thread's; the rest is seen where it strikes. */
static void event(void *ctx, const struct hca_event *e)
{
	struct st_run *run = ctx;

	if (e->type == HCA_EVENT_PAGES_FAILED)
		atomic_fetch_add(&run->failed_pages, 1);
}

static int open_transport(struct st_run *run)
{
	struct hca_open_error error = { "" };
	int ret = hca_transport_open(run->device, &run->transport, &error);

	if (ret)
		return st_fail(run, ret, "%s", error.text);
	st_note(run, "%u MSI-X vectors, %llu KiB of registers, DMA through %s",
		run->transport->n_vectors, (unsigned long long)run->transport->bar_size / 1024,
		run->transport->domain->ops->name);
	return 0;
}

static int bring_up(struct st_run *run)
{
	const struct hca_config config = {
		.command_ms = run->config.command_ms, .event = event, .ctx = run,
	};
	struct hca_open_error error = { "" };
	struct hca_identity id;
	int ret;

	ret = hca_open(run->transport, &config, &run->hca, &error);
	if (ret)
		return st_fail(run, ret, "%s", error.text);
	run->transport = NULL;
	hca_identity(run->hca, &id);
	st_note(run, "%04x:%04x%s, firmware %u.%u.%u, PSID %s, %u port%s, %llu pages lent",
		id.vendor, id.device, id.is_vf ? " (virtual function)" : "", id.fw_major,
		id.fw_minor, id.fw_sub, id.psid, id.n_ports, id.n_ports == 1 ? "" : "s",
		(unsigned long long)hca_pages_lent(run->hca));
	return 0;
}

static int open_memory(struct st_run *run)
{
	static const char *const policies[] = {
		[IOMMU_POLICY_EXACT] = "exact", [IOMMU_POLICY_LAZY] = "lazy",
		[IOMMU_POLICY_GRANULE] = "granule", [IOMMU_POLICY_STATIC] = "static",
	};
	const struct iommu_registrar_config config = {
		.policy = run->config.policy, .granule = run->config.granule,
	};
	const struct iommu_caps *caps = ioas_caps(hca_ioas(run->hca));
	int ret = st_memory_open(run->hca, &config, &run->memory);

	if (ret)
		return st_fail(run, ret, "guest memory: %s", strerror(-ret));
	st_note(run, "policy %s, DMA %s, %llu mappings at most", policies[run->config.policy],
		caps->coherent ? "coherent" : "made coherent by the function (no-snoop off)",
		(unsigned long long)caps->max_maps);
	return 0;
}

static int look_at_rest(struct st_run *run)
{
	uint64_t stray = st_memory_stray(&run->memory);
	unsigned int failed = atomic_load(&run->failed_pages);

	if (stray != UINT64_MAX)
		return st_fail(run, -EILSEQ, "guest-physical address 0x%llx, which was never "
			       "registered, was written to", (unsigned long long)stray);
	if (failed)
		return st_fail(run, -ENOMEM, "%u times the firmware asked for pages and got none",
			       failed);
	st_note(run, "no byte outside of what was registered has changed");
	return 0;
}

static int close_memory(struct st_run *run)
{
	struct ioas_stats stats;
	uint64_t bytes = run->memory.owner.bytes, registrations = run->memory.owner.registrations;
	int ret = st_memory_close(&run->memory);

	if (ret)
		return st_fail(run, ret, "the IOMMU did not confirm that guest memory is unmapped");
	if (bytes || registrations)
		return st_fail(run, -EUCLEAN, "%llu registrations of %llu bytes were left",
			       (unsigned long long)registrations, (unsigned long long)bytes);
	hca_ioas_lock(run->hca);
	ioas_stats(hca_ioas(run->hca), &stats);
	hca_ioas_unlock(run->hca);
	if (stats.quarantined_blocks)
		return st_fail(run, -EUCLEAN, "%llu bytes of bus addresses had to be quarantined",
			       (unsigned long long)stats.quarantined_bytes);
	st_note(run, "guest memory unmapped: %llu map calls, %llu unmap calls so far",
		(unsigned long long)stats.map_calls, (unsigned long long)stats.unmap_calls);
	return 0;
}

static int tear_down(struct st_run *run)
{
	struct hca_close_report report;
	struct hca *hca = run->hca;

	run->hca = NULL;
	hca_close(hca, &report);
	if (report.err)
		return st_fail(run, report.err, "%s", report.step);
	if (report.pages_kept)
		return st_fail(run, -EUCLEAN, "the firmware kept %llu pages",
			       (unsigned long long)report.pages_kept);
	if (report.maps_left)
		return st_fail(run, -EUCLEAN, "%llu mappings were left in the IOMMU",
			       (unsigned long long)report.maps_left);
	st_note(run, "all pages back, nothing mapped, function reset");
	return 0;
}

static void run_traffic(struct st_run *run, const char *why_not)
{
	size_t i;

	for (i = 0; i < sizeof(traffic) / sizeof(traffic[0]); i++) {
		if (run->config.brief && !traffic[i].brief)
			continue;
		if (why_not)
			st_skip(run, traffic[i].name, why_not);
		else if (st_step(run, traffic[i].name, traffic[i].fn) == -ENODEV)
			why_not = "the HCA is dead";
	}
}

/* Everything between bring-up and teardown. */
static void run_open(struct st_run *run)
{
	const char *why_not = NULL;

	if (st_step(run, "port", st_port_wait))
		why_not = "the port cannot be used";
	if (!st_step(run, "memory", open_memory)) {
		if (st_step(run, "objects", st_objects_open))
			why_not = "objects are missing";
		run_traffic(run, why_not);
		st_step(run, "rest of memory", look_at_rest);
		st_step(run, "end of objects", st_objects_close);
	}
	st_step(run, "end of memory", close_memory);
}

static void fill_config(struct st_run *run, const struct selftest_config *config)
{
	if (config)
		run->config = *config;
	if (!run->config.port_ms)
		run->config.port_ms = PORT_MS;
	if (!run->config.completion_ms)
		run->config.completion_ms = COMPLETION_MS;
}

static int run_all(struct st_run *run, const struct selftest_config *config)
{
	fill_config(run, config);
	run->memory.fd = -1;
	run->objects.events.fd = -1;
	memset(run->report, 0, sizeof(*run->report));
	if (!run->transport && st_step(run, "open", open_transport))
		return run->report->err;
	if (!st_step(run, "bring-up", bring_up)) {
		run_open(run);
		st_step(run, "teardown", tear_down);
	}
	if (run->transport)
		run->transport->ops->close(run->transport);
	return run->report->err;
}

int selftest_run(const char *device, const struct selftest_config *config,
		 struct selftest_report *report)
{
	struct st_run run = { .device = device, .report = report };

	return run_all(&run, config);
}

int selftest_run_on(struct hca_transport *transport, const struct selftest_config *config,
		    struct selftest_report *report)
{
	struct st_run run = { .device = transport->device, .transport = transport,
			      .report = report };

	return run_all(&run, config);
}
