#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Promises about coming and going: whatever ends a lab, nothing of it stays. Most cases need no booted guest.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	lab image > /dev/null 2>&1
	# Stand-ins for the HCA model: one that serves sockets nobody may use, one that fails.
	cat > "$BATS_FILE_TMPDIR/model-idle" <<'M'
#!/usr/bin/python3
import socket, sys, time
args = sys.argv[1:]
paths = [a.split("=", 1)[1] for a in args if "=" in a] + [args[args.index("--control") + 1]]
socks = []
for p in paths:
    s = socket.socket(socket.AF_UNIX); s.bind(p); s.listen(); socks.append(s)
print("model stand-in is ready", flush=True)
time.sleep(1000)
M
	printf '#!/bin/sh\necho "model stand-in: cannot do it" >&2; exit 3\n' > "$BATS_FILE_TMPDIR/model-fails"
	chmod +x "$BATS_FILE_TMPDIR"/model-*
}

teardown() {
	lab down > /dev/null 2>&1 || true
	rm -rf "$LAB_DIR.failed"
}

# One value of the lab's state: state parts.vm1.pid
state() {
	lab status --json | python3 -c '
import json, sys
value = json.load(sys.stdin)
for word in sys.argv[1].split("."):
    value = value[word]
print(value)' "$1"
}

# Start `lab up` in the background and wait until its QEMUs run. Sets $up.
up_in_background() {
	# A shell's background jobs ignore SIGINT; python restores it here as a terminal's would be.
	python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); os.execvp("lab", sys.argv[1:])' \
		lab up stock "$@" > "$BATS_TEST_TMPDIR/up" 2>&1 3>&- &
	up=$!
	eventually 30 test -S "$LAB_DIR/vm1.qmp"
}

@test "Ctrl-C during up leaves nothing" {
	up_in_background --vms 2 --hcas 0
	kill -INT $up
	wait $up || true
	nothing_left "$LAB_DIR"
	grep -q interrupted "$BATS_TEST_TMPDIR/up"
}

@test "SIGKILL of up leaves nothing" {
	up_in_background --vms 1 --hcas 0
	kill -KILL $up
	wait $up || true
	nothing_left "$LAB_DIR"
}

@test "a model that does not start is reported with its last words, and nothing is left but its logs" {
	run lab up stock --vms 1 --model "$BATS_FILE_TMPDIR/model-fails"
	[ "$status" -eq 125 ]
	[[ "$output" == *"model"*"cannot do it"* ]]
	nothing_left "$LAB_DIR"
	grep -q "cannot do it" "$LAB_DIR.failed/model.log"
}

@test "a model that dies during up is reported and nothing is left" {
	# QEMU waits for the version reply of the stand-in; the stand-in dies meanwhile.
	lab up stock --vms 1 --model "$BATS_FILE_TMPDIR/model-idle" > "$BATS_TEST_TMPDIR/up" 2>&1 3>&- &
	local up=$! status=0
	eventually 30 grep -qs "stand-in is ready" "$LAB_DIR/model.log"
	sleep 1
	kill -KILL "$(state 'parts.model.pid')"
	wait $up || status=$?
	[ "$status" -eq 125 ]
	grep -q "model.*killed by SIGKILL" "$BATS_TEST_TMPDIR/up"
	nothing_left "$LAB_DIR"
}

@test "a model that dies after up is named by status and by the end of down, and nothing is left" {
	lab up stock --vms 1 3>&-
	# The control of nothing_left: what it looks for is there while the lab runs.
	local found
	found=$(lab_processes "$LAB_DIR")
	echo "$found"
	[[ "$found" == *"supervisor.py"* ]]
	grep -q "^$(state parts.model.pid) .*hca-model" <<< "$found"
	grep -q "^$(state parts.vm1.pid) .*/guest-[0-9a-f]*/tree/" <<< "$found" # its QEMU
	run nothing_left "$LAB_DIR"
	[ "$status" -ne 0 ]
	kill -KILL "$(state parts.model.pid)"
	eventually 5 sh -c '! lab status > /dev/null'
	run lab status
	[ "$status" -eq 1 ]
	[[ "$output" == *"model died, killed by SIGKILL"* ]]
	run lab down
	[ "$status" -eq 1 ]
	nothing_left "$LAB_DIR"
}

@test "a guest that does not come up within the limit is reported with the end of its console" {
	run lab up stock --vms 1 --hcas 0 --boot-timeout 6
	[ "$status" -eq 125 ]
	[[ "$output" == *"vm1 gave no login within 6.0 s"* ]]
	nothing_left "$LAB_DIR"
}

@test "a guest that panics at boot is reported at once" {
	run lab up stock --vms 1 --hcas 0 --append "init=/nowhere rdinit=/nowhere root=/dev/nowhere"
	[ "$status" -eq 125 ]
	[[ "$output" == *"Kernel panic"* ]]
	nothing_left "$LAB_DIR"
}

@test "down of a running lab leaves nothing, also with two labs at once" {
	LAB_DIR=$LAB_DIR.other lab up stock --vms 1 --hcas 0 > "$BATS_TEST_TMPDIR/other" 2>&1 3>&- &
	local other=$!
	lab up stock --vms 1 --hcas 0 3>&-
	wait $other
	LAB_DIR=$LAB_DIR.other lab exec vm1 -- true
	lab down
	nothing_left "$LAB_DIR"
	LAB_DIR=$LAB_DIR.other lab exec vm1 -- true
	export LAB_DIR=$LAB_DIR.other
	kill -KILL "$(state parts.vm1.pid)"
	eventually 5 sh -c '! lab status > /dev/null'
	run lab status
	[[ "$output" == *"vm1 died, killed by SIGKILL"* ]]
	lab restart vm1 3>&-
	lab exec vm1 -- true
	# And the worst: the supervisor itself.
	kill -KILL "$(state supervisor)"
	sleep 1
	[ -z "$(lab_processes "$LAB_DIR")" ]
	run lab status
	[ "$status" -eq 1 ]
	[[ "$output" == *"supervisor was killed"* ]]
	lab down
	nothing_left "$LAB_DIR"
}

@test "folders that are not a lab are refused, and stay untouched" {
	mkdir -p "$BATS_TEST_TMPDIR/mine"
	touch "$BATS_TEST_TMPDIR/mine/file"
	run lab --dir "$BATS_TEST_TMPDIR/mine" up stock --hcas 0
	[ "$status" -eq 125 ]
	[[ "$output" == *"neither empty nor the folder of a lab"* ]]
	run lab --dir "$BATS_TEST_TMPDIR/mine" down
	[ -e "$BATS_TEST_TMPDIR/mine/file" ]
}

@test "the images are not built again when nothing changed" {
	run lab image
	[ "$status" -eq 0 ]
	[[ "$output" != *building* ]]
}
