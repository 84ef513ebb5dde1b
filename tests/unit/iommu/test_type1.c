// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the conversation with kernel VFIO's type1 driver: this program's own
 * ioctl() and fopen() play the container and its module. Must never need a kernel
 * that has them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "iommu/vfio_type1.h"
#include "tests/unit/alloc/fail_alloc.h"
#include "tests/unit/iommu/type1_answer.h"

enum { CONTAINER = 987654 };

/* A container, as far as ioctl() shows it. */
static struct container {
	int has_type1v2, coherent;	/* what CHECK_EXTENSION says; -errno */
	int set_err;			/* what SET_IOMMU says, positive */
	unsigned long set_to;
	int info_err, map_err, unmap_err;
	struct type1_answer answer;
	uint32_t grows;			/* bytes, at each GET_INFO */
	unsigned int info_calls;
	struct vfio_iommu_type1_dma_map map;	/* the last one */
	uint64_t unmapped;		/* what UNMAP_DMA says */
	const char *entry_limit;	/* the module's parameter, NULL: none to be read */
} kernel;
static struct vfio_iommu_type1_dma_unmap last_unmap;

static int answer_errno(int err)
{
	errno = err;
	return err ? -1 : 0;
}

static int check_extension(unsigned long extension)
{
	int says = extension == VFIO_TYPE1v2_IOMMU ? kernel.has_type1v2 :
		   extension == VFIO_DMA_CC_IOMMU ? kernel.coherent : 0;

	return says < 0 ? answer_errno(-says) : says;
}

/* Without room for all, the kernel leaves the chain out and says what it takes. */
static int get_info(struct vfio_iommu_type1_info *info)
{
	size_t need = kernel.answer.len + (size_t)kernel.grows * ++kernel.info_calls;
	size_t room = info->argsz;

	if (kernel.info_err)
		return answer_errno(kernel.info_err);
	if (room < need) {
		memcpy(info, &kernel.answer, sizeof(*info));
		info->cap_offset = 0;
	} else {
		memcpy(info, &kernel.answer, kernel.answer.len);
	}
	info->argsz = need;
	return 0;
}

static int container_ioctl(unsigned long request, unsigned long arg)
{
	switch (request) {
	case VFIO_CHECK_EXTENSION:
		return check_extension(arg);
	case VFIO_SET_IOMMU:
		kernel.set_to = arg;
		return answer_errno(kernel.set_err);
	case VFIO_IOMMU_GET_INFO:
		return get_info((void *)arg);
	case VFIO_IOMMU_MAP_DMA:
		memcpy(&kernel.map, (void *)arg, sizeof(kernel.map));
		return answer_errno(kernel.map_err);
	case VFIO_IOMMU_UNMAP_DMA:
		memcpy(&last_unmap, (void *)arg, sizeof(last_unmap));
		if (!kernel.unmap_err)
			((struct vfio_iommu_type1_dma_unmap *)arg)->size = kernel.unmapped;
		return answer_errno(kernel.unmap_err);
	default:
		return answer_errno(ENOTTY);
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	unsigned long arg;
	va_list args;

	va_start(args, request);
	arg = va_arg(args, unsigned long);
	va_end(args);
	if (fd == CONTAINER)
		return container_ioctl(request, arg);
	return syscall(SYS_ioctl, fd, request, arg);
}

FILE *fopen(const char *path, const char *mode)
{
	FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");

	if (strcmp(path, "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"))
		return next(path, mode);
	if (kernel.entry_limit)
		return fmemopen((void *)kernel.entry_limit, strlen(kernel.entry_limit), "r");
	errno = ENOENT;
	return NULL;
}

static int setup(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.has_type1v2 = 1;
	kernel.coherent = 1;
	type1_answer_usual(&kernel.answer);
	return 0;
}

static struct iommu_domain *domain(void)
{
	struct iommu_domain *made = NULL;

	assert_int_equal(vfio_type1_create(CONTAINER, &made), 0);
	return made;
}

static int create_fails_with(void)
{
	struct iommu_domain *made = NULL;
	int ret = vfio_type1_create(CONTAINER, &made);

	assert_null(made);
	return ret;
}

static void a_domain_is_what_the_container_says(void **state)
{
	struct iommu_domain *d = domain();

	(void)state;
	assert_int_equal(kernel.set_to, VFIO_TYPE1v2_IOMMU);
	assert_string_equal(d->ops->name, "vfio-type1");
	assert_true(d->ops->needs_hva);
	assert_int_equal(d->caps.page_sizes, ~0xfffull);
	assert_int_equal(d->caps.max_maps, 65535);
	assert_int_equal(d->caps.n_ranges, 2);
	assert_int_equal(d->caps.ranges[1].last, (1ull << 39) - 1);
	assert_true(d->caps.coherent);
	d->ops->destroy(d);
}

static void an_iommu_that_does_not_enforce_coherency_is_not_called_coherent(void **state)
{
	const int answers[] = { 0, -EINVAL };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct iommu_domain *d;

		kernel.coherent = answers[i];
		d = domain();
		assert_false(d->caps.coherent);
		d->ops->destroy(d);
	}
}

