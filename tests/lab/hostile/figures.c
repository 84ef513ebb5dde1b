// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns what is counted, and how it is told. Must never know how an attack is
 * made.
 */
#include <linux/printk.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "figures.h"

enum { TOLD = 50, LINE = 512 };		/* breaches in words; bytes of the result */

struct figures figures = { .state = "waiting", .now = ATTACKS };

void figures_fired(u64 n)
{
	if (figures.now == ATTACKS)
		return;
	figures.by[figures.now].fired += n;
	WRITE_ONCE(figures.fired, figures.fired + n);
}

void figures_refused(void)
{
	if (figures.now != ATTACKS)
		figures.by[figures.now].refused++;
}

void figures_ok(void)
{
	if (figures.now != ATTACKS)
		figures.by[figures.now].ok++;
}

static void tell(const char *kind, u64 n, struct va_format *text)
{
	if (n <= TOLD)
		pr_err("hostile: %s, %s: %pV\n", kind,
		       figures.now == ATTACKS ? "world" : attacks[figures.now].name, text);
}

void figures_breach(const char *fmt, ...)
{
	struct va_format text = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	text.va = &args;
	tell("breach", ++figures.breaches, &text);
	va_end(args);
}

void figures_unexpected(const char *fmt, ...)
{
	struct va_format text = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	text.va = &args;
	tell("unexpected", ++figures.unexpected, &text);
	va_end(args);
}

static void line(char *buf, size_t len)
{
	const struct figures *f = &figures;
	u64 refused = 0, ok = 0;
	unsigned int i;

	for (i = 0; i < ATTACKS; i++) {
		refused += f->by[i].refused;
		ok += f->by[i].ok;
	}
	scnprintf(buf, len,
		  "%s attacks=%llu of=%llu seed=%llu refused=%llu ok=%llu breaches=%llu unexpected=%llu failed=%llu unanswered=%llu lost=%llu resets=%llu stopped_rings=%llu worlds=%llu honest=%llu interrupts=%lld canaries=%s",
		  READ_ONCE(f->state), f->fired, f->count, f->seed, refused, ok, f->breaches,
		  f->unexpected, f->failed, f->unanswered, f->lost, f->resets, f->stopped_rings,
		  f->worlds, f->honest, atomic64_read(&f->interrupts),
		  f->broken_canaries ? "broken" : f->canary_checks ? "intact" : "unchecked");
}

static int show(struct seq_file *m, void *data)
{
	char buf[LINE];
	unsigned int i;

	line(buf, sizeof(buf));
	seq_printf(m, "%s\n", buf);
	for (i = 0; i < ATTACKS; i++)
		seq_printf(m, "%-10s fired=%llu refused=%llu ok=%llu\n", attacks[i].name,
			   figures.by[i].fired, figures.by[i].refused, figures.by[i].ok);
	return 0;
}

int figures_show(void)
{
	return proc_create_single("hostile", 0444, NULL, show) ? 0 : -ENOMEM;
}

void figures_hide(void)
{
	remove_proc_entry("hostile", NULL);
}

void figures_tell(void)
{
	char buf[LINE];

	line(buf, sizeof(buf));
	pr_info("hostile: %s\n", buf);
}
