/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owns which bits of a command's input mean something on this card. It must
 * never know what they mean.
 */
#ifndef HCA_MODEL_CMD_RESERVED_H
#define HCA_MODEL_CMD_RESERVED_H

#include "tests/hca-model/cmd/cmd.h"

/**
 * reserved_check - refuse what is set outside the fields this card offers
 * @cmd: a command whose input has at least its row's length
 *
 * Page lists and translation entries are not looked at. A field of a later
 * card, or of a capability that is not announced, counts as reserved.
 *
 * Return: CMD_OK or CMD_BAD_PARAM.
 */
enum cmd_status reserved_check(struct cmd *cmd);

#endif
