#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The five ping-pongs of ibverbs-utils between two machines; where they can, they compare the bytes received.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	lab_up "$BATS_FILE_TMPDIR" --model-arg=--strict
}

teardown_file() {
	lab_down
}

# pingpong PROGRAM OPTION …
pingpong() {
	local program=$1
	shift
	# shellcheck disable=SC2086  # options are words
	pair 18515 "$program" -d "$DEV" ${PINGPONG_OPTIONS:-} "$@" -- "$program" -d "$DEV" ${PINGPONG_OPTIONS:-} "$@" "$SERVER"
}

@test "ibv_rc_pingpong, polling, bytes compared" {
	pingpong ibv_rc_pingpong -c
}

@test "ibv_rc_pingpong, sleeping on events, messages of 1 MiB" {
	pingpong ibv_rc_pingpong -e -c -s 1048576 -n 20
}

@test "ibv_uc_pingpong, bytes compared" {
	pingpong ibv_uc_pingpong -c
}

@test "ibv_ud_pingpong, bytes compared" {
	pingpong ibv_ud_pingpong -c
}

@test "ibv_srq_pingpong, 16 QPs, bytes compared" {
	pingpong ibv_srq_pingpong -c -n 100
}

@test "ibv_srq_pingpong, sleeping on events" {
	pingpong ibv_srq_pingpong -e -n 100
}

@test "ibv_xsrq_pingpong" {
	pingpong ibv_xsrq_pingpong
}
