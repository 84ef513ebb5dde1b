// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns page requests at any time: served in the event thread, one command after
 * the other, never waiting. Must never know what the firmware keeps there.
 */
#include <errno.h>
#include <string.h>

#include "host-backend/hca/events.h"
#include "host-backend/hca/ifc/wqe.h"
#include "host-backend/hca/pages_private.h"
#include "host-backend/hca/private.h"

static void serve(struct hca_pages *p);

static void report_failed(struct hca_pages *p, uint32_t n)
{
	struct hca_event event = {
		.type = HCA_EVENT_PAGES_FAILED, .fw_type = EVENT_PAGE_REQUEST, .number = n,
	};

	hca_events_report(p->hca->events, &event);
}

/* Takes the turn if there is something to do. */
static bool begin(struct hca_pages *p)
{
	bool go;

	pthread_mutex_lock(&p->lock);
	go = !p->stopped && !p->busy && (p->refuse || p->want_give || p->want_take);
	p->busy |= go;
	pthread_mutex_unlock(&p->lock);
	return go;
}

static void end(struct hca_pages *p)
{
	pthread_mutex_lock(&p->lock);
	p->busy = false;
	pthread_cond_broadcast(&p->idle);
	pthread_mutex_unlock(&p->lock);
}

static uint32_t up_to_batch(uint32_t n)
{
	return n < HCA_PAGES_BATCH ? n : HCA_PAGES_BATCH;
}

/* The firmware will not get what it asked for, and is told so. */
static void give_failed(struct hca_pages *p)
{
	report_failed(p, p->want_give);
	p->want_give = 0;
	p->refuse = true;
}

static void given(void *ctx, const struct hca_cmd_error *error)
{
	struct hca_pages *p = ctx;
	uint32_t n = p->n_batch;

	hca_pages_settle(p, error->err);
	if (error->err)
		give_failed(p);
	else
		p->want_give -= n < p->want_give ? n : p->want_give;
	end(p);
	serve(p);
}

static bool give(struct hca_pages *p)
{
	size_t ilen;
	int err = hca_pages_batch(p, up_to_batch(p->want_give), &ilen);

	if (!err)
		err = hca_cmdq_submit(p->hca->cmdq, p->in, ilen, p->out, manage_pages_out__SIZE,
				      given, p);
	if (!err)
		return true;
	/* Nothing was sent, whatever the error says. */
	hca_pages_settle(p, -ECANCELED);
	give_failed(p);
	return false;
}

static void take_failed(struct hca_pages *p)
{
	report_failed(p, p->want_take);
	p->want_take = 0;
}

static void taken(void *ctx, const struct hca_cmd_error *error)
{
	struct hca_pages *p = ctx;
	uint32_t got;

	if (error->err || hca_pages_back(p, p->asked, &got))
		take_failed(p);
	else
		p->want_take -= got ? got : p->want_take;	/* none: it changed its mind */
	end(p);
	serve(p);
}

static bool take(struct hca_pages *p)
{
	size_t ilen;

	p->asked = up_to_batch(p->want_take);
	ilen = hca_pages_head(p->in, p->function, HCA_PAGES_TAKE, p->asked);
	memset(p->out, 0, sizeof(p->out));
	if (!hca_cmdq_submit(p->hca->cmdq, p->in, ilen, p->out,
			     manage_pages_out__SIZE + p->asked * sizeof(uint64_t), taken, p))
		return true;
	take_failed(p);
	return false;
}

static void refused(void *ctx, const struct hca_cmd_error *error)
{
	struct hca_pages *p = ctx;

	(void)error;
	end(p);
	serve(p);
}

static bool refuse(struct hca_pages *p)
{
	size_t ilen = hca_pages_head(p->in, p->function, HCA_PAGES_CANT_GIVE, 0);

	p->refuse = false;
	return !hca_cmdq_submit(p->hca->cmdq, p->in, ilen, p->out, manage_pages_out__SIZE,
				refused, p);
}

static void serve(struct hca_pages *p)
{
	bool sent = false;

	while (!sent && begin(p)) {
		sent = p->refuse ? refuse(p) : p->want_give ? give(p) : take(p);
		if (!sent)
			end(p);
	}
}

static uint32_t add(uint32_t sum, uint32_t n)
{
	return n > HCA_PAGES_MAX - sum ? HCA_PAGES_MAX : sum + n;
}

void hca_pages_request(struct hca_pages *p, uint32_t function, int32_t n)
{
	if (function != p->function)
		report_failed(p, (uint32_t)n);	/* of a function that is not ours */
	else if (n > 0)
		p->want_give = add(p->want_give, (uint32_t)n);
	else if (n < 0)
		p->want_take = add(p->want_take, 0 - (uint32_t)n);
	serve(p);
}

void hca_pages_quiesce(struct hca_pages *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopped = true;
	while (p->busy)
		pthread_cond_wait(&p->idle, &p->lock);
	pthread_mutex_unlock(&p->lock);
}
