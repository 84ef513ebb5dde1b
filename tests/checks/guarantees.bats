#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Owns the check that docs/guarantees.md names tests that there are. It must never
# know what they test.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || exit 1
}

# What the page names: FILE:TEST, one a line.
named() {
	# shellcheck disable=SC2016 # these are Markdown's
	grep -oE '`tests/[^`:]+:[^`]*`' docs/guarantees.md | tr -d '`'
}

# runs FILE TEST: the test is one of those that the file runs
runs() {
	[ -f "$1" ] && [ -n "$2" ] || return 1
	case $1 in
	*.c) sed -n '/^int main/,$p' "$1" | grep -qw -- "$2" ;;
	*.bats) grep -qF "@test \"$2\"" "$1" ;;
	*) return 1 ;;
	esac
}

@test "every test that a guarantee names is run" {
	local line missing=0
	while read -r line; do
		runs "${line%%:*}" "${line#*:}" || { echo "no test $line"; missing=1; }
	done < <(named)
	[ "$missing" -eq 0 ]
	[ "$(named | wc -l)" -ge 50 ]
}

@test "every promise names a test" {
	# From one bullet to the next; what is not promised is not checked.
	awk '/^## Promises/ { on = 1 } /^## What it rests on/ { on = 0 }
		!on { next }
		/^- / { if (bullet != "" && !test) { print bullet; bad = 1 } bullet = $0; test = /Not promised/ }
		/`tests\/[^`:]+:[^`]+`/ { test = 1 }
		END { if (bullet != "" && !test) { print bullet; bad = 1 } exit bad }' docs/guarantees.md
}
