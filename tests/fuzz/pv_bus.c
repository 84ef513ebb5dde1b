// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what is mapped for the paper HCA. It must never know what it is told.
 */
#include "tests/fuzz/pv_bus.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host-backend/hca/ifc/ifc.h"

enum { MAX_RANGES = 4096, PAGE = 4096 };

struct range {
	uint64_t iova, size, offset;
	unsigned int prot;
	int fd;
};

static struct {
	struct iommu_domain domain;
	struct iova_range space;
	struct range range[MAX_RANGES];
	long n;
	int ram_fd;			/* the guest's memory */
} b;

static void must(bool good)
{
	if (!good)
		abort();
}

static int domain_map(struct iommu_domain *domain, uint64_t iova, uint64_t size,
		      unsigned int prot, const struct iommu_backing *backing)
{
	(void)domain;
	must(backing->fd >= 0 && size && !((iova | size) % PAGE));
	if (b.n == MAX_RANGES)
		return -ENOSPC;
	b.range[b.n++] = (struct range){ iova, size, backing->offset, prot, backing->fd };
	return 0;
}

static int domain_unmap(struct iommu_domain *domain, uint64_t iova, uint64_t size,
			uint64_t *unmapped)
{
	long i = 0;

	(void)domain;
	*unmapped = 0;
	while (i < b.n) {
		struct range *r = &b.range[i];

		if (r->iova < iova || r->iova - iova >= size) {
			i++;
			continue;
		}
		must(r->size <= size - (r->iova - iova));
		*unmapped += r->size;
		*r = b.range[--b.n];
	}
	return 0;
}

static void domain_destroy(struct iommu_domain *domain)
{
	(void)domain;
}

static const struct iommu_domain_ops domain_ops = {
	"paper", false, domain_map, domain_unmap, domain_destroy,
};

struct iommu_domain *pv_bus_domain(void)
{
	b.space = (struct iova_range){ PAGE, (1ull << 47) - 1 };
	b.domain = (struct iommu_domain){
		.ops = &domain_ops,
		.caps = { .page_sizes = PAGE, .max_maps = MAX_RANGES, .coherent = true,
			  .ranges = &b.space, .n_ranges = 1 },
	};
	return &b.domain;
}

void pv_bus_begin(int ram_fd)
{
	b.ram_fd = ram_fd;
}

long pv_bus_guest_ranges(void)
{
	long i, n = 0;

	for (i = 0; i < b.n; i++)
		n += b.range[i].fd == b.ram_fd;
	return n;
}

/* The range that has this address, for that purpose; NULL: none. */
static const struct range *find(uint64_t iova, unsigned int prot)
{
	const struct range *r;

	for (r = b.range; r < b.range + b.n; r++)
		if (iova >= r->iova && iova - r->iova < r->size && !(prot & ~r->prot))
			return r;
	return NULL;
}

/* Where in the file of its range it all is. */
static off_t place(uint64_t iova, size_t len, unsigned int prot, int *fd)
{
	const struct range *r = find(iova, prot);

	must(r && len <= r->size - (iova - r->iova));
	*fd = r->fd;
	return (off_t)(r->offset + (iova - r->iova));
}

void pv_bus_read(uint64_t iova, void *buf, size_t len)
{
	int fd;
	off_t at = place(iova, len, IOMMU_READ, &fd);

	must(pread(fd, buf, len, at) == (ssize_t)len);
}

void pv_bus_write(uint64_t iova, const void *buf, size_t len)
{
	int fd;
	off_t at = place(iova, len, IOMMU_WRITE, &fd);

	must(pwrite(fd, buf, len, at) == (ssize_t)len);
}

bool pv_bus_mapped(uint64_t iova, uint64_t len, unsigned int prot)
{
	const struct range *r;
	uint64_t room;

	while (len) {
		r = find(iova, prot);
		if (!r)
			return false;
		room = r->size - (iova - r->iova);
		if (room >= len)
			return true;
		iova += room;
		len -= room;
	}
	return true;
}

bool pv_bus_list_mapped(const uint8_t *pas, size_t n, unsigned int log_page, uint64_t at,
			uint64_t len, unsigned int prot)
{
	uint64_t page = 1ull << log_page, room, iova;
	size_t i;

	must(log_page >= 12 && at < page);
	for (i = 0; len; i++, at = 0, len -= room) {
		must(i < n);
		iova = ifc_load64(pas + i * 8) & ~0xfffull;
		room = page - at < len ? page - at : len;
		if (!pv_bus_mapped(iova + at, room, prot))
			return false;
	}
	return true;
}
