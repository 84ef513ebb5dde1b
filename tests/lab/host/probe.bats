#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What underpassctl probe says of HCAs of a real kernel, and that bind and unbind do what they promise. The first HCA
# stands alone in its IOMMU group; the second has a neighbour, another function of the same slot.

bats_require_minimum_version 1.5.0
load common

setup_file() {
	unset LAB_DIR # a machine whose PCI devices are ours to move
	host_up "$BATS_FILE_TMPDIR" --iommu intel --hcas 2 --qemu-arg=-global --qemu-arg=vfio-user-pci.multifunction=on \
		--qemu-arg=-device --qemu-arg=virtio-rng-pci,bus=slot1,addr=0x0.1
	ALONE=$(hca 0) SHARED=$(hca 1)
	export ALONE SHARED
}

teardown_file() {
	host_down
}

# probe STATUS WORDS...: the exit status of underpassctl probe with these options; its output is in $output
probe() {
	local status_wanted=$1
	shift
	run host underpassctl probe "$@"
	echo "$output"
	[ "$status" -eq "$status_wanted" ]
}

driver_of() {
	host sh -c "basename \"\$(readlink /sys/bus/pci/devices/$1/driver)\""
}

@test "an HCA that mlx5_core drives: status 4, and the remedy is named" {
	probe 4 --device "$ALONE"
	[[ $output == *mlx5_core* ]]
	[[ $output == *"underpassctl bind $ALONE"* ]]
	[[ $output == *ACTIVE* ]]
}

@test "bind gives it to vfio-pci, probe finds it assignable" {
	host underpassctl bind "$ALONE"
	[ "$(driver_of "$ALONE")" = vfio-pci ]
	probe 0 --device "$ALONE"
	[[ $output == *"can be assigned"* ]]
	[[ $output == *"No-Snoop"* ]]
	[[ $output == *"65535 at the same time"* ]]
}

@test "the same in JSON" {
	host underpassctl probe --device "$ALONE" --json | python3 -c '
import json, sys
report = json.load(sys.stdin)
text = json.dumps(report)
assert "vfio-pci" in text and "65535" in text, report'
}

@test "another device of the group is in the way: status 8, and it is named" {
	host underpassctl bind "$SHARED"
	probe 8 --device "$SHARED"
	[[ $output == *"${SHARED%.0}.1"* ]]
	[[ $output == *virtio-pci* ]]
}

@test "another process holds the group: status 5, and the process is named" {
	local group
	group=$(host sh -c "basename \"\$(readlink /sys/bus/pci/devices/$ALONE/iommu_group)\"")
	host sh -c "python3 -c 'import time; f = open(\"/dev/vfio/$group\", \"r+b\", 0); time.sleep(600)' > /dev/null 2>&1 &
		echo \$! > /root/holder
		until ls -l /proc/\$(cat /root/holder)/fd | grep -q vfio; do sleep 0.1; done"
	probe 5 --device "$ALONE"
	[[ $output == *"$(host cat /root/holder)"* ]]
	host sh -c 'kill $(cat /root/holder); while [ -d /proc/$(cat /root/holder) ]; do sleep 0.1; done'
	probe 0 --device "$ALONE"
}

@test "too little memory may be locked: status 6, with the limit" {
	run host capsh --drop=cap_ipc_lock -- -c "ulimit -l 64; underpassctl probe --device $ALONE"
	echo "$output"
	[ "$status" -eq 6 ]
	[[ $output == *"64 KiB"* ]]
}

@test "no right to open the group: status 7" {
	run host setpriv --reuid=65534 --regid=65534 --clear-groups underpassctl probe --device "$ALONE"
	echo "$output"
	[ "$status" -eq 7 ]
}

@test "unbind gives it back to the driver it had, and that works" {
	host underpassctl unbind "$ALONE"
	[ "$(driver_of "$ALONE")" = mlx5_core ]
	host sh -c "cat /sys/bus/pci/devices/$ALONE/driver_override" | grep -qx '(null)'
	host timeout 60 sh -c 'until ibv_devinfo 2> /dev/null | grep -q PORT_ACTIVE; do sleep 0.5; done'
}

@test "no HCA: status 3" {
	host sh -c "for d in $ALONE $SHARED; do echo 1 > /sys/bus/pci/devices/\$d/remove; done"
	probe 3
	host sh -c 'echo 1 > /sys/bus/pci/rescan'
}
