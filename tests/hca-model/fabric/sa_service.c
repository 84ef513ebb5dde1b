// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns service records that programs leave with the SA. It must never know
 * what a service does. Source: IBA volume 1, 15.2.5.14.
 */
#include <stdlib.h>

#include "tests/hca-model/fabric/sa_query.h"
#include "tests/hca-model/mgmt/mad.h"

enum {
	SERVICE_BYTES = 176, MAX_SERVICES = 256,
	SVC_ID = 0, SVC_GID = 8, SVC_PKEY = 24, SVC_KEY = 32, SVC_NAME = 48,
	ASK_ID = 0, ASK_GID = 1, ASK_PKEY = 2, ASK_KEY = 5, ASK_NAME = 6,
};

struct service {
	LIST_ENTRY(service) link;
	uint8_t record[SERVICE_BYTES];
};

static bool part_fits(const struct sa_query *q, const struct service *s, unsigned int ask,
		      size_t at, size_t bytes)
{
	return !sa_asks(q, ask) || !memcmp(q->want + at, s->record + at, bytes);
}

static bool fits(const struct sa_query *q, const struct service *s)
{
	return part_fits(q, s, ASK_ID, SVC_ID, 8) && part_fits(q, s, ASK_GID, SVC_GID, 16) &&
	       part_fits(q, s, ASK_PKEY, SVC_PKEY, 2) && part_fits(q, s, ASK_KEY, SVC_KEY, 16) &&
	       part_fits(q, s, ASK_NAME, SVC_NAME, 64);
}

/* The record's identity: service id, port, P_Key. */
static struct service *find(struct sa *sa, const uint8_t *want)
{
	struct service *s;

	LIST_FOREACH(s, &sa->services, link)
		if (!memcmp(s->record, want, SVC_PKEY + 2))
			return s;
	return NULL;
}

static void give(struct sa_query *q, const uint8_t *record)
{
	uint8_t *rec = sa_add(q, SERVICE_BYTES);

	if (rec)
		memcpy(rec, record, SERVICE_BYTES);
}

static uint16_t store(struct sa_query *q)
{
	struct service *s = find(q->sa, q->want);

	if (!s) {
		if (q->sa->n_services == MAX_SERVICES)
			return SA_STATUS_NO_RESOURCES;
		s = calloc(1, sizeof(*s));
		if (!s)
			return SA_STATUS_NO_RESOURCES;
		LIST_INSERT_HEAD(&q->sa->services, s, link);
		q->sa->n_services++;
	}
	memcpy(s->record, q->want, SERVICE_BYTES);
	give(q, s->record);
	return STATUS_OK;
}

static void drop(struct sa *sa, struct service *s)
{
	LIST_REMOVE(s, link);
	sa->n_services--;
	free(s);
}

uint16_t sa_service_records(struct sa_query *q)
{
	struct service *s;

	if (q->method == METHOD_SET)
		return store(q);
	if (q->method == METHOD_DELETE) {
		s = find(q->sa, q->want);
		if (!s)
			return SA_STATUS_NO_RECORDS;
		give(q, s->record);
		drop(q->sa, s);
		return STATUS_OK;
	}
	LIST_FOREACH(s, &q->sa->services, link)
		if (fits(q, s))
			give(q, s->record);
	return q->method == METHOD_GET && q->len > q->record ? SA_STATUS_TOO_MANY_RECORDS :
							       STATUS_OK;
}

void sa_services_clear(struct sa *sa)
{
	struct service *s;

	while ((s = LIST_FIRST(&sa->services)))
		drop(sa, s);
}
