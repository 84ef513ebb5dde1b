#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Promises about compiling the guest's driver, which need no VM.

bats_require_minimum_version 1.5.0
load common

# compiles MODULE: without a word for both kernels, and sparse has none either
compiles() {
	run --separate-stderr modules --check --module "$1" --out "$BATS_TEST_TMPDIR"
	[ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
	[ -z "$stderr" ] || { echo "$stderr"; return 1; }
	[ "${#lines[@]}" -eq 2 ]
	[ -s "${lines[0]}" ] && [ -s "${lines[1]}" ]
}

@test "underpass.ko compiles without a word for both kernels, and sparse has none either" {
	compiles underpass
}

@test "so does the hostile one" {
	compiles hostile
}

@test "a kbuild image of other kernels than the guests boot is refused by name" {
	local image folder
	for image in "${LAB_CACHE:-$TOP/build/lab/cache}"/{guest,kbuild}-*; do
		folder=$BATS_TEST_TMPDIR/cache/${image##*/}
		mkdir -p "$folder"
		cp "$image"/{manifest.json,release*} "$folder"
	done
	echo 6.1.0-none | tee "$BATS_TEST_TMPDIR"/cache/guest-*/release
	run modules --cache "$BATS_TEST_TMPDIR/cache" --out "$BATS_TEST_TMPDIR"
	[ "$status" -eq 125 ]
	[[ $output == *"image guest 6.1.0-none"*"--refresh"* ]]
}
