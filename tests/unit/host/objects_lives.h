/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns one life of each firmware object, from creation to the end, that copes
 * with the failure of any of its commands. It must never know why one fails.
 */
#ifndef TESTS_UNIT_HOST_OBJECTS_LIVES_H
#define TESTS_UNIT_HOST_OBJECTS_LIVES_H

#include "tests/unit/host/objects_bed.h"

/**
 * struct objects_run - a life being lived
 * @bed: on what
 * @first: the first error, 0: none
 * @cause: the last command's error as it was then
 * @unsure: a create failed so that the object may exist
 * @left: something could not be destroyed
 */
struct objects_run {
	struct objects_bed *bed;
	int first;
	struct hca_cmd_error cause;
	bool unsure, left;
};

struct objects_life {
	const char *name;
	void (*live)(struct objects_run *run);
	const uint16_t *ops;		/* its commands, in order, when none fails */
	size_t n_ops;
};

extern const struct objects_life objects_lives[];
extern const size_t objects_n_lives;

#endif
