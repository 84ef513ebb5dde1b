// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns UAR pages: the driver's own and those that user space makes (uverbs
 * object MLX5_IB_OBJECT_UAR) and maps. Must never know what is rung there.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/mlx5-abi.h>
#include <rdma/mlx5_user_ioctl_cmds.h>
#include <rdma/mlx5_user_ioctl_verbs.h>
#include <rdma/uverbs_ioctl.h>
#include <rdma/uverbs_std_types.h>

#include "clock.h"
#include "command.h"
#include "pci.h"
#include "uar.h"

#define UVERBS_MODULE_NAME underpass
#include <rdma/uverbs_named_ioctl.h>

enum {
	/* Page offsets below are commands of the mlx5 UAPI: command << 8 | index. */
	ENTRIES_FROM = 1 << 16,
	ENTRIES_TO = (1 << 24) - 1,
	COMMAND_SHIFT = 8,
};

int up_uar_alloc(struct up_dev *dev, struct up_uar **out)
{
	struct up_alloc_uar_out answer;
	struct up_uar *uar;
	int err;

	uar = kzalloc(sizeof(*uar), GFP_KERNEL);
	if (!uar)
		return -ENOMEM;
	err = up_command(dev, UP_ALLOC_UAR, NULL, 0, &answer, sizeof(answer));
	if (err)
		goto free;
	kref_init(&uar->ref);
	uar->dev = dev;
	uar->number = le32_to_cpu(answer.uar);
	uar->page = le32_to_cpu(answer.page);
	if (uar->page >= dev->uar_pages) {
		err = -EPROTO;
		goto free_uar;
	}
	*out = uar;
	return 0;

free_uar:
	up_command_destroy(dev, UP_FREE_UAR, uar->number);
free:
	kfree(uar);
	return err;
}

static void release(struct kref *ref)
{
	struct up_uar *uar = container_of(ref, struct up_uar, ref);

	/* A refusal costs a page of the pool until the next reset, and no memory. */
	up_command_destroy(uar->dev, UP_FREE_UAR, uar->number);
	kfree(uar);
}

void up_uar_put(struct up_uar *uar)
{
	if (uar)
		kref_put(&uar->ref, release);
}

struct up_uar *up_uar_get_mapped(struct up_ucontext *context, u32 number)
{
	struct xarray *entries = &context->ibucontext.mmap_xa;
	struct rdma_user_mmap_entry *rdma_entry;
	struct up_uar *found = NULL;
	unsigned long i;

	xa_lock(entries);
	xa_for_each(entries, i, rdma_entry) {
		struct up_uar *uar = to_up_mmap_entry(rdma_entry)->uar;

		if (uar->number == number && kref_get_unless_zero(&uar->ref)) {
			found = uar;
			break;
		}
	}
	xa_unlock(entries);
	return found;
}

int up_uar_entry_create(struct up_ucontext *context, struct up_mmap_entry **out)
{
	struct up_dev *dev = to_up_dev(context->ibucontext.device);
	struct up_mmap_entry *entry;
	int err;

	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	err = up_uar_alloc(dev, &entry->uar);
	if (err)
		goto free;
	err = rdma_user_mmap_entry_insert_range(&context->ibucontext, &entry->rdma_entry, PAGE_SIZE,
						ENTRIES_FROM, ENTRIES_TO);
	if (err)
		goto put_uar;
	*out = entry;
	return 0;

put_uar:
	up_uar_put(entry->uar);
free:
	kfree(entry);
	return err;
}

void up_mmap_free(struct rdma_user_mmap_entry *rdma_entry)
{
	struct up_mmap_entry *entry = to_up_mmap_entry(rdma_entry);

	up_uar_put(entry->uar);
	kfree(entry);
}

static int map_entry(struct up_ucontext *context, struct vm_area_struct *vma, unsigned long pgoff)
{
	struct rdma_user_mmap_entry *rdma_entry;
	struct up_uar *uar;
	int err;

	rdma_entry = rdma_user_mmap_entry_get_pgoff(&context->ibucontext, pgoff);
	if (!rdma_entry)
		return -EINVAL;
	uar = to_up_mmap_entry(rdma_entry)->uar;
	err = rdma_user_mmap_io(&context->ibucontext, vma,
				up_pci_uar_address(uar->dev, uar->page) >> PAGE_SHIFT, PAGE_SIZE,
				pgprot_noncached(vma->vm_page_prot), rdma_entry);
	rdma_user_mmap_entry_put(rdma_entry);
	return err;
}

