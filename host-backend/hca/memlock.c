// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how much memory this process may pin: kernel VFIO pins what it maps.
 * Must never know what gets mapped.
 * Source: Linux, drivers/vfio/vfio_iommu_type1.c, vfio_lock_acct().
 */
#include "host-backend/hca/memlock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

static bool may_lock_any(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK);
}

uint64_t hca_memlock_limit(void)
{
	struct rlimit limit;

	if (may_lock_any() || getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	return limit.rlim_cur;
}

void hca_memlock_text(char *buf, size_t len)
{
	uint64_t limit = hca_memlock_limit();

	if (!len)
		return;
	buf[0] = '\0';
	if (limit != UINT64_MAX)
		snprintf(buf, len, "locked memory is limited to %" PRIu64 " KiB: ulimit -l, or "
			 "LimitMEMLOCK= in the unit", limit / 1024);
}
