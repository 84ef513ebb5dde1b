#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Turns a fresh Debian root tree into the root of a lab VM: key, network and fewer services. It must never add anything
# that touches RDMA.
#
# usage: customize.sh ROOT   (LAB_RECIPE: this folder, LAB_KEY: public key file)
set -eu
root=$1

install -d -m 700 "$root/root/.ssh"
install -m 600 "$LAB_KEY" "$root/root/.ssh/authorized_keys"
chroot "$root" passwd -q -d root

printf '127.0.0.1 localhost\n::1 localhost\n' > "$root/etc/hosts"
n=1
while [ $n -le 16 ]; do
	echo "192.168.76.$n vm$n guest$n" >> "$root/etc/hosts"
	echo "192.168.76.$((100 + n)) host$n" >> "$root/etc/hosts"
	n=$((n + 1))
done
echo localhost > "$root/etc/hostname"
: > "$root/etc/fstab"
# Not empty, or systemd takes every boot for the first one; each VM is given its own.
echo 00000000000000000000000000001ab0 > "$root/etc/machine-id"
rm -f "$root"/etc/ssh/ssh_host_rsa_key* "$root"/etc/ssh/ssh_host_ecdsa_key*

# Every process at boot costs an emulated processor a tenth of a second or more.
# Nothing here has to do with devices: udev and rdma-core's own units stay as they are.
chroot "$root" systemctl -q enable lab-network.service ssh.service
chroot "$root" systemctl -q disable opensm.service e2scrub_reap.service
chroot "$root" systemctl -q mask \
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
	fstrim.timer logrotate.timer man-db.timer systemd-tmpfiles-clean.timer \
	getty@tty1.service getty-static.service systemd-logind.service systemd-user-sessions.service \
	systemd-hwdb-update.service systemd-journal-flush.service systemd-journal-catalog-update.service \
	systemd-update-utmp.service systemd-update-done.service ldconfig.service \
	systemd-sysusers.service systemd-random-seed.service systemd-pstore.service \
	systemd-tpm2-setup.service systemd-tpm2-setup-early.service \
	systemd-network-generator.service systemd-udev-load-credentials.service \
	systemd-networkd-persistent-storage.service systemd-rfkill.socket \
	systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
	dev-mqueue.mount run-lock.mount tmp.mount sys-kernel-config.mount sys-kernel-tracing.mount \
	sys-fs-fuse-connections.mount modprobe@configfs.service modprobe@drm.service \
	modprobe@efi_pstore.service modprobe@fuse.service modprobe@dm_mod.service modprobe@loop.service
mkdir -p "$root/etc/systemd/system-generators"
for generator in ssh gpt-auto hibernate-resume system-update tpm2 cryptsetup integritysetup veritysetup rc-local; do
	ln -s /dev/null "$root/etc/systemd/system-generators/systemd-$generator-generator"
done
touch "$root/etc/.updated" "$root/var/.updated"

rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/log/*.log
