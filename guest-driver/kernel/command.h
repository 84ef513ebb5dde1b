/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns how the driver issues commands: errors, and the shapes that many
 * commands share. Must never know verbs.
 */
#ifndef UNDERPASS_COMMAND_H
#define UNDERPASS_COMMAND_H

#include "abi/commands.h"
#include "underpass.h"

/**
 * up_command() - one command
 * @dev: device
 * @opcode: what
 * @in, @in_len: command
 * @out, @out_len: for its answer
 *
 * Return: 0; -EINVAL: the device refused a value or an object; -EBUSY: the
 * object is in use; -EFAULT: memory that is none; -EDQUOT: a limit of this
 * guest; -ENOMEM: the host is out of something; -EOPNOTSUPP; -EIO: the HCA
 * failed, or the device is lost.
 */
int up_command(struct up_dev *dev, enum up_opcode opcode, const void *in, size_t in_len,
	       void *out, size_t out_len);

/* A command of which the answer is the number of a new object. */
int up_command_create(struct up_dev *dev, enum up_opcode opcode, const void *in, size_t in_len,
		      u32 *number);

/**
 * up_command_destroy() - the end of an object
 * @dev: device
 * @opcode: one that takes a number
 * @number: the object's
 *
 * Return: 0: the device does not know it any more, nor reaches its memory;
 * -EBUSY: it lives on; else it is not known what the HCA still does with it,
 * and its memory must stay what it is (see up_mem_put()).
 */
int up_command_destroy(struct up_dev *dev, enum up_opcode opcode, u32 number);

/**
 * up_command_unsure() - after a command that was to give memory to the HCA failed
 * @dev: device
 * @err: what it returned
 *
 * Return: 0 when the device does not reach the memory: it said so; -EIO when
 * nobody knows. For up_mem_put().
 */
int up_command_unsure(struct up_dev *dev, int err);

#endif