int up_mmap(struct ib_ucontext *ibcontext, struct vm_area_struct *vma)
{
	struct up_ucontext *context = to_up_ucontext(ibcontext);

	if (vma->vm_pgoff >= ENTRIES_FROM)
		return map_entry(context, vma, vma->vm_pgoff);
	switch (vma->vm_pgoff) {
	case MLX5_IB_MMAP_REGULAR_PAGE << COMMAND_SHIFT:
	case MLX5_IB_MMAP_NC_PAGE << COMMAND_SHIFT:
		if (!context->static_uar)
			return -EINVAL;
		return map_entry(context, vma, context->static_uar->rdma_entry.start_pgoff);
	case MLX5_IB_MMAP_CLOCK_INFO << COMMAND_SHIFT | MLX5_IB_CLOCK_INFO_V1:
		return up_clock_mmap(to_up_dev(ibcontext->device), vma);
	default:	/* write-combining, the HCA's own clock page, device memory */
		return -EOPNOTSUPP;
	}
}

static int cleanup(struct ib_uobject *uobject, enum rdma_remove_reason why,
		   struct uverbs_attr_bundle *attrs)
{
	struct up_mmap_entry *entry = uobject->object;

	rdma_user_mmap_entry_remove(&entry->rdma_entry);
	return 0;
}

static int UVERBS_HANDLER(MLX5_IB_METHOD_UAR_OBJ_ALLOC)(struct uverbs_attr_bundle *attrs)
{
	struct ib_uobject *uobject =
		uverbs_attr_get_uobject(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_HANDLE);
	struct ib_ucontext *ibcontext = ib_uverbs_get_ucontext(attrs);
	enum mlx5_ib_uapi_uar_alloc_type type;
	struct up_mmap_entry *entry;
	u32 length = PAGE_SIZE;
	u64 offset;
	int err;

	if (IS_ERR(ibcontext))
		return PTR_ERR(ibcontext);
	err = uverbs_get_const(&type, attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_TYPE);
	if (err)
		return err;
	if (type != MLX5_IB_UAPI_UAR_ALLOC_TYPE_NC)
		return -EOPNOTSUPP;
	err = up_uar_entry_create(to_up_ucontext(ibcontext), &entry);
	if (err)
		return err;
	uobject->object = entry;
	uverbs_finalize_uobj_create(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_HANDLE);

	offset = rdma_user_mmap_get_offset(&entry->rdma_entry);
	err = uverbs_copy_to(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_OFFSET, &offset,
			     sizeof(offset));
	if (!err)
		err = uverbs_copy_to(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_PAGE_ID,
				     &entry->uar->number, sizeof(entry->uar->number));
	if (!err)
		err = uverbs_copy_to(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_LENGTH, &length,
				     sizeof(length));
	return err;
}

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_UAR_OBJ_ALLOC,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_UAR_OBJ_ALLOC_HANDLE, MLX5_IB_OBJECT_UAR, UVERBS_ACCESS_NEW,
			UA_MANDATORY),
	UVERBS_ATTR_CONST_IN(MLX5_IB_ATTR_UAR_OBJ_ALLOC_TYPE, enum mlx5_ib_uapi_uar_alloc_type,
			     UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_UAR_OBJ_ALLOC_PAGE_ID, UVERBS_ATTR_TYPE(u32),
			    UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_LENGTH, UVERBS_ATTR_TYPE(u32),
			    UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_OFFSET, UVERBS_ATTR_TYPE(u64),
			    UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD_DESTROY(
	MLX5_IB_METHOD_UAR_OBJ_DESTROY,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_UAR_OBJ_DESTROY_HANDLE, MLX5_IB_OBJECT_UAR,
			UVERBS_ACCESS_DESTROY, UA_MANDATORY));

DECLARE_UVERBS_NAMED_OBJECT(MLX5_IB_OBJECT_UAR, UVERBS_TYPE_ALLOC_IDR(cleanup),
			    &UVERBS_METHOD(MLX5_IB_METHOD_UAR_OBJ_ALLOC),
			    &UVERBS_METHOD(MLX5_IB_METHOD_UAR_OBJ_DESTROY));

const struct uapi_definition up_uar_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(MLX5_IB_OBJECT_UAR),
	{}
};