static void a_container_that_has_its_iommu_already_is_taken(void **state)
{
	struct iommu_domain *d;

	(void)state;
	kernel.set_err = EINVAL;
	d = domain();
	d->ops->destroy(d);
}

static void a_container_that_gets_no_iommu_tells_why(void **state)
{
	(void)state;
	kernel.set_err = EPERM;
	kernel.info_err = EINVAL;
	assert_int_equal(create_fails_with(), -EPERM);
	kernel.set_err = 0;
	assert_int_equal(create_fails_with(), -EINVAL);
}

static void without_type1v2_there_is_no_domain(void **state)
{
	(void)state;
	kernel.has_type1v2 = 0;
	assert_int_equal(create_fails_with(), -EOPNOTSUPP);
	assert_int_equal(kernel.set_to, 0);
	kernel.has_type1v2 = -ENOTTY;
	assert_int_equal(create_fails_with(), -ENOTTY);
}

static void an_answer_without_ranges_or_malformed_is_no_domain(void **state)
{
	(void)state;
	kernel.answer.info.flags = VFIO_IOMMU_INFO_PGSIZES;
	assert_int_equal(create_fails_with(), -EOPNOTSUPP);
	type1_answer_usual(&kernel.answer);
	kernel.answer.info.cap_offset = 4000;
	assert_int_equal(create_fails_with(), -EPROTO);
}

static void an_answer_that_grows_is_asked_for_again_but_not_for_ever(void **state)
{
	struct iommu_domain *d = domain();

	(void)state;
	assert_int_equal(kernel.info_calls, 2);
	d->ops->destroy(d);
	kernel.grows = 8;
	kernel.info_calls = 0;
	assert_int_equal(create_fails_with(), -EPROTO);
	assert_int_equal(kernel.info_calls, 4);
	kernel.grows = 2 << 20;
	kernel.info_calls = 0;
	assert_int_equal(create_fails_with(), -EPROTO);
	assert_int_equal(kernel.info_calls, 1);
}

static void an_old_kernels_limit_is_the_modules_or_unknown(void **state)
{
	const struct iova_range range = { 0, (1ull << 39) - 1 };
	const struct {
		const char *says;
		uint64_t limit;
	} cases[] = {
		{ NULL, UINT64_MAX },
		{ "65535\n", 65535 },
		{ "4294967295\n", UINT32_MAX },
		{ "what?\n", UINT64_MAX },
	};

	(void)state;
	type1_answer_init(&kernel.answer, 0x1000);
	type1_answer_add_ranges(&kernel.answer, &range, 1);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iommu_domain *d;

		kernel.entry_limit = cases[i].says;
		d = domain();
		assert_int_equal(d->caps.max_maps, cases[i].limit);
		d->ops->destroy(d);
	}
}

