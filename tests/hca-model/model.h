/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the process: N HCAs, one fabric, one event loop. It must never know
 * what an HCA does with a message.
 */
#ifndef HCA_MODEL_MODEL_H
#define HCA_MODEL_MODEL_H

#include <stdbool.h>
#include <stdio.h>

#include <event2/event.h>

#include "tests/hca-model/hca.h"

struct fabric;

#define MODEL_MAX_HCAS 64

struct model {
	struct event_base *base;
	struct fabric *fabric;
	struct hca *hcas[MODEL_MAX_HCAS];
	unsigned int n_hcas;
	struct event *work;		/* runs the transport while QPs are ready */
	FILE *trace;			/* NULL: no trace */
	FILE *log;
};

struct model_hca_config {
	const char *name;
	const char *socket_path;	/* NULL: listen_fd is used */
	int listen_fd;			/* taken; -1 if socket_path is given */
	bool vf;
	bool strict;
};

/**
 * model_create - an empty model: no HCA, fabric up
 * @out: the model; the caller destroys it with model_destroy()
 *
 * Return: 0, -ENOMEM.
 */
int model_create(struct model **out);
void model_destroy(struct model *model);

/**
 * model_add_hca - plug one more HCA into the fabric and serve it on a socket
 * @model:  the model
 * @config: name, socket, kind; copied
 * @out:    the HCA, owned by the model; may be NULL
 *
 * Return: 0, -ENOSPC beyond MODEL_MAX_HCAS, or why the socket cannot be served.
 */
int model_add_hca(struct model *model, const struct model_hca_config *config,
		  struct hca **out);

/**
 * model_run_once - handle what is ready, then return (for tests and fuzzers)
 * @model: the model
 * @block: wait until something is ready
 */
void model_run_once(struct model *model, bool block);

/* Some QP is ready: the transport has a slice to come. */
bool model_is_busy(const struct model *model);
/* Some QP became ready: make the loop call transport_run() until none is. */
void model_kick(struct model *model);

#endif
