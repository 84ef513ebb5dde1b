#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Owns what a machine can check of underpassd's manual page, unit and example. It
# must never know what the daemon does.

PAGE=docs/underpassd.8
PROGRAM=build/release/underpassd
ROOM=host-backend/underpassd

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || exit 1
}

options() {	# all long options in a text
	grep -oE -- '(^|[^[:alnum:]-])--[a-z]+(-[a-z]+)*' | grep -oE -- '--[a-z-]+' | sort -u
}

@test "underpassd(8) formats without a warning" {
	command -v groff > /dev/null || skip "groff is not installed"
	run groff -mdoc -ww -z -Tutf8 "$PAGE"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "every option of underpassd is in its manual page, and none that is not" {
	make -s "$PROGRAM"
	diff <("$PROGRAM" --help | sed -nE 's/^ *(-., )?(--[a-z-]+).*/\2/p' | grep -v -- --usage | sort -u) \
		<(sed -E 's/Fl ([a-z] , )?-([a-z])/--\2/g; s/Fl -help \| -version/--help --version/' "$PAGE" |
			grep -E '^\.(It|Nm|Fl|--)|^--|--help' | sed 's/| -version/ --version/' | options)
}

@test "the example configuration is one that underpassd takes" {
	make -s "$PROGRAM"
	sed 's/^#\([a-z-]* = \)/\1/; s/^device = .*/device = vfio-user:\/nowhere/; s/^socket-group = .*/socket-group = 0/' \
		"$ROOM/example.conf" > "$BATS_TEST_TMPDIR/conf"
	run "$PROGRAM" --socket "$BATS_TEST_TMPDIR/sock" --config "$BATS_TEST_TMPDIR/conf"
	[ "$status" -eq 1 ]
	[[ $output == *"nobody serves an HCA there"* ]]
}

@test "systemd understands the unit" {
	command -v systemd-analyze > /dev/null || skip "systemd is not installed"
	sed "s|/usr/sbin/underpassd|/bin/true|" "$ROOM/underpassd@.service" > "$BATS_TEST_TMPDIR/underpassd@.service"
	run systemd-analyze verify --man=no "$BATS_TEST_TMPDIR/underpassd@.service"
	[ "$status" -eq 0 ]
	! grep -F "underpassd@" <<< "$output"
}
