#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The host side over kernel VFIO behind an emulated IOMMU: the self-test, registrations beside their reference model,
# and what the IOMMU lets through. CYCLES is how often the self-test; `make test-long` takes 100.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	unset LAB_DIR
	host_up "$BATS_FILE_TMPDIR" --iommu intel --mem 3G
	lab put vm1 "$TOP/build/release/tests/lab/host/vfio_random" "$TOP/build/release/tests/unit/host/test_isolation" \
		/usr/local/bin/
	HCA=$(hca 0)
	export HCA
	host underpassctl bind "$HCA"
}

teardown_file() {
	host_down
}

dma_faults() {
	lab model hca vm1.0 | python3 -c 'import json, sys; print(json.load(sys.stdin)["hca"]["dma_faults"])'
}

@test "selftest passes, and the model holds nothing then" {
	HOST_TIMEOUT=900 host underpassctl selftest --device "$HCA" --cycles "${CYCLES:-10}"
	model_holds_nothing vm1.0
	[ "$(dma_faults)" -eq 0 ]
}

@test "random operations do what the reference model says, by every policy" {
	run host vfio_random "$HCA" 5000
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '5000 operations as the reference says' <<< "$output")" -eq 4 ]
	model_holds_nothing vm1.0
}

@test "requests beyond what is registered are stopped: errors, untouched bytes, faults counted by the HCA" {
	run host env "UNDERPASS_DEVICE=$HCA" CMOCKA_MESSAGE_OUTPUT=TAP test_isolation
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^ok ' <<< "$output")" -ge 10 ]
	run ! grep -q '^not ok ' <<< "$output"
	[ "$(dma_faults)" -gt 0 ]
	model_holds_nothing vm1.0
}

@test "the kernel had nothing to complain of" {
	run kernel_complaints
	echo "$output"
	[ -z "$output" ]
}
