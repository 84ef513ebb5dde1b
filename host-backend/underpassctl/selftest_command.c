// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the command line of `underpassctl selftest` and its cycles. Must never
 * know how an HCA is tested.
 */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/underpassctl/arguments.h"
#include "host-backend/underpassctl/ctl.h"
#include "host-backend/underpassctl/json.h"
#include "host-backend/underpassctl/selftest_report.h"
#include "host-backend/underpassctl/text.h"

enum { KEY_CYCLES = 'c', KEY_POLICY = 'p', KEY_GRANULE = 'g', MAX_CYCLES = 1000000 };

#define GRANULE_MIN	(4ull << 10)
#define GRANULE_MAX	(1ull << 30)

struct arguments {
	const char *device;
	unsigned int cycles;
	enum iommu_policy policy;
	uint64_t granule;		/* bytes, 0: not given */
	bool json;
};

static const struct argp_option options[] = {
	CTL_OPTION_DEVICE("The HCA: a PCI address (0000:3b:00.0) that is bound to vfio-pci, or vfio-user:PATH for "
			  "one that is served on a socket"),
	{ "cycles", KEY_CYCLES, "N", 0, "Do all of it N times, or until something fails (default 1)", 0 },
	{ "policy", KEY_POLICY, "POLICY", 0, "How memory is registered with the IOMMU: exact (default), lazy, granule "
	  "or static", 0 },
	{ "granule", KEY_GRANULE, "SIZE", 0, "Blocks of the policy granule: 4K to 1G, a power of two (default 2M)", 0 },
	CTL_OPTION_JSON,
	{ 0 },
};

static void parse_policy(struct arguments *a, const char *arg, struct argp_state *state)
{
	static const char *const names[] = {
		[IOMMU_POLICY_EXACT] = "exact", [IOMMU_POLICY_LAZY] = "lazy",
		[IOMMU_POLICY_GRANULE] = "granule", [IOMMU_POLICY_STATIC] = "static",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(arg, names[i])) {
			a->policy = (enum iommu_policy)i;
			return;
		}
	argp_error(state, "--policy is exact, lazy, granule or static, not '%s'", arg);
}

static void parse_granule(struct arguments *a, const char *arg, struct argp_state *state)
{
	if (ctl_parse_size(arg, &a->granule) || a->granule < GRANULE_MIN ||
	    a->granule > GRANULE_MAX || a->granule & (a->granule - 1))
		argp_error(state, "--granule wants a power of two from 4K to 1G, not '%s'", arg);
}

/* What only all options together show. */
static void check(const struct arguments *a, struct argp_state *state)
{
	if (!a->device)
		argp_error(state, "which HCA? Give --device; 'underpassctl probe' lists them");
	else if (a->granule && a->policy != IOMMU_POLICY_GRANULE)
		argp_error(state, "--granule goes with --policy granule");
}

static void parse_cycles(struct arguments *a, const char *arg, struct argp_state *state)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(arg, &end, 10);
	if (errno || end == arg || *end || arg[0] == '-' || !n || n > MAX_CYCLES)
		argp_error(state, "--cycles wants a number from 1 to %d, not '%s'", MAX_CYCLES, arg);
	a->cycles = (unsigned int)n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case CTL_KEY_DEVICE:
		if (!ctl_names_device(arg))
			argp_error(state, "'%s' names no device: give " CTL_DEVICE_FORMS, arg);
		a->device = arg;
		return 0;
	case KEY_CYCLES:
		parse_cycles(a, arg, state);
		return 0;
	case KEY_POLICY:
		parse_policy(a, arg, state);
		return 0;
	case KEY_GRANULE:
		parse_granule(a, arg, state);
		return 0;
	case CTL_KEY_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is too much: the HCA is named by --device", arg);
		return EINVAL;
	case ARGP_KEY_END:
		check(a, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse, NULL,
	"Check that an HCA works: start it, send, write, read and do atomics through queue pairs of its own with "
	"all bytes compared, stop it, and see that nothing is left behind. Nothing leaves the HCA; it must "
	"be free, and is reset before and after.\v"
	"Exit status: 0 all steps went well or were skipped; 1 one failed: the output says which and why.",
	NULL, NULL, NULL,
};

static void tell_all(void *ctx, const struct selftest_step *step)
{
	selftest_report_step(step, ctx);
}

static void tell_failed(void *ctx, const struct selftest_step *step)
{
	if (step->result == SELFTEST_FAILED)
		selftest_report_step(step, ctx);
}

/* All cycles, or until one fails. @list: the cycles as JSON when that is wanted. */
static int run_cycles(const struct ctl_world *world, const struct arguments *a, json_t **list)
{
	struct selftest_config config = {
		.policy = a->policy, .granule = a->granule, .ctx = world->out,
	};
	struct selftest_report *report;
	unsigned int cycle;
	int ret = 0;

	report = malloc(sizeof(*report));
	if (!report)
		return -ENOMEM;
	for (cycle = 1; !ret && cycle <= a->cycles; cycle++) {
		memset(report, 0, sizeof(*report));
		if (!a->json)
			config.told = cycle == 1 ? tell_all : tell_failed;
		ret = world->selftest(a->device, &config, report);
		if (a->json)
			ctl_json_add(list, selftest_report_json(report));
		else if (a->cycles > 1)
			selftest_report_cycle(report, cycle, a->cycles, world->out);
		if (ret)
			ctl_say(world, "%s: the self-test failed%s", a->device,
				report->n_steps ? "" : " before its first step");
	}
	free(report);
	return ret;
}

int ctl_selftest_command(const struct ctl_world *world, int argc, char **argv)
{
	struct arguments a = { .cycles = 1 };
	json_t *list;
	int ret, print;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return CTL_USAGE;
	list = json_array();
	ret = run_cycles(world, &a, &list);
	if (!a.json) {
		json_decref(list);
		return ret ? CTL_FAILED : CTL_OK;
	}
	print = ctl_json_print(json_pack("{so si sb so}", "device", ctl_json_text(a.device),
					 "cycles_wanted", (int)a.cycles, "passed", !ret,
					 "cycles", list), world->out);
	if (print)
		ctl_say(world, "%s", strerror(-print));
	return ret || print ? CTL_FAILED : CTL_OK;
}
