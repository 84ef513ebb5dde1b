// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the choice of the command. Must never know what a command does, nor its
 * options.
 */
#include "host-backend/underpassctl/ctl.h"

#include <argp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = "underpassctl (Underpass) 0.1";

static const struct command {
	const char *name;
	const char *full;		/* as usage messages call it */
	int (*run)(const struct ctl_world *world, int argc, char **argv);
} commands[] = {
	{ "probe", "underpassctl probe", ctl_probe_command },
	{ "bind", "underpassctl bind", ctl_bind_command },
	{ "unbind", "underpassctl unbind", ctl_unbind_command },
	{ "selftest", "underpassctl selftest", ctl_selftest_command },
	{ "status", "underpassctl status", ctl_status_command },
	{ "objects", "underpassctl objects", ctl_objects_command },
	{ "stats", "underpassctl stats", ctl_stats_command },
	{ "metrics", "underpassctl metrics", ctl_metrics_command },
};

static const char doc[] =
	"Look after RDMA host channel adapters (HCAs) that are to be given to virtual machines."
	"\vCommands:\n"
	"  probe      say of each HCA whether it can be assigned, and if not what to do\n"
	"  bind       take an HCA from the kernel's driver and give it to VFIO\n"
	"  unbind     give it back\n"
	"  selftest   check that an HCA does all that is asked of it\n"
	"  status     say what running daemons and their guests have\n"
	"  objects    count the objects of guests, or list them\n"
	"  stats      commands of guests, what became of them, how long they took\n"
	"  metrics    what is counted, for Prometheus\n"
	"\n"
	"'underpassctl COMMAND --help' tells more; underpassctl(8) tells all, exit statuses included.";

struct choice {
	const struct command *command;
	int at;				/* its index in argv */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct choice *choice = state->input;
	size_t i;

	switch (key) {
	case ARGP_KEY_ARG:
		for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
			if (!strcmp(arg, commands[i].name))
				choice->command = &commands[i];
		if (!choice->command)
			argp_error(state, "there is no command '%s'", arg);
		choice->at = state->next - 1;
		/* The rest is the command's. */
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which command?");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = { NULL, parse, "COMMAND [OPTION...]", doc, NULL, NULL, NULL };

void ctl_say(const struct ctl_world *world, const char *fmt, ...)
{
	va_list args;

	fputs("underpassctl: ", world->err);
	va_start(args, fmt);
	vfprintf(world->err, fmt, args);
	va_end(args);
	fputc('\n', world->err);
}

int ctl_main(const struct ctl_world *world, int argc, char **argv)
{
	struct choice choice = { 0 };
	char **args;
	int ret;

	argp_err_exit_status = CTL_USAGE;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice))
		return CTL_USAGE;
	argc -= choice.at;
	args = calloc((size_t)argc + 1, sizeof(*args));
	if (!args) {
		ctl_say(world, "%s", strerror(ENOMEM));
		return CTL_FAILED;
	}
	memcpy(args, argv + choice.at, (size_t)argc * sizeof(*args));
	args[0] = (char *)(uintptr_t)choice.command->full;
	ret = choice.command->run(world, argc, args);
	free(args);
	if (fflush(world->out) && !ret) {
		ctl_say(world, "cannot write the result: %m");
		ret = CTL_FAILED;
	}
	return ret;
}
