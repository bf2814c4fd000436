#!/bin/bash
# The driver disk on a host that runs: what it refuses; installed, used, upgraded, gone back; beside a newer
# kernel, booted; in the crash-dump kernel, after a crash; removed.
# shellcheck disable=SC2317  # functions are called by name
# shellcheck source-path=SCRIPTDIR source=hosts.sh
. "$(dirname "$0")/hosts.sh"

refusals() {
	local free file
	refused 3 "a host without an inventory is refused" /cd/first/install.sh --batch
	like "and what is missing is said" "$out" "/etc/xensource-inventory is missing: this is no XCP-ng host"
	/mnt/share/disk/dom0
	listing >/root/before
	rpm -qa | sort >/root/rpms.before
	cp -r /cd/first /root/copy

	sed -i "s/XCP-ng/XenServer/; s/XCP'/XS'/" /etc/xensource-inventory
	refused 3 "another product is refused" /cd/first/install.sh --batch
	sed -i "s/XenServer/XCP-ng/; s/8\.3\.0/8.2.1/" /etc/xensource-inventory
	refused 3 "another version is refused" /cd/first/install.sh --batch
	like "and both are told" "$out" "XCP-ng 8\.2\.1, and the disk is for 8\.3\.0"
	sed -i "s/8\.2\.1/8.3.0/; s/XS'/XCP'/" /etc/xensource-inventory

	file=$(basename /root/copy/mydev-data-*.rpm)
	printf x | dd of="/root/copy/$file" bs=1 seek=40000 conv=notrunc status=none
	refused 4 "an RPM with another byte in it is refused" /root/copy/install.sh --batch
	like "and named" "$out" "damaged or missing: $file"
	(cd /root/copy && sha256sum "$file" && grep -v "  $file" SHA256SUMS) >/root/sums
	cp /root/sums /root/copy/SHA256SUMS
	refused 4 "sums that nobody signed are refused" /root/copy/install.sh --batch
	like "with what to do" "$out" "SHA256SUMS is not signed by the key in /root/copy/RPM-GPG-KEY-mydev"
	rm /root/copy/SHA256SUMS.asc
	refused 4 "a signature that is missing is" /root/copy/install.sh --batch

	mv /var/lib/rpm /var/lib/rpm.away
	rpm --initdb
	refused 3 "a host that lacks what is needed is refused" /cd/first/install.sh --batch
	like "and what that is, is told" "$out" "libjson-c\.so\.5.* is needed by mydev-data"
	rm -rf /var/lib/rpm
	mv /var/lib/rpm.away /var/lib/rpm

	free=$(df -Pk / | awk 'NR == 2 { print $4 }')
	fallocate -l $((free - 1000))K /root/filler
	refused 3 "a full disk is refused" /cd/first/install.sh --batch
	rm /root/filler
	listing >/root/after
	check "nothing was changed by any of that" diff /root/before /root/after
	is "nor installed" "$(rpms)" ""
}

