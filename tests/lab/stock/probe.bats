#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# underpassctl probe on a machine without an IOMMU.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	lab_up "$BATS_FILE_TMPDIR" --model-arg=--strict
	lab put vm1 "$TOP/build/release/underpassctl" /usr/local/bin/
}

teardown_file() {
	lab_down
}

@test "no IOMMU: status 9, and what to boot with" {
	run lab exec -n vm1 -- underpassctl probe
	echo "$output"
	[ "$status" -eq 9 ]
	[[ $output == *iommu=on* ]]
}
