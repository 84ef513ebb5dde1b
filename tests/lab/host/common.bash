# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What the tests of a host share: one VM with an emulated IOMMU, kernel VFIO and our own programs in /usr/local/bin.
# It owns no expectations. With LAB_DIR set to a lab that is up, that one is used and left up.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
PATH=$TOP/tests/lab:$PATH

# host_up FOLDER OPTION …: bring up the VM (one option is --iommu), or use the lab that is up.
host_up() {
	if [ -n "${LAB_DIR:-}" ] && lab status > /dev/null 2>&1; then
		export HOST_OWN_LAB=
	else
		export LAB_DIR=$1/lab HOST_OWN_LAB=yes
		shift
		lab up stock --vms 1 --kernel "${STOCK_KERNEL:-stable}" --model-arg=--strict "$@" >&2 3>&-
	fi
	lab put vm1 "$TOP/build/release/underpassctl" /usr/local/bin/
}

host_down() {
	[ -z "$HOST_OWN_LAB" ] || lab down >&2
}

# Run a command in the host; its standard input is not ours.
host() {
	lab exec -n --timeout "${HOST_TIMEOUT:-240}" vm1 -- "$@"
}

# The PCI address of the N-th HCA (from 0), as the root ports are numbered.
hca() {
	host sh -c "grep -l 0x15b3 /sys/bus/pci/devices/*/vendor | cut -d/ -f6 | sed -n $(($1 + 1))p"
}

# What the host's kernel says when something went wrong in it, DMA faults included; nothing on a good day.
kernel_complaints() {
	host dmesg --notime | grep -E '^(BUG|WARNING: CPU|Oops|Call Trace|INFO: task)|DMAR:.*fault|vfio.*(error|fail)'
	true
}

# model_holds_nothing NAME: fails, and says what it is, if the model's HCA holds a page, an object or a DMA range.
model_holds_nothing() {
	lab model hca "$1" | python3 -c '
import json, sys
hca = json.load(sys.stdin)["hca"]
left = {kind: n for kind, n in hca["objects"].items() if n}
if left or hca["pages"] or hca["dma_ranges"]:
    sys.exit("left in %s: objects %s, pages %d, DMA ranges %d" % (sys.argv[1], left, hca["pages"], hca["dma_ranges"]))' "$1"
}