installed() {
	local version=${uname%-amd64}
	check "it fits" /cd/first/install.sh --check --json
	is "and that is JSON" "$(jq -r '.status, .reboot' <<<"$out" | xargs)" "0 no"
	like "with the key that the host has not seen before" "$(jq -r '.notes[]' <<<"$out")" "signed by the key [0-9A-F]{40}, which"
	check "it installs, from the CD" /cd/first/install.sh --batch
	like "with the text" "$out" "Driver and management of MyDev MD-2000"
	like "without a reboot" "$out" "Reboot needed: no"
	is "for each kernel that is here" "$(rpms)" \
		"mydev-data-0.1.0-1 mydev-modules-kdump-$version-1.0-1 mydev-modules-xen-$version-1.0-1"
	is "the initrd of either was made once" "$(sort /var/log/dracut | xargs)" \
		"-f /boot/initrd-$uname.img.new $uname -f /boot/initrd-${version}-cloud-amd64.img.new ${version}-cloud-amd64"
	check "with the module" grep -q "$(modinfo -F srcversion mydev)" <(lsinitrd -f "usr/lib/modules/$uname/extra/mydev.ko" "/boot/initrd-$uname.img")
	like "xapi was told" "$(</var/log/xe)" "host-refresh-pack-info host-uuid=5b5d5e3e-"
	check "and finds the disk" cmp /cd/first/XS-REPOSITORY /etc/xensource/installed-repos/mydev:mydev/XS-REPOSITORY
	is "modules are in extra" "$(modinfo -n mydev)" "/lib/modules/$uname/extra/mydev.ko"
	is "the socket waits" "$(systemctl is-active mydevd.socket)" active
	is "and is there after a reboot" "$(systemctl is-enabled mydevd.socket)" enabled
	is "groups are made" "$(getent group mydev mydev-admin | wc -l)" 2
	check "rpm finds nothing wrong" rpm -V mydev-data "mydev-modules-xen-$version"
	check "once more is right" /cd/first/install.sh --batch
	like "and has nothing to do" "$out" "is installed already"

	check "the simulator has an RPM of its own" rpm -i "/mnt/share/sim/mydev-sim-modules-xen-$version-1.0-1.x86_64.rpm"
	is "nothing has started the daemon" "$(systemctl is-active mydevd.service)" inactive
	modprobe mydev_sim
	echo "md2000 SN2000-0001" >/sys/bus/mydev_sim/new_device
	wait_until 60 "an adapter starts it" systemctl is-active mydevd.service
	wait_until 60 "and is ready" is_ready SN2000-0001
	check "show" mydevcli show
	like "has it" "$out" "mydev0 +MD-2000 +SN2000-0001"
	check "it is flashed" mydevcli flash md2000-2.0.0.bin
	is "and runs that" "$(adapter SN2000-0001 .firmware.running)" 2.0.0
	echo SN2000-0001 >/sys/bus/mydev_sim/del_device
	modprobe -r mydev_sim
	check "the simulator goes" rpm -e "mydev-sim-modules-xen-$version"

	drive_cards
	card plug SN4000-0001 md4000 >/dev/null
	wait_until 60 "a card is ready" is_ready SN4000-0001
	is "by the module of the disk" "$(</sys/module/mydev_pci/srcversion)" \
		"$(modinfo -F srcversion "/lib/modules/$uname/extra/mydev_pci.ko")"
	check "it is flashed" mydevcli flash md4000-1.1.0.bin
	is "and runs that" "$(adapter SN4000-0001 .firmware.running)" 1.1.0
}

flash_begun() {
	adapter SN4000-0001 .flash.stage | grep -qxv 'done\|null'
}

upgraded() {
	local version=${uname%-amd64} daemon
	refused 7 "there is nothing to go back to yet" /cd/first/install.sh --rollback --batch
	drive_cards
	card plug SN4000-0001 md4000 >/dev/null
	wait_until 60 "a card is there" is_ready SN4000-0001
	card tell SN4000-0001 flash_timing on >/dev/null
	echo "# mine" >>/etc/mydev/mydev.conf
	printf '[Config]\nlabel=ours\n' >/etc/mydev/profiles.d/50-ours.conf
	daemon=$(systemctl show -P MainPID mydevd)
	mydevcli flash md4000-2.0.0.bin >/root/flash 2>&1 &
	wait_until 20 "it is being flashed" flash_begun
	rm /var/log/dracut
	check "a later disk installs meanwhile" /cd/later/install.sh --batch
	like "and wants a reboot" "$out" \
		"Reboot needed: yes: mydev[_a-z]* is loaded as version 0\.1\.0 \(srcversion [0-9A-F]+\), and on disk is version 9\.0\.0"
	is "its RPMs are there" "$(rpms)" \
		"mydev-data-9.0.0-1 mydev-modules-kdump-$version-1.0-2 mydev-modules-xen-$version-1.0-2"
	is "each initrd was made once" "$(wc -l </var/log/dracut)" 2
	is "changed configuration stays" "$(tail -n 1 /etc/mydev/mydev.conf)" "# mine"
	is "beside the new" "$(tail -n 1 /etc/mydev/mydev.conf.rpmnew)" "# Of a later version"
	check "what was added stays" test -e /etc/mydev/profiles.d/50-ours.conf
	wait_until 60 "the daemon is the later one" equals 9.0.0 bash -c "mydevcli version --json | jq -r .daemon"
	check "it was restarted" test "$daemon" != "$(systemctl show -P MainPID mydevd)"
	wait_until 120 "the flash went on" equals 2.0.0 adapter SN4000-0001 .firmware.running
	check "the adapter is looked after with the older module" mydevcli locate SN4000-0001
	refused 3 "an older disk is refused" /cd/first/install.sh --batch
	like "as rpm says it" "$out" "newer"

	check "it can be gone back" /cd/later/install.sh --rollback --batch
	like "which needs no reboot" "$out" "Reboot needed: no"
	is "to the RPMs before" "$(rpms)" \
		"mydev-data-0.1.0-1 mydev-modules-kdump-$version-1.0-1 mydev-modules-xen-$version-1.0-1"
	is "changed configuration stays" "$(tail -n 1 /etc/mydev/mydev.conf)" "# mine"
	check "the disk before is registered" cmp /cd/first/XS-REPOSITORY /etc/xensource/installed-repos/mydev:mydev/XS-REPOSITORY
	refused 7 "and not further" /cd/later/install.sh --rollback --batch
	echo dracut >/var/log/FAIL
	cp "/boot/initrd-$uname.img" /root/initrd
	check "an initrd that cannot be made hinders nothing" /cd/later/install.sh --batch
	like "and is told" "$out" "Note: mydev: the initrd has another one"
	check "the old one stays" cmp /root/initrd "/boot/initrd-$uname.img"
	is "nothing is left of the attempt" "$(find /boot -name '*.new')" ""
	rm /var/log/FAIL
}

