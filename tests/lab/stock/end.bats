#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The end of the lab that the tests of a topology share in one run, after the last of them (tests/rules.yml): its model
# and its daemons must have lived to it. Machines that nobody uses any more would cost those that are. Its logs stay.

bats_require_minimum_version 1.5.0
load common

@test "the shared lab of this topology ends well" {
	[ -n "${LAB_SHARED:-}" ] || skip "no run of many tests"
	[ -e "$LAB_SHARED-$TOPOLOGY" ] || skip "no test of it wanted that lab"
	sleep 2 # the lab may still have to notice what the last test met
	lab --dir "$LAB_SHARED-$TOPOLOGY" down --save "$LAB_ENDED/$TOPOLOGY"
}
