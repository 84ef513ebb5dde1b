// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the pages that hold user space's doorbell records; queues of a process
 * share them. Must never know what is recorded there.
 */
#include <linux/list.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "command.h"
#include "pages.h"
#include "verbs.h"

static int pin(struct up_dev *dev, struct up_db_page *page)
{
	struct up_pin_pages in;
	struct up_page_list list;
	int err;

	page->umem = up_mem_get(dev, page->address, PAGE_SIZE, 0);
	if (IS_ERR(page->umem))
		return PTR_ERR(page->umem);
	err = up_pages_of_umem(dev, page->umem, &list);
	if (err)
		goto put;
	in.pages = list.wire;
	err = up_command_create(dev, UP_PIN_PAGES, &in, sizeof(in), &page->number);
	up_pages_free(&list);
	if (!err)
		return 0;
put:
	up_mem_put(dev, page->umem, up_command_unsure(dev, err));
	return err;
}

/* The page at this address of the current process, known to the device. */
static struct up_db_page *find_or_pin(struct up_ucontext *context, unsigned long address)
{
	struct up_db_page *page;
	int err;

	lockdep_assert_held(&context->db_lock);
	list_for_each_entry(page, &context->db_pages, list)
		if (page->mm == current->mm && page->address == address)
			return page;
	page = kzalloc(sizeof(*page), GFP_KERNEL);
	if (!page)
		return ERR_PTR(-ENOMEM);
	page->context = context;
	page->address = address;
	err = pin(to_up_dev(context->ibucontext.device), page);
	if (err) {
		kfree(page);
		return ERR_PTR(err);
	}
	/* While it is compared with, no other address space may take its place. */
	mmgrab(current->mm);
	page->mm = current->mm;
	list_add(&page->list, &context->db_pages);
	return page;
}

int up_db_map(struct up_ucontext *context, u64 address, struct up_db *db)
{
	struct up_db_page *page;

	if (address % 8)
		return -EINVAL;
	mutex_lock(&context->db_lock);
	page = find_or_pin(context, address & PAGE_MASK);
	if (!IS_ERR(page)) {
		page->users++;
		db->page = page;
		db->offset = offset_in_page(address);
	}
	mutex_unlock(&context->db_lock);
	return PTR_ERR_OR_ZERO(page);
}

static void unpin(struct up_dev *dev, struct up_db_page *page)
{
	up_mem_put(dev, page->umem, up_command_destroy(dev, UP_UNPIN_PAGES, page->number));
	mmdrop(page->mm);
	kfree(page);
}

void up_db_unmap(struct up_db *db, int unsure)
{
	struct up_ucontext *context;
	struct up_dev *dev;

	if (!db->page)
		return;
	context = db->page->context;
	dev = to_up_dev(context->ibucontext.device);
	mutex_lock(&context->db_lock);
	/* A user more than there are: the page stays for ever. */
	if (unsure)
		up_mem_abandon(dev);
	else if (!--db->page->users) {
		list_del(&db->page->list);
		unpin(dev, db->page);
	}
	mutex_unlock(&context->db_lock);
}

struct up_dbr up_db_wire(const struct up_db *db)
{
	struct up_dbr wire = {};

	if (db->page) {
		wire.pages = cpu_to_le32(db->page->number);
		wire.offset = cpu_to_le32(db->offset);
	}
	return wire;
}