static void map_asks_for_the_very_window_and_rights(void **state)
{
	const struct {
		unsigned int prot, flags;
	} rights[] = {
		{ IOMMU_READ, VFIO_DMA_MAP_FLAG_READ },
		{ IOMMU_WRITE, VFIO_DMA_MAP_FLAG_WRITE },
		{ IOMMU_READ | IOMMU_WRITE, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE },
	};
	const struct iommu_backing backing = { -1, 0, (void *)0x7f0000003000 };
	struct iommu_domain *d = domain();

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(d->ops->map(d, 0x5000, 0x2000, rights[i].prot, &backing), 0);
		assert_int_equal(kernel.map.argsz, sizeof(kernel.map));
		assert_int_equal(kernel.map.flags, rights[i].flags);
		assert_int_equal(kernel.map.vaddr, 0x7f0000003000);
		assert_int_equal(kernel.map.iova, 0x5000);
		assert_int_equal(kernel.map.size, 0x2000);
	}
	kernel.map_err = ENOSPC;
	assert_int_equal(d->ops->map(d, 0x5000, 0x2000, IOMMU_READ, &backing), -ENOSPC);
	d->ops->destroy(d);
}

static void unmap_says_what_the_kernel_said_it_unmapped(void **state)
{
	struct iommu_domain *d = domain();
	uint64_t unmapped = 77;

	(void)state;
	kernel.unmapped = 0x2000;
	assert_int_equal(d->ops->unmap(d, 0x5000, 0x3000, &unmapped), 0);
	assert_int_equal(unmapped, 0x2000);
	assert_int_equal(last_unmap.argsz, sizeof(last_unmap));
	assert_int_equal(last_unmap.flags, 0);
	assert_int_equal(last_unmap.iova, 0x5000);
	assert_int_equal(last_unmap.size, 0x3000);
	kernel.unmapped = 0;
	assert_int_equal(d->ops->unmap(d, 0x5000, 0x3000, &unmapped), 0);
	assert_int_equal(unmapped, 0);
	/* The kernel leaves the wish where the result would be. */
	kernel.unmap_err = EINVAL;
	unmapped = 77;
	assert_int_equal(d->ops->unmap(d, 0x5000, 0x3000, &unmapped), -EINVAL);
	assert_int_equal(unmapped, 0);
	d->ops->destroy(d);
}

static void every_allocation_that_fails_is_told(void **state)
{
	struct iommu_domain *d = NULL;
	unsigned long nth = 0;
	int ret;

	(void)state;
	do {
		assert_null(d);
		fail_alloc_arm(++nth, false);
		ret = vfio_type1_create(CONTAINER, &d);
	} while (fail_alloc_disarm() >= nth && ret == -ENOMEM);
	assert_int_equal(ret, 0);
	assert_int_equal(nth, 5);	/* domain, two answers, ranges */
	d->ops->destroy(d);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_is_what_the_container_says),
		TEST(an_iommu_that_does_not_enforce_coherency_is_not_called_coherent),
		TEST(a_container_that_has_its_iommu_already_is_taken),
		TEST(a_container_that_gets_no_iommu_tells_why),
		TEST(without_type1v2_there_is_no_domain),
		TEST(an_answer_without_ranges_or_malformed_is_no_domain),
		TEST(an_answer_that_grows_is_asked_for_again_but_not_for_ever),
		TEST(an_old_kernels_limit_is_the_modules_or_unknown),
		TEST(map_asks_for_the_very_window_and_rights),
		TEST(unmap_says_what_the_kernel_said_it_unmapped),
		TEST(every_allocation_that_fails_is_told),
	};

	return cmocka_run_group_tests_name("type1 container", tests, NULL, NULL);
}
