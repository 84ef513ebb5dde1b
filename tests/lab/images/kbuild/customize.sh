#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Adds the headers of the two kernels that the guests boot. They are extracted,
# not installed, as their packages want the kernels themselves. It must never
# know what is built with them.
#
# usage: customize.sh ROOT   (LAB_RECIPE: this folder)
set -eu
root=$1

headers() {	# the packages that hold one release's headers, by the suite's newest
	release=$(chroot "$root" apt-cache show "linux-headers-amd64/$1" |
		sed -nE 's/^Depends:.* linux-headers-([0-9][^ ]*)-amd64 .*/\1/p' | head -n1)
	echo "linux-headers-$release-amd64 linux-headers-$release-common linux-kbuild-$release"
}

for suite in trixie trixie-backports; do
	packages=$(headers $suite)
	echo "installing the headers of $suite: $packages"
	# shellcheck disable=SC2086  # a list of package names
	chroot "$root" sh -c 'cd /tmp && apt-get download -q -t "$@"' - $suite $packages
done
for deb in "$root"/tmp/*.deb; do
	dpkg-deb -x "$deb" "$root"
done
rm -rf "$root"/tmp/*.deb "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
