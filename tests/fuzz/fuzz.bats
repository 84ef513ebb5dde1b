#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Owns the short fuzz run of every test run. It must never know what is fuzzed.

@test "60 s of fuzzing find nothing: vfio-user messages, firmware commands, WQEs and doorbells, commands of a guest" {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	run tests/fuzz/run 60
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c 'no finding' <<< "$output")" -eq 4 ]
}
