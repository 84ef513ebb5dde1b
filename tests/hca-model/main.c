// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the command line and the life of the process hca-model. It must never
 * know what the model does.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hca-model/control.h"
#include "tests/hca-model/model.h"

const char *argp_program_version = "hca-model (Underpass) 0.1";

enum { KEY_CONTROL = 0x100, KEY_STRICT, KEY_VF, KEY_TRACE, KEY_LOG };

static const struct argp_option options[] = {
	{ "hca", 'd', "NAME=SOCKET", 0, "Serve one HCA by vfio-user on SOCKET (repeat for more)", 0 },
	{ "vf", KEY_VF, 0, 0, "The HCAs that follow present a virtual function (15b3:1014)", 0 },
	{ "strict", KEY_STRICT, 0, 0, "Refuse also what a card leaves undefined", 0 },
	{ "control", KEY_CONTROL, "SOCKET", 0, "Take commands (status, faults, ...) on SOCKET", 0 },
	{ "trace", KEY_TRACE, "FILE", 0, "Write commands, WQEs, packets and events to FILE", 0 },
	{ "log", KEY_LOG, "FILE", 0, "Write the log to FILE instead of standard error", 0 },
	{ 0 },
};

struct arguments {
	struct model_hca_config hca[MODEL_MAX_HCAS];
	unsigned int n;
	bool vf, strict;
	const char *control, *trace, *log;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	char *equals;

	switch (key) {
	case 'd':
		equals = strchr(arg, '=');
		if (!equals || equals == arg || !equals[1])
			argp_error(state, "--hca wants NAME=SOCKET, not '%s'", arg);
		if (a->n == MODEL_MAX_HCAS)
			argp_error(state, "at most %d HCAs", MODEL_MAX_HCAS);
		*equals = '\0';
		a->hca[a->n++] = (struct model_hca_config){
			.name = arg, .socket_path = equals + 1, .listen_fd = -1, .vf = a->vf };
		break;
	case KEY_VF:
		a->vf = true;
		break;
	case KEY_STRICT:
		a->strict = true;
		break;
	case KEY_CONTROL:
		a->control = arg;
		break;
	case KEY_TRACE:
		a->trace = arg;
		break;
	case KEY_LOG:
		a->log = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is not an option", arg);
		break;
	case ARGP_KEY_END:
		if (!a->n)
			argp_error(state, "no HCA: give --hca NAME=SOCKET");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse, NULL,
	"An mlx5-class InfiniBand HCA in software, for tests: serves ConnectX-4 look-alikes by "
	"vfio-user, joined by one fabric.", NULL, NULL, NULL,
};

static void stop(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	event_base_loopbreak(arg);
}

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "a");

	if (!f) {
		fprintf(stderr, "hca-model: cannot write %s: %s\n", path, strerror(errno));
		exit(1);
	}
	setvbuf(f, NULL, _IOLBF, 0);
	return f;
}

static int serve(struct model *model, struct arguments *a, struct control **control)
{
	unsigned int i;
	int ret;

	for (i = 0; i < a->n; i++) {
		a->hca[i].strict = a->strict;
		ret = model_add_hca(model, &a->hca[i], NULL);
		if (ret) {
			fprintf(stderr, "hca-model: cannot serve %s on %s: %s\n", a->hca[i].name,
				a->hca[i].socket_path, strerror(-ret));
			return ret;
		}
	}
	if (!a->control)
		return 0;
	ret = control_create(model, a->control, control);
	if (ret)
		fprintf(stderr, "hca-model: cannot listen on %s: %s\n", a->control,
			strerror(-ret));
	return ret;
}

static int run(struct model *model)
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct event *event[2] = { 0 };
	int ret = -1, i;

	for (i = 0; i < 2; i++) {
		event[i] = evsignal_new(model->base, signals[i], stop, model->base);
		if (!event[i] || event_add(event[i], NULL))
			goto out;
	}
	ret = event_base_dispatch(model->base);
out:
	for (i = 0; i < 2; i++)
		if (event[i])
			event_free(event[i]);
	return ret < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct control *control = NULL;
	struct model *model;
	int ret;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	signal(SIGPIPE, SIG_IGN);
	if (model_create(&model)) {
		fprintf(stderr, "hca-model: out of memory\n");
		return 1;
	}
	if (a.log)
		model->log = open_file(a.log);
	if (a.trace)
		model->trace = open_file(a.trace);
	ret = serve(model, &a, &control) ? 1 : run(model);
	if (control)
		control_destroy(control);
	model_destroy(model);
	return ret;
}
