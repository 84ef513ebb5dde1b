// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the process: N HCAs, one fabric, one event loop. It must never know
 * what an HCA does with a message.
 */
#include "tests/hca-model/model.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/hca-model/fabric/fabric.h"
#include "tests/hca-model/hca_device.h"
#include "tests/hca-model/transport/transport.h"

/* One slice for each HCA. */
static void model_work(evutil_socket_t fd, short what, void *arg)
{
	struct model *model = arg;
	bool more = false;
	unsigned int i;

	(void)fd;
	(void)what;
	for (i = 0; i < model->n_hcas; i++)
		more |= transport_run(model->hcas[i]);
	if (more)
		model_kick(model);
}

int model_create(struct model **out)
{
	struct model *model = calloc(1, sizeof(*model));
	int ret = -ENOMEM;

	if (!model)
		return -ENOMEM;
	model->log = stderr;
	model->base = event_base_new();
	if (!model->base)
		goto err;
	model->work = evtimer_new(model->base, model_work, model);
	if (!model->work)
		goto err;
	ret = fabric_create(model->base, &model->fabric);
	if (ret)
		goto err;
	*out = model;
	return 0;
err:
	model_destroy(model);
	return ret;
}

void model_destroy(struct model *model)
{
	unsigned int i;

	for (i = 0; i < model->n_hcas; i++)
		hca_destroy(model->hcas[i]);
	if (model->fabric)
		fabric_destroy(model->fabric);
	if (model->work)
		event_free(model->work);
	if (model->base)
		event_base_free(model->base);
	free(model);
}

int model_add_hca(struct model *model, const struct model_hca_config *config,
		  struct hca **out)
{
	struct hca *hca;
	int ret;

	if (model->n_hcas == MODEL_MAX_HCAS)
		return -ENOSPC;
	ret = hca_create(model, config, &hca);
	if (ret)
		return ret;
	model->hcas[model->n_hcas++] = hca;
	if (out)
		*out = hca;
	return 0;
}

void model_run_once(struct model *model, bool block)
{
	event_base_loop(model->base, EVLOOP_ONCE | (block ? 0 : EVLOOP_NONBLOCK));
}

bool model_is_busy(const struct model *model)
{
	return evtimer_pending(model->work, NULL);
}

/*
 * A timer that is due at once: the loop looks at its sockets before each slice.
 * An event made active from within its own callback would run again before that.
 */
void model_kick(struct model *model)
{
	static const struct timeval at_once;

	if (!model_is_busy(model))
		evtimer_add(model->work, &at_once);
}
