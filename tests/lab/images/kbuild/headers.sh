#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Adds the headers of the two kernels that the guests boot, without what their packages want: the kernels themselves.
# It must never know what is built with them.
#
# usage: headers.sh ROOT
set -eu
root=$1

export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"	# of the tree, in which nothing runs yet

headers() {	# the packages that hold one release's headers, by the suite's newest
	release=$(apt-cache show "linux-headers-amd64/$1" |
		sed -nE 's/^Depends:.* linux-headers-([0-9][^ ]*)-amd64 .*/\1/p' | head -n1)
	echo "linux-headers-$release-amd64 linux-headers-$release-common linux-kbuild-$release"
}

for suite in trixie trixie-backports; do
	packages=$(headers $suite)
	echo "installing the headers of $suite: $packages"
	# shellcheck disable=SC2086  # a list of package names
	(cd "$root/tmp" && apt-get download -q -t $suite $packages)
done
for deb in "$root"/tmp/*.deb; do
	dpkg-deb -x "$deb" "$root"
	rm "$deb"
done
ln -s mawk "$root/usr/bin/awk"
mkdir "$root/mnt"	# where sources are mounted