# The machine has another kernel than before, with modules that no RPM has brought yet.
hotfixed() {
	drive_cards
	is "after a reboot the later module is loaded" "$(</sys/module/mydev/version)" 9.0.0
	check "the disk is installed for the kernels of a hotfix" /cd/later/install.sh --batch
	like "no reboot is needed for the one that runs" "$out" "Reboot needed: no"
	is "beside the others" "$(rpm -qa 'mydev-modules-xen-*' | wc -l) $(rpm -qa 'mydev-modules-kdump-*' | wc -l)" "2 2"
	check "depmod ran for them" modinfo -k "$(basename /lib/modules/6.12*[0-9]-amd64)" mydev
}

newer_kernel() {
	drive_cards
	card plug SN4000-0001 md4000 >/dev/null
	wait_until 60 "on the newer kernel a card is ready" is_ready SN4000-0001
	is "by the module of its RPM" "$(</sys/module/mydev_pci/srcversion)" \
		"$(modinfo -F srcversion "/lib/modules/$uname/extra/mydev_pci.ko")"
	check "show" mydevcli show
	check "it is flashed" mydevcli flash md4000-1.1.0.bin
	check "all is in place" /cd/later/install.sh --check
	like "and no reboot is needed" "$out" "Reboot needed now: no"
	check "the earlier disk is still the one before" /cd/later/install.sh --rollback --batch
	like "but for this kernel, which it did not know" "$out" "Note: mydev-modules-xen-[^ ]* stays"
	is "the rest is the earlier one's" "$(rpm -q mydev-data)" mydev-data-0.1.0-1.x86_64
	check "the module stays for the next boot" modinfo mydev
}

# While a card is being flashed, the kernel crashes into that of the other flavour, where this runs again.
crashed() {
	if [ ! -e /proc/vmcore ]; then
		drive_cards
		card plug SN4000-0001 md4000 >/dev/null
		wait_until 60 "a card is there" is_ready SN4000-0001
		card tell SN4000-0001 flash_timing on >/dev/null
		mydevcli flash md4000-2.0.0.bin >/root/flash 2>&1 &
		wait_until 20 "it is being flashed" flash_begun
		sync
		echo c >/proc/sysrq-trigger
	fi
	is "the crash-dump kernel has its own module" "$(modinfo -n mydev_pci)" "/lib/modules/$uname/extra/mydev_pci.ko"
	drive_cards
	wait_until 60 "the card is there" is_ready SN4000-0001
	check "it was reset first" test "$(adapter SN4000-0001 .resets)" -ge 1
	is "and runs what it had" "$(adapter SN4000-0001 .firmware.running)" 1.0.0
	refused 4 "nothing is flashed" mydevcli flash md4000-1.1.0.bin
	like "and why is said" "$out" "crash-dump"
}

