#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A guest whose kernel is hostile (tests/lab/hostile), beside an honest one: whatever it does is refused or harmless.
# COUNT is how many attacks (a million; nested: a hundred thousand), SEED what they are.
# In direct model and daemons have sanitizers; their end, with a search for leaks, is the last test.

bats_require_minimum_version 1.5.0
load guests

SEED=${SEED:-1}
[ "$TOPOLOGY" = direct ] && COUNT=${COUNT:-1000000} || COUNT=${COUNT:-100000}
# What leaves the device running: no reset falls into traffic, so that the HCA is never sent where memory was.
STEADY=malformed,values,lists,objects,replays,wqes,registers,mutated,doorbells,races

setup_file() {
	unset LAB_DIR LAB_SHARED
	local options=(--model-arg=--strict) san=$TOP/build/san
	if [ "$TOPOLOGY" = direct ]; then
		# At its end a daemon looks for leaks, which the filter of system calls does not let it.
		options+=(--smp 2 --model "$san/hca-model" --daemon "$san/underpassd" --set sandbox=no)
	fi
	lab_up "$BATS_FILE_TMPDIR" "${options[@]}"
	lab put "$SERVER" "$("$TOP/tests/lab/modules" --module hostile --kernel "${STOCK_KERNEL:-stable}")" /root/hostile.ko
	lab exec -n "$SERVER" -- rmmod underpass
	EMPTY=$(held "$SERVER.0")
	export EMPTY
}

teardown_file() {
	lab_down
}

dma_faults() {
	lab model hca "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["hca"]["dma_faults"])'
}

# Honest traffic of the other guest with itself, every byte compared.
neighbour_works() {
	local SERVER=$CLIENT
	works > "$BATS_TEST_TMPDIR/neighbour.out" 2>&1
}

# Again and again until neighbour_end, or it fails.
neighbour_begin() {
	rm -f "$BATS_TEST_TMPDIR"/neighbour.*
	while [ ! -e "$BATS_TEST_TMPDIR/neighbour.end" ] && neighbour_works; do
		echo >> "$BATS_TEST_TMPDIR/neighbour.rounds"
	done 3>&- &
	neighbour=$!
}

neighbour_end() {
	kill -0 "$neighbour" || {
		cat "$BATS_TEST_TMPDIR/neighbour.out"
		return 1
	}
	touch "$BATS_TEST_TMPDIR/neighbour.end"
	wait "$neighbour"
	echo "# the neighbour's transfers: $(wc -l < "$BATS_TEST_TMPDIR/neighbour.rounds")" >&3
}

progress() {
	lab exec -n --timeout 60 "$SERVER" -- head -n 1 /proc/hostile
}

over() {
	[[ "$(progress)" != running* ]]
}

# attack COUNT [CLASSES]: the result is in $result.
attack() {
	lab exec -n "$SERVER" -- insmod /root/hostile.ko count="$1" seed="$SEED" ${2:+classes="$2"}
	within 1200 over
	result=$(progress)
	lab exec -n "$SERVER" -- cat /proc/hostile
	lab exec -n "$SERVER" -- dmesg --notime | grep hostile: || true
	echo "# $result" >&3
	lab exec -n "$SERVER" -- rmmod hostile
}

# figure NAME
figure() {
	sed -E "s/.* $1=([^ ]*).*/\1/" <<< "$result"
}

# No breach, nothing honest that failed, and the run was what it should be.
harmless() {
	[[ $result == done* ]]
	[ "$(figure attacks)" -ge "$1" ]
	[ "$(figure breaches)" -eq 0 ]
	[ "$(figure unexpected)" -eq 0 ]
	[ "$(figure failed)" -eq 0 ]
	[ "$(figure unanswered)" -eq 0 ]
	[ "$(figure lost)" -eq 0 ]
	[ "$(figure canaries)" = intact ]
	[ "$(figure refused)" -gt 0 ]
	[ "$(figure honest)" -gt 0 ]
}

# What a sanitizer or a program says when it is in trouble.
services_complaints() {
	lab logs | grep -E 'AddressSanitizer|LeakSanitizer|runtime error|Assertion|<3>'
	true
}

host_complaints() {
	[ "$TOPOLOGY" = direct ] || lab exec -n host1 -- dmesg --notime |
		grep -E '^(BUG|WARNING|Oops|Call Trace|INFO: task)|DMAR:.*fault|vfio.*(error|fail)'
	true
}

@test "attacks on a running device: none gets through, and the HCA never reaches for what is not registered" {
	local before
	before=$(dma_faults "$SERVER.0")
	neighbour_begin
	attack "$COUNT" $STEADY
	neighbour_end
	harmless "$COUNT"
	[ "$(dma_faults "$SERVER.0")" -eq "$before" ]
	back_to "$SERVER.0" "$EMPTY" 1
}

@test "attacks on its life as well: rings, starts, resets in the midst of commands" {
	neighbour_begin
	attack $((COUNT / 4))
	neighbour_end
	harmless $((COUNT / 4))
	[ "$(figure stopped_rings)" -gt 0 ]
	back_to "$SERVER.0" "$EMPTY" 1
}

@test "a hostile driver is gone within a second, and nothing of it is left" {
	local start
	lab exec -n "$SERVER" -- insmod /root/hostile.ko seed="$SEED"
	sleep 1
	[[ "$(progress)" == running* ]]
	start=$(date +%s%N)
	lab exec -n "$SERVER" -- rmmod hostile
	echo "# $((($(date +%s%N) - start) / 1000000)) ms" >&3
	back_to "$SERVER.0" "$EMPTY" 1
}

@test "an honest driver works on the same device, with the guest beside it" {
	lab exec -n "$SERVER" -- modprobe underpass
	within 20 port_active "$SERVER"
	works
}

@test "neither kernels nor daemons had anything to complain of" {
	local complaints
	complaints=$(services_complaints; host_complaints; guest_complaints "$CLIENT"; guest_complaints "$SERVER")
	echo "$complaints"
	[ -z "$complaints" ]
	[ "$(dma_faults "$CLIENT.0")" -eq 0 ]
}

@test "all that ran in the host ends well" {
	lab_down
}
