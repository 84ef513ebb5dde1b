#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A guest whose kernel puts something between devices and memory: bounce buffers, an IOMMU. Registered memory is the
# application's own all the same.
# ROWS is which rows of perftest.rows run, SUITE which tests of pyverbs; `make test-ends` takes all.

bats_require_minimum_version 1.5.0
load guests

ROWS=${ROWS-^ib_(send|read)_bw +(RC|UD) .*-e|^ib_write_bw +RC +-a}
SUITE=${SUITE-tests.test_mr tests.test_cq tests.test_qp}

setup() {
	unset LAB_DIR LAB_SHARED
}

teardown() {
	lab_down
}

applications() {
	local folder=$BATS_TEST_DIRNAME
	within 20 port_active "$SERVER"
	works
	"$folder/perftest.t" "$ROWS"
	# shellcheck disable=SC2086  # words
	"$folder/pyverbs.t" $SUITE
	[ -z "$(guest_complaints "$SERVER")" ]
}

@test "bounce buffers for all DMA (swiotlb=force)" {
	lab_up "$BATS_TEST_TMPDIR" --model-arg=--strict --append "swiotlb=force"
	[ "$(lab exec -n "$SERVER" -- cat /sys/kernel/debug/swiotlb/io_tlb_nslabs)" -gt 0 ]
	applications
}

@test "an IOMMU of the guest's own, from which the device is exempt (iommu.strict=1)" {
	lab_up "$BATS_TEST_TMPDIR" --model-arg=--strict --iommu intel --append "iommu.strict=1"
	lab exec -n "$SERVER" -- sh -c 'test -e /sys/class/iommu/dmar0 && dmesg | grep -q "invalidation policy: strict"'
	applications
}
