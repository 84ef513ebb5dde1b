// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how values of settings are read from text. Must never know which setting
 * has them.
 */
#include "host-backend/underpassd/values.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "host-backend/pv/pv.h"

/* Digits at the beginning of @text; @end: what follows. */
static int number(const char *text, int base, uint64_t *value, char **end)
{
	unsigned long long n;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, end, base);
	if (errno)
		return -ERANGE;
	*value = n;
	return 0;
}

static int bounded(const char *text, int base, const struct value_range *range, uint64_t *value)
{
	char *end;
	int ret = number(text, base, value, &end);

	if (!ret && *end)
		ret = -EINVAL;
	if (!ret && (*value < range->min || *value > range->max))
		ret = -ERANGE;
	return ret;
}

/* Which of the words it is, or -EINVAL. */
static int word(const char *text, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(text, words[i]))
			return (int)i;
	return -EINVAL;
}

int value_string(const char *text, void *value, const struct value_range *range)
{
	char **string = value, *copy;

	(void)range;
	if (!*text)
		return -EINVAL;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(*string);
	*string = copy;
	return 0;
}

int value_uint(const char *text, void *value, const struct value_range *range)
{
	uint64_t n = 0;
	int ret = bounded(text, 10, range, &n);

	if (!ret)
		*(unsigned int *)value = (unsigned int)n;
	return ret;
}

int value_u32(const char *text, void *value, const struct value_range *range)
{
	uint64_t n = 0;
	int ret = bounded(text, 10, range, &n);

	if (!ret)
		*(uint32_t *)value = (uint32_t)n;
	return ret;
}

int value_size(const char *text, void *value, const struct value_range *range)
{
	static const char units[] = "KMGT";
	uint64_t n = 0;
	const char *unit;
	unsigned int shift;
	char *end;
	int ret = number(text, 10, &n, &end);

	if (ret)
		return ret;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
		if (n > UINT64_MAX >> shift)
			return -ERANGE;
		n <<= shift;
	}
	if (n < range->min || n > range->max)
		return -ERANGE;
	*(uint64_t *)value = n;
	return 0;
}

int value_bool(const char *text, void *value, const struct value_range *range)
{
	static const char *const words[] = { "no", "yes" };
	int i = word(text, words, 2);

	(void)range;
	if (i >= 0)
		*(bool *)value = i;
	return i < 0 ? i : 0;
}

int value_mode(const char *text, void *value, const struct value_range *range)
{
	uint64_t n = 0;
	int ret = bounded(text, 8, range, &n);

	if (!ret)
		*(mode_t *)value = (mode_t)n;
	return ret;
}

int value_group(const char *text, void *value, const struct value_range *range)
{
	const struct value_range all = { 0, (gid_t)-2 };
	const struct group *group = getgrnam(text);
	uint64_t n = 0;

	(void)range;
	if (!group && bounded(text, 10, &all, &n))
		return -EINVAL;
	*(gid_t *)value = group ? group->gr_gid : (gid_t)n;
	return 0;
}

int value_user(const char *text, void *value, const struct value_range *range)
{
	const struct value_range all = { 0, (uid_t)-2 };
	const struct passwd *user = getpwnam(text);
	uint64_t n = 0;

	(void)range;
	if (!user && bounded(text, 10, &all, &n))
		return -EINVAL;
	*(uid_t *)value = user ? user->pw_uid : (uid_t)n;
	return 0;
}

int value_policy(const char *text, void *value, const struct value_range *range)
{
	static const char *const words[] = {
		[IOMMU_POLICY_EXACT] = "exact", [IOMMU_POLICY_LAZY] = "lazy",
		[IOMMU_POLICY_GRANULE] = "granule", [IOMMU_POLICY_STATIC] = "static",
	};
	int i = word(text, words, sizeof(words) / sizeof(words[0]));

	(void)range;
	if (i >= 0)
		*(enum iommu_policy *)value = (enum iommu_policy)i;
	return i < 0 ? i : 0;
}

int value_log_level(const char *text, void *value, const struct value_range *range)
{
	static const char *const words[] = {
		[PV_LOG_ERROR] = "error", [PV_LOG_WARNING] = "warning", [PV_LOG_NOTE] = "note",
	};
	int i = word(text, words, sizeof(words) / sizeof(words[0]));

	(void)range;
	if (i >= 0)
		*(enum pv_log_level *)value = (enum pv_log_level)i;
	return i < 0 ? i : 0;
}
