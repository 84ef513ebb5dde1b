// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the process underpassd and its command line. Must never know what the
 * settings mean.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/underpassd/daemon.h"
#include "host-backend/underpassd/settings.h"

enum { USAGE = 2, KEY_CONFIG = 'c', KEY_FIRST = 0x100, KEY_END = 0x200 };

const char *argp_program_version = "underpassd (Underpass) 0.1";

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;
	char error[384] = "";
	int ret = 0;

	if (key >= KEY_FIRST && key < KEY_END)
		ret = settings_set(s, settings_table()[key - KEY_FIRST].name, arg, error,
				   sizeof(error));
	else if (key == KEY_CONFIG)
		ret = settings_read(s, arg, error, sizeof(error));
	else if (key == ARGP_KEY_ARG)
		argp_error(state, "'%s' is not an option", arg);
	else if (key == ARGP_KEY_END)
		ret = settings_check(s, error, sizeof(error));
	else
		return ARGP_ERR_UNKNOWN;
	if (ret)
		argp_error(state, "%s", error);
	return 0;
}

/* Every setting is an option. */
static struct argp_option *make_options(void)
{
	static const struct argp_option config = {
		"config", KEY_CONFIG, "FILE", 0,
		"Read settings from FILE: lines of 'name = value' with the names of these options. "
		"What comes later counts", 0,
	};
	const struct setting *table = settings_table();
	struct argp_option *options;
	size_t n = 0, i;

	while (table[n].name)
		n++;
	options = calloc(n + 2, sizeof(*options));
	if (!options)
		return NULL;
	for (i = 0; i < n; i++)
		options[i] = (struct argp_option){
			table[i].name, KEY_FIRST + (int)i, table[i].argument, 0, table[i].doc, 0,
		};
	options[n] = config;
	return options;
}

int main(int argc, char **argv)
{
	struct settings settings;
	struct argp argp = {
		.parser = parse,
		.doc = "Give one RDMA host channel adapter (HCA) to one virtual machine: the guest's posts and "
		       "completions pass under both kernels, only registered memory is within the HCA's reach."
		       "\vExit status: 0 after SIGTERM or SIGINT; 1 when something failed; 2 for a wrong "
		       "command line or file. underpassd(8) tells all.",
	};
	struct argp_option *options = make_options();
	int status;

	if (!options)
		return 1;
	argp.options = options;
	argp_err_exit_status = USAGE;
	/* Whoever hangs up is an error where it is written to, not the end. */
	signal(SIGPIPE, SIG_IGN);
	settings_init(&settings);
	if (argp_parse(&argp, argc, argv, 0, NULL, &settings))
		return USAGE;
	status = daemon_run(&settings);
	settings_fini(&settings);
	free(options);
	return status;
}
