#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Turns a fresh Debian root tree into the root of a lab VM: second kernel, key,
# network and fewer services. It must never add anything that touches RDMA.
#
# usage: customize.sh ROOT   (LAB_RECIPE: this folder, LAB_KEY: public key file)
set -eu
root=$1

echo "installing the backports kernel"
packages=$(sed 's/#.*//' "$LAB_RECIPE/packages.backports" | xargs)
# shellcheck disable=SC2086  # a list of package names
chroot "$root" env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -q --no-install-recommends -t trixie-backports $packages

cp -r --no-preserve=ownership "$LAB_RECIPE/overlay/." "$root/"
install -d -m 700 "$root/root/.ssh"
install -m 600 "$LAB_KEY" "$root/root/.ssh/authorized_keys"
chroot "$root" passwd -q -d root

# Addresses: machine N is 192.168.76.N on the lab's own segment, known by its MAC.
printf '127.0.0.1 localhost\n::1 localhost\n' > "$root/etc/hosts"
n=1
while [ $n -le 16 ]; do
	printf '[Match]\nMACAddress=52:54:00:1a:b1:%02x\n\n[Network]\nAddress=192.168.76.%d/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' \
		$n $n > "$root/etc/systemd/network/20-lan$n.network"
	echo "192.168.76.$n vm$n" >> "$root/etc/hosts"
	n=$((n + 1))
done
echo localhost > "$root/etc/hostname"
: > "$root/etc/fstab"
# Not empty, or systemd takes every boot for the first one; each VM is given its own.
echo 00000000000000000000000000001ab0 > "$root/etc/machine-id"
rm -f "$root"/etc/ssh/ssh_host_rsa_key* "$root"/etc/ssh/ssh_host_ecdsa_key*

chroot "$root" systemctl -q enable systemd-networkd.service ssh.service
chroot "$root" systemctl -q disable systemd-networkd-wait-online.service opensm.service e2scrub_reap.service
chroot "$root" systemctl -q mask \
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
	fstrim.timer logrotate.timer man-db.timer systemd-tmpfiles-clean.timer \
	getty@tty1.service systemd-timesyncd.service systemd-hwdb-update.service \
	systemd-journal-flush.service systemd-update-utmp.service

rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/log/*.log
