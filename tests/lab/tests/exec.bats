#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Promises of `lab exec`, `put`, `get` and of a running lab; one VM without HCA serves them all.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	lab up stock --vms 1 --hcas 0 >&2 3>&-
}

teardown_file() {
	lab down >&2
}

@test "exec: the exit status of the command comes through" {
	run lab exec vm1 -- sh -c 'exit 37'
	[ "$status" -eq 37 ]
	lab exec vm1 -- true
	run lab exec vm1 -- sh -c 'kill -SEGV $$'
	[ "$status" -eq 139 ]
}

@test "exec: stdout and stderr stay apart" {
	lab exec vm1 -- sh -c 'echo to-stdout; echo to-stderr >&2' > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err"
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = to-stdout ]
	[ "$(cat "$BATS_TEST_TMPDIR/err")" = to-stderr ]
}

@test "exec: stdin comes through byte by byte" {
	head -c 300001 /dev/urandom > "$BATS_TEST_TMPDIR/in"
	lab exec vm1 -- cat < "$BATS_TEST_TMPDIR/in" > "$BATS_TEST_TMPDIR/out"
	cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
}

@test "exec: words reach the command as they were given" {
	run lab exec vm1 -- printf '<%s>' 'a  b' '$HOME' "it's" '*' '' ';reboot'
	[ "$output" = "<a  b><\$HOME><it's><*><><;reboot>" ]
}

@test "exec: a time-out has its own status, a clear message, and kills the command and its children" {
	local start=$SECONDS
	run lab exec --timeout 2 vm1 -- sh -c 'setsid sleep 4321 & sleep 4321'
	[ "$status" -eq 124 ]
	[[ "$output" == *"time-out"*"did not end within 2 s; it was killed"* ]]
	[ $((SECONDS - start)) -lt 15 ]
	run lab exec vm1 -- pgrep -f 'sleep 432[1]'
	[ "$status" -eq 1 ]
}

@test "exec: an interrupted exec leaves nothing running in the VM" {
	lab exec vm1 -- sleep 5432 3>&- &
	local pid=$!
	eventually 10 lab exec vm1 -- pgrep -f 'sleep 543[2]'
	kill -TERM $pid
	wait $pid || true
	run lab exec vm1 -- pgrep -f 'sleep 543[2]'
	[ "$status" -eq 1 ]
}

@test "exec: fifty at once all answer" {
	local i
	for i in $(seq 1 50); do
		lab exec -n vm1 -- echo "answer $i" > "$BATS_TEST_TMPDIR/$i" 3>&- &
	done
	wait
	[ "$(sort -u "$BATS_TEST_TMPDIR"/[0-9]* | wc -l)" -eq 50 ]
}

@test "exec: an unknown machine is named, with those there are" {
	run lab exec vm9 -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *"no machine vm9"*"vm1"* ]]
}

@test "put and get are binary-safe, keep modes and take folders" {
	mkdir -p "$BATS_TEST_TMPDIR/a/b"
	head -c 500003 /dev/urandom > "$BATS_TEST_TMPDIR/a/b/data with blanks"
	printf '#!/bin/sh\necho ran\n' > "$BATS_TEST_TMPDIR/a/script"
	chmod 755 "$BATS_TEST_TMPDIR/a/script"
	lab put vm1 "$BATS_TEST_TMPDIR/a" /root/
	[ "$(lab exec vm1 -- /root/a/script)" = ran ]
	lab get vm1 /root/a "$BATS_TEST_TMPDIR/back"
	diff -r "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/back"
	run lab get vm1 /root/nowhere "$BATS_TEST_TMPDIR/x"
	[ "$status" -ne 0 ]
}

# but_left_out COMMAND...: what dpkg -V says, without the files that images leave out
but_left_out() {
	local line glob globs
	mapfile -t globs < <(sed -n 's/^path-exclude=//p' "$TOP/tests/lab/images/guest/overlay/etc/dpkg/dpkg.cfg.d/lab")
	"$@" | while read -r line; do
		for glob in "${globs[@]}"; do
			[[ $line != "missing "*" "$glob ]] || continue 2
		done
		echo "$line"
	done
}

@test "the VM is stock: nothing of ours but key and network, udev and rdma-core's rules in place" {
	lab exec vm1 -- test -x /usr/bin/ibv_devinfo
	lab exec vm1 -- test -f /usr/lib/udev/rules.d/90-rdma-hw-modules.rules
	lab exec vm1 -- test -f /usr/share/doc/rdma-core/tests/run_tests.py
	[[ "$(lab exec vm1 -- uname -r)" == 6.12.* ]]
	run but_left_out lab exec vm1 -- sh -c 'dpkg -V rdma-core ibverbs-providers udev kmod perftest python3-pyverbs linux-image-$(uname -r)'
	[ -z "$output" ]
	run lab exec vm1 -- systemctl --failed --quiet
	[ -z "$output" ]
}

@test "a second lab in the same folder is refused" {
	run lab up stock --vms 1 --hcas 0
	[ "$status" -eq 125 ]
	[[ "$output" == *"already up"* ]]
	lab exec vm1 -- true
}

@test "the serial console takes commands" {
	printf 'echo conso\\\nle-$((40+2))\n\n' | timeout 5 lab console vm1 > "$BATS_TEST_TMPDIR/out" || true
	eventually 10 grep -q console-42 "$LAB_DIR/vm1.log"
}

@test "a reset VM keeps its disk, and exec works again" {
	lab exec vm1 -- sh -c 'echo kept > /root/kept; sync'
	lab restart --reset vm1
	[ "$(lab exec vm1 -- cat /root/kept)" = kept ]
}

@test "a kernel panic is reported by status, exec and the console's tail" {
	lab exec --timeout 5 -n vm1 -- sh -c 'echo 1 > /proc/sys/kernel/sysrq; sleep 1; echo c > /proc/sysrq-trigger' 3>&- &
	eventually 30 sh -c '! lab status > /dev/null'
	wait
	run lab status
	[ "$status" -eq 1 ]
	[[ "$output" == *"vm1 panicked, Kernel panic - not syncing: sysrq triggered crash"* ]]
	[[ "$output" != *"was lost"* ]] # nobody's fault but its own
	run lab exec vm1 -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *"panicked"* ]]
}
