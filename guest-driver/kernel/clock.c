// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the relation between the clock that stamps completions and the time of
 * day, on a page that user space reads (struct mlx5_ib_clock_info): it converts
 * time stamps without asking anybody. Must never know completions.
 */
#include <linux/clocksource.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <rdma/mlx5-abi.h>

#include "clock.h"
#include "command.h"

enum {
	/* Both clocks drift; half an hour of cycles times mult still fits 64 bits. */
	REFRESH_S = 600,
	SHIFT = 22,
	MAX_BITS = 63,
};

struct up_clock {
	struct up_dev *dev;
	struct mlx5_ib_clock_info *page;
	struct delayed_work work;
};

/* One moment in both times. */
static int sample(struct up_dev *dev, u64 *cycles, u64 *mask, u64 *ns)
{
	struct up_query_clock_out out;
	u64 before = ktime_get_real_ns();
	int err;

	err = up_command(dev, UP_QUERY_CLOCK, NULL, 0, &out, sizeof(out));
	if (err)
		return err;
	if (!out.bits || le32_to_cpu(out.bits) > MAX_BITS)
		return -EPROTO;
	*ns = before + (ktime_get_real_ns() - before) / 2;
	*mask = GENMASK_ULL(le32_to_cpu(out.bits) - 1, 0);
	*cycles = le64_to_cpu(out.cycles) & *mask;
	return 0;
}

/* Readers take the page as it is while its sign is even and has not moved. */
static int refresh(struct up_clock *clock)
{
	struct mlx5_ib_clock_info *page = clock->page;
	u32 sign = page->sign;
	u64 cycles, mask, ns;
	int err;

	err = sample(clock->dev, &cycles, &mask, &ns);
	if (err)
		return err;
	/* Odd before anything moves, ... */
	smp_store_mb(page->sign, sign | MLX5_IB_CLOCK_INFO_KERNEL_UPDATING);
	page->cycles = cycles;
	page->mask = mask;
	page->nsec = ns;
	/* ... even again after all has. */
	smp_store_release(&page->sign, sign + 2 * MLX5_IB_CLOCK_INFO_KERNEL_UPDATING);
	return 0;
}

static void work(struct work_struct *work)
{
	struct up_clock *clock = container_of(work, struct up_clock, work.work);

	/* Without an answer the relation just grows older. */
	refresh(clock);
	schedule_delayed_work(&clock->work, REFRESH_S * HZ);
}

int up_clock_start(struct up_dev *dev)
{
	u32 khz = dev->caps.device_frequency_khz;
	struct up_clock *clock;
	int err = -ENOMEM;

	if (!khz)
		return 0;
	clock = kzalloc(sizeof(*clock), GFP_KERNEL);
	if (!clock)
		return -ENOMEM;
	clock->dev = dev;
	clock->page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!clock->page)
		goto free_clock;
	clock->page->shift = SHIFT;
	clock->page->mult = clocksource_khz2mult(khz, SHIFT);
	clock->page->overflow_period = REFRESH_S * HZ;
	err = refresh(clock);
	if (err)
		goto free_page;
	INIT_DELAYED_WORK(&clock->work, work);
	schedule_delayed_work(&clock->work, REFRESH_S * HZ);
	dev->clock = clock;
	return 0;

free_page:
	free_page((unsigned long)clock->page);
free_clock:
	kfree(clock);
	return err == -EOPNOTSUPP ? 0 : err;
}

void up_clock_stop(struct up_dev *dev)
{
	struct up_clock *clock = dev->clock;

	if (!clock)
		return;
	dev->clock = NULL;
	cancel_delayed_work_sync(&clock->work);
	/* Who still has it mapped keeps it. */
	free_page((unsigned long)clock->page);
	kfree(clock);
}

int up_clock_mmap(struct up_dev *dev, struct vm_area_struct *vma)
{
	if (!dev->clock)
		return -EOPNOTSUPP;
	if (vma->vm_end - vma->vm_start != PAGE_SIZE || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	vm_flags_clear(vma, VM_MAYWRITE);
	return vm_insert_page(vma, vma->vm_start, virt_to_page(dev->clock->page));
}
