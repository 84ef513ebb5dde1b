#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The mlx5 VFIO provider of rdma-core, a user-space mlx5 driver that nobody here wrote, on an HCA behind an IOMMU.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	export LAB_DIR=$BATS_FILE_TMPDIR/lab
	lab up stock --vms 1 --iommu --kernel "${STOCK_KERNEL:-stable}" --model-arg=--strict >&2 3>&-
}

teardown_file() {
	lab down >&2
}

@test "the HCA can be given to vfio-pci" {
	lab exec -n vm1 -- sh -ec '
		address=$(grep -l 0x15b3 /sys/bus/pci/devices/*/vendor | head -1 | cut -d/ -f6)
		modprobe vfio-pci
		echo vfio-pci > /sys/bus/pci/devices/$address/driver_override
		if [ -e /sys/bus/pci/devices/$address/driver ]; then
			echo $address > /sys/bus/pci/devices/$address/driver/unbind
		fi
		echo $address > /sys/bus/pci/drivers_probe
		test "$(basename "$(readlink /sys/bus/pci/devices/$address/driver)")" = vfio-pci
		echo $address > /root/address'
}

@test "test_mlx5_vfio.py passes, nothing skipped" {
	lab put vm1 "$BATS_TEST_DIRNAME/old_scapy.py" /root/
	run lab exec -n --timeout 240 vm1 -- sh -c '
		rm -rf /root/tests && cp -r /usr/share/doc/rdma-core/tests /root/tests && gunzip -rf /root/tests
		echo 32 > /proc/sys/vm/nr_hugepages
		python3 /root/old_scapy.py --pci-dev "$(cat /root/address)" -v tests.test_mlx5_vfio 2>&1'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" =~ Ran\ [1-9][0-9]*\ test ]]
	[[ "$output" != *skipped* ]]
}

@test "the process over, no IOMMU mapping and no object is left in the model" {
	run lab model hca vm1.0
	[ "$status" -eq 0 ]
	echo "$output" | python3 -c '
import json, sys
hca = json.load(sys.stdin)["hca"]
assert not any(hca["objects"].values()), hca
assert hca["pages"] == 0, hca'
}
