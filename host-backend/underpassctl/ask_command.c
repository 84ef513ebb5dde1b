// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the command lines of `underpassctl status`, `objects`, `stats` and
 * `metrics`. Must never know how daemons are asked.
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-backend/underpassctl/arguments.h"
#include "host-backend/underpassctl/ask.h"
#include "host-backend/underpassctl/json.h"

enum { KEY_KIND = 'k' };

struct arguments {
	const char *name, *kind;
	bool json;
};

static const struct argp_option options[] = {
	CTL_OPTION_JSON,
	{ 0 },
};

static const struct argp_option objects_options[] = {
	{ "kind", KEY_KIND, "KIND", 0, "List the objects of this kind: uar, pd, xrcd, pages, mr, eq, "
	  "cq, srq, qp", 0 },
	CTL_OPTION_JSON,
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case KEY_KIND:
		a->kind = arg;
		return 0;
	case CTL_KEY_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->name)
			argp_error(state, "'%s' is too much: one guest, or none for all", arg);
		a->name = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* One question to all that are meant. */
struct asking {
	const struct ctl_world *world;
	const struct arguments *arguments;
	const char *question;
	void (*print)(const json_t *answer, FILE *out);
	json_t *all;			/* by socket, when JSON is wanted */
};

static int told(struct asking *asking, const char *path, char *answer)
{
	FILE *out = asking->world->out;
	const char *error;
	json_t *root;

	if (!asking->print)	/* text as it is */
		return fputs(answer, out) < 0 ? CTL_FAILED : CTL_OK;
	root = json_loads(answer, 0, NULL);
	error = root ? json_string_value(json_object_get(root, "error")) : "an answer that is none";
	if (error) {
		ctl_say(asking->world, "%s: %s", path, error);
		json_decref(root);
		return CTL_FAILED;
	}
	if (asking->arguments->json)
		return json_object_set_new(asking->all, path, root) ? CTL_FAILED : CTL_OK;
	fprintf(out, "%s\n", path);
	asking->print(root, out);
	json_decref(root);
	return CTL_OK;
}

static int ask_one(struct asking *asking, const char *path)
{
	char *answer;
	int ret = ask_daemon(path, asking->question, &answer);

	if (ret) {
		ctl_say(asking->world, "%s: %s", path, ret == -ECONNREFUSED || ret == -ENOENT ?
			"no underpassd listens there" : strerror(-ret));
		return ret == -EACCES || ret == -EPERM ? CTL_NO_PERMISSION : CTL_FAILED;
	}
	ret = told(asking, path, answer);
	free(answer);
	return ret;
}

static int ask_all(struct asking *asking)
{
	struct ask_daemons daemons;
	int ret = ask_find(asking->world, asking->arguments->name, &daemons), worst = CTL_OK;
	size_t i;

	if (ret)
		ctl_say(asking->world, "%s", ret == -ENOENT ? "no underpassd with a control socket runs" :
			strerror(-ret));
	for (i = 0; !ret && i < daemons.n; i++) {
		int one = ask_one(asking, daemons.path[i]);

		worst = worst ? worst : one;
	}
	ask_release(&daemons);
	return ret ? CTL_FAILED : worst;
}

static int run(const struct ctl_world *world, int argc, char **argv, const struct argp *argp,
	       const char *word, void (*print)(const json_t *answer, FILE *out))
{
	struct arguments a = { 0 };
	char question[64];
	struct asking asking = { .world = world, .arguments = &a, .question = question,
				 .print = print };
	int ret;

	if (argp_parse(argp, argc, argv, 0, NULL, &a))
		return CTL_USAGE;
	snprintf(question, sizeof(question), "%s%s%.16s", word, a.kind ? " " : "",
		 a.kind ? a.kind : "");
	asking.all = json_object();
	ret = ask_all(&asking);
	if (a.json && !ret)
		ret = ctl_json_print(asking.all, world->out) ? CTL_FAILED : CTL_OK;
	else
		json_decref(asking.all);
	return ret;
}

#define WHO	"\vA GUEST is named as its unit is, underpassd@GUEST, or by the path of a control socket; "	\
		"without it all of /run/underpass are meant. Exit status: 0; 1 nobody answers; 7 no permission."

int ctl_status_command(const struct ctl_world *world, int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, "[GUEST]",
		"Say of each running underpassd which HCA it has, whether a guest is there, and what that has."
		WHO, NULL, NULL, NULL,
	};

	return run(world, argc, argv, &argp, "status", ask_print_status);
}

int ctl_objects_command(const struct ctl_world *world, int argc, char **argv)
{
	static const struct argp argp = {
		objects_options, parse, "[GUEST]",
		"Count the objects of guests, or list those of one kind." WHO, NULL, NULL, NULL,
	};

	return run(world, argc, argv, &argp, "objects", ask_print_objects);
}

int ctl_stats_command(const struct ctl_world *world, int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, "[GUEST]",
		"Say which commands guests gave, what became of them, and how long they took." WHO, NULL,
		NULL, NULL,
	};

	return run(world, argc, argv, &argp, "stats", ask_print_stats);
}

int ctl_metrics_command(const struct ctl_world *world, int argc, char **argv)
{
	static const struct argp_option none[] = { { 0 } };
	static const struct argp argp = {
		none, parse, "GUEST", "Print what is counted in the text format of Prometheus." WHO, NULL,
		NULL, NULL,
	};

	return run(world, argc, argv, &argp, "metrics", NULL);
}