removed() {
	local left
	drive_cards
	wait_until 60 "the daemon runs" mydevcli show
	echo dracut >/var/log/FAIL
	check "it is removed" /cd/later/install.sh --uninstall --batch
	rm /var/log/FAIL
	like "with what is left" "$out" "What is left: changed configuration"
	like "and loaded" "$out" "Reboot needed: yes: mydev"
	is "no RPM stays" "$(rpms)" ""
	is "nor the daemon" "$(systemctl is-active mydevd.service mydevd.socket | xargs)" "inactive inactive"
	rmmod mydev_pci mydev
	refused 1 "modules cannot be loaded any more" modprobe mydev
	listing >/root/after
	# What depmod wrote for the kernels of the hotfix, whose own modules this machine does not have, is theirs.
	left=$({ diff /root/before /root/after || :; } | sed -n 's/^[<>] //p' | awk '{ print $1 ~ /^\// ? $1 : $2 }' |
		grep -v '/modules/6\.12[^/]*\(/modules\.[^/]*\)\?$' | sort -u | xargs)
	is "and nothing else but changed configuration" "$left" \
		"/etc/mydev /etc/mydev/mydev.conf.rpmsave /etc/mydev/profiles.d /etc/mydev/profiles.d/50-ours.conf.rpmsave"
	check "once more is right" /cd/later/install.sh --uninstall --batch
	check "it can come back" /cd/first/install.sh --batch
	check "into the initrd" lsinitrd -f "usr/lib/modules/$uname/extra/mydev.ko" "/boot/initrd-$uname.img"
	check "and go" /cd/first/install.sh --uninstall --batch
	refused 2 "out of the initrd, too" lsinitrd -f "usr/lib/modules/$uname/extra/mydev.ko" "/boot/initrd-$uname.img"
}

# The later style: rpm knows the kernels, one RPM serves them all.
xcpng8() {
	/mnt/share/disk/dom0 xcpng8
	listing >/root/before
	check "a disk installs in the later style" /cd/first/install.sh --batch
	like "without a reboot" "$out" "Reboot needed: no"
	is "with the RPM that xapi looks for" "$(rpms)" "mydev-data-0.1.0-1 mydev-module-1.0-1 update-mydev-0.1.0-1"
	is "modules are in updates" "$(modinfo -n mydev)" "/lib/modules/$uname/updates/mydev.ko"
	check "xapi sees it applied" grep -q 'name-label="mydev"' /var/update/applied/*
	check "which xapi sees, too" test ! -e /run/reboot-required.hfxs
	modprobe mydev
	check "the later one installs" /cd/later/install.sh --batch
	like "and wants a reboot" "$out" "Reboot needed: yes"
	is "as xapi sees" "$(cat /run/reboot-required.hfxs)" "$(basename /var/update/applied/*)"
	rmmod mydev
	is "its RPMs" "$(rpms)" "mydev-data-9.0.0-1 mydev-module-1.0-2 update-mydev-9.0.0-1"
	check "it can be gone back" /cd/later/install.sh --rollback --batch
	is "to those before" "$(rpms)" "mydev-data-0.1.0-1 mydev-module-1.0-1 update-mydev-0.1.0-1"
	check "its module is in the initrd" lsinitrd -f "usr/lib/modules/$uname/updates/mydev.ko" "/boot/initrd-$uname.img"
	check "it is removed" /cd/first/install.sh --uninstall --batch
	listing >/root/after
	check "wholly" diff /root/before /root/after
	is "nothing of the kernel's RPM is missing" "$(rpm -V dom0-standin | grep missing)" ""
	refused 2 "from the initrd, too" lsinitrd -f "usr/lib/modules/$uname/updates/mydev.ko" "/boot/initrd-$uname.img"
}

outside || inside "$1"
old=(--kernel 6.1 --modules 6.1-cloud --pci none)
both=(--pci none --modules)
phase "refusals" refusals "${old[@]}"
phase "installed" installed "${old[@]}"
phase "upgraded" upgraded "${old[@]}"
phase "a hotfix with a newer kernel" hotfixed --kernel 6.1 "${both[@]}" 6.1-cloud,6.12,6.12-cloud
phase "which is booted" newer_kernel --kernel 6.12 "${both[@]}" 6.1,6.1-cloud,6.12-cloud
phase "a crash" crashed --kernel 6.1 --pci none --modules 6.12,6.12-cloud --crash 6.1-cloud
phase "removed" removed "${old[@]}"
rm "$work/state.ext4"
phase "the later style" xcpng8 --kernel 6.12
done_testing
