/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how values of settings are read from text. Must never know which setting
 * has them.
 */
#ifndef UNDERPASSD_VALUES_H
#define UNDERPASSD_VALUES_H

#include <stdint.h>

struct value_range {
	uint64_t min, max;
};

/* Each: 0; -EINVAL not a value of the sort; -ERANGE outside of @range; -ENOMEM. @value: */
int value_string(const char *text, void *value, const struct value_range *range);	/* char *, freed and set */
int value_uint(const char *text, void *value, const struct value_range *range);	/* unsigned int */
int value_u32(const char *text, void *value, const struct value_range *range);	/* uint32_t */
/* uint64_t; with K, M, G or T for powers of 1024. */
int value_size(const char *text, void *value, const struct value_range *range);
int value_bool(const char *text, void *value, const struct value_range *range);	/* bool */
int value_mode(const char *text, void *value, const struct value_range *range);	/* mode_t */
int value_group(const char *text, void *value, const struct value_range *range);	/* gid_t; by name or number */
int value_user(const char *text, void *value, const struct value_range *range);	/* uid_t; by name or number */
int value_policy(const char *text, void *value, const struct value_range *range);	/* enum iommu_policy */
int value_log_level(const char *text, void *value, const struct value_range *range);	/* enum pv_log_level */

#endif
