#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Turns the finished root tree of a lab VM into that of a host, which runs guests of its own by libvirt. To be run in a
# mount namespace of its own. It must never add anything of ours.
#
# usage: host.sh ROOT LISTS [APT-OPTION …]   (LISTS: of apt, from when the tree was made; LAB_RECIPE: this folder)
set -eu
root=$1
lists=$2
shift 2

mount --make-rprivate /
mount -t proc proc "$root/proc"
: > "$root/etc/resolv.conf"
mount --bind "$(readlink -f /etc/resolv.conf)" "$root/etc/resolv.conf"
mount --bind "$lists" "$root/var/lib/apt/lists"
# Nothing is started while it is installed.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"

echo "installing the packages of a host"
packages=$(sed 's/#.*//' "$LAB_RECIPE/packages.host" | xargs)
# shellcheck disable=SC2086  # a list of package names
chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" install -y --no-install-recommends -t trixie-backports $packages

rm "$root/usr/sbin/policy-rc.d"
umount "$root/etc/resolv.conf"
rm "$root/etc/resolv.conf"
umount "$root/var/lib/apt/lists"
# Guests are started when they are asked for; nobody but root asks.
chroot "$root" systemctl -q mask polkit.service libvirt-guests.service
sed -i 's/^#*auth_unix_rw *=.*/auth_unix_rw = "none"/; s/^#*auth_unix_ro *=.*/auth_unix_ro = "none"/' \
	"$root/etc/libvirt/libvirtd.conf"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/log/*.log
