/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns the readable record of commands, WQEs, packets and events, and the log.
 * It must never know more of an object than the line it prints.
 */
#ifndef HCA_MODEL_TRACE_H
#define HCA_MODEL_TRACE_H

#include <stdbool.h>

#include "tests/hca-model/model.h"

static inline bool trace_on(const struct hca *hca)
{
	return hca->model->trace != NULL;
}

/* One line of the trace, with time and HCA name in front. Cheap when off. */
#define trace(hca, ...) \
	do { if (trace_on(hca)) trace_line(hca, __VA_ARGS__); } while (0)

void trace_line(const struct hca *hca, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* One line of the log (standard error by default): faults, refusals, life of clients. */
void hca_log(const struct hca *hca, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
