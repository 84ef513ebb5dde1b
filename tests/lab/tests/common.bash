# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What every lab test file uses: the tool, a lab folder of the file's own, and a check for leftovers.
# It owns no expectations; those are in the .bats files.

TOP=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
PATH=$TOP/tests/lab:$PATH
export LAB_DIR=$BATS_FILE_TMPDIR/lab

# Processes that work in the given lab folder or name it in their arguments.
lab_processes() {
	local pid
	for pid in /proc/[0-9]*; do
		[ "$pid" != "/proc/$$" ] || continue
		if [ "$(readlink "$pid/cwd" 2>/dev/null)" = "$1" ] ||
			tr '\0' ' ' 2>/dev/null < "$pid/cmdline" | grep -q "supervisor.py.*$1\""; then
			echo "${pid#/proc/} $(tr '\0' ' ' 2>/dev/null < "$pid/cmdline" | cut -c1-200)"
		fi
	done
}

# shellcheck disable=SC2016
# Within some seconds nothing of the lab may be left: no process, no folder, no mount.
nothing_left() {
	eventually 10 sh -c '[ ! -e "$1" ]' - "$1" || true
	[ -z "$(lab_processes "$1")" ] || { lab_processes "$1"; return 1; }
	[ ! -e "$1" ] || { ls -la "$1"; return 1; }
	! grep "$1" /proc/mounts
}

# Wait until a command succeeds: eventually SECONDS COMMAND …
eventually() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}
