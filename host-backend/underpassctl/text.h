/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns small conversions between files, numbers and text. Must never know what
 * they mean.
 */
#ifndef UNDERPASSCTL_TEXT_H
#define UNDERPASSCTL_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum { CTL_SIZE_TEXT = 32 };		/* bytes that a size takes at most */

/* "64 MiB", "1.5 GiB"; rounded down to one decimal. Returns @buf. */
const char *ctl_size_text(uint64_t bytes, char buf[CTL_SIZE_TEXT]);

/**
 * ctl_parse_size() - "4096", "64K", "2M", "1G"
 * @text: a number of bytes, or of as many KiB, MiB, GiB as its last letter says
 * @bytes: filled on success
 *
 * Return: 0; -EINVAL when it is none of these; -ERANGE beyond 64 bits.
 */
int ctl_parse_size(const char *text, uint64_t *bytes);

/**
 * ctl_read_line() - first line of a file, without its end
 * @buf: filled, "" on error; longer lines are cut
 * @len: room, bytes
 * @fmt: path
 *
 * Return: 0, -errno.
 */
int ctl_read_line(char *buf, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds to the text in @buf, cut at @len bytes. */
void ctl_append(char *buf, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * ctl_folder_names() - what a folder holds
 * @told: called for each entry but hidden ones, in the order of their names
 * @ctx: its first argument
 * @fmt: path
 *
 * A folder that is not there holds nothing.
 */
void ctl_folder_names(void (*told)(void *ctx, const char *name), void *ctx,
		      const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
