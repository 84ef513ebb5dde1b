#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Before any package beyond the essential ones is there: the files that installing
# kernels must already see, so that each initrd is made only once.
#
# usage: prepare.sh ROOT   (LAB_RECIPE: this folder)
set -eu
cp -r --no-preserve=ownership "$LAB_RECIPE/overlay/." "$1/"
