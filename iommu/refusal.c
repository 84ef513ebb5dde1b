// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what refusals say, to programs and to people. Must never decide to refuse.
 */
#include "iommu/refusal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int error_of(enum iommu_reason reason)
{
	switch (reason) {
	case IOMMU_OK:
		return 0;
	case IOMMU_EMPTY:
	case IOMMU_UNALIGNED:
	case IOMMU_WRAPS:
	case IOMMU_BAD_ACCESS:
		return -EINVAL;
	case IOMMU_OVERLAP:
		return -EEXIST;
	case IOMMU_NOT_RAM:
		return -EFAULT;
	case IOMMU_READ_ONLY:
		return -EACCES;
	case IOMMU_TOO_MANY_RUNS:
		return -E2BIG;
	case IOMMU_OWNER_BYTES:
	case IOMMU_OWNER_COUNT:
		return -EDQUOT;
	case IOMMU_TOO_MANY_MAPS:
	case IOMMU_NO_IOVA:
		return -ENOSPC;
	case IOMMU_NO_MEMORY:
		return -ENOMEM;
	case IOMMU_MAP_FAILED:
		return -EIO;
	case IOMMU_NOT_CONFIRMED:
		return -EUCLEAN;
	}
	return -EINVAL;
}

int iommu_refuse(struct iommu_refusal *refusal, enum iommu_reason reason,
		 uint64_t wanted, uint64_t limit)
{
	*refusal = (struct iommu_refusal){
		.reason = reason,
		.err = error_of(reason),
		.wanted = wanted,
		.limit = limit,
	};
	return refusal->err;
}

int iommu_refuse_at(struct iommu_refusal *refusal, enum iommu_reason reason,
		    uint64_t at)
{
	iommu_refuse(refusal, reason, 0, 0);
	refusal->at = at;
	return refusal->err;
}

int iommu_refuse_map(struct iommu_refusal *refusal, int err, uint64_t bytes)
{
	if (err == -EUCLEAN)
		return iommu_refuse(refusal, IOMMU_NOT_CONFIRMED, bytes, 0);
	iommu_refuse(refusal, IOMMU_MAP_FAILED, bytes, 0);
	refusal->err = err;
	return err;
}

/* Reasons that name an address. */
static int text_at(const struct iommu_refusal *r, char *buf, size_t len)
{
	const char *format;

	switch (r->reason) {
	case IOMMU_UNALIGNED:
		format = "0x%" PRIx64 ": address or length is not a multiple of 4096:"
			 " register whole pages";
		break;
	case IOMMU_WRAPS:
		format = "0x%" PRIx64 ": the memory named from here on ends beyond the last address";
		break;
	case IOMMU_OVERLAP:
		format = "0x%" PRIx64 ": this page is named twice: name each page once";
		break;
	case IOMMU_NOT_RAM:
		format = "0x%" PRIx64 ": the guest has no memory here:"
			 " only its RAM can be registered";
		break;
	default:
		format = "0x%" PRIx64 ": this memory is read-only to the guest:"
			 " register it without write access";
		break;
	}
	return snprintf(buf, len, format, r->at);
}

/* Reasons that name what was wanted and what there is. */
static int text_limit(const struct iommu_refusal *r, char *buf, size_t len)
{
	const char *format;

	switch (r->reason) {
	case IOMMU_TOO_MANY_RUNS:
		format = "%" PRIu64 " runs of guest memory in one request, %" PRIu64
			 " are allowed: register it in parts";
		break;
	case IOMMU_OWNER_BYTES:
		format = "%" PRIu64 " bytes would be registered, %" PRIu64
			 " are allowed: deregister some or raise the quota of bytes";
		break;
	case IOMMU_OWNER_COUNT:
		format = "%" PRIu64 " registrations would exist, %" PRIu64
			 " are allowed: deregister some or raise the quota of registrations";
		break;
	default:
		format = "separate runs of guest memory need %" PRIu64 " IOMMU mappings, %" PRIu64
			 " are left: use the policy granule (with larger blocks) or static,"
			 " or raise vfio_iommu_type1.dma_entry_limit";
		break;
	}
	return snprintf(buf, len, format, r->wanted, r->limit);
}

static int text_map_failed(const struct iommu_refusal *r, char *buf, size_t len)
{
	return snprintf(buf, len, "the IOMMU did not map %" PRIu64 " bytes: %s%s",
			r->wanted, strerror(-r->err),
			r->err == -ENOMEM ? ": raise the limit of locked memory"
					    " (ulimit -l, LimitMEMLOCK=)" : "");
}

void iommu_refusal_text(const struct iommu_refusal *refusal, char *buf, size_t len)
{
	switch (refusal->reason) {
	case IOMMU_OK:
		snprintf(buf, len, "not refused");
		return;
	case IOMMU_EMPTY:
		snprintf(buf, len, "no memory is named:"
			 " every run needs a page of 4096 bytes at least");
		return;
	case IOMMU_BAD_ACCESS:
		snprintf(buf, len, "no or unknown access: ask for reading, writing or both");
		return;
	case IOMMU_UNALIGNED:
	case IOMMU_WRAPS:
	case IOMMU_OVERLAP:
	case IOMMU_NOT_RAM:
	case IOMMU_READ_ONLY:
		text_at(refusal, buf, len);
		return;
	case IOMMU_TOO_MANY_RUNS:
	case IOMMU_OWNER_BYTES:
	case IOMMU_OWNER_COUNT:
	case IOMMU_TOO_MANY_MAPS:
		text_limit(refusal, buf, len);
		return;
	case IOMMU_NO_IOVA:
		snprintf(buf, len, "no gap of %" PRIu64 " bytes is left among the bus addresses:"
			 " deregister some memory", refusal->wanted);
		return;
	case IOMMU_NO_MEMORY:
		snprintf(buf, len, "no memory for book-keeping:"
			 " raise this process's limit of memory");
		return;
	case IOMMU_MAP_FAILED:
		text_map_failed(refusal, buf, len);
		return;
	case IOMMU_NOT_CONFIRMED:
		snprintf(buf, len, "mapping failed, and the IOMMU did not confirm that it was undone: %"
			 PRIu64 " bytes of bus addresses will not be used again", refusal->wanted);
		return;
	}
	snprintf(buf, len, "unknown reason %d", (int)refusal->reason);
}
