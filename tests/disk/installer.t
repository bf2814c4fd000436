#!/bin/bash
# The driver disk as the host's installer takes it: from a CD, a USB medium, HTTP and FTP; its drivers are loaded
# into the installer itself, and the disk is installed into a root that is not booted yet; then that is.
# shellcheck disable=SC2317  # functions are called by name
# shellcheck source-path=SCRIPTDIR source=hosts.sh
. "$(dirname "$0")/hosts.sh"

installer() {
	/mnt/share/disk/installer "$@"
}

# The installer runs from a system of its own, and the new one is on the disk.
mount_target() {
	mkdir -p /t/{root,modules,kdump,disk} /target
	mount -o ro /dev/disk/by-id/virtio-root /t/root
	mount -o ro /dev/disk/by-id/virtio-modules /t/modules
	mount -o ro /dev/disk/by-id/virtio-modules-6.1-cloud /t/kdump
	mount /dev/disk/by-id/virtio-target /t/disk
	mkdir -p /t/disk/{upper,work}
	mount -t overlay -o lowerdir=/t/modules:/t/kdump:/t/root,upperdir=/t/disk/upper,workdir=/t/disk/work target /target
	mount --rbind --make-rslave /dev /target/dev
	mount -t proc proc /target/proc
}

media() {
	local source
	cp /mnt/share/bin/busybox /usr/local/bin
	ip link set lo up
	/mnt/share/disk/dom0 2>/dev/null

	truncate -s 16M /root/usb
	busybox mkdosfs -n DRIVERS /root/usb
	modprobe -a loop vfat
	mkdir -p /usb
	mount -o loop /root/usb /usb
	cp -r /cd/first/. /usb
	umount /usb
	mount -o loop,ro /root/usb /usb
	check "the files stand a USB medium with vfat" env -C /usb sha256sum --quiet -c SHA256SUMS
	busybox httpd -p 127.0.0.1:80 -h /cd/first
	/mnt/share/disk/ftpd /cd/first &
	wait_until 20 "FTP answers" bash -c 'echo QUIT >/dev/tcp/127.0.0.1/21'

	for source in /cd/first /usb http://127.0.0.1 ftp://127.0.0.1; do
		check "$source: drivers are loaded into the installer" installer load "$source"
		is "$source: from it" "$(modinfo -n mydev_pci)" "/lib/modules/$uname/extra/mydev_pci.ko"
		check "$source: and are there" test -d /sys/module/mydev_pci
		modprobe -r mydev_pci
		rpm -e "mydev-modules-xen-${uname%-amd64}"
	done
	check "the installer has the adapter's driver" installer load /cd/first
	echo 1af4 1110 ffffffff ffffffff 0 0 1 >/sys/bus/pci/drivers/mydev_pci/new_id
	card plug SN4000-0001 md4000 >/dev/null
	wait_until 60 "an adapter works in the installer" grep -x ready /sys/class/mydev/mydev0/state

	mount_target
	cp /mnt/share/disk/dom0 /target/tmp
	check "a system is installed" chroot /target /tmp/dom0
	mkdir -p /target/tmp/previous/etc/mydev/profiles.d
	echo "# from before" >/target/tmp/previous/etc/mydev/mydev.conf
	printf '[Config]\nlabel=kept\n' >/target/tmp/previous/etc/mydev/profiles.d/50-ours.conf
	check "and the disk, over HTTP" env XS_PREVIOUS_INSTALLATION=/tmp/previous /mnt/share/disk/installer install http://127.0.0.1 /target
	is "modules for both kernels, and the data RPM" "$(chroot /target rpm -qa 'mydev*' | wc -l)" 3
	is "nothing of it was started" "$(systemctl list-units --all --plain --no-legend 'mydev*' | wc -l)" 0
	check "nor is in the installer" test ! -e /usr/sbin/mydevd
	check "nor left there" test ! -e /target/run/mydev
	rm -r /target/tmp/*
	umount -R /target
}

booted() {
	check "rpm finds nothing wrong" rpm -V --nomtime "mydev-modules-xen-${uname%-amd64}"
	is "the socket waits" "$(systemctl is-active mydevd.socket)" active
	drive_cards
	card plug SN4000-0001 md4000 >/dev/null
	wait_until 60 "a card is configured by the daemon" equals applied adapter SN4000-0001 .config
	is "as before the upgrade" "$(mydevcli config get SN4000-0001 label)" kept
	is "the configuration is the old one" "$(</etc/mydev/mydev.conf)" "# from before"
	check "beside the new" test -e /etc/mydev/mydev.conf.rpmnew
	check "it is flashed" mydevcli flash md4000-2.0.0.bin
	is "and runs that" "$(adapter SN4000-0001 .firmware.running)" 2.0.0
	check "install.sh finds the disk in place" /cd/first/install.sh --check
	is "and would install nothing" "$(grep '^to install' <<<"$out")" ""
	check "it is removed as any other" /cd/first/install.sh --uninstall --batch
	is "wholly" "$(rpms)" ""
}
outside || inside "$1"
mkdir "$work/share/bin"
cp "$(command -v busybox)" "$work/share/bin"
mke2fs -q -t ext4 "$work/target.ext4" 1G >/dev/null
phase "the installer" media --kernel 6.1 --modules 6.1-cloud --pci none --disk "$work/target.ext4"
mv "$work/target.ext4" "$work/state.ext4"
phase "the host that it made" booted --kernel 6.1 --modules 6.1-cloud --pci none
done_testing
