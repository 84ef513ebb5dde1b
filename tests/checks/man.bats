#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Owns the rules of manual pages that a machine can check. It must never know
# what the programs do.

PAGE=docs/underpassctl.8
PROGRAM=build/release/underpassctl

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || exit 1
	command -v groff > /dev/null || skip "groff is not installed"
}

options() {	# all long options in a text
	grep -oE -- '(^|[^[:alnum:]-])--[a-z]+' | grep -oE -- '--[a-z]+' | sort -u
}

@test "manual pages format without a warning" {
	run groff -mdoc -ww -z -Tutf8 "$PAGE"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "the options of all commands are in the manual page, and none that is not" {
	make -s "$PROGRAM"
	diff <(for command in probe bind unbind selftest status objects stats metrics; do "$PROGRAM" "$command" --help; done |
			options | grep -v -- --usage) \
		<(groff -mdoc -Tascii -P-cbou "$PAGE" | options)
}

@test "every exit status is in the manual page, and none that is not" {
	diff <(sed -nE 's/^\tCTL_[A-Z_]+ = ([0-9]+),.*/\1/p' host-backend/underpassctl/ctl.h) \
		<(sed -nE 's/^\.It ([0-9]+)$/\1/p' "$PAGE")
}
