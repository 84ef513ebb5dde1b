#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Owns the promise that `underpassctl selftest` can be run again and again and leaves nothing: on a strict model over
# vfio-user, as a physical and as a virtual function, also with sanitizers and under valgrind. It must never know how
# the self-test works.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	make -s programs >&2 && make -s FLAVOUR=san programs >&2
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	options=()
	expect=
}

teardown() {
	end
	cat "$BATS_TEST_TMPDIR/model.log"
}

# The model ends; its sockets go with it.
end() {
	[ -z "${model:-}" ] || kill "$model"
	wait
	model=
}

# serve [OPTION]: a strict model with one HCA, a
serve() {
	build/release/hca-model --hca a="$BATS_TEST_TMPDIR/a" --control "$BATS_TEST_TMPDIR/control" --strict "$@" \
		> "$BATS_TEST_TMPDIR/model.log" 2>&1 3>&- &
	model=$!
	for _ in $(seq 100); do
		[ -S "$BATS_TEST_TMPDIR/a" ] && [ -S "$BATS_TEST_TMPDIR/control" ] && return 0
		sleep 0.05
	done
	return 1
}

# Nothing is held, nothing ever had to be swept away, no DMA went astray, no command was refused.
left_nothing() {
	python3 - "$BATS_TEST_TMPDIR/control" << 'END'
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
s.connect(sys.argv[1])
s.sendall(b"status\n")
hca = json.loads(s.makefile().readline())["hcas"][0]
counts = {k: hca[k] for k in ("attached", "pages", "dma_ranges", "dma_bytes", "dma_faults", "refused")}
counts.update(hca["objects"])
counts.update({"swept " + k: n for k, n in hca["swept"].items() if k != "objects"})
counts.update({"swept " + k: n for k, n in hca["swept"]["objects"].items()})
left = {k: n for k, n in counts.items() if n}
sys.exit("left: %s" % left if left or not hca["commands"] else 0)
END
}

# cycles N COMMAND...: a self-test of N cycles passes, all of its steps, and the model holds nothing. options: more of its;
# expect: words that it says
cycles() {
	local n=$1
	shift
	run -0 timeout 300 "$@" selftest --device "vfio-user:$BATS_TEST_TMPDIR/a" --cycles "$n" "${options[@]}"
	echo "$output" | tail -40
	[ "$(grep -c '^ok ' <<< "$output")" -ge 19 ]
	grep -qF "$expect" <<< "$output"
	run -1 grep -E '^(FAILED|skipped)' <<< "$output"
	left_nothing
}

@test "100 cycles on a physical function leave nothing" {
	serve
	cycles 100 build/release/underpassctl
}

@test "100 cycles on a virtual function leave nothing" {
	serve --vf
	cycles 100 build/release/underpassctl
}

@test "2 cycles by each policy, granule with blocks of several sizes" {
	serve
	for policy in exact lazy granule static; do
		options=(--policy "$policy")
		expect="policy $policy,"
		cycles 2 build/release/underpassctl
	done
	expect="policy granule,"
	for size in 4K 64K 1G; do
		options=(--policy granule --granule "$size")
		cycles 2 build/release/underpassctl
	done
}

@test "3 cycles with AddressSanitizer and UBSan, physical and virtual" {
	serve
	cycles 3 build/san/underpassctl
	end
	serve --vf
	cycles 3 build/san/underpassctl
}

@test "a cycle under valgrind: no error, no leak" {
	serve
	cycles 1 valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=all --show-leak-kinds=all \
		build/release/underpassctl
}
