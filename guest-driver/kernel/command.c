// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns how the driver issues commands: errors, and the shapes that many
 * commands share. Must never know verbs.
 */
#include "channel.h"
#include "command.h"

static int to_errno(int result)
{
	static const int errors[] = {
		[UP_OK] = 0,
		[UP_BAD_COMMAND] = -EOPNOTSUPP,
		[UP_BAD_OBJECT] = -EINVAL,
		[UP_BUSY] = -EBUSY,
		[UP_BAD_STATE] = -EINVAL,
		[UP_BAD_VALUE] = -EINVAL,
		[UP_BAD_MEMORY] = -EFAULT,
		[UP_QUOTA] = -EDQUOT,
		[UP_NO_RESOURCES] = -ENOMEM,
		[UP_HCA_REFUSED] = -EINVAL,
		[UP_HCA_FAILED] = -EIO,
	};

	if (result == -ENODEV)
		return -EIO;
	if (result < 0)
		return result;
	return errors[result];
}

int up_command(struct up_dev *dev, enum up_opcode opcode, const void *in, size_t in_len,
	       void *out, size_t out_len)
{
	int result = up_channel_execute(dev, opcode, in, in_len, out, out_len);

	if (result)
		ibdev_dbg(&dev->ibdev, "command %#x: result %d\n", opcode, result);
	/* What the HCA does now is not known, and only a reset ends it. */
	if (result == UP_HCA_FAILED)
		up_fail(dev, "the HCA failed a command");
	else if (result == -EPROTO)
		up_fail(dev, "an answer makes no sense");
	return to_errno(result);
}

int up_command_create(struct up_dev *dev, enum up_opcode opcode, const void *in, size_t in_len,
		      u32 *number)
{
	struct up_number_out out;
	int err;

	err = up_command(dev, opcode, in, in_len, &out, sizeof(out));
	if (err)
		return err;
	*number = le32_to_cpu(out.number);
	return 0;
}

int up_command_unsure(struct up_dev *dev, int err)
{
	if (!err || READ_ONCE(dev->life) == UP_ALIVE)
		return 0;
	return up_fatal_settle(dev) == UP_GONE ? 0 : -EIO;
}

int up_command_destroy(struct up_dev *dev, enum up_opcode opcode, u32 number)
{
	struct up_number in = { .number = cpu_to_le32(number) };
	int err;

	err = up_command(dev, opcode, &in, sizeof(in), NULL, 0);
	if (!err || err == -EBUSY)
		return err;
	return READ_ONCE(dev->life) == UP_ALIVE ? -EIO : up_command_unsure(dev, err);
}
