// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what people and monitors are told of a device. Must never know how they
 * ask.
 */
#include "host-backend/pv/report.h"

#include "host-backend/hca/dma.h"
#include "host-backend/pv/private.h"

static const char *const kind_names[PV_KINDS] = {
	[PV_UAR] = "uar", [PV_PD] = "pd", [PV_XRCD] = "xrcd", [PV_PAGES] = "pages",
	[PV_MR] = "mr", [PV_EQ] = "eq", [PV_CQ] = "cq", [PV_SRQ] = "srq", [PV_QP] = "qp",
};

static const char *const result_names[] = {
	[UP_OK] = "ok", [UP_BAD_COMMAND] = "bad_command", [UP_BAD_OBJECT] = "bad_object",
	[UP_BUSY] = "busy", [UP_BAD_STATE] = "bad_state", [UP_BAD_VALUE] = "bad_value",
	[UP_BAD_MEMORY] = "bad_memory", [UP_QUOTA] = "quota", [UP_NO_RESOURCES] = "no_resources",
	[UP_HCA_REFUSED] = "hca_refused", [UP_HCA_FAILED] = "hca_failed",
};

_Static_assert((int)PV_KINDS + 1 == (int)PV_REPORT_KINDS, "kinds and multicast");
_Static_assert((int)PV_REPORT_BUCKETS == (int)PV_STATS_BUCKETS, "buckets");
_Static_assert(sizeof(result_names) / sizeof(result_names[0]) == PV_REPORT_RESULTS, "results");

static const char *status_name(uint32_t status)
{
	static const char *const names[] = {
		[UP_STATUS_RESET] = "reset", [UP_STATUS_READY] = "ready",
		[UP_STATUS_REFUSED] = "refused", [UP_STATUS_FAILED] = "failed",
		[UP_STATUS_RESETTING] = "resetting",
	};

	return names[status];
}

static void fill_memory(struct pv *pv, struct pv_report *report)
{
	struct iommu_registrar_stats stats;
	struct ioas_stats space;

	hca_ioas_lock(pv->adapter.hca);
	iommu_registrar_stats(pv->memory.registrar, &stats);
	ioas_stats(hca_ioas(pv->adapter.hca), &space);
	report->guest_bytes = guest_memory_bytes(pv->memory.table);
	hca_ioas_unlock(pv->adapter.hca);
	report->registrations = stats.registrations;
	report->registered_bytes = stats.registered_bytes;
	report->maps = stats.maps;
	report->mapped_bytes = stats.mapped_bytes;
	report->idle_bytes = stats.idle_bytes;
	report->quarantined_bytes = space.quarantined_bytes;
	/* What else is mapped in that space is ours. */
	report->own_bytes = space.mapped_bytes - stats.mapped_bytes;
}

static void fill_objects(struct pv *pv, struct pv_report *report)
{
	struct pv_table *t = &pv->table;
	unsigned int i;

	pthread_mutex_lock(&t->lock);
	for (i = 0; i < PV_KINDS; i++) {
		report->kinds[i].name = kind_names[i];
		report->kinds[i].count = t->kinds[i].count;
		report->kinds[i].limit = t->kinds[i].limit;
	}
	report->kinds[PV_KINDS].name = "mcast";
	report->kinds[PV_KINDS].count = t->mcasts;
	report->kinds[PV_KINDS].limit = t->max_mcasts;
	pthread_mutex_unlock(&t->lock);
}

static void fill_counters(struct pv *pv, struct pv_report *report)
{
	struct pv_stats *s = &pv->stats;
	unsigned int i;

	for (i = 0; i < PV_REPORT_RESULTS; i++) {
		report->results[i].name = result_names[i];
		report->results[i].count = atomic_load(&s->results[i]);
	}
	report->kicks = atomic_load(&s->kicks);
	report->interrupts = atomic_load(&s->interrupts);
	report->events = atomic_load(&s->events);
	report->events_lost = atomic_load(&s->events_lost);
	report->resets = atomic_load(&s->resets);
	report->revoked = atomic_load(&s->revoked);
}

void pv_report(struct pv *pv, struct pv_report *report)
{
	*report = (struct pv_report){
		.fatal = hca_fatal(pv->adapter.hca), .attached = pv->registers.attached,
		.status = status_name(atomic_load(&pv->registers.status)),
	};
	hca_identity(pv->adapter.hca, &report->identity);
	if (report->attached)
		report->attached_s = (pv_stats_now() - pv->registers.attached_ns) / 1000000000u;
	fill_memory(pv, report);
	fill_objects(pv, report);
	fill_counters(pv, report);
	report->restarting = !pv_adapter_firmware(pv, &report->firmware);
}

bool pv_report_command(struct pv *pv, size_t i, struct pv_report_command *command)
{
	uint32_t opcode;
	unsigned int n;

	for (opcode = 1; opcode < PV_STATS_OPCODES; opcode++)
		if (pv_command_name(opcode) && !i--)
			break;
	if (opcode == PV_STATS_OPCODES)
		return false;
	command->name = pv_command_name(opcode);
	command->count = atomic_load(&pv->stats.commands[opcode].count);
	command->failed = atomic_load(&pv->stats.commands[opcode].failed);
	command->ns = atomic_load(&pv->stats.commands[opcode].ns);
	for (n = 0; n < PV_REPORT_BUCKETS; n++)
		command->below[n] = atomic_load(&pv->stats.commands[opcode].below[n]);
	return true;
}

size_t pv_report_objects(struct pv *pv, size_t kind, struct pv_report_object *out, size_t max)
{
	const struct pv_object *o;
	size_t n = 0;

	if (kind >= PV_KINDS)
		return 0;
	hca_ioas_lock(pv->adapter.hca);
	pthread_mutex_lock(&pv->table.lock);
	TAILQ_FOREACH(o, &pv->table.kinds[kind].objects, entry) {
		if (n == max)
			break;
		out[n++] = (struct pv_report_object){
			.number = o->number, .users = o->users, .lost = o->lost,
			.bytes = o->memory ? iommu_registration_size(o->memory) : 0,
		};
	}
	pthread_mutex_unlock(&pv->table.lock);
	hca_ioas_unlock(pv->adapter.hca);
	return n;
}
